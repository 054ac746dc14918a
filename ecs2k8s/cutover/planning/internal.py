"""Design C: what others call by internal names. Callers move one by one, by hand (cutover.md §2.13 C)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core import names
from ecs2k8s.core.arns import last
from ecs2k8s.core.aws_steps import aws
from ecs2k8s.core.listing import listed
from ecs2k8s.cutover.plan import Wait
from ecs2k8s.cutover.planning.step_texts import step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.dependencies import Edge
    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.cutover.plan import Step
    from ecs2k8s.cutover.planning.ground import Ground
    from ecs2k8s.cutover.planning.weighted import Weighted
    from ecs2k8s.resolve.discovery import Registration
    from ecs2k8s.resolve.workload import Workload

MOST = 10  # names in a sentence
DAY = 24 * 60 * 60
MAY = "Its security groups let it call, and whether it does is not known: ask its owner first."
NEW_REVISION = "NEW_REVISION"  # what a person puts in
ASIDE = "taskDefinitionArn revision status requiresAttributes compatibilities registeredAt registeredBy deregisteredAt"


def steps(ground: Ground, unit: Unit, _: Weighted | None) -> Iterator[Step]:
    """Step 0 for all is who calls; then each name that is registered, and each caller that is known."""
    its = [workload for workload in ground.of(unit) if "C" in ground.designs[workload.folder]]
    args = {"workloads": listed([each.folder for each in its], len(its))}
    edges = callers(ground, unit)
    known = listed(sorted({edge.source for edge in edges}), MOST) or "nobody that is known"
    yield step("callers", args=args | {"callers": known}, guided=True)
    yield step("internal-entrance", args=args, guided=True, commands=tuple(_look(each) for each in its))
    for workload in its:
        for registration in workload.registrations:
            yield from _registered(workload, registration)
    first = True
    for edge in edges:
        if edge.source in ground.workloads:
            yield _caller(ground, edge, first=first)
            first = False
    days = ground.schedule.hold_days
    yield step("internal-all", args=args, guided=True)
    yield step("internal-hold", args=args | {"days": days}, guided=True, minutes=days * 24 * 60, wait=Wait(days * DAY))


def callers(ground: Ground, unit: Unit) -> list[Edge]:
    """Who calls the unit from outside of it, each once, those that only may call last."""
    found = {edge.source: edge for edge in reversed(ground.translation.dependencies.edges) if _calls(edge, unit)}
    return sorted(found.values(), key=lambda edge: (edge.may_only, edge.source))


def _calls(edge: Edge, unit: Unit) -> bool:
    by_balancer = edge.source.startswith("arn:") and "target-group" in edge.evidence
    return edge.target in unit.workloads and edge.source not in unit.workloads and not by_balancer


def traffic(ground: Ground, unit: Unit) -> Iterator[str]:
    """The services of Cloud Map in which the tasks are registered."""
    for workload in ground.of(unit):
        yield from (arn for registration in workload.registrations if (arn := _arn(registration)))


def _arn(registration: Registration) -> str:
    return str(registration.entry.get("registryArn", ""))


def _look(workload: Workload) -> str:
    return f"kubectl -n {workload.namespace} get service,endpointslice -l app.kubernetes.io/name={workload.name}"


def _registered(workload: Workload, registration: Registration) -> Iterator[Step]:
    """All instances of Cloud Map have one weight, so that the share is a count."""
    tasks = max(int(workload.service.get("runningCount", 0)), int(workload.service.get("desiredCount", 0)), 1)
    name, port = registration.name or registration.label, registration.port
    service = ["--service-id", last(_arn(registration))]
    attributes = "AWS_INSTANCE_IPV4=$POD_IP" + (f",AWS_INSTANCE_PORT={port}" if port else "")
    find = (
        f"POD_IP=$(kubectl -n {workload.namespace} get pods -l app.kubernetes.io/name={workload.name} "
        "-o jsonpath='{.items[0].status.podIP}')"
    )
    make = aws("servicediscovery", "register-instance", *service, "--instance-id", f"ecs2k8s-{workload.name}-0")
    unmake = aws("servicediscovery", "deregister-instance", *service, "--instance-id", f"ecs2k8s-{workload.name}-0")
    args = {"workload": workload.folder, "name": name, "tasks": tasks, "share": 100 // (tasks + 1), "all": tasks + 1}
    yield step(
        "registered",
        f"registered.{workload.namespace}.{workload.name}.{names.label(name)}",
        args,
        guided=True,
        commands=(f'{find}\n{make} --attributes "{attributes}"',),
        undo=(unmake,),
    )


def _caller(ground: Ground, edge: Edge, *, first: bool) -> Step:
    """The service of the caller is given another revision; back is the one that it has now."""
    caller = ground.workloads[edge.source]
    via = f"It calls by {listed(edge.via, MOST)}." if edge.via else "By which name it calls is not known."
    said = MAY if edge.may_only else via
    args = {"caller": caller.folder, "callee": edge.target, "via": said}
    ident = f"caller.{caller.namespace}.{caller.name}"
    commands: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()
    if caller.service_id:
        named = ["--cluster", caller.cluster_name, "--service", last(caller.service_id)]
        read = aws(
            "ecs", "describe-task-definition", "--task-definition", caller.definition_id, "--query", "taskDefinition"
        )
        drop = ", ".join(f".{key}" for key in ASIDE.split())
        file = f"{caller.name}.json"
        commands = (
            f"{read} | jq 'del({drop})' > {file}",
            aws("ecs", "register-task-definition", "--cli-input-json", f"file://{file}"),
            aws("ecs", "update-service", *named, "--task-definition", NEW_REVISION),
        )
        undo = (aws("ecs", "update-service", *named, "--task-definition", caller.definition_id),)
    phase = "P6" if first else "P7"
    return step("caller", ident, args, phase=phase, guided=True, commands=commands, undo=undo)
