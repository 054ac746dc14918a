"""P10: ECS goes. A plan of its own, made of a snapshot that shows that nothing uses ECS any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.arns import last
from ecs2k8s.core.listing import listed
from ecs2k8s.cutover.plan import Thing, Wait
from ecs2k8s.cutover.planning import dns
from ecs2k8s.cutover.planning.assembly import Around, Refused, assembled
from ecs2k8s.cutover.planning.background import SERVICE, stopped, turned_on
from ecs2k8s.cutover.planning.groups import GROUP
from ecs2k8s.cutover.planning.moved import each, moved, test_rules_gone
from ecs2k8s.cutover.planning.moves import back, move
from ecs2k8s.cutover.planning.preparation import TARGET, scalable, services
from ecs2k8s.cutover.planning.records import names_of
from ecs2k8s.cutover.planning.step_texts import step
from ecs2k8s.cutover.things import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.cutover.plan import Move, Plan, Step
    from ecs2k8s.cutover.planning.ground import Ground
    from ecs2k8s.cutover.planning.moved import Moved
    from ecs2k8s.resolve.workload import Workload

DAY = 24 * 60 * 60
ENABLED = "ENABLED"
UNSEEN = (
    "Callers by internal names, and those of Classic Load Balancers, are in no snapshot: that ECS is silent (T17) has "
    "to be seen before anything goes."
)


def decommission(ground: Ground, unit: Unit) -> Plan | Refused:
    """The order is that of load-balancing.md §4.1, step 8: an empty group at a load balancer is never left behind."""
    found = moved(ground, unit)
    if reasons := tuple(_refusals(ground, unit, found)):
        return Refused(unit.name, reasons)
    notes = (UNSEEN,) if {"B", "C"} & set(unit.designs) else ()
    around = Around(tuple(one.place for one in found), notes=notes)
    return assembled(ground, unit, "decommission", _steps(ground, unit, found), around)


def _refusals(ground: Ground, unit: Unit, found: list[Moved]) -> Iterator[str]:
    for one in found:
        label, ident = one.place.label, one.place.thing.id
        if one.eks and one.weight_of_ecs:
            yield f"{label}: {ident} still sends requests to ECS (weight {one.weight_of_ecs}): finish the cutover first"
        elif one.eks and not one.weight_of_eks:
            yield f"{label}: {ident} sends nothing to EKS either: look at it before anything goes"
        elif not one.eks and not _is_led_away(ground, one):
            yield f"{label}: {ident} names no group of EKS, so that its requests go to ECS: move {unit.name} first"
    yield from _working(ground, unit)
    if not services(ground, unit) and not any(workload.schedule for workload in ground.of(unit)):
        yield "nothing of it is left on ECS"


def _is_led_away(ground: Ground, one: Moved) -> bool:
    """Whether no record that was read leads to the load balancer any more (design B)."""
    records = [record for name in names_of(ground, one.place.balancer) for record in name.records]
    return bool(records) and all(record.get("Weight", 1) == 0 for record in records)


def _working(ground: Ground, unit: Unit) -> Iterator[str]:
    for workload in ground.of(unit):
        if not turned_on(ground, workload):
            continue
        if workload.schedule and workload.schedule.view.get("State", ENABLED) == ENABLED:
            yield f"{workload.schedule.id} still starts {workload.folder} on ECS: hand it over first"
        elif not workload.schedule and workload.service.get("desiredCount"):
            yield f"{workload.service_id} still works on ECS: hand it over first"


def _steps(ground: Ground, unit: Unit, found: list[Moved]) -> Iterator[Step]:
    names = listed([last(each.service_id) for each in services(ground, unit)], 20)
    args = {"unit": unit.name, "services": names, "hosts": "its names"}
    yield step("silent", args=args)
    if detached := each(found, lambda one: one.ecs if one.eks else frozenset()):
        yield step("detach", args=args, moves=detached, back=back(detached))
    if gone := test_rules_gone(ground, unit):
        yield step("test-rule-gone", args=args, moves=gone)
    if names_of_b := [name for balancer in dns.old(ground, unit) for name in names_of(ground, balancer)]:
        yield from dns.one_record_left(names_of_b) if "B" in unit.designs else ()
    if names:
        yield from _of_services(ground, unit, args)
    if groups := tuple(_groups_gone(ground, found)):
        yield step("groups-delete", args=args, moves=groups)
    yield from (_schedule_delete(workload) for workload in ground.of(unit) if workload.schedule)
    yield step("dangling", args=args, guided=True)


def _of_services(ground: Ground, unit: Unit, args: dict[str, str]) -> Iterator[Step]:
    its = services(ground, unit)
    down = tuple(move for workload in its for move in stopped(ground, workload))
    if down:
        yield step("ecs-down", args=args, moves=down, back=back(down))
        yield step("ecs-watch", args=args, wait=Wait(DAY))
    yield step("ecs-delete", args=args, moves=tuple(gone for workload in its for gone in _deleted(ground, workload)))


def _deleted(ground: Ground, workload: Workload) -> Iterator[Move]:
    """From what `ecs-down` left."""
    left = {each.thing: each.wanted for each in stopped(ground, workload)}
    if ident := scalable(workload):
        yield _gone(ground, Thing(TARGET, ident), left)
    yield _gone(ground, Thing(SERVICE, workload.service_id), left)


def _gone(ground: Ground, thing: Thing, left: dict[Thing, object]) -> Move:
    return move(thing, left.get(thing, KINDS[thing.kind].then(ground.documents, thing.id)), None)


def _groups_gone(ground: Ground, found: list[Moved]) -> Iterator[Move]:
    for arn in sorted({arn for one in found if one.eks for arn in one.ecs}):
        yield move(Thing(GROUP, arn), KINDS[GROUP].then(ground.documents, arn), None)


def _schedule_delete(workload: Workload) -> Step:
    schedule = workload.schedule
    assert schedule  # noqa: S101 (for mypy)
    args = {"workload": workload.folder, "schedule": schedule.id}
    return step("schedule-delete", f"schedule-delete.{workload.namespace}.{workload.name}", args, guided=True)
