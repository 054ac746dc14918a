"""A report as sections that are cut between two items, never inside of one, and that say how much is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HEADING, SUBHEADING, ROW, BULLET, CODE, FENCE = "## ", "### ", "|", "- ", "    ", "```"
DELIMITER = "|-", "| -", "|:"
FOLD, UNFOLD = "<details", "</details>"
MOST = 60_000  # characters of a report: GitHub takes 65,536 in a comment
LONGEST_END = 120  # characters of the line that says what is left


@dataclass(frozen=True, slots=True)
class Item:
    """Lines that stand together or not at all, and of how many things they tell."""

    lines: tuple[str, ...]
    entries: int = 1

    @property
    def size(self) -> int:
        return sum(len(line) + 1 for line in self.lines)


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under a heading. `things`: what its entries are called where some are left out."""

    title: str
    items: tuple[Item, ...]
    things: str = "rows"

    def lines(self, kept: int, elsewhere: str) -> Iterator[str]:
        """The first *kept* items, and what became of the others."""
        yield from (f"{HEADING}{self.title}", "")
        for item in self.items[:kept]:
            yield from item.lines
        if kept == len(self.items):
            yield ""
            return
        left = sum(item.entries for item in self.items[kept:])
        said = f"{left} more {self.things} of this section are" if left else "The rest of this section is"
        yield from ("", f"**{said} in `{elsewhere}`.**", "")


def fitted(head: Sequence[str], sections: Sequence[Section], most: int, elsewhere: str) -> tuple[str, bool]:
    """The text, of *most* characters or less, and whether something was left out; that is in the file *elsewhere*.

    The first sections are the most important ones. Half of the room is shared fairly, so that each has its first items;
    of the rest each gets half of what is left, and then all that is left, one after the other.
    """
    room = most - _size(head) - sum(len(section.title) + LONGEST_END for section in sections)
    kept = [0] * len(sections)
    fair = room // (2 * max(len(sections), 1))
    for share in (0, 2, 1):
        for at, section in enumerate(sections):
            limit = room // share if share else fair
            while kept[at] < len(section.items) and section.items[kept[at]].size <= min(limit, room):
                size = section.items[kept[at]].size
                kept[at] += 1
                limit, room = limit - size, room - size
    return text(head, sections, elsewhere, kept), any(n < len(s.items) for n, s in zip(kept, sections, strict=True))


def text(head: Sequence[str], sections: Sequence[Section], elsewhere: str = "", kept: Sequence[int] = ()) -> str:
    """All of it, or of each section as many items as *kept* says."""
    lines = list(head)
    for at, section in enumerate(sections):
        lines += section.lines(kept[at] if kept else len(section.items), elsewhere)
    squeezed = [line for at, line in enumerate(lines) if line or (at and lines[at - 1])]
    return "\n".join(squeezed).rstrip() + "\n"


def _size(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def sections_of(lines: Sequence[str]) -> list[Section]:
    """Sections out of Markdown as the parts of the report write it."""
    found: list[tuple[str, list[str]]] = []
    fenced = False
    for line in "\n".join(lines).split("\n"):
        fenced ^= line.startswith(FENCE)
        if line.startswith(HEADING) and not fenced:
            found.append((line.removeprefix(HEADING), []))
        elif found:
            found[-1][1].append(line)
        elif line:
            raise AssertionError(f"a line of the report stands under no heading: {line}")
    return [Section(title, tuple(_items(body))) for title, body in found]


def _items(lines: Sequence[str]) -> Iterator[Item]:
    """A row of a table is an item, the first with the head; so is a bullet, a fold, a block of code or a paragraph."""
    pending: list[str] = []  # what the next item cannot be without
    at = 0
    while at < len(lines):
        size = _length(lines[at:])
        block = lines[at : at + size]
        at += size
        is_head = block[0].startswith(ROW) and at < len(lines) and lines[at].startswith(DELIMITER)
        if is_head or block[0].startswith((SUBHEADING, *DELIMITER)) or (pending and block == [""]):
            pending += block
            continue
        yield Item((*pending, *block), _entries(block))
        pending = []
    if pending:
        yield Item(tuple(pending), 0)


def _length(lines: Sequence[str]) -> int:
    """Of the block that begins here."""
    first = lines[0]
    if first.startswith(FOLD):
        return _until(lines, UNFOLD)
    if first.startswith(FENCE):
        return 1 + _until(lines[1:], FENCE)
    if not first or first.startswith((SUBHEADING, ROW)):
        return 1
    goes_on = (CODE,) if first.startswith(CODE) else ("  ",) if first.startswith(BULLET) else ()
    size = 1
    while size < len(lines) and lines[size] and _belongs(lines[size], goes_on):
        size += 1
    return size


def _belongs(line: str, goes_on: tuple[str, ...]) -> bool:
    return line.startswith(goes_on) if goes_on else not line.startswith((BULLET, ROW, SUBHEADING, FOLD, FENCE))


def _until(lines: Sequence[str], end: str) -> int:
    return next((at + 1 for at, line in enumerate(lines) if line.startswith(end)), len(lines))


def _entries(block: Sequence[str]) -> int:
    return sum(line.startswith((BULLET, ROW)) and not line.startswith(DELIMITER) for line in block)
