"""Reads a journal: what is whole and chained, and the tail that an interrupted write left. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.cutover.journal.events import FORMAT, JournalError, RunStart
from ecs2k8s.cutover.journal.lines import START, Line, decode, is_sound

if TYPE_CHECKING:
    from pathlib import Path

FILE = "journal.jsonl"


@dataclass(frozen=True, slots=True)
class Reading:
    lines: tuple[Line, ...]
    tail: bytes  # of a line that was not written to its end; empty where all are

    @property
    def last(self) -> Line:
        return self.lines[-1]


def read(folder: Path) -> Reading:
    """The journal in the folder of a run. Raises `JournalError` with the file, and the line that is wrong."""
    path = folder / FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror}") from error
    return parse(data, str(path))


def parse(data: bytes, where: str) -> Reading:
    lines: list[Line] = []
    offset = 0
    while offset < len(data):
        end = data.find(b"\n", offset)
        if end < 0 or not is_sound(data[offset:end]):
            break
        lines.append(_next(lines, data[offset:end], where))
        offset = end + 1
    if not lines:
        raise JournalError(f"{where}:1: is no whole line of a journal")
    return Reading(tuple(lines), _tail(data[offset:], where, len(lines) + 1))


def _next(lines: list[Line], raw: bytes, where: str) -> Line:
    """The line *raw*, where it may follow those before it."""
    number = len(lines) + 1
    try:
        line = decode(raw)
    except JournalError as error:
        raise JournalError(f"{where}:{number}: {error}") from error
    wrong = _unchained(lines[-1], line) if lines else _no_beginning(line)
    if wrong:
        raise JournalError(f"{where}:{number}: {wrong}: the file was changed")
    return line


def _unchained(before: Line, line: Line) -> str:
    if line.head.prev_sha256 != before.sha256 or line.head.seq != before.head.seq + 1:
        return "does not follow the line before it"
    if (line.head.run, line.head.plan) != (before.head.run, before.head.plan):
        return "is of another run"
    return "begins a run a second time" if isinstance(line.event, RunStart) else ""


def _no_beginning(line: Line) -> str:
    if line.head.seq != 1 or line.head.prev_sha256 != line.head.plan or not isinstance(line.event, RunStart):
        return "does not begin a run"
    return "" if line.event.format == FORMAT else f"is of the format {line.event.format!r}, not {FORMAT!r}"


def _tail(rest: bytes, where: str, number: int) -> bytes:
    """What an interrupted write left: part of one line, since each is on disk before the next is begun."""
    if START.search(rest, 1):
        raise JournalError(f"{where}:{number}: is damaged, and lines come after it: no interrupted write does that")
    return rest
