"""What the load balancers of a service mean for its pods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import note

if TYPE_CHECKING:
    from ecs2k8s.resolve.workload import AwsMap, Workload

ALB, OTHER, DISCOVERED = 30, 120, 15  # seconds until the last request has gone


def is_classic(workload: Workload) -> bool:
    """ECS supports no container health checks behind a Classic Load Balancer."""
    return any(item.get("loadBalancerName") for item in workload.configuration.get("loadBalancers", []))


def balanced(workload: Workload, container: AwsMap) -> AwsMap | None:
    """The target group that *container* serves, where it was read (the first, if it serves several)."""
    for item in workload.configuration.get("loadBalancers", []):
        group = workload.target_groups.get(str(item.get("targetGroupArn", "")))
        if group is not None and item.get("containerName") == container["name"]:
            return group
    return None


def preparation(workload: Workload) -> int | None:
    """Seconds that a pod keeps serving after it was told to stop, so that nobody calls it any more; None: no need.

    ECS drains a task before it stops it, Kubernetes does both at once. The deregistration delay is not part of
    DescribeTargetGroups: unknown, it counts as the load balancer's own minimum.
    """
    if workload.is_job:
        return None
    balancers = workload.configuration.get("loadBalancers", [])
    if balancers:
        return max(_delay(workload, item) for item in balancers)
    discovered = workload.configuration.get("serviceRegistries") or "serviceConnectConfiguration" in workload.launched
    return DISCOVERED if discovered else None


def _delay(workload: Workload, balancer: AwsMap) -> int:
    arn = str(balancer.get("targetGroupArn", ""))
    group = workload.target_groups.get(arn)
    if group is None:
        note(balancer, "targetGroupArn" if arn else "loadBalancerName", "target-group-not-read")
        return OTHER
    note(balancer, "targetGroupArn", "deregistration-delay-unknown")
    load_balancers = [str(item) for item in group.get("LoadBalancerArns", [])]
    behind_alb = group.get("Protocol") in ("HTTP", "HTTPS") and not any("/net/" in item for item in load_balancers)
    return ALB if behind_alb else OTHER
