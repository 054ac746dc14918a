"""Rules of the API server that hold between places of a pod: names, volumes, ports, time, resources."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.places import repeated
from ecs2k8s.compare.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.compare.places import Problem
    from ecs2k8s.core.paths import Path

    Map = dict[str, Any]

OVERCOMMITTED = ("cpu", "memory", "ephemeral-storage")  # of every other resource, request and limit are equal
GRACE = 30  # seconds; the server's default for terminationGracePeriodSeconds
AMOUNTS = ("requests", "limits")


def pod_problems(spec: Map, path: Path) -> Iterator[Problem]:
    """What is wrong in the pod *spec* that lies at *path*."""
    placed = [
        ((*path, kind, index), container)
        for kind in ("initContainers", "containers")
        for index, container in enumerate(spec.get(kind, []))
    ]
    yield from _names(placed)
    yield from _host_ports(spec, path)
    yield from _pod(spec, path)
    volumes = {volume["name"] for volume in spec.get("volumes", [])}
    grace = spec.get("terminationGracePeriodSeconds", GRACE)
    for place, container in placed:
        yield from _container(container, place, volumes, grace)
    if "resources" in spec:
        yield from _resources(spec["resources"], (*path, "resources"))
        yield from _pod_level(spec, path)


def _names(placed: list[tuple[Path, Map]]) -> Iterator[Problem]:
    """Container names, and port names, which probes and Services look up in the whole pod."""
    names: set[str] = set()
    ports: set[str] = set()
    for place, container in placed:
        if container["name"] in names:
            yield (*place, "name"), f"{container['name']} stands twice in the pod"
        names.add(container["name"])
        for index, port in enumerate(container.get("ports", [])):
            name = port.get("name")
            if name in ports:
                yield (*place, "ports", index, "name"), f"{name} stands twice in the pod"
            if name:
                ports.add(name)


def _host_ports(spec: Map, path: Path) -> Iterator[Problem]:
    """In a template the host port may be left out; a host port is taken once, among containers that run together."""
    taken: set[tuple[str, str, int]] = set()
    for number, container in enumerate(spec["containers"]):
        for index, port in enumerate(container.get("ports", [])):
            place = (*path, "containers", number, "ports", index, "hostPort")
            wanted = port.get("hostPort")
            if wanted is None:
                continue
            if spec.get("hostNetwork") and wanted != port["containerPort"]:
                yield place, f"must be {port['containerPort']}, as containerPort, with hostNetwork"
            key = (port.get("protocol", "TCP"), port.get("hostIP", ""), wanted)
            if key in taken:
                yield place, f"{wanted} is taken by another container port"
            taken.add(key)


def _pod(spec: Map, path: Path) -> Iterator[Problem]:
    yield from repeated((*path, "volumes"), spec.get("volumes", []), "name")
    yield from repeated((*path, "imagePullSecrets"), spec.get("imagePullSecrets", []), "name")
    yield from repeated((*path, "hostAliases"), spec.get("hostAliases", []), "ip")
    spread = spec.get("topologySpreadConstraints", [])
    yield from repeated((*path, "topologySpreadConstraints"), spread, "topologyKey", whenUnsatisfiable="")
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        yield (*path, "shareProcessNamespace"), "does not go with hostPID"
    if spec.get("dnsPolicy") == "None" and not spec.get("dnsConfig", {}).get("nameservers"):
        yield (*path, "dnsConfig", "nameservers"), "is missing: dnsPolicy is None"
    yield from _sysctls(spec, (*path, "securityContext", "sysctls"))


def _sysctls(spec: Map, path: Path) -> Iterator[Problem]:
    sysctls = spec.get("securityContext", {}).get("sysctls", [])
    yield from repeated(path, sysctls, "name")
    for index, sysctl in enumerate(sysctls):
        name = sysctl["name"].replace("/", ".")
        if spec.get("hostNetwork") and name.startswith("net."):
            yield (*path, index, "name"), f"{name} would be the node's, with hostNetwork"
        if spec.get("hostIPC") and name.startswith(("kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.")):
            yield (*path, index, "name"), f"{name} would be the node's, with hostIPC"


def _container(container: Map, path: Path, volumes: set[str], grace: int) -> Iterator[Problem]:
    mounts = container.get("volumeMounts", [])
    for index, mount in enumerate(mounts):
        if mount["name"] not in volumes:
            yield (*path, "volumeMounts", index, "name"), f"there is no volume {mount['name']}"
        if mount.get("mountPropagation") == "Bidirectional" and not _privileged(container):
            yield (*path, "volumeMounts", index, "mountPropagation"), "Bidirectional needs a privileged container"
    yield from repeated((*path, "volumeMounts"), mounts, "mountPath")
    yield from repeated((*path, "env"), container.get("env", []), "name")
    yield from repeated((*path, "ports"), container.get("ports", []), "containerPort", protocol="TCP")
    if "resources" in container:
        yield from _resources(container["resources"], (*path, "resources"))
    for hook in container.get("lifecycle", {}):
        seconds = container["lifecycle"][hook].get("sleep", {}).get("seconds", 0)
        if seconds > grace:
            yield (*path, "lifecycle", hook, "sleep", "seconds"), f"is above the grace period of {grace} seconds"


def _privileged(container: Map) -> bool:
    return bool(container.get("securityContext", {}).get("privileged"))


def _resources(resources: Map, path: Path) -> Iterator[Problem]:
    requests, limits = resources.get("requests", {}), resources.get("limits", {})
    for name, asked in requests.items():
        place = (*path, "requests", name)
        if name in limits and quantity(asked) > quantity(limits[name]):
            yield place, f"{asked} is above the limit of {limits[name]}"
        elif name not in OVERCOMMITTED and (name not in limits or quantity(asked) != quantity(limits[name])):
            yield place, "must be equal to its limit: it cannot be overcommitted"
    for kind in AMOUNTS:
        for name, amount in resources.get(kind, {}).items():
            if name not in OVERCOMMITTED and not name.startswith("hugepages-"):
                if "/" not in name:
                    yield (*path, kind, name), "is no resource"
                elif quantity(amount) % 1:
                    yield (*path, kind, name), f"expected a whole number, found {amount}"


def _pod_level(spec: Map, path: Path) -> Iterator[Problem]:
    """Pod-level requests cover those of the containers together, pod-level limits those of each one.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/2837-pod-level-resource-spec
    """
    for name, given in spec["resources"].get("requests", {}).items():
        needed = _needed(spec, name)
        if needed > quantity(given):
            yield (*path, "resources", "requests", name), f"{given} is below what the containers request, {needed:f}"
    for name, given in spec["resources"].get("limits", {}).items():
        for index, container in enumerate(spec["containers"]):
            limit = container.get("resources", {}).get("limits", {}).get(name, "0")
            if quantity(limit) > quantity(given):
                place = (*path, "containers", index, "resources", "limits", name)
                yield place, f"{limit} is above the pod's limit of {given}"
    for kind in AMOUNTS:
        for name in spec["resources"].get(kind, {}):
            if name not in ("cpu", "memory") and not name.startswith("hugepages-"):
                yield (*path, "resources", kind, name), "a pod as a whole has cpu, memory and huge pages only"


def _needed(spec: Map, name: str) -> Decimal:
    """The containers' requests as the scheduler adds them up.

    Containers and sidecars run together; an init container runs beside the sidecars that started before it.
    https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
    """
    sidecars, most = Decimal(0), Decimal(0)
    for container in spec.get("initContainers", []):
        asked = _asked(container, name)
        if container.get("restartPolicy") == "Always":
            sidecars += asked
        else:
            most = max(most, sidecars + asked)
    return max(most, sidecars + sum(_asked(container, name) for container in spec["containers"]))


def _asked(container: Map, name: str) -> Decimal:
    """The server copies a limit into a missing request."""
    resources = container.get("resources", {})
    return quantity(resources.get("requests", {}).get(name, resources.get("limits", {}).get(name, "0")))
