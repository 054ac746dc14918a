"""A diff in words: what its text, its Markdown and its page show alike, read from the JSON alone."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.escape import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NUMBERS = {"translate": "D1", "cluster": "D2", "drift": "D3", "plan": "D4"}
SYMBOLS = {
    "same": "=",
    "mapped": "~",
    "defaulted": "~",
    "added": "+",
    "dropped": "-",
    "unknown": "!",
    "changed": "~",
    "removed": "-",
    "conflict": "!",
}
MASKED = "••••••"  # of one length, whatever it hides
HASH = 8  # characters of the hash of a value that is cut


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a row: its value as text, and where it stands."""

    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row in words."""

    symbol: str
    status: str
    risk: str
    severity: str
    path: str
    before: Side | None
    after: Side | None
    because: str
    rule: str
    cause: str
    manager: str
    findings: tuple[str, ...]
    blocks: bool

    @property
    def names(self) -> list[tuple[str, str]]:
        """What can be looked up of it: what it is, and its name."""
        found = [("rule", self.rule), ("known cause", self.cause), ("manager", self.manager)]
        return [*(pair for pair in found if pair[1]), *(("finding", slug) for slug in self.findings)]


@dataclass(frozen=True, slots=True)
class Block:
    """One object: the lines that are shown, and what the others come to, by status."""

    subject: str
    action: str
    workload: str
    said: tuple[str, ...]
    lines: tuple[Line, ...]
    hidden: Mapping[str, int]

    @property
    def verb(self) -> str:
        """What happens to it; nothing is said of what stays as it is."""
        return "" if self.action == "no-op" else f"{self.action} "

    @property
    def title(self) -> str:
        return self.verb + self.subject

    @property
    def risk(self) -> str:
        """The first of its classes, in the order in which a reviewer reads."""
        return self.lines[0].risk if self.lines else ""


def verdict(diff: Mapping[str, Any]) -> str:
    """The first line of every view."""
    rows = [row for change in diff["changes"] for row in change["rows"]]
    count = Counter(row["status"] for row in rows if not _explained(row) and row["status"] not in {"unknown", "same"})
    parts = [_number(sum(map(_blocks, rows)), "blocker")]
    if diff["diff"] == "translate":
        parts.append(_number(sum(row["severity"] == "warning" for row in rows), "warning"))
    parts += [f"{count[status]} {status}" for status in SYMBOLS if count[status]]
    parts += [f"{diff['explained']} explained", f"{diff['unexplained']} unexplained"]
    if diff["undecided"]:
        parts.append(f"{len(diff['undecided'])} undecided")
    return f"{subject(diff)}: {', '.join(parts)} ({NUMBERS[diff['diff']]})"


def subject(diff: Mapping[str, Any]) -> str:
    """What is compared. A translation is named by what came out of it."""
    if diff["diff"] == "translate":
        return escape(diff["right"])
    return escape(f"{diff['left']} against {diff['right']}")


def blocks(diff: Mapping[str, Any], *, everything: bool, longest: int) -> list[Block]:
    """The objects in order. Values of more than *longest* characters are cut in the middle."""
    return [_block(change, everything=everything, longest=longest) for change in diff["changes"]]


def _block(change: Mapping[str, Any], *, everything: bool, longest: int) -> Block:
    shown = [row for row in change["rows"] if everything or not _explained(row)]
    hidden = Counter(row["status"] for row in change["rows"]) - Counter(row["status"] for row in shown)
    return Block(
        subject=escape(change["subject"]),
        action=escape(change["action"]),
        workload=escape(change["workload"]),
        said=tuple(map(escape, change["said"])),
        lines=tuple(_line(row, longest) for row in shown),
        hidden={status: hidden[status] for status in SYMBOLS if hidden[status]},
    )


def _line(row: Mapping[str, Any], longest: int) -> Line:
    return Line(
        symbol=SYMBOLS[row["status"]],
        before=_side(row["before"], row["equal"], longest),
        after=_side(row["after"], row["equal"], longest),
        findings=tuple(map(escape, row["findings"])),
        blocks=_blocks(row),
        **{
            key: escape(row[key])
            for key in ("status", "risk", "severity", "path", "because", "rule", "cause", "manager")
        },
    )


def _side(side: Mapping[str, Any] | None, equal: bool | None, longest: int) -> Side | None:  # noqa: FBT001
    if side is None:
        return None
    masked = f"{MASKED} ({'same' if equal else 'differs'})"
    value = masked if side.get("masked") else cut(escape(json.dumps(side["value"], ensure_ascii=False)), longest)
    return Side(value, escape(side["origin"]))


def cut(text: str, longest: int) -> str:
    """*text*, of which the middle is left out where it is too long; its length and hash tell it from others."""
    if len(text) <= longest:
        return text
    digest = sha256(text.encode()).hexdigest()[:HASH]
    about = f" … ({len(text)} characters, sha256 {digest}) … "
    room = max(longest - len(about), 8)
    return text[: room - room // 2] + about + text[len(text) - room // 2 :]


def hidden_words(block: Block) -> str:
    """What of a block is not shown: `12 rows are not shown: 10 same, 2 mapped`."""
    number = sum(block.hidden.values())
    if not number:
        return ""
    counts = ", ".join(f"{count} {status}" for status, count in block.hidden.items())
    return f"{number} {'row is' if number == 1 else 'rows are'} not shown: {counts}"


def quiet_words(quiet: Iterable[Block]) -> str:
    """What the objects without any line to show come to."""
    found = list(quiet)
    if not found:
        return ""
    number = sum(sum(block.hidden.values()) for block in found)
    return f"{_number(len(found), 'object')} more with {_number(number, 'row')}, all the same or explained"


def _explained(row: Mapping[str, Any]) -> bool:
    return row["status"] == "same" or bool(row["cause"])


def _blocks(row: Mapping[str, Any]) -> bool:
    return row["status"] in {"unknown", "conflict"} or row["severity"] == "error"


def _number(count: int, word: str) -> str:
    return f"{count} {word}" + ("" if count == 1 else "s")
