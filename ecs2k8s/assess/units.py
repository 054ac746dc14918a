"""What must move together: the parts of a split, what one action sends to, calls in a circle by names of ECS alone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from ecs2k8s.assess.components import components
from ecs2k8s.core import names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ecs2k8s.assess.components import Arc
    from ecs2k8s.assess.dependencies import Edge
    from ecs2k8s.assess.wiring import Wiring
    from ecs2k8s.resolve.workload import Workload

Tie = Literal["split", "action", "circle"]


@dataclass(frozen=True, slots=True)
class Group:
    """A unit before it has its place: `workloads` by `namespace/name`, sorted, and what ties them."""

    name: str
    workloads: tuple[str, ...]
    ties: tuple[Tie, ...] = ()


def groups(workloads: Sequence[Workload], wires: Wiring, calls: Iterable[Edge]) -> list[Group]:
    """Each of *workloads* in one group, sorted by name. Of *calls* those tie that use names of ECS alone."""
    idents = [workload.folder for workload in workloads]
    number = {ident: at for at, ident in enumerate(idents)}
    ties: dict[Tie, list[tuple[str, ...]]] = {
        "split": _splits(workloads),
        "action": [way.workloads for way in wires.ways],
    }
    arcs: dict[Tie, set[Arc]] = defaultdict(set)
    for tie, tuples in ties.items():
        for its in tuples:
            known = [number[ident] for ident in its if ident in number]
            arcs[tie] |= {arc for one, other in pairwise(known) for arc in ((one, other), (other, one))}
    arcs["circle"] = _circular(len(idents), {arc for its in arcs.values() for arc in its}, _alone(calls, number))
    return _named(idents, arcs)


def _alone(calls: Iterable[Edge], number: Mapping[str, int]) -> set[Arc]:
    """From caller to callee, by names of ECS alone."""
    its = [edge for edge in calls if edge.ecs_names and edge.source in number and edge.target in number]
    return {(number[edge.source], number[edge.target]) for edge in its}


def _circular(size: int, tied: set[Arc], calls: set[Arc]) -> set[Arc]:
    """Those of *calls* that are in a circle, of calls alone or by way of what is *tied* anyway."""
    pure, tie, every = (components(size, sorted(arcs)) for arcs in (calls, tied, tied | calls))
    return {(a, b) for a, b in calls if pure[a] == pure[b] or (every[a] == every[b] and tie[a] != tie[b])}


def _splits(workloads: Iterable[Workload]) -> list[tuple[str, ...]]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for workload in workloads:
        if workload.whole:
            found[workload.namespace, workload.whole].append(workload.folder)
    return [tuple(its) for its in found.values()]


def _named(idents: Sequence[str], arcs: Mapping[Tie, set[Arc]]) -> list[Group]:
    every = {arc for its in arcs.values() for arc in its}
    component = components(len(idents), sorted(every))
    members: dict[int, list[str]] = defaultdict(list)
    for at, ident in enumerate(idents):
        members[component[at]].append(ident)
    ties: dict[int, set[Tie]] = defaultdict(set)
    for tie, its in arcs.items():
        for one, other in its:
            if component[one] == component[other] and one != other:
                ties[component[one]].add(tie)
    firsts = {number: min(its) for number, its in members.items()}
    called = names.unique(firsts.values())
    made = [Group(called[firsts[n]], tuple(sorted(its)), tuple(sorted(ties[n]))) for n, its in members.items()]
    return sorted(made, key=lambda group: group.name)
