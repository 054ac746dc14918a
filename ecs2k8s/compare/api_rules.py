"""Rules of the API server that its schemas do not have."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import TEMPLATES
from ecs2k8s.core.names import LABEL, is_label_key, is_label_value, is_subdomain, label, port

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.manifests import Manifest

QUANTITY = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>m|Ki|Mi|Gi|Ti|k|M|G|T)?")
UNITS = {"": Decimal(1), "m": Decimal("0.001")}
UNITS |= {name: Decimal(1000) ** power for power, name in enumerate("kMGT", 1)}
UNITS |= {f"{name}i": Decimal(1024) ** power for power, name in enumerate("KMGT", 1)}
MOST_ANNOTATIONS = 256 * 1024  # bytes of keys and values together
CLASSIC_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
RELAXED_NAMES = 34  # minor version from which any printable ASCII but `=` may name a variable
DIGIT_SERVICES = 37  # minor version from which the name of a Service may start with a digit


def api_rules(manifest: Manifest, version: str) -> Iterator[str]:
    """What is wrong with *manifest* beyond its schema, one line each."""
    minor = int(version.split(".")[1])
    yield from _metadata(manifest["metadata"])
    kind = manifest["kind"]
    if kind == "Service":
        yield from _service(manifest, minor)
    if kind in ("ConfigMap", "Secret"):
        yield from (f"data: {key!r} is no key" for key in manifest.get("data", {}) if not CONFIG_KEY.fullmatch(key))
    template: Any = manifest
    for step in TEMPLATES.get(kind, ()):
        template = template.get(step, {})
    if kind in TEMPLATES:
        yield from _selector(manifest, template)
        yield from _metadata(template.get("metadata", {}), "template: ", named=False)
        yield from _pod(template["spec"], minor)


def _metadata(metadata: dict[str, Any], where: str = "", *, named: bool = True) -> Iterator[str]:
    if named and not is_subdomain(metadata["name"]):
        yield f"{where}metadata.name: {metadata['name']!r} is no DNS-1123 subdomain"
    for key, value in metadata.get("labels", {}).items():
        if not is_label_key(key) or not is_label_value(value):
            yield f"{where}metadata.labels: {key}={value!r} is no label"
    annotations = metadata.get("annotations", {})
    yield from (f"{where}metadata.annotations: {key!r} is no key" for key in annotations if not is_label_key(key))
    if sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items()) > MOST_ANNOTATIONS:
        yield f"{where}metadata.annotations: more than 256 KiB"


def _service(manifest: Manifest, minor: int) -> Iterator[str]:
    name = manifest["metadata"]["name"]
    if label(name) != name or (name[0].isdigit() and minor < DIGIT_SERVICES):
        yield f"metadata.name: {name!r} is no name of a Service"
    ports = manifest["spec"].get("ports", [])
    yield from _twice("spec.ports.name", (item.get("name", "") for item in ports))
    yield from _twice("spec.ports", ((item["port"], item.get("protocol", "TCP")) for item in ports))
    yield from (f"spec.ports: {item['name']!r} is no label" for item in ports if label(item["name"]) != item["name"])


def _selector(manifest: Manifest, template: dict[str, Any]) -> Iterator[str]:
    wanted = manifest["spec"].get("selector", {}).get("matchLabels", {})
    if wanted.items() - template.get("metadata", {}).get("labels", {}).items():
        yield "spec.selector: does not match the template's labels"
    rolling = manifest["spec"].get("strategy", {}).get("rollingUpdate", {})
    if rolling and {str(rolling["maxSurge"]), str(rolling["maxUnavailable"])} <= {"0", "0%"}:
        yield "spec.strategy.rollingUpdate: maxSurge and maxUnavailable are both 0"


def _twice(where: str, values: Iterable[object]) -> Iterator[str]:
    seen: set[object] = set()
    for value in values:
        if value in seen:
            yield f"{where}: {value!r} stands twice"
        seen.add(value)


def _pod(spec: dict[str, Any], minor: int) -> Iterator[str]:
    containers = [*spec.get("initContainers", []), *spec["containers"]]
    volumes = {volume["name"] for volume in spec.get("volumes", [])}
    yield from _twice("containers.name", (container["name"] for container in containers))
    yield from _twice("volumes.name", (volume["name"] for volume in spec.get("volumes", [])))
    ports = [item for container in containers for item in container.get("ports", [])]
    yield from _twice("ports.name", (item["name"] for item in ports if "name" in item))
    for alias in spec.get("hostAliases", []):
        yield from (f"hostAliases: {name!r} is no subdomain" for name in alias["hostnames"] if not is_subdomain(name))
    for container in containers:
        for problem in _container(container, volumes, minor, host=bool(spec.get("hostNetwork"))):
            yield f"{container['name']}: {problem}"
    yield from _pod_level(spec)
    for term in _node_terms(spec):
        for expression in term.get("matchExpressions", []):
            if expression["operator"] in ("Gt", "Lt") and len(expression["values"]) != 1:
                yield f"nodeSelectorTerms: {expression['key']} needs exactly one value"


def _node_terms(spec: dict[str, Any]) -> list[dict[str, Any]]:
    node = spec.get("affinity", {}).get("nodeAffinity", {})
    found: list[dict[str, Any]] = node.get("requiredDuringSchedulingIgnoredDuringExecution", {}).get(
        "nodeSelectorTerms", []
    )
    return found


def _container(container: dict[str, Any], volumes: set[str], minor: int, *, host: bool) -> Iterator[str]:
    name = container["name"]
    if label(name) != name or len(name) > LABEL:
        yield "no DNS-1123 label"
    for item in container.get("ports", []):
        if "name" in item and port(item["name"]) != item["name"]:
            yield f"ports: {item['name']!r} is no port name"
        if host and item.get("hostPort") != item["containerPort"]:
            yield f"ports: {item['containerPort']} with hostNetwork needs the same hostPort"
    mounts = container.get("volumeMounts", [])
    yield from _twice("volumeMounts.mountPath", (mount["mountPath"] for mount in mounts))
    for mount in mounts:
        if mount["name"] not in volumes:
            yield f"volumeMounts: there is no volume {mount['name']!r}"
    yield from _environment(container, minor)
    yield from _amounts(container.get("resources", {}))
    yield from _probes(container)
    security = container.get("securityContext", {})
    if security.get("privileged") and security.get("allowPrivilegeEscalation") is False:
        yield "securityContext: privileged against allowPrivilegeEscalation: false"


def _environment(container: dict[str, Any], minor: int) -> Iterator[str]:
    for entry in container.get("env", []):
        name = entry["name"]
        relaxed = bool(name) and all(" " <= character <= "~" and character != "=" for character in name)
        if not (relaxed if minor >= RELAXED_NAMES else CLASSIC_NAME.fullmatch(name)):
            yield f"env: {name!r} is no name of a variable"
        source = entry.get("valueFrom", {})
        for reference in (source.get("secretKeyRef"), source.get("configMapKeyRef")):
            if reference and not CONFIG_KEY.fullmatch(reference["key"]):
                yield f"env: {reference['key']!r} is no key"


def quantity(text: str) -> Decimal:
    """A Kubernetes quantity as a number. Raises `ValueError` where it is none."""
    found = QUANTITY.fullmatch(str(text))
    if not found:
        raise ValueError(f"{text!r} is no quantity")
    return Decimal(found["number"]) * UNITS[found["unit"] or ""]


def _amounts(resources: dict[str, Any]) -> Iterator[str]:
    requests, limits = resources.get("requests", {}), resources.get("limits", {})
    for name in requests.keys() & limits.keys():
        if quantity(requests[name]) > quantity(limits[name]):
            yield f"resources: the request of {name} is above its limit"


def _probes(container: dict[str, Any]) -> Iterator[str]:
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.get(name, {})
        for key in ("periodSeconds", "timeoutSeconds", "failureThreshold", "terminationGracePeriodSeconds"):
            if probe.get(key, 1) < 1:
                yield f"{name}.{key}: is below 1"
        if probe.get("initialDelaySeconds", 0) < 0:
            yield f"{name}.initialDelaySeconds: is below 0"
        if name == "readinessProbe" and "terminationGracePeriodSeconds" in probe:
            yield f"{name}: has no grace period of its own"


def _pod_level(spec: dict[str, Any]) -> Iterator[str]:
    """Pod-level resources bound those of the containers; regular init containers do not add up."""
    whole = spec.get("resources", {})
    running = [c for c in spec.get("initContainers", []) if c.get("restartPolicy") == "Always"] + spec["containers"]
    for name, given in whole.get("requests", {}).items():
        asked = sum(quantity(c.get("resources", {}).get("requests", {}).get(name, "0")) for c in running)
        if asked > quantity(given):
            yield f"resources: the containers request more {name} than the pod"
    for name, given in whole.get("limits", {}).items():
        for container in running:
            if quantity(container.get("resources", {}).get("limits", {}).get(name, "0")) > quantity(given):
                yield f"resources: {container['name']} may use more {name} than the pod"
