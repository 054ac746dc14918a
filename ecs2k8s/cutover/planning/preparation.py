"""P0 to P2: the freeze, the cluster, who may do what, and ECS kept able to take everything back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.arns import last
from ecs2k8s.core.aws_steps import aws
from ecs2k8s.core.listing import listed
from ecs2k8s.cutover.plan import Thing
from ecs2k8s.cutover.planning import group_rules, objects
from ecs2k8s.cutover.planning.checks import static
from ecs2k8s.cutover.planning.groups import OURS
from ecs2k8s.cutover.planning.moves import back, move
from ecs2k8s.cutover.planning.step_texts import step
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.cutover.things.autoscaling_target import target_id
from ecs2k8s.cutover.things.eks_association import association_id
from ecs2k8s.report.aws_objects import STACK
from ecs2k8s.translate.identity import task_role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.cutover.plan import Move, Step, Writer
    from ecs2k8s.cutover.planning.ground import Ground
    from ecs2k8s.resolve.workload import Workload

ROLE, ASSOCIATION, TARGET = "iam.trust", "eks.pod-identity-association", "autoscaling.target"
OF_PODS = "AWS::EKS::PodIdentityAssociation"
MAKE_STACK = aws(
    *("cloudformation", "deploy", "--stack-name", STACK, "--template-file", "aws/template.yaml"),
    *("--capabilities", "CAPABILITY_NAMED_IAM"),
)
DELETE_STACK = aws("cloudformation", "delete-stack", "--stack-name", STACK)
PINNED = {"DynamicScalingInSuspended": True, "DynamicScalingOutSuspended": False, "ScheduledScalingSuspended": True}


def services(ground: Ground, unit: Unit) -> list[Workload]:
    """Those whose tasks a service of ECS keeps running, each once: the parts of a split share one."""
    return list({each.service_id: each for each in ground.of(unit) if each.service_id}.values())


def prepare(ground: Ground, unit: Unit, writers: tuple[Writer, ...]) -> Iterator[Step]:
    names = listed(unit.workloads, len(unit.workloads))
    args = {"workloads": names, "services": listed([last(each.service_id) for each in services(ground, unit)], 20)}
    if args["services"]:
        yield step("freeze", args=args)
    if writers:
        yield step("writers", args={"names": listed(sorted({each.name for each in writers}), 20)}, guided=True)
    yield step("static", checks=static(unit.designs))
    yield step("prepare", guided=True)
    yield from _identity(ground, unit, args)
    yield from group_rules.steps(ground, unit, args)
    shared = objects.applied(ground, objects.shared(ground, unit))
    if shared:
        yield step("ground", moves=shared)
    if args["services"]:
        pins = tuple(pinned(ground, unit))
        yield from [step("pin", args=args, moves=pins, back=back(pins))] if pins else []
        if set(unit.designs) - {"D"}:
            yield step("armour")


def _identity(ground: Ground, unit: Unit, args: dict[str, str]) -> Iterator[Step]:
    """Where the export has other new objects, the stack that makes those makes the associations too."""
    if trusts := tuple(_trusts(ground, unit)):
        yield step("trust", args=args, moves=trusts, back=back(trusts))
    if any(each.type != OF_PODS for each in ground.translation.resources):
        yield step("aws-objects", guided=True, commands=(MAKE_STACK,), undo=(DELETE_STACK,))
    elif made := tuple(_associations(ground, unit)):
        yield step("associations", args=args, moves=made, back=back(made))


def _trusts(ground: Ground, unit: Unit) -> Iterator[Move]:
    roles = {task_role(ground.translation.inventory, workload) for workload in ground.of(unit)}
    for change in ground.translation.changes:
        if change.subject in roles:
            thing = Thing(ROLE, change.subject)
            yield move(thing, KINDS[ROLE].then(ground.documents, change.subject), dict(change.new))


def _associations(ground: Ground, unit: Unit) -> Iterator[Move]:
    """A service account is called as its workload."""
    for resource in ground.translation.resources:
        its = resource.properties
        if f"{its['Namespace']}/{its['ServiceAccount']}" in unit.workloads:
            ident = association_id(its["ClusterName"], its["Namespace"], its["ServiceAccount"])
            yield move(Thing(ASSOCIATION, ident), None, {"roleArn": its["RoleArn"], "tags": OURS})


def scalable(workload: Workload) -> str:
    """The id of the scalable target of a service; empty where none was read."""
    target = workload.scaling.target if workload.scaling else {}
    return target_id(str(target["ResourceId"])) if target else ""


def pinned(ground: Ground, unit: Unit) -> Iterator[Move]:
    """At least as many tasks as run now, and nothing that scales in. Actions by the clock may, so they wait as well.

    Of what answers requests only: workers stop when they are handed over.
    """
    for workload in services(ground, unit):
        ident = scalable(workload)
        if not ident or "D" in ground.designs[workload.folder]:
            continue
        before = KINDS[TARGET].then(ground.documents, ident)
        running = max(int(workload.service.get("runningCount", 0)), int(workload.service.get("desiredCount", 0)))
        least = min(max(before["MinCapacity"], running), before["MaxCapacity"])
        wanted = {**before, "MinCapacity": least, "SuspendedState": PINNED}
        if wanted != before:
            yield move(Thing(TARGET, ident), before, wanted)
