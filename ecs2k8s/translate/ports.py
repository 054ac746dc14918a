"""Container ports and Service ports, with names that Kubernetes accepts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core import names
from ecs2k8s.core.tracking import note
from ecs2k8s.core.units import whole_number

if TYPE_CHECKING:
    from ecs2k8s.resolve.workload import AwsMap, Workload

HIGHEST = 65535
LONGEST_RANGE = 64  # ports of a range that are listed one by one
APP_PROTOCOLS = {"http": "http", "http2": "kubernetes.io/h2c", "grpc": "grpc"}


@dataclass(frozen=True, slots=True)
class Port:
    """One port of one container. `original` is the name in ECS, empty where it has none."""

    container: AwsMap
    index: int
    number: int
    protocol: str
    original: str
    host_port: int | None
    app_protocol: str

    @property
    def view(self) -> AwsMap:
        found: AwsMap = self.container["portMappings"][self.index]
        return found


def ports(workload: Workload, containers: list[AwsMap]) -> list[Port]:
    """All ports of *containers*, each (number, protocol) of a container once, in order."""
    found: dict[tuple[str, int, str], Port] = {}
    for container in containers:
        for index, mapping in enumerate(container.get("portMappings", [])):
            for number in _numbers(mapping):
                port = _port(workload, container, index, mapping, number)
                found.setdefault((str(container["name"]), number, port.protocol), port)
    _note_shared(list(found.values()))
    return list(found.values())


def _numbers(mapping: AwsMap) -> list[int]:
    if "containerPort" in mapping:
        return [int(mapping["containerPort"])]
    first, last = port_range(mapping)
    if not 1 <= first <= last <= HIGHEST:
        for key in mapping:
            note(mapping, key, "port-range-illegal")
        return []
    if last - first >= LONGEST_RANGE:
        for key in mapping:
            note(mapping, key, "port-range-too-long", most=LONGEST_RANGE)
        return []
    return list(range(first, last + 1))


def port_range(mapping: AwsMap) -> tuple[int, int]:
    """The ends of `containerPortRange`; zero for one that is no number."""
    first, _, last = str(mapping.get("containerPortRange", "")).partition("-")
    return whole_number(first) or 0, whole_number(last) or 0


def _port(workload: Workload, container: AwsMap, index: int, mapping: AwsMap, number: int) -> Port:
    text = str(mapping.get("protocol", "tcp")).lower()
    if text not in ("tcp", "udp"):
        note(mapping, "protocol", "protocol-unknown", protocol=text)
    return Port(
        container=container,
        index=index,
        number=number,
        protocol="UDP" if text == "udp" else "TCP",
        original=str(mapping.get("name", "")),
        host_port=_host_port(workload, mapping, number),
        app_protocol=APP_PROTOCOLS.get(str(mapping.get("appProtocol", "")), ""),
    )


def _host_port(workload: Workload, mapping: AwsMap, number: int) -> int | None:
    """Only static bridge ports and host mode need one; the others existed for instance target groups."""
    given = int(mapping.get("hostPort", 0))
    if workload.network_mode == "host":
        return number
    if workload.network_mode == "bridge" and given:
        note(mapping, "hostPort", "static-host-port", port=given)
        return given
    if "hostPort" in mapping:
        slug = "dynamic-host-port" if workload.network_mode == "bridge" else "host-port-repeats"
        note(mapping, "hostPort", slug)
    return None


def _note_shared(found: list[Port]) -> None:
    """Containers of a pod share one network namespace; those of a bridge task did not."""
    first: dict[tuple[int, str], Port] = {}
    for port in found:
        other = first.setdefault((port.number, port.protocol), port)
        if other.container["name"] != port.container["name"]:
            both = f"{other.container['name']} and {port.container['name']}"
            note(port.view, "containerPort", "port-conflict", port=port.number, containers=both)


def container_ports(found: list[Port], container: AwsMap, names_in_pod: dict[str, str]) -> list[dict[str, Any]]:
    """`ports` of one container. *names_in_pod* are the names of `port_names`."""
    out = []
    used: set[str] = set()
    for port in found:
        if port.container["name"] == container["name"]:
            name = names_in_pod.get(port.original) if port.original not in used else None
            used.add(port.original)
            body: dict[str, Any] = ({"name": name} if name else {}) | {"containerPort": port.number}
            body |= {"hostPort": port.host_port} if port.host_port else {}
            out.append(body | ({"protocol": port.protocol} if port.protocol != "TCP" else {}))
    return out


def port_names(found: list[Port]) -> dict[str, str]:
    """ECS port name to container port name (at most 15 characters, unique in the pod)."""
    given = names.unique((port.original for port in found if port.original), names.port, names.PORT)
    for port in found:
        if port.original and given[port.original] != port.original:
            note(port.view, "name", "port-name-shortened", old=port.original, new=given[port.original])
    return given


def service_ports(found: list[Port]) -> list[dict[str, Any]]:
    """`ports` of the workload's Service: each (number, protocol) once, `targetPort` a number, never a name."""
    unique: dict[tuple[int, str], Port] = {}
    for port in found:
        unique.setdefault((port.number, port.protocol), port)
    labels = names.unique(port.original for port in unique.values() if port.original)
    out, used = [], set[str]()
    for (number, protocol), port in unique.items():
        name = labels.get(port.original, "")
        if not name or name in used:
            name = f"{protocol.lower()}-{number}"
        used.add(name)
        body: dict[str, Any] = {"name": name, "port": number, "targetPort": number, "protocol": protocol}
        out.append(body | ({"appProtocol": port.app_protocol} if port.app_protocol else {}))
    return out
