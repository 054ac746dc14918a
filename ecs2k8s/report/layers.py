"""Where boxes stand in their columns, and how lines pass between them: layered drawing after Sugiyama, Tagawa and Toda.

A line that crosses a column gets a place of its own there, so that it never runs behind a box.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SWEEPS = 8
Ends = tuple[int, int]  # numbers of the nodes that a line leads from and to


@dataclass(frozen=True, slots=True)
class Layers:
    """`middles` has the height of each node's middle; `lanes` those at which a line passes the columns between."""

    middles: tuple[float, ...]
    lanes: Mapping[Ends, tuple[tuple[int, float], ...]]  # column and height, in the order of the line


def layered(columns: Sequence[int], lines: Sequence[Ends], size: int, lane: int) -> Layers:
    """*columns*: that of each node; *size* and *lane*: how much height a node and a passing line take."""
    at_column = list(columns)
    chains: dict[Ends, list[int]] = {}
    near: dict[int, list[int]] = defaultdict(list)
    for source, target in dict.fromkeys(lines):
        step = 1 if columns[source] < columns[target] else -1
        between = range(columns[source] + step, columns[target], step) if columns[source] != columns[target] else ()
        chain = [source, *range(len(at_column), len(at_column) + len(between)), target]
        at_column += between
        chains[source, target] = chain
        for one, other in pairwise(chain):
            near[one].append(other)
            near[other].append(one)
    sizes = [size if at < len(columns) else lane for at in range(len(at_column))]
    members = _ordered(at_column, near)
    middle = _aligned(members, near, sizes)
    lanes = {ends: tuple((at_column[at], middle[at]) for at in chain[1:-1]) for ends, chain in chains.items()}
    return Layers(tuple(middle[at] for at in range(len(columns))), lanes)


def _ordered(columns: Sequence[int], near: Mapping[int, Sequence[int]]) -> dict[int, list[int]]:
    """Each column in the order of the mean place of its neighbours, a few times to and fro."""
    members: dict[int, list[int]] = defaultdict(list)
    for at, column in enumerate(columns):
        members[column].append(at)
    place = {at: (row + 0.5) / len(group) for group in members.values() for row, at in enumerate(group)}
    for sweep in range(SWEEPS):
        for column in sorted(members, reverse=bool(sweep % 2)):
            group = members[column]
            means = {at: fmean([place[each] for each in near.get(at, ())] or [place[at]]) for at in group}
            group.sort(key=lambda at: (means[at], at))
            place |= {at: (row + 0.5) / len(group) for row, at in enumerate(group)}
    return members


def _aligned(
    members: Mapping[int, Sequence[int]], near: Mapping[int, Sequence[int]], sizes: Sequence[int]
) -> dict[int, float]:
    """The middles: each as near to those of its neighbours as the order leaves room for; the topmost starts at 0."""
    middle: dict[int, float] = {}
    for group in members.values():
        top = -sum(sizes[at] for at in group) / 2
        for at in group:
            middle[at] = top + sizes[at] / 2
            top += sizes[at]
    for sweep in range(SWEEPS):
        for column in sorted(members, reverse=bool(sweep % 2)):
            wished = [fmean([middle[each] for each in near.get(at, ())] or [middle[at]]) for at in members[column]]
            middle |= zip(members[column], _apart(wished, [sizes[at] for at in members[column]]), strict=True)
    highest = min(middle[at] - sizes[at] / 2 for at in middle)
    return {at: found - highest for at, found in middle.items()}


def _apart(wished: Sequence[float], sizes: Sequence[int]) -> list[float]:
    """The heights nearest to those *wished*, by least squares, without overlap: pools of adjacent violators."""
    offsets, total = [], 0.0
    for size in sizes:
        offsets.append(total + size / 2)
        total += size
    pools: list[tuple[float, int]] = []  # mean and number
    for wish, offset in zip(wished, offsets, strict=True):
        mean, count = wish - offset, 1
        while pools and pools[-1][0] > mean:
            before, number = pools.pop()
            mean, count = (mean * count + before * number) / (count + number), count + number
        pools.append((mean, count))
    free = [mean for mean, count in pools for _ in range(count)]
    return [mean + offset for mean, offset in zip(free, offsets, strict=True)]
