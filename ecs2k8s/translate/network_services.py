"""ClusterIP Services in front of the pods of target groups of Network Load Balancers, for bindings and weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.translate.network_load_balancer import weighted_services
from ecs2k8s.translate.target_group_binding import bindings
from ecs2k8s.translate.target_group_settings import is_of_network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Inventory, Workload
    from ecs2k8s.translate.target_group_names import TargetGroupService


def network_services(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[Placed]:
    """One for each group that is bound or weighted, but for those whose name the workload's own Service has."""
    bound = [binding.service for binding in bindings(inventory, workloads, target)]
    needed = {service.group.arn: service for service in (*bound, *weighted_services(inventory, workloads, target))}
    for _, service in sorted(needed.items()):
        if is_of_network(service.group) and not service.is_of_workload:
            yield Placed(service.workload.folder, prune(_manifest(service)))


def _manifest(service: TargetGroupService) -> dict[str, Any]:
    ports = [
        {"name": f"{p.lower()}-{service.port}", "port": service.port, "targetPort": service.port, "protocol": p}
        for p in service.protocols
    ]
    spec = {"type": "ClusterIP", "selector": service.workload.service_selector, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": service.workload.metadata(service.name), "spec": spec}
