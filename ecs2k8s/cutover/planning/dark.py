"""P3 and P4: pods beside the tasks, and everything verified before anybody's requests reach them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.listing import listed
from ecs2k8s.cutover.plan import Wait
from ecs2k8s.cutover.planning import groups, objects, records, shift
from ecs2k8s.cutover.planning.moves import back
from ecs2k8s.cutover.planning.step_texts import step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.cutover.plan import Step
    from ecs2k8s.cutover.planning.ground import Ground
    from ecs2k8s.cutover.planning.records import Name
    from ecs2k8s.cutover.planning.weighted import Weighted

QUIET = ("L01", "L02", "L04")
BOUND = ("L06", "L07", "L08")  # of pods behind a target group
DARK = ("L03", "L05", "L12", "L13", "L14", "L15", "L16", "L17", "L18", "L19", "L20")
STARTING = 15 * 60  # seconds in which pods get ready and targets healthy, before that is said to have failed
ANSWERING = ("L09", "L10", "L11")  # of what answers requests


def deploy(ground: Ground, unit: Unit, weighted: Weighted | None) -> Iterator[Step]:
    """The order is that of load-balancing.md §4: group, action, Service, binding, pods."""
    args = {"workloads": listed(unit.workloads, len(unit.workloads))}
    deaf = [name for name in _names(ground, weighted) if any(map(records.leaves, name.records))]
    if weighted:
        yield from _attached(ground, weighted, deaf)
    yield from _applied("services", objects.without_pods(ground, unit), ground, args)
    if weighted:
        yield from _applied("bindings", objects.bindings(ground, weighted.groups), ground, args)
    yield from _applied("workloads", objects.with_pods(ground, unit), ground, args)
    quiet = (*QUIET, *BOUND) if weighted else QUIET
    yield step("ready", args=args, checks=quiet, wait=Wait(0, limit=STARTING))
    if deaf:
        its = back(records.without_evaluation(ground, name) for name in deaf)
        yield step("alias-health-back", args=_shown(deaf), moves=its, back=back(its), guided=True)
    if weighted and (rules := weighted.test_rules):
        yield step("test-rule", args={"places": weighted.places}, moves=rules, back=back(rules))
    answers = set(unit.designs) - {"D"}
    yield step("dark", checks=tuple(sorted((*DARK, *(ANSWERING if answers else ())))))


def _names(ground: Ground, weighted: Weighted | None) -> list[Name]:
    """The names that lead to a load balancer of the unit."""
    balancers = {each.place.balancer.arn: each.place.balancer for each in weighted.shifts} if weighted else {}
    return [name for _, balancer in sorted(balancers.items()) for name in records.names_of(ground, balancer)]


def _shown(names: list[Name]) -> dict[str, str]:
    return {"names": listed([name.shown for name in names], len(names))}


def _attached(ground: Ground, weighted: Weighted, deaf: list[Name]) -> Iterator[Step]:
    made = groups.make(ground, weighted.made)
    names = listed(weighted.groups, len(weighted.groups))
    yield step("target-group", args={"groups": names}, moves=made, back=groups.unmake(made))
    if deaf:
        its = tuple(records.without_evaluation(ground, name) for name in deaf)
        yield step("alias-health", args=_shown(deaf), moves=its, back=back(its), guided=True)
    moves = shift.attach(weighted.shifts)
    yield step("attach", args={"places": weighted.places}, moves=moves, back=back(moves), share=0)


def _applied(row: str, files: list[str], ground: Ground, args: dict[str, str]) -> Iterator[Step]:
    if files:
        moves = objects.applied(ground, files)
        yield step(row, args=args, moves=moves, back=back(moves))
