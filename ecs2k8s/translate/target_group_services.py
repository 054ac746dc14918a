"""One Service for each source target group, with its settings: the controller makes one target group of each.

Settings on a Service win over those of an Ingress, and two target groups of one ALB usually differ in them.
https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import ObjectRef, Placed, prune
from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.translate.attributes import pairs
from ecs2k8s.translate.ingress_rules import PREFIX
from ecs2k8s.translate.target_group_names import part_services, service_names
from ecs2k8s.translate.target_group_settings import is_of_network

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.balancers import TargetGroup
    from ecs2k8s.resolve.workload import Inventory, Workload
    from ecs2k8s.translate.target_group_names import TargetGroupService

WEB = ("HTTP", "HTTPS")  # protocols of an ALB's target group


def with_target_groups(
    placed: Iterable[Placed], inventory: Inventory, workloads: list[Workload], target: Target
) -> list[Placed]:
    """*placed* and a Service for each target group of an ALB; of one name with its workload's, it is that one."""
    services = [*service_names(inventory, workloads, target).values()]
    services += [each for each in part_services(inventory, workloads, target).values() if each.part]
    of_albs = (_service(service) for service in services if not is_of_network(service.group))
    made = {ObjectRef.of(found.manifest): found for found in of_albs}
    found = [_joined(item, made.pop(ref)) if (ref := ObjectRef.of(item.manifest)) in made else item for item in placed]
    return [*found, *made.values()]


def _joined(own: Placed, other: Placed) -> Placed:
    """The workload's Service with the annotations of the target group, and with its port where it has another."""
    manifest, more = own.manifest, other.manifest
    ports = manifest["spec"]["ports"]
    known = {(port["port"], port["protocol"]) for port in ports}
    added = [port for port in more["spec"]["ports"] if (port["port"], port["protocol"]) not in known]
    annotations = manifest["metadata"].get("annotations", {}) | more["metadata"].get("annotations", {})
    metadata = manifest["metadata"] | {"annotations": annotations}
    spec = manifest["spec"] | {"ports": [*ports, *added]} | {k: v for k, v in more["spec"].items() if k == "ipFamilies"}
    return replace(own, manifest=manifest | {"metadata": metadata, "spec": spec})


def _service(service: TargetGroupService) -> Placed:
    workload, number = service.workload, service.port
    metadata = workload.metadata(service.name)
    web = service.group.view.get("Protocol") in WEB
    given = (metadata["annotations"] or {}) | (settings(service.group) if web else {})
    ports = [
        {"name": f"{protocol.lower()}-{number}", "port": number, "targetPort": number, "protocol": protocol}
        for protocol in service.protocols
    ]
    spec = {"type": "ClusterIP", "selector": workload.service_selector, "ports": ports, **_families(service.group)}
    manifest: Manifest = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata | {"annotations": given or None},
        "spec": spec,
    }
    return Placed(workload.folder, prune(manifest))


def _families(group: TargetGroup) -> dict[str, Any]:
    """Targets have IPv6 addresses only where the Service has."""
    if group.view.get("IpAddressType") != "ipv6":
        return {}
    note(group.view, "IpAddressType", "targets-by-ipv6")
    return {"ipFamilies": ["IPv6"]}


def settings(group: TargetGroup) -> dict[str, str]:
    """Every setting, because the controller assumes other ones than ELB: a check every 15 seconds, instance targets."""
    view = group.view
    note(view, "TargetType", "targets-by-instance") if view.get("TargetType", "ip") != "ip" else None
    matcher = view.get("Matcher", NOTHING)
    found = {
        "target-type": "ip",
        "backend-protocol": view.get("Protocol"),
        "backend-protocol-version": view.get("ProtocolVersion"),
        "healthcheck-protocol": view.get("HealthCheckProtocol"),
        "healthcheck-port": view.get("HealthCheckPort"),
        "healthcheck-path": view.get("HealthCheckPath"),
        "healthcheck-interval-seconds": view.get("HealthCheckIntervalSeconds"),
        "healthcheck-timeout-seconds": view.get("HealthCheckTimeoutSeconds"),
        "healthy-threshold-count": view.get("HealthyThresholdCount"),
        "unhealthy-threshold-count": view.get("UnhealthyThresholdCount"),
        "success-codes": matcher.get("HttpCode", matcher.get("GrpcCode")),
        "target-group-attributes": ",".join(pairs(group.attributes, "target-group")),
    }
    for key in ("HealthCheckIntervalSeconds", "HealthCheckProtocol"):
        if key not in view:
            note(view, "TargetGroupArn", "target-group-settings-missing", key=key)
    if not group.attributes:
        note(view, "TargetGroupArn", "attributes-not-read", name=group.name)
    return {PREFIX + key: str(value) for key, value in found.items() if value not in (None, "")}
