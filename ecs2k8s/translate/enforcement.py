"""Pods for which the VPC CNI enforces no NetworkPolicy, whatever the policies say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Workload


def say_enforcement(workloads: Iterable[Workload], target: Target) -> None:
    """Linux pods on EC2 nodes only, and none with the host's network.

    https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html
    """
    for workload in workloads:
        where = _unenforced(workload, target)
        if where and (workload.memberships or workload.network_mode in ("host", "none")):
            note(workload.definition, "family", "policy-not-enforced", workload=workload.name, where=where)
        elif workload.memberships and _has_gpu(workload):
            note(workload.definition, "family", "policy-on-gpu-nodes", workload=workload.name)


def _unenforced(workload: Workload, target: Target) -> str:
    if workload.network_mode == "host":
        return "pods with the host's network"
    if workload.is_windows:
        return "Windows nodes"
    return "EKS Fargate" if target.compute == "fargate" else ""


def _has_gpu(workload: Workload) -> bool:
    needs = (need for container in workload.containers for need in container.get("resourceRequirements", []))
    return any(need.get("type") == "GPU" for need in needs)
