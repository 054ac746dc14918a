"""Which unit is before which: what has to be so, and what is rather so."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.assess.components import levels, without_circles

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ecs2k8s.assess.components import Arc
    from ecs2k8s.assess.dependencies import Dependencies

Numbers = dict[int, set[int]]


@dataclass(frozen=True, slots=True)
class Order:
    """Units by number.

    `level`: how many steps come before it. `callees` must have pods before it moves: it calls them by `names` that
    exist on ECS alone; `clients` is the reverse. `perhaps`: they answer in its namespace of Service Connect, and
    what it calls there is not seen; `perhaps_clients` is the reverse. `peers`: each answers in its namespace and may
    call the others. `callers` reach it on both sides and move before it; `circle` would, but it calls them too, by way
    of others perhaps.
    """

    level: list[int]
    names: Mapping[int, set[str]]
    callees: Numbers
    clients: Numbers
    perhaps: Numbers
    perhaps_clients: Numbers
    peers: Mapping[int, frozenset[int]]
    callers: Numbers
    circle: Numbers


def order(groups: Sequence[tuple[str, ...]], found: Dependencies) -> Order:
    """What weighs more comes first, and what would make a circle with that gives way."""
    unit = {ident: at for at, group in enumerate(groups) for ident in group}
    first, rather = _uses(unit, found)
    perhaps, hubs = _permissions(unit, found, len(groups))
    size = len(groups) + len(hubs)
    kept = without_circles(size, [first, perhaps, rather])
    sure = set(kept)
    perhaps = _through(perhaps & sure, hubs)
    names: dict[int, set[str]] = defaultdict(set)
    for edge in found.uses:
        if edge.source in unit and edge.target in unit and unit[edge.source] != unit[edge.target]:
            names[unit[edge.source]].update(edge.ecs_names)
    return Order(
        levels(size, kept, [1] * len(groups) + [0] * len(hubs))[: len(groups)],
        names,
        _before(first),
        _before((after, one) for one, after in first),
        _before(perhaps),
        _before((after, one) for one, after in perhaps),
        _peers(unit, found),
        _before(rather & sure),
        _before(rather - sure),
    )


def _uses(unit: Mapping[str, int], found: Dependencies) -> tuple[set[Arc], set[Arc]]:
    """Callees before those that reach them by names of ECS alone; else those that call before what they call."""
    first: set[Arc] = set()
    rather: set[Arc] = set()
    for edge in found.uses:
        if edge.source in unit and edge.target in unit and unit[edge.source] != unit[edge.target]:
            caller, callee = unit[edge.source], unit[edge.target]
            (first if edge.ecs_names else rather).add((callee, caller) if edge.ecs_names else (caller, callee))
    return first, rather


def _permissions(unit: Mapping[str, int], found: Dependencies, size: int) -> tuple[set[Arc], set[int]]:
    """Members of a namespace that answer in it, before those that only call there; one node more for each wide one."""
    arcs: set[Arc] = set()
    hubs: set[int] = set()
    for edge in found.edges:
        if edge.may_only and "discovery" in edge.evidence and edge.source in unit and edge.target in unit:
            arcs.add((unit[edge.target], unit[edge.source]))
    for each in found.wide:
        if each.evidence == ("discovery",) and not set(each.sources) & set(each.targets):
            hub = size + len(hubs)
            hubs.add(hub)
            arcs |= {(unit[ident], hub) for ident in each.targets if ident in unit}
            arcs |= {(hub, unit[ident]) for ident in each.sources if ident in unit}
    return {(one, after) for one, after in arcs if one != after}, hubs


def _peers(unit: Mapping[str, int], found: Dependencies) -> dict[int, frozenset[int]]:
    """Units that answer in one namespace; there is no order in which each is before those that it may call."""
    peers: dict[int, frozenset[int]] = {}
    for each in found.wide:
        if each.evidence == ("discovery",) and each.sources == each.targets:
            its = frozenset(unit[ident] for ident in each.sources if ident in unit)
            peers |= {at: peers.get(at, frozenset()) | its for at in its}
    return peers


def _through(arcs: Iterable[Arc], hubs: set[int]) -> set[Arc]:
    """The arcs from unit to unit, also by way of one of *hubs*."""
    listed = list(arcs)
    into = _before((one, after) for one, after in listed if after in hubs)
    found = {(one, after) for one, after in listed if not {one, after} & hubs}
    return found | {(one, after) for hub, after in listed if hub in hubs for one in into[hub]}


def _before(arcs: Iterable[Arc]) -> Numbers:
    found: Numbers = defaultdict(set)
    for one, after in arcs:
        found[after].add(one)
    return found
