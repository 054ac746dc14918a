"""One line of a journal: a checksum and JSON, tied to the line before it by a hash.

The checksum tells a line that was not written to its end; the chain tells one that was changed, left out or put in.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import zlib
from dataclasses import dataclass
from typing import Any

import msgspec

from ecs2k8s.cutover.journal.events import AnyEvent, JournalError, event

# Where a line begins. It stands nowhere else: inside a string of JSON the quotes would be escaped.
START = re.compile(rb'[0-9a-f]{8} \{"seq":')
CHECKSUM = 9  # characters of the checksum and the blank


class Head(msgspec.Struct, frozen=True):
    """`seq` counts from 1, so that it is the number of the line; the first `prev_sha256` is the hash of the plan."""

    seq: int
    prev_sha256: str
    ts_wall: float  # seconds since 1970
    ts_mono: float  # seconds that only rise, while the machine runs
    run: str
    plan: str


@dataclass(frozen=True, slots=True)
class Line:
    head: Head
    event: AnyEvent
    sha256: str  # of this line as it stands in the file

    @property
    def ev(self) -> str:
        return self.event.ev

    @property
    def step(self) -> str:
        return self.event.step


def encode(head: Head, body: dict[str, Any]) -> bytes:
    """A line without its end. It is ASCII, so that no character of it hides, reorders or ends anything."""
    value = msgspec.to_builtins(head) | body
    text = json.dumps(value, separators=(",", ":"), allow_nan=False).replace("\x7f", "\\u007f").encode()
    return b"%08x %b" % (zlib.crc32(text), text)


def is_sound(raw: bytes) -> bool:
    """Whether the line was written to its end."""
    return START.match(raw) is not None and int(raw[:8], 16) == zlib.crc32(raw[CHECKSUM:])


def decode(raw: bytes) -> Line:
    """The line that was written as *raw*, a sound one. Raises `JournalError`."""
    try:
        value = json.loads(raw[CHECKSUM:])
        head = msgspec.convert({name: value.pop(name, None) for name in Head.__struct_fields__}, Head)
    except (ValueError, RecursionError, AttributeError) as error:  # msgspec's errors are ValueErrors
        raise JournalError(f"is no line of a journal: {error}") from error
    if not (math.isfinite(head.ts_wall) and math.isfinite(head.ts_mono)):
        raise JournalError("is no line of a journal: its time is no number")
    return Line(head, event(str(value.pop("ev", "")), value), digest(raw))


def digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
