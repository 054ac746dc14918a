"""Merges texts by their lines: what is no YAML or JSON, and what nobody could take apart."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from ecs2k8s.core.edits import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

Lines = list[str]


@dataclass(frozen=True, slots=True)
class MergedText:
    """As `compare.three_way.Merged`, of texts."""

    text: str
    base: str
    edits: tuple[Edit, ...]

    @property
    def clean(self) -> bool:
        return not any(edit.is_conflict for edit in self.edits)


def merge_lines(then: str, edited: str, now: str, file: str = "") -> MergedText:
    """Changes that touch, or whose lines lie side by side, are one conflict unless they are the same."""
    text: Lines = []
    base: Lines = []
    edits: list[Edit] = []
    line = 1
    for its_then, its_edited, its_now in _regions(lines(then), lines(edited), lines(now)):
        if its_edited in (its_then, its_now):
            text += its_now
            base += its_now
        else:
            is_conflict = its_then != its_now
            where = f"lines {line}-{line + len(its_edited) - 1}" if its_edited[1:] else f"line {line}"
            before, after, mine = ("".join(each) for each in (its_then, its_now, its_edited))
            edits.append(Edit(file, where, before, after, mine, is_conflict=is_conflict))
            text += its_edited
            base += its_then if is_conflict else its_now
        line += len(its_edited)
    return MergedText("".join(text), "".join(base), tuple(edits))


def lines(text: str) -> Lines:
    """With their ends; only `\\n` ends a line."""
    found = [f"{line}\n" for line in text.split("\n")]
    found[-1] = found[-1][:-1]
    return found if found[-1] else found[:-1]


def _regions(then: Lines, edited: Lines, now: Lines) -> Iterator[tuple[Lines, Lines, Lines]]:
    """The three texts cut at the lines that all of them share."""
    at = (0, 0, 0)
    for start, its_edited, its_now, size in (*_shared(then, edited, now), (len(then), len(edited), len(now), 0)):
        yield then[at[0] : start], edited[at[1] : its_edited], now[at[2] : its_now]
        yield then[start : start + size], edited[its_edited : its_edited + size], now[its_now : its_now + size]
        at = (start + size, its_edited + size, its_now + size)


def _shared(then: Lines, edited: Lines, now: Lines) -> Iterator[tuple[int, int, int, int]]:
    """Runs of lines that stand in all three: where they begin in each, and how many they are."""
    left, right = _runs(then, edited), _runs(then, now)
    i = j = 0
    while i < len(left) and j < len(right):
        (a, b, n), (c, d, m) = left[i], right[j]
        start, end = max(a, c), min(a + n, c + m)
        if start < end:
            yield start, b + start - a, d + start - c, end - start
        if a + n <= c + m:
            i += 1
        else:
            j += 1


def _runs(left: Lines, right: Lines) -> list[tuple[int, int, int]]:
    """Runs of equal lines. What both begin and end with is found first: it is most of them."""
    least = min(len(left), len(right))
    head = next((n for n in range(least) if left[n] != right[n]), least)
    tail = next((n for n in range(least - head) if left[-1 - n] != right[-1 - n]), least - head)
    inner = SequenceMatcher(None, left[head : len(left) - tail], right[head : len(right) - tail], autojunk=False)
    found = [(0, 0, head)]
    found += [(a + head, b + head, n) for a, b, n in inner.get_matching_blocks()]
    found.append((len(left) - tail, len(right) - tail, tail))
    return [run for run in found if run[2]]
