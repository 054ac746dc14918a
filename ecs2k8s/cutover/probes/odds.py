"""How likely two versions that are the same would differ so: a test of fields, and a rule for many tests at once.

Diffy's thresholds are made for much traffic. With a few rounds a field that changes by itself passes them often, so
that a difference has to be unlikely too. If both sides are the same, the answers to one request may be exchanged with
each other: how many of those that are unlike most of them come from EKS is then a draw without putting back.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from ecs2k8s.cutover.probes.counting import Call
    from ecs2k8s.cutover.probes.fields import Fields

    Where = tuple[str, str]

STATUS = "status"
ABSENT = ""
SURE, PERHAPS = 0.01, 0.03  # of all runs with two versions that are the same, so many may say so


@dataclass(slots=True)
class Odd:
    """Answers that are unlike most answers to their request, of each side, and how many were compared."""

    ecs: int = 0
    eks: int = 0
    of_ecs: int = 0
    of_eks: int = 0

    @property
    def chance(self) -> float:
        """That as many or more of the odd ones come from EKS (Fisher's exact test, one side)."""
        return tail(self.ecs + self.eks, self.of_eks, self.of_ecs + self.of_eks, self.eks)


def tail(odd: int, drawn: int, whole: int, found: int) -> float:
    """Of drawing *drawn* of *whole*, *odd* of which are odd: the chance of *found* odd ones or more."""
    ways = sum(
        math.comb(odd, count) * math.comb(whole - odd, drawn - count) for count in range(found, min(odd, drawn) + 1)
    )
    return ways / math.comb(whole, drawn)


def oddities(calls: Sequence[Call]) -> Mapping[Where, Odd]:
    """By route and path, each request compared with its own answers only."""
    found: dict[Where, Odd] = defaultdict(Odd)
    by_case: dict[int, list[Call]] = defaultdict(list)
    for call in calls:
        by_case[id(call.case)].append(call)
    for its in by_case.values():
        _case(its[0].case.counted_by, its, found)
    return found


def _case(route: str, calls: Sequence[Call], found: dict[Where, Odd]) -> None:
    answers = [(fields, False) for call in calls for fields in (call.ecs, call.again)]
    answers += [(call.eks, True) for call in calls]
    usual = _usual(fields[STATUS].hash for fields, _ in answers)
    _path(found[route, STATUS], answers, STATUS, usual)
    alike = [(fields, is_eks) for fields, is_eks in answers if fields[STATUS].hash == usual]
    for path in {path for fields, _ in alike for path in fields} - {STATUS}:
        _path(found[route, path], alike, path, _usual(_hash(fields, path) for fields, _ in alike))


def _path(odd: Odd, answers: Iterable[tuple[Fields, bool]], path: str, usual: Hashable) -> None:
    for fields, is_eks in answers:
        unlike = _hash(fields, path) != usual
        if is_eks:
            odd.of_eks, odd.eks = odd.of_eks + 1, odd.eks + unlike
        else:
            odd.of_ecs, odd.ecs = odd.of_ecs + 1, odd.ecs + unlike


def _hash(fields: Fields, path: str) -> str:
    return fields[path].hash if path in fields else ABSENT


def _usual(values: Iterable[str]) -> str:
    """The value of most, whichever side has it; of several the first in order, which no side prefers."""
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value))


def unlikely(chances: Mapping[Where, float], level: float) -> Iterator[Where]:
    """Benjamini and Hochberg: where both sides are the same, only *level* of all runs name anything."""
    ordered = sorted(chances, key=lambda where: (chances[where], where))
    for count in range(len(ordered), 0, -1):
        if chances[ordered[count - 1]] <= level * count / len(ordered):
            yield from ordered[:count]
            return
