"""A diff in words: what its text, its Markdown and its page show alike, read from the JSON alone."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.changes import MASKED
from ecs2k8s.core.escape import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

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
RULES = 3  # that are named where several say the same
OF_ARN = re.compile(r"\barn:[^:\s]*:[^:\s]*:[^:\s]*:[^:\s]*:(?=\S)")  # what stands before the name of a resource
HASH = 8  # characters of the hash of a value that is cut


Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a row: its value as text, and where it stands."""

    value: str
    origin: str

    @property
    def place(self) -> str:
        """Where it stands, of an ARN the name alone."""
        return OF_ARN.sub("", self.origin)


@dataclass(frozen=True, slots=True)
class Line:
    """One leaf in words."""

    risk: str
    path: str
    before: Side | None
    after: Side | None
    alike: bool  # both sides are there, and hold the same


@dataclass(frozen=True, slots=True)
class Group:
    """Leaves of one object of which the same is said. `names` can be looked up: what each is, and its name."""

    symbol: str
    status: str
    severity: str
    because: str
    names: tuple[tuple[str, str], ...]
    blocks: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One object: the leaves that are shown, and what the others come to, by status."""

    subject: str
    shape: str  # of a document of AWS
    action: str
    workload: str
    said: tuple[str, ...]
    groups: tuple[Group, ...]
    hidden: Mapping[str, int]

    @property
    def verb(self) -> str:
        """What happens to it; nothing is said of what stays as it is."""
        return "" if self.action == "no-op" else f"{self.action} "

    @property
    def about(self) -> str:
        """What stands behind its name: the kind of a document, and the workload that it belongs to."""
        return ", ".join(text for text in (self.shape, self.workload) if text)

    @property
    def blocks(self) -> bool:
        return any(group.blocks for group in self.groups)

    @property
    def shown(self) -> int:
        """How many leaves."""
        return sum(len(group.lines) for group in self.groups)

    @property
    def risk(self) -> str:
        """The first of its classes, in the order in which a reviewer reads."""
        return self.groups[0].lines[0].risk if self.groups else ""


def verdict(diff: Mapping[str, Any]) -> str:
    """The first line of every view. Of leaves of one object of which the same is said one blocker, one warning."""
    rows = [(change["subject"], row) for change in diff["changes"] for row in change["rows"]]
    counted = [row for _, row in rows if not _explained(row) and row["status"] not in {"unknown", "same"}]
    count = Counter(row["status"] for row in counted)
    parts = [_number(len({(subject, _key(row)) for subject, row in rows if _blocks(row)}), "blocker")]
    if diff["diff"] == "translate":
        warnings = {(subject, _key(row)) for subject, row in rows if row["severity"] == "warning" and not _blocks(row)}
        parts.append(_number(len(warnings), "warning"))
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


def blocks(diff: Mapping[str, Any], *, everything: bool, longest: int, brief: bool = False) -> list[Block]:
    """The objects in order. Values of more than *longest* characters are cut in the middle.

    *brief*: without what a rule carries over and nothing warns of.
    """
    hidden = _untold if brief else _explained
    return [_block(change, longest, hidden=_nothing if everything else hidden) for change in diff["changes"]]


def _block(change: Mapping[str, Any], longest: int, hidden: Callable[[Mapping[str, Any]], bool]) -> Block:
    shown = [row for row in change["rows"] if not hidden(row)]
    left = Counter(row["status"] for row in change["rows"]) - Counter(row["status"] for row in shown)
    groups: dict[Key, list[Mapping[str, Any]]] = {}
    for row in shown:
        groups.setdefault(_key(row), []).append(row)
    return Block(
        subject=escape(change["subject"]),
        shape=escape(change["shape"]),
        action=escape(change["action"]),
        workload=escape(change["workload"]),
        said=tuple(map(escape, change["said"])),
        groups=tuple(_group(rows, change["subject"], longest) for rows in groups.values()),
        hidden={status: left[status] for status in SYMBOLS if left[status]},
    )


def _key(row: Mapping[str, Any]) -> Key:
    """Leaves that share it are read together; what blocks stands alone."""
    about = tuple(str(row[name]) for name in ("status", "severity", "because", "cause", "manager", "findings"))
    return (*about, row["path"] if _blocks(row) else "")


def _group(rows: list[Mapping[str, Any]], subject: str, longest: int) -> Group:
    first = rows[0]
    found = [("rule", rule) for rule in dict.fromkeys(row["rule"] for row in rows) if rule][:RULES]
    found += [("known cause", first["cause"]), ("manager", first["manager"])]
    found += [("finding", slug) for slug in first["findings"]]
    return Group(
        symbol=SYMBOLS[first["status"]],
        status=first["status"],
        severity=first["severity"],
        because=escape(first["because"]),
        names=tuple((name, escape(text)) for name, text in found if text),
        blocks=_blocks(first),
        lines=tuple(_line(row, subject, longest) for row in rows),
    )


def _line(row: Mapping[str, Any], subject: str, longest: int) -> Line:
    before, after = (_side(row[side], row, subject, longest) for side in ("before", "after"))
    may_be = row["equal"] is not False and row["status"] not in {"changed", "conflict"}
    alike = bool(may_be and before and after and before.value == after.value)
    return Line(row["risk"], escape(row["path"]), before, after, alike)


def _side(side: Mapping[str, Any] | None, row: Mapping[str, Any], subject: str, longest: int) -> Side | None:
    """Where a value stands is left out where the lines above say it."""
    if side is None:
        return None
    value = _masked(row) if side.get("masked") else cut(escape(json.dumps(side["value"], ensure_ascii=False)), longest)
    origin = side["origin"].removeprefix(f"{subject} ")
    return Side(value, "" if origin == row["path"] else escape(origin))


def _masked(row: Mapping[str, Any]) -> str:
    """What has no other side neither differs from it nor is the same."""
    if row["before"] is None or row["after"] is None:
        return MASKED
    return f"{MASKED} ({'same' if row['equal'] else 'differs'})"


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


def more_words(group: Group, most: int) -> str:
    """What of a group is not shown, where it has more than *most* leaves."""
    return f"and {left} more like {'it' if most == 1 else 'them'}" if (left := len(group.lines) - most) > 0 else ""


def quiet_words(quiet: Iterable[Block], why: str = "the same or explained") -> str:
    """What the objects without any line to show come to."""
    found = list(quiet)
    if not found:
        return ""
    number = sum(sum(block.hidden.values()) for block in found)
    return f"{_number(len(found), 'object')} more with {_number(number, 'row')}, all {why}"


def _explained(row: Mapping[str, Any]) -> bool:
    return row["status"] == "same" or bool(row["cause"])


def _untold(row: Mapping[str, Any]) -> bool:
    """Whether a rule carries it, and nothing warns of how."""
    return _explained(row) or (row["status"] == "mapped" and row["severity"] not in {"warning", "error"})


def _nothing(_row: Mapping[str, Any]) -> bool:
    return False


def _blocks(row: Mapping[str, Any]) -> bool:
    return row["status"] in {"unknown", "conflict"} or row["severity"] == "error"


def _number(count: int, word: str) -> str:
    return f"{count} {word}" + ("" if count == 1 else "s")
