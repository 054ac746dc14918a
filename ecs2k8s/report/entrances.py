"""What generated objects send to the Service of a workload: bindings, Ingresses, routes of the Gateway API."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.core.manifests import Bundle, Manifest

Service = tuple[str, str]  # namespace and name
ACTIONS = "alb.ingress.kubernetes.io/actions."


def entrances(bundle: Bundle) -> Mapping[Service, list[str]]:
    """By Service: one line for each object and path that leads to it."""
    found: dict[Service, list[str]] = defaultdict(list)
    for manifest in bundle.manifests:
        namespace = manifest["metadata"].get("namespace", "")
        for service, line in _leads(manifest):
            if line not in found[namespace, service]:
                found[namespace, service].append(line)
    return found


def _leads(manifest: Manifest) -> Iterator[tuple[str, str]]:
    kind, name = manifest["kind"], manifest["metadata"]["name"]
    if kind == "TargetGroupBinding":
        spec = manifest["spec"]
        group = spec.get("targetGroupName") or spec.get("targetGroupARN", "")
        yield spec["serviceRef"]["name"], f"{kind} {name}: new target group {group}"
    elif kind == "Ingress":
        for service, path in _of_ingress(manifest):
            yield service, f"{kind} {name}: {path}"
    elif kind.endswith("Route"):
        for service, path in _of_route(manifest):
            yield service, f"{kind} {name}: {path}"


def _of_ingress(manifest: Manifest) -> Iterator[tuple[str, str]]:
    spec, annotations = manifest["spec"], manifest["metadata"].get("annotations", {})
    if "defaultBackend" in spec:
        yield from ((service, "everything else") for service in _services(spec["defaultBackend"], annotations))
    for rule in spec.get("rules", []):
        for path in rule.get("http", {}).get("paths", []):
            shown = f"{rule.get('host', '')}{path.get('path', '/')}"
            yield from ((service, shown) for service in _services(path["backend"], annotations))


def _services(backend: Manifest, annotations: Mapping[str, str]) -> list[str]:
    """The Service, or those that the action forwards to which stands under its name in an annotation."""
    service: Any = backend.get("service", {})
    if service.get("port", {}).get("name") != "use-annotation":
        return [service["name"]] if "name" in service else []
    action = json.loads(annotations.get(f"{ACTIONS}{service['name']}", "{}"))
    groups = action.get("forwardConfig", {}).get("targetGroups", [])
    return [group["serviceName"] for group in groups if "serviceName" in group]


def _of_route(manifest: Manifest) -> Iterator[tuple[str, str]]:
    hosts = ", ".join(manifest["spec"].get("hostnames", []))
    for rule in manifest["spec"].get("rules", []):
        paths = [match["path"]["value"] for match in rule.get("matches", []) if "value" in match.get("path", {})]
        shown = " ".join(part for part in (hosts, ", ".join(paths)) if part) or "everything"
        yield from ((ref["name"], shown) for ref in rule.get("backendRefs", []))
