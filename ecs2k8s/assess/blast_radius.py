"""What depends on a unit, directly and through others: what fails where it fails."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.assess.components import reaching
from ecs2k8s.assess.dependencies import INTERNET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ecs2k8s.assess.dependencies import Dependencies, Edge


@dataclass(frozen=True, slots=True, order=True)
class Entrance:
    """A load balancer by which requests come in, the names that lead to it, and which requests it is about.

    `everyone`: the internet may call it.
    """

    balancer: str
    everyone: bool
    names: tuple[str, ...]
    via: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blast:
    """`callers` use it, `through` use it by way of those; `entrances` lead to it, `beyond` to what depends on it.

    `may` is how many more have a permission to call it.
    """

    callers: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    entrances: tuple[Entrance, ...] = ()
    beyond: tuple[Entrance, ...] = ()
    may: int = 0

    @property
    def dependents(self) -> tuple[str, ...]:
        return tuple(sorted((*self.callers, *self.through)))

    @property
    def everyone(self) -> bool:
        """Whether people on the internet notice."""
        return any(entrance.everyone for entrance in (*self.entrances, *self.beyond))

    @property
    def size(self) -> tuple[int, bool, int]:
        """To sort by: how many depend on it, whether the internet does, how many ways lead in."""
        return (len(self.callers) + len(self.through), self.everyone, len(self.entrances) + len(self.beyond))


def radii(groups: Sequence[tuple[str, ...]], found: Dependencies) -> list[Blast]:
    """One for each of *groups* of workloads."""
    view = _View.of(found)
    return [view.blast(group) for group in groups]


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """The graph as bits: workloads have numbers, and a set of them is an integer."""

    idents: list[str]
    number: Mapping[str, int]
    direct: Mapping[str, int]
    all: Mapping[str, int]
    may: Mapping[str, int]
    entrances: list[tuple[Entrance, int, list[Edge]]]  # with the workloads behind it

    @classmethod
    def of(cls, found: Dependencies) -> _View:
        idents = [node.ident for node in found.nodes if node.kind == "workload"]
        number = {ident: at for at, ident in enumerate(idents)}
        uses = [edge for edge in found.uses if edge.source in number and edge.target in number]
        before = reaching(len(idents), [(number[edge.source], number[edge.target]) for edge in uses])
        direct: dict[str, int] = defaultdict(int)
        for edge in uses:
            direct[edge.target] |= 1 << number[edge.source]
        reached = dict(zip(idents, before, strict=True))
        return cls(idents, number, direct, reached, _may(found, number), list(_entrances(found, number)))

    def blast(self, group: tuple[str, ...]) -> Blast:
        own = _bits(group, self.number)
        callers = _union(self.direct, group) & ~own
        every = _union(self.all, group) & ~own
        may = _union(self.may, group) & ~(own | every)
        return Blast(
            self._names(callers),
            self._names(every & ~callers),
            tuple(sorted(self._entrances(own))),
            tuple(sorted(self._entrances(every))),
            may.bit_count(),
        )

    def _names(self, bits: int) -> tuple[str, ...]:
        found = []
        while bits:
            lowest = bits & -bits
            found.append(self.idents[lowest.bit_length() - 1])
            bits ^= lowest
        return tuple(sorted(found))

    def _entrances(self, bits: int) -> Iterator[Entrance]:
        for entrance, behind, edges in self.entrances:
            if behind & bits:
                via = {text for edge in edges if bits >> self.number[edge.target] & 1 for text in edge.via}
                yield Entrance(entrance.balancer, entrance.everyone, entrance.names, tuple(sorted(via)))


def _entrances(found: Dependencies, number: Mapping[str, int]) -> Iterator[tuple[Entrance, int, list[Edge]]]:
    balancers = {node.ident: node.label for node in found.nodes if node.kind == "load-balancer"}
    leading: dict[str, list[Edge]] = defaultdict(list)
    behind: dict[str, list[Edge]] = defaultdict(list)
    for edge in found.uses:
        if edge.target in balancers and edge.source not in number:
            leading[edge.target].append(edge)
        elif edge.source in balancers and edge.target in number:
            behind[edge.source].append(edge)
    for ident, edges in sorted(behind.items()):
        names = tuple(sorted({name for edge in leading[ident] for name in edge.via}))
        everyone = any(edge.source == INTERNET for edge in leading[ident])
        yield Entrance(balancers[ident], everyone, names, ()), _bits((e.target for e in edges), number), edges


def _may(found: Dependencies, number: Mapping[str, int]) -> dict[str, int]:
    """Workload to the workloads that have a permission to call it."""
    bits: dict[str, int] = defaultdict(int)
    for edge in found.edges:
        if edge.may_only and edge.source in number:
            bits[edge.target] |= 1 << number[edge.source]
    for each in found.wide:
        sources = _bits(each.sources, number)
        for target in each.targets:
            bits[target] |= sources
    return bits


def _bits(idents: Iterable[str], number: Mapping[str, int]) -> int:
    found = 0
    for ident in idents:
        found |= 1 << number[ident] if ident in number else 0
    return found


def _union(bits: Mapping[str, int], idents: Iterable[str]) -> int:
    found = 0
    for ident in idents:
        found |= bits.get(ident, 0)
    return found
