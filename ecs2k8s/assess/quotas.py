"""What a load balancer takes at most, while both fleets are behind it.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.assess.verdict import Verdict
from ecs2k8s.core.tracking import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.demand import Demand
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.balancers import Backend, LoadBalancer
    from ecs2k8s.resolve.workload import AwsMap

MOST_TARGET_GROUPS = 100  # of an ALB
MOST_OF_AN_ACTION = 5  # target groups
MOST_RULES = 100  # of an ALB, without defaults; adjustable
MOST_TARGETS = 1000  # of an ALB; a target counts once for each group that it is in


def quotas(translation: Translation, found: list[Demand], target: Target) -> Iterator[Verdict]:
    """One verdict for each ALB and quota. With weights on its rules each group of a workload gets a second one."""
    counts = {(each.namespace, each.name): each.count for each in found}
    served = translation.inventory.balancers.served
    for balancer in translation.inventory.balancers.load_balancers:
        groups = _groups(translation, balancer)
        moved = sorted(groups & served.keys())
        if balancer.type == "application" and moved:
            backends = [backend for arn in moved for backend in served[arn]]
            pods = sum(counts.get((b.workload.namespace, b.workload.name), 0) for b in backends)
            yield from _of_balancer(balancer, len(groups), moved, pods, backends, target)


def _groups(translation: Translation, balancer: LoadBalancer) -> set[str]:
    behind = translation.inventory.balancers.behind.get(balancer.arn, ())
    return {group.arn for group in behind} | balancer.named_groups


def _of_balancer(  # noqa: PLR0913, PLR0917
    balancer: LoadBalancer, groups: int, moved: list[str], pods: int, backends: list[Backend], target: Target
) -> Iterator[Verdict]:
    rules = sum(len(listener.rules) for listener in balancer.listeners)
    raised = ", so the quota is raised already" if rules > MOST_RULES else ""
    said = f"as many as now, without defaults{raised}"
    yield _verdict("rules of a load balancer", balancer, rules, max(rules, MOST_RULES), said)
    if not target.binds_target_groups:
        said = "the new one has as many as the old one"
        yield _verdict("target groups of a load balancer", balancer, groups, MOST_TARGET_GROUPS, said)
        yield _verdict("targets of a load balancer", balancer, pods, MOST_TARGETS, "pods at their peak")
        return
    said = f"{groups} now, and {len(moved)} for pods"
    yield _verdict("target groups of a load balancer", balancer, groups + len(moved), MOST_TARGET_GROUPS, said)
    said = "in the widest action, once each group that ECS fills has a second one beside it"
    yield _verdict("target groups of a rule", balancer, _widest(balancer, set(moved)), MOST_OF_AN_ACTION, said)
    tasks = sum(int(backend.workload.service.get("desiredCount", 0)) for backend in backends)
    said = f"{tasks} tasks, and {pods} pods at their peak"
    yield _verdict("targets of a load balancer", balancer, tasks + pods, MOST_TARGETS, said)


def _verdict(question: str, balancer: LoadBalancer, count: int, most: int, said: str) -> Verdict:
    return Verdict(question, balancer.name, "fits" if count <= most else "does not fit", f"{count} of {most}: {said}")


def _widest(balancer: LoadBalancer, moved: set[str]) -> int:
    views = [view for each in balancer.listeners for view in (each.view, each.default_rule, *each.rules)]
    actions = [action for view in views for action in (*view.get("Actions", []), *view.get("DefaultActions", []))]
    found = [_named(action.get("ForwardConfig", NOTHING)) or _named({"TargetGroups": [action]}) for action in actions]
    return max((len(groups) + len(groups & moved) for groups in found), default=0)


def _named(forward: AwsMap) -> set[str]:
    groups = forward.get("TargetGroups", [])
    return {str(group["TargetGroupArn"]) for group in groups if "TargetGroupArn" in group}
