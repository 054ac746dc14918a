"""TargetGroupBindings: which group each binds, which addresses it has to register, and which must never be made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ecs2k8s.core.manifests import Manifest

SERVICE = "kubernetes.io/service-name"  # the label by which slices belong to a Service


def group_of(binding: Manifest) -> str:
    """The ARN of the target group, else its name; empty where it says neither."""
    spec = binding.get("spec") or {}
    return str(spec.get("targetGroupARN") or spec.get("targetGroupName") or "")


def binds(binding: Manifest, arn: str) -> bool:
    """Whether it is about the group of this ARN, by ARN or by name."""
    return group_of(binding) in (arn, name_of(arn))


def name_of(arn: str) -> str:
    """`arn:…:targetgroup/NAME/ID`."""
    return arn.rpartition(":")[2].split("/")[1] if ":targetgroup/" in arn else arn


def forbidden(arn: str, targets: Collection[str], ecs_groups: Collection[str], pods: Collection[str]) -> str:
    """Why no binding may be made for a group (invariant I8); empty: one may.

    The load balancer controller owns all targets of a group that it binds, and deregisters those it does not know:
    *targets* are the addresses registered now, *pods* the addresses of the cluster's pods, *ecs_groups* the groups that
    any ECS service names.
    """
    if arn in ecs_groups:
        return f"an ECS service names the target group {name_of(arn)}: the controller would deregister its tasks"
    strangers = sorted(set(targets) - set(pods))
    if strangers:
        return (
            f"the target group {name_of(arn)} has {strangers[0]}, which is no pod: the controller would deregister it"
        )
    return ""


def addresses(service: Manifest, slices: Iterable[Manifest], port: Any) -> dict[tuple[str, int], bool]:
    """Address and port of each pod that a binding with `serviceRef.port` *port* registers, and whether it is ready."""
    found: dict[tuple[str, int], bool] = {}
    name = _port_name(service, port)
    if name is None:
        return found
    its = [one for one in slices if (one["metadata"].get("labels") or {}).get(SERVICE) == service["metadata"]["name"]]
    for one in its:
        numbers = [item.get("port") for item in one.get("ports") or () if (item.get("name") or "") == name]
        for endpoint in one.get("endpoints") or ():
            conditions: Mapping[str, Any] = endpoint.get("conditions") or {}
            if conditions.get("terminating"):
                continue
            ready = conditions.get("ready") is not False  # unknown counts as ready: discovery.k8s.io/v1
            for address in endpoint.get("addresses") or ():
                found |= {(str(address), int(number)): ready for number in numbers if number}
    return found


def _port_name(service: Manifest, port: Any) -> str | None:
    """The name of a port of the Service, which is how slices call it; empty where it has none. None: no such port."""
    for item in (service.get("spec") or {}).get("ports") or ():
        if port in (item.get("port"), item.get("name")):
            return str(item.get("name") or "")
    return None
