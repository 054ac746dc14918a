"""As much of the wire format of DNS (RFC 1035) as one question and its answers of the types A and CNAME need."""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass

TYPES = {"A": 1, "CNAME": 5, "AAAA": 28}
NAMES = {number: name for name, number in TYPES.items()}
HEADER = struct.Struct("!6H")
FIXED = struct.Struct("!HHIH")  # of a record, behind its name: type, class, time to live, length
NXDOMAIN = 3
IN = 1


@dataclass(frozen=True, slots=True)
class Question:
    ident: int
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Record:
    name: str
    kind: str
    ttl: int
    value: str


def encode_name(name: str) -> bytes:
    labels = [label.encode("ascii") for label in name.rstrip(".").split(".")]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def decode_name(data: bytes, at: int) -> tuple[str, int]:
    """The name at *at*, in small letters and without the last dot, and where it ends; pointers go back only."""
    labels, end = [], 0
    while length := data[at]:
        if length >= 0xC0:
            end, back = end or at + 2, struct.unpack_from("!H", data, at)[0] & 0x3FFF
            if back >= at:
                raise ValueError
            at = back
            continue
        labels.append(data[at + 1 : at + 1 + length].decode("ascii"))
        at += 1 + length
    return ".".join(labels).lower(), end or at + 1


def question(asked: Question) -> bytes:
    head = HEADER.pack(asked.ident, 0x0100, 1, 0, 0, 0)
    return head + encode_name(asked.name) + struct.pack("!2H", TYPES[asked.kind], IN)


def asked_in(data: bytes) -> Question:
    ident, _, count, *_ = HEADER.unpack_from(data)
    name, at = decode_name(data, HEADER.size)
    kind, _ = struct.unpack_from("!2H", data, at)
    if count != 1:
        raise ValueError
    return Question(ident, name, NAMES.get(kind, str(kind)))


def answer(asked: bytes, records: list[Record]) -> bytes:
    """With authority; a name without records does not exist."""
    ident = asked_in(asked).ident
    _, at = decode_name(asked, HEADER.size)
    flags = 0x8400 | (asked[2] & 1) << 8 | (0 if records else NXDOMAIN)
    head = HEADER.pack(ident, flags, 1, len(records), 0, 0)
    return head + asked[HEADER.size : at + 4] + b"".join(map(_record, records))


def _record(record: Record) -> bytes:
    is_name = record.kind == "CNAME"
    value = encode_name(record.value) if is_name else ipaddress.ip_address(record.value).packed
    return encode_name(record.name) + FIXED.pack(TYPES[record.kind], IN, record.ttl, len(value)) + value


def answers_in(data: bytes) -> list[Record]:
    _, _, questions, count, *_ = HEADER.unpack_from(data)
    at = HEADER.size
    for _ in range(questions):
        at = decode_name(data, at)[1] + 4
    found = []
    for _ in range(count):
        name, at = decode_name(data, at)
        kind, _, ttl, length = FIXED.unpack_from(data, at)
        at += FIXED.size
        value = (
            decode_name(data, at)[0] if NAMES[kind] == "CNAME" else str(ipaddress.ip_address(data[at : at + length]))
        )
        found.append(Record(name, NAMES[kind], ttl, value))
        at += length
    return found
