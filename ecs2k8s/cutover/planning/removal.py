"""Undoing a cutover that has gone back: what it made goes, what it changed is as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.plan import Thing
from ecs2k8s.cutover.planning import objects
from ecs2k8s.cutover.planning.assembly import Around, Refused, assembled
from ecs2k8s.cutover.planning.groups import GROUP
from ecs2k8s.cutover.planning.moved import each, moved, test_rules_gone
from ecs2k8s.cutover.planning.moves import back, move
from ecs2k8s.cutover.planning.preparation import PINNED, TARGET, scalable, services
from ecs2k8s.cutover.planning.step_texts import step
from ecs2k8s.cutover.things import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.cutover.plan import Move, Plan, Step
    from ecs2k8s.cutover.planning.ground import Ground
    from ecs2k8s.cutover.planning.moved import Moved


def removal(ground: Ground, unit: Unit) -> Plan | Refused:
    found = [one for one in moved(ground, unit) if one.eks]
    if reasons := tuple(_refusals(ground, unit, found)):
        return Refused(unit.name, reasons)
    return assembled(ground, unit, "remove", _steps(ground, unit, found), Around(tuple(one.place for one in found)))


def _refusals(ground: Ground, unit: Unit, found: list[Moved]) -> Iterator[str]:
    for one in found:
        if one.weight_of_eks:
            yield f"{one.place.label}: {one.place.thing.id} sends requests to EKS: roll the cutover back first"
    for workload in ground.of(unit):
        handed = "D" in ground.designs[workload.folder]
        if handed and workload.service and not workload.service.get("desiredCount"):
            yield f"{workload.service_id} does no work on ECS: hand it back first"
        elif handed and workload.schedule and workload.schedule.is_off:
            yield f"{workload.schedule.id} is switched off on AWS: hand it back first"


def _steps(ground: Ground, unit: Unit, found: list[Moved]) -> Iterator[Step]:
    """The bindings go right behind the action: pods of a group in no action would lose their gates."""
    args = {"unit": unit.name}
    twins = sorted({arn for one in found for arn in one.eks})
    if twins:
        yield step("drained", args=args)
        away = each(found, lambda one: one.eks)
        yield step("detach-eks", args=args, moves=away, back=back(away))
        names = [str(ground.documents["elbv2.TargetGroup", arn].get("TargetGroupName", "")) for arn in twins]
        yield step("bindings-gone", args=args, moves=objects.deleted(ground, objects.bindings(ground, names)))
    if gone := test_rules_gone(ground, unit):
        yield step("test-rule-gone", args=args, moves=gone)
    if twins:
        groups = tuple(move(Thing(GROUP, arn), KINDS[GROUP].then(ground.documents, arn), None) for arn in twins)
        yield step("twins-delete", args=args, moves=groups)
    files = [*objects.with_pods(ground, unit), *objects.without_pods(ground, unit)]
    yield step("objects-gone", args=args, moves=objects.deleted(ground, files))
    if loose := tuple(_unpinned(ground, unit)):
        yield step("unpin", args=args, moves=loose, back=back(loose))


def _unpinned(ground: Ground, unit: Unit) -> Iterator[Move]:
    """Scaling as it was meant to be. The least number that the cutover raised is in the journal of its run."""
    for workload in services(ground, unit):
        if ident := scalable(workload):
            before = KINDS[TARGET].then(ground.documents, ident)
            if before["SuspendedState"] == PINNED:
                wanted = {**before, "SuspendedState": dict.fromkeys(PINNED, False)}
                yield move(Thing(TARGET, ident), before, wanted)
