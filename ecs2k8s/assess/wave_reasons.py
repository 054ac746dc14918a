"""Why a unit has its place, and what breaks otherwise, as slugs of mappings/waves.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.listing import listed
from ecs2k8s.core.mappings import load_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ecs2k8s.assess.designs import Design
    from ecs2k8s.assess.units import Group
    from ecs2k8s.assess.wave_order import Order

MOST_NAMES = 5  # that a reason lists


@dataclass(frozen=True, slots=True, order=True)
class Reason:
    """A slug of mappings/waves.yaml and its arguments, which are foreign text."""

    slug: str
    args: tuple[tuple[str, str], ...] = ()

    @property
    def template(self) -> str:
        found: str = texts()["reasons"][self.slug]
        return found

    @property
    def text(self) -> str:
        return self.template.format_map(dict(self.args))


@cache
def texts() -> Mapping[str, Any]:
    """mappings/waves.yaml."""
    found: dict[str, Any] = load_yaml("waves.yaml")
    return found


def why(group: Group, order: Order, at: int, its: Sequence[Group], *, background: bool) -> tuple[Reason, ...]:
    """What ties it together, and what comes before it."""
    return tuple(_why(group, order, at, its, background=background)) or (_reason("nothing-before"),)


def _why(group: Group, order: Order, at: int, its: Sequence[Group], *, background: bool) -> Iterator[Reason]:
    for tie in group.ties:
        yield _reason(f"tied-by-{tie}", workloads=_listed(group.workloads))
    if background:
        yield _reason("background")
    if callees := order.callees[at]:
        yield _reason("callees-first", units=_units(callees, its), names=_listed(sorted(order.names[at])))
    if perhaps := order.perhaps[at] - order.callees[at]:
        yield _reason("perhaps-callees-first", units=_units(perhaps, its))
    if peers := _peers(order, at):
        yield _reason("peers-together", units=_units(peers, its))
    if callers := order.callers[at]:
        yield _reason("callers-first", units=_units(callers, its))
    if circle := order.circle[at]:
        yield _reason("circle-open", units=_units(circle, its))


def breaks(group: Group, order: Order, at: int, its: Sequence[Group], designs: Sequence[Design]) -> tuple[Reason, ...]:
    return tuple(_breaks(group, order, at, its, designs)) or (_reason("nothing-breaks"),)


def _breaks(group: Group, order: Order, at: int, its: Sequence[Group], designs: Sequence[Design]) -> Iterator[Reason]:
    for tie in group.ties:
        yield _reason(f"torn-{tie}", workloads=_listed(group.workloads))
    if callees := order.callees[at]:
        yield _reason("callee-not-found", units=_units(callees, its), names=_listed(sorted(order.names[at])))
    if perhaps := (order.perhaps[at] | _peers(order, at)) - order.callees[at]:
        yield _reason("perhaps-not-found", units=_units(perhaps, its))
    if clients := order.clients[at]:
        names = sorted({name for client in clients for name in order.names[client]})
        yield _reason("tasks-end-too-early", units=_units(clients, its), names=_listed(names))
    if perhaps := (order.perhaps_clients[at] | _peers(order, at)) - order.clients[at]:
        yield _reason("perhaps-tasks-end-too-early", units=_units(perhaps, its))
    if "D" in designs:
        yield _reason("work-done-twice")


def _peers(order: Order, at: int) -> frozenset[int]:
    return order.peers.get(at, frozenset()) - {at}


def _reason(slug: str, **args: str) -> Reason:
    return Reason(slug, tuple(sorted(args.items())))


def _units(numbers: Iterable[int], its: Sequence[Group]) -> str:
    return _listed([its[number].name for number in sorted(numbers)])


def _listed(names: Sequence[str]) -> str:
    return listed(names, MOST_NAMES)
