"""What containers of a task say about names and addresses: pod-wide in Kubernetes."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.names import LABEL, is_subdomain, label
from ecs2k8s.core.tracking import note

if TYPE_CHECKING:
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Workload

MOST_SERVERS = 3
LONGEST_HOSTNAME = 64


def host_aliases(containers: list[AwsMap]) -> list[dict[str, Any]]:
    """Links (the sibling is localhost in a pod) and extra hosts, one entry per address."""
    found: dict[str, list[str]] = {}
    for container in containers:
        for index, link in enumerate(container.get("links", [])):
            for name in dict.fromkeys(part.lower() for part in str(link).split(":") if part):
                _alias(container, ("links", index), "127.0.0.1", name, found)
        for index, item in enumerate(container.get("extraHosts", [])):
            address = str(item.get("ipAddress", ""))
            at = ("extraHosts", index, "hostname")
            if not _is_address(address):
                for key in ("ipAddress", "hostname"):
                    note(container, ("extraHosts", index, key), "address-illegal", address=address)
                continue
            if ip_address(address).is_private:
                note(container, ("extraHosts", index, "ipAddress"), "private-address", address=address)
            _alias(container, at, address, str(item.get("hostname", "")).lower(), found)
    return [{"ip": address, "hostnames": hostnames} for address, hostnames in found.items()]


def _alias(view: AwsMap, at: tuple[str | int, ...], address: str, name: str, found: dict[str, list[str]]) -> None:
    """One illegal name would make the API server reject the whole pod."""
    if not is_subdomain(name):
        note(view, at, "host-alias-illegal", name=name, address=address)
    elif name not in found.setdefault(address, []):
        found[address].append(name)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def dns(workload: Workload, containers: list[AwsMap]) -> dict[str, Any]:
    """`dnsPolicy` and `dnsConfig`. Own servers replace the cluster's, as they replace the VPC's in ECS."""
    servers = _union(containers, "dnsServers")
    searches = [text for text, _, _ in _union(containers, "dnsSearchDomains")]
    for _, view, index in servers[MOST_SERVERS:]:
        note(view, ("dnsServers", index), "too-many-dns-servers", most=MOST_SERVERS)
    for _, view, index in servers[:1]:
        note(view, ("dnsServers", index), "cluster-dns-lost")
    config: dict[str, Any] = {}
    if servers:
        config["nameservers"] = [text for text, _, _ in servers[:MOST_SERVERS]]
    if searches:
        config["searches"] = searches
    out: dict[str, Any] = {"dnsConfig": config} if config else {}
    if servers:
        return {"dnsPolicy": "None"} | out
    return ({"dnsPolicy": "ClusterFirstWithHostNet"} if workload.network_mode == "host" else {}) | out


def _union(containers: list[AwsMap], key: str) -> list[tuple[str, AwsMap, int]]:
    found: dict[str, tuple[str, AwsMap, int]] = {}
    for container in containers:
        for index, text in enumerate(container.get(key, [])):
            found.setdefault(str(text), (str(text), container, index))
    return list(found.values())


def hostname(workload: Workload, containers: list[AwsMap], _target: Target) -> str | None:
    """One per pod: the first that is given. A name with dots has no beta field before 1.35 and is left to a person."""
    if workload.network_mode == "host":
        for container in containers:
            if "hostname" in container:
                note(container, "hostname", "hostname-illegal", name=container["hostname"])
        return None
    kept: str | None = None
    for container in containers:
        if "hostname" in container:
            name = str(container["hostname"])
            if label(name) != name or len(name) > LABEL:
                note(container, "hostname", "hostname-illegal", name=name)
            elif kept is not None and kept != name:
                note(container, "hostname", "hostname-conflict", name=name, kept=kept)
            else:
                kept = name
    return kept
