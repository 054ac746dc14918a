"""The Envoy container of App Mesh, which ended on 2026-09-30: without a mesh to talk to it never becomes healthy.

https://docs.aws.amazon.com/app-mesh/latest/userguide/what-is-app-mesh.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import NOTHING, note

if TYPE_CHECKING:
    from ecs2k8s.resolve.workload import AwsMap, Workload

NODES = ("APPMESH_RESOURCE_ARN", "APPMESH_VIRTUAL_NODE_NAME")


def removed_proxy(workload: Workload) -> str:
    """The name of the container that is left out as the proxy; empty where there is none, or where it is alone."""
    configuration: AwsMap = workload.definition.get("proxyConfiguration", NOTHING)
    if not configuration:
        return ""
    name = str(configuration.get("containerName", ""))
    found = [container for container in workload.containers if container["name"] == name]
    alone = len(workload.containers) == len(found)
    said = {"container": name or "not named", "node": _node(found)}
    note(configuration, "containerName", "mesh-proxy-stays" if alone else "app-mesh-ended", **said)
    if name in [item.get("containerName") for item in workload.configuration.get("loadBalancers", [])]:
        note(configuration, "containerName", "mesh-proxy-is-balanced", container=name)
    return "" if alone else name


def _node(proxies: list[AwsMap]) -> str:
    """The virtual node that the proxy was made for, as its environment names it."""
    items = [item for proxy in proxies for item in proxy.get("environment", [])]
    return next((str(item.get("value", "")) for item in items if item.get("name") in NODES), "not named")
