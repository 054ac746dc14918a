"""Raw differences against the noise of ECS with itself, by route and field.

A field that differs is a regression by the three thresholds of Diffy, and where that is unlikely to be chance.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecs2k8s.cutover.probes.cases import RULES
from ecs2k8s.cutover.probes.fields import Token
from ecs2k8s.cutover.probes.odds import PERHAPS, SURE, oddities, unlikely

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecs2k8s.cutover.probes.cases import Case, Rule
    from ecs2k8s.cutover.probes.fields import Fields

RELATIVE, ABSOLUTE, LEAST = 0.20, 0.0003, 3
STATUS = "status"
AGAIN = 2  # rounds in which one request had another status, while ECS was always the same
ABSENT = Token("", "absent")
Where = tuple[str, str]  # route and path


@dataclass(frozen=True, slots=True)
class Call:
    """The three answers of one round of one case, as fields."""

    case: Case
    ecs: Fields
    again: Fields
    eks: Fields
    seconds: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Difference:
    """`raw`: calls in which EKS differed from ECS; `noise`: those in which ECS differed from itself."""

    route: str
    path: str
    raw: int
    noise: int
    total: int
    shapes: tuple[str, str]  # of ECS and of EKS, in the first call that differs

    @property
    def stands_out(self) -> bool:
        """https://github.com/opendiffy/diffy: its relative and absolute threshold, and three calls at least."""
        more, both = self.raw - self.noise, self.raw + self.noise
        return more >= LEAST and more / both > RELATIVE and more / self.total > ABSOLUTE

    @property
    def is_whole(self) -> bool:
        """ECS was always like itself, and EKS never like ECS; of a status once is enough to look again."""
        return not self.noise and (self.raw == self.total or (self.path == STATUS and self.raw > 0))

    @property
    def words(self) -> str:
        ecs, eks = self.shapes
        often = f"in {self.raw} of {self.total} calls (ECS with itself: {self.noise})"
        return f"{self.route}: {self.path}: {ecs} on ECS, {eks} on EKS, {often}"


@dataclass(frozen=True, slots=True)
class Compared:
    """`regressions` are confirmed; `suspects` differ in too few calls to tell; `noisy` is what ECS does by itself."""

    regressions: tuple[Difference, ...]
    suspects: tuple[Difference, ...]
    noisy: tuple[Difference, ...]
    calls: int
    ignored: int = 0


@dataclass(slots=True)
class _Counts:
    raw: Counter[Where] = field(default_factory=Counter)
    noise: Counter[Where] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)
    shapes: dict[Where, tuple[str, str]] = field(default_factory=dict)

    def difference(self, where: Where) -> Difference:
        shapes = self.shapes.get(where, ("", ""))
        return Difference(*where, self.raw[where], self.noise[where], self.total[where[0]], shapes)


def compared(calls: Sequence[Call], rules: Iterable[Rule] = ()) -> Compared:
    counts = _Counts()
    for call in calls:
        _count(call, counts)
    accepted = tuple(rules)
    where = sorted(counts.raw.keys() | counts.noise.keys())
    kept = [each for each in where if each[1] == STATUS or not any(rule.covers(*each) for rule in accepted)]
    odd = oddities(calls)
    chances = {each: odd[each].chance for each in kept}
    sure = {*unlikely(chances, SURE)}
    perhaps, steady = {*unlikely(chances, PERHAPS)}, set(_steady(calls))
    found: dict[str, list[Difference]] = defaultdict(list)
    for each in (counts.difference(each) for each in kept):
        key = (each.route, each.path)
        if key in steady or (key in sure and each.stands_out):
            found["regression"].append(each)
        else:
            found["suspect" if key in perhaps or each.is_whole else "noise"].append(each)
    regressions, suspects, noisy = (tuple(found[kind]) for kind in ("regression", "suspect", "noise"))
    return Compared(regressions, suspects, noisy, len(calls), len(where) - len(kept))


def _count(call: Call, counts: _Counts) -> None:
    route = call.case.counted_by
    counts.total[route] += 1
    for path, one, other in _differing(call.ecs, call.eks):
        counts.raw[route, path] += 1
        counts.shapes.setdefault((route, path), (one.shape, other.shape))
    for path, _, _ in _differing(call.ecs, call.again):
        counts.noise[route, path] += 1


def _differing(one: Fields, other: Fields) -> Iterator[tuple[str, Token, Token]]:
    """Where the status is another, the rest of the answers has nothing to do with each other."""
    if one[STATUS] != other[STATUS]:
        yield STATUS, one[STATUS], other[STATUS]
        return
    for path in one.keys() | other.keys():
        a, b = one.get(path, ABSENT), other.get(path, ABSENT)
        if a.hash != b.hash:
            yield path, a, b


def _steady(calls: Iterable[Call]) -> Iterator[Where]:
    """Routes of requests that have another status on EKS again and again, and on ECS always the same."""
    by_case: dict[int, list[Call]] = defaultdict(list)
    for call in calls:
        by_case[id(call.case)].append(call)
    for its in by_case.values():
        ecs = {call.ecs[STATUS] for call in its} | {call.again[STATUS] for call in its}
        others = sum(call.eks[STATUS] not in ecs for call in its)
        if len(ecs) == 1 and others >= min(AGAIN, len(its)):
            yield its[0].case.counted_by, STATUS


def proposed(found: Compared) -> str:
    """A file of rules for a person to finish: without reason and expiry it is refused."""
    lines = [
        "# What ECS does by itself. Keep what may differ, with a reason and the day until which that holds.",
        f"format: {RULES}",
        "ignore:" if found.noisy else "ignore: []",
    ]
    for each in found.noisy:
        lines += [
            f"  # ECS with itself: {each.noise} of {each.total} calls; EKS: {each.raw}",
            f"  - route: {_quoted(each.route)}",
            f"    path: {_quoted(each.path)}",
            '    reason: ""',
            "    expires:",
        ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A scalar of YAML in single quotes; paths and routes have no line break."""
    return "'" + text.replace("'", "''") + "'"
