"""L06 and T18: who is in the target groups, and how they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.arns import Arn
from ecs2k8s.cutover.checks.places import balancer_arn, going
from ecs2k8s.cutover.checks.scene import LacksError, Said, told
from ecs2k8s.cutover.things.kind import NAMED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.cutover.checks.places import Pair
    from ecs2k8s.cutover.checks.scene import Scene
    from ecs2k8s.cutover.plan import Step
    from ecs2k8s.cutover.verdicts import Result

BINDING = "TargetGroupBinding"
NAMED_AT_MOST = 3
Targets = list[dict[str, Any]]  # as DescribeTargetHealth has them


def target_health(scene: Scene, step: Step) -> Result:
    """L06."""
    del step
    parts = [said for pair in scene.pairs for said in (*_eks(scene, pair), *_ecs(scene, pair))]
    return told("L06", scene.plan.unit, parts)


def targets(scene: Scene, group: str) -> Targets:
    answer = scene.asked("elbv2.DescribeTargetHealth", TargetGroupArn=scene.arn(group))
    return list((answer or {}).get("TargetHealthDescriptions", ()))


def _eks(scene: Scene, pair: Pair) -> Iterator[Said]:
    zones = _zones(scene, pair)
    for group in pair.eks:
        found = targets(scene, group)
        name = group.removeprefix(NAMED)
        yield from _states(name, found)
        yield _pods(scene, group, found)
        healthy = {each["Target"].get("AvailabilityZone", "") for each in found if _state(each) == "healthy"}
        lacks = sorted(zones - healthy)
        said = f"{name}: no healthy target in {', '.join(lacks)}" if lacks else f"{name}: healthy in every zone of ECS"
        yield Said("fail" if lacks else "pass", said)


def _states(name: str, found: Targets) -> Iterator[Said]:
    sick = [
        f"{_address(each)} is {_state(each)} {_reason(each)}".strip() for each in found if _state(each) != "healthy"
    ]
    if not found:
        yield Said("fail", f"{name}: has no target")
    elif sick:
        yield Said("fail", f"{name}: {'; '.join(sick[:NAMED_AT_MOST])}")
    else:
        yield Said("pass", f"{name}: {len(found)} targets are healthy")


def _ecs(scene: Scene, pair: Pair) -> Iterator[Said]:
    for group in pair.ecs:
        found = targets(scene, group)
        arn = Arn.parse(group)
        yield from _states(arn.resource.split("/")[1] if arn else group, found)


def _pods(scene: Scene, group: str, found: Targets) -> Said:
    """Whether the targets are exactly the ready pods behind the group's Service."""
    name = group.removeprefix(NAMED)
    pods = ready_pods(scene, name)
    if pods is None:
        return Said("inconclusive", f"{name}: the plan has no {BINDING} for it")
    wanted = {str(pod.get("status", {}).get("podIP", "")) for pod in pods}
    there = {str(each["Target"]["Id"]) for each in found}
    if wanted == there:
        return Said("pass", f"{name}: its targets are the {len(wanted)} ready pods")
    lacks, more = sorted(wanted - there), sorted(there - wanted)
    words = [f"{len(lacks)} ready pods are no targets: {', '.join(lacks[:NAMED_AT_MOST])}"] if lacks else []
    words += [f"{len(more)} targets are no ready pods: {', '.join(more[:NAMED_AT_MOST])}"] if more else []
    return Said("fail", f"{name}: {'; '.join(words)}")


def ready_pods(scene: Scene, group: str) -> list[Manifest] | None:
    """The pods that the binding of a group puts into it; None where the plan has no such binding."""
    bindings = [m for m in scene.objects if m["kind"] == BINDING and m["spec"].get("targetGroupName") == group]
    if not bindings:
        return None
    namespace = bindings[0]["metadata"]["namespace"]
    service = bindings[0]["spec"]["serviceRef"]["name"]
    selectors = [
        m["spec"].get("selector") or {}
        for m in scene.objects
        if (m["kind"], m["metadata"].get("namespace"), m["metadata"]["name"]) == ("Service", namespace, service)
    ]
    if not selectors:
        return None
    pods = scene.listed("v1", "Pod", namespace)
    return [pod for pod in pods if selected(pod, selectors[0]) and is_ready(pod)]


def selected(pod: Manifest, selector: dict[str, str]) -> bool:
    labels = pod["metadata"].get("labels") or {}
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def is_ready(pod: Manifest) -> bool:
    """One that is being deleted is none, whatever its condition still says."""
    conditions = pod.get("status", {}).get("conditions", [])
    ready = any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


def _zones(scene: Scene, pair: Pair) -> set[str]:
    """Those that ECS serves from, as in invariant I2: where it has no target, none of EKS is missed.

    Where that is not known, all of the load balancer's.
    """
    healthy = [each for group in pair.ecs for each in targets(scene, group) if _state(each) == "healthy"]
    served = {str(each["Target"].get("AvailabilityZone", "")) for each in healthy} - {""}
    return served or _enabled(scene, pair)


def _enabled(scene: Scene, pair: Pair) -> set[str]:
    balancer = balancer_arn(pair)
    if not balancer:
        raise LacksError(f"the load balancer of {pair.place.id}")
    answer = scene.asked("elbv2.DescribeLoadBalancers", LoadBalancerArns=[balancer])
    found = (answer or {}).get("LoadBalancers", [])
    if not found:
        raise LacksError(f"the zones of {balancer}")
    return {str(each["ZoneName"]) for each in found[0].get("AvailabilityZones", ())}


def drained(scene: Scene, step: Step) -> Result:
    """T18."""
    del step
    parts = []
    for group in going(scene.plan):
        found = [_address(each) for each in targets(scene, group) if _state(each) == "draining"]
        said = f"{len(found)} targets are draining: {', '.join(found[:NAMED_AT_MOST])}" if found else "none is draining"
        parts.append(Said("fail" if found else "pass", f"{group}: {said}"))
    return told("T18", scene.plan.unit, parts)


def _state(target: dict[str, Any]) -> str:
    return str(target["TargetHealth"]["State"])


def _reason(target: dict[str, Any]) -> str:
    reason = target["TargetHealth"].get("Reason", "")
    return f"({reason})" if reason else ""


def _address(target: dict[str, Any]) -> str:
    its = target["Target"]
    return f"{its['Id']}:{its.get('Port', '')}"
