"""The workload's ClusterIP Service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.alias_ports import of_own_service, with_aliases
from ecs2k8s.translate.ports import ports, service_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Workload
    from ecs2k8s.translate.pod import Pod


def service(workload: Workload, pod: Pod, target: Target) -> Iterator[Placed]:
    """One Service per workload that has a port; none for a Job, which nobody calls.

    It has the ports of the containers, and those under which Service Connect callers know it by the same name.
    """
    found = ports(workload, [slot.container for slot in pod.arrangement.slots if slot.role != "init"])
    if workload.is_job or not found:
        return
    name, listed = service_name(workload, target), service_ports(found)
    listed, _ = with_aliases(listed, of_own_service(workload, name, listed, target))
    spec = {"type": "ClusterIP", "selector": workload.service_selector, "ports": listed}
    metadata = workload.metadata(name)
    yield Placed(workload.folder, prune({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}))


def service_name(workload: Workload, target: Target) -> str:
    """Before 1.37 the name of a Service starts with a letter (DNS-1035)."""
    if workload.name[0].isdigit() and not target.at_least("1.37"):
        note(workload.definition, "family", "service-name-prefixed", name=f"svc-{workload.name}")
        return f"svc-{workload.name}"
    return workload.name
