"""What the load balancers of a service mean for its pods."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.resolve.balancers import type_of_arn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Workload

ALB, OTHER, DISCOVERED = 30, 120, 15  # seconds until the last request has gone, whatever the deregistration delay says
LONGEST = 300  # seconds of a deregistration delay that a pod waits for
MARGIN = 10  # seconds from the moment that a pod is told to stop until the load balancer knows it
DELAY = "deregistration_delay.timeout_seconds"
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
DELAY_OF_AWS = 300
SECONDS = re.compile(r"[0-9]{1,9}")


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

    ECS drains a task before it stops it, Kubernetes does both at once. A deregistration delay that was not read counts
    as nothing beside the load balancer's own minimum, which `assess.timing` then calls inconclusive.
    """
    if workload.is_job:
        return None
    balancers = workload.configuration.get("loadBalancers", [])
    if balancers:
        return max(_seconds(workload, item) for item in balancers)
    discovered = workload.configuration.get("serviceRegistries") or "serviceConnectConfiguration" in workload.launched
    return DISCOVERED if discovered else None


def _seconds(workload: Workload, balancer: AwsMap) -> int:
    arn = str(balancer.get("targetGroupArn", ""))
    if arn not in workload.target_groups:
        note(balancer, "targetGroupArn" if arn else "loadBalancerName", "target-group-not-read")
    known = []
    for at, group in groups_of(balancer):
        delay = deregistration_delay(workload, group)
        if delay is None:
            note(balancer, at, "deregistration-delay-unknown")
        else:
            known.append(min(delay, LONGEST) + MARGIN)
    return max(least(workload, arn), *known, 0)


def groups_of(balancer: AwsMap) -> Iterator[tuple[tuple[str, ...], str]]:
    """Path and ARN of each target group that ECS registers tasks in: also the second one of a blue/green service."""
    if arn := balancer.get("targetGroupArn"):
        yield ("targetGroupArn",), str(arn)
    if arn := balancer.get("advancedConfiguration", NOTHING).get("alternateTargetGroupArn"):
        yield ("advancedConfiguration", "alternateTargetGroupArn"), str(arn)


def deregistration_delay(workload: Workload, arn: str) -> int | None:
    """Seconds that the target group waits for requests in flight; None where it was not read or is no number."""
    attributes = workload.target_group_attributes.get(arn)
    if attributes is None:
        return None
    given = [item for item in attributes.get("Attributes", []) if item.get("Key") == DELAY]
    if not given:
        return DELAY_OF_AWS
    text = str(given[-1].get("Value", ""))
    return int(text) if SECONDS.fullmatch(text) else None


def least(workload: Workload, arn: str) -> int:
    """Seconds for which the kind of load balancer in front of the target group may go on sending in any case."""
    return ALB if type_in_front(workload, arn) == "application" else OTHER


def type_in_front(workload: Workload, arn: str) -> str:
    """`application`, `network` or `gateway` as the load balancer's document, else its ARN, else the protocol tells.

    Empty where nothing tells.
    """
    group = workload.target_groups.get(arn, NOTHING)
    of_protocol = "application" if group.get("Protocol") in ("HTTP", "HTTPS") else ""
    found = {_type(workload, str(item)) for item in group.get("LoadBalancerArns", [])} - {""}
    return ("" if len(found) > 1 else found.pop()) if found else of_protocol


def _type(workload: Workload, arn: str) -> str:
    return str(workload.load_balancers.get(arn, NOTHING).get("Type", "")) or type_of_arn(arn)


def gated(workload: Workload) -> bool:
    """Whether a target group must find a pod healthy before it counts as ready, as it is with ECS."""
    return any(item.get("targetGroupArn") for item in workload.configuration.get("loadBalancers", []))


def gate_label(target: Target) -> str:
    """The label by which a namespace asks the load balancer controller to put readiness gates into new pods.

    https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/pod_readiness_gate/; the controller
    inside EKS Auto Mode has a name of its own for it (https://aws.amazon.com/blogs/containers/
    how-to-build-highly-available-kubernetes-applications-with-amazon-eks-auto-mode/).
    """
    group = "eks.amazonaws.com" if target.compute == "auto-mode" else "elbv2.k8s.aws"
    return f"{group}/pod-readiness-gate-inject"
