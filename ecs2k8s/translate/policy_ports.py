"""Ports of security group rules as ports of a NetworkPolicy, and what has no form there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.tracking import note
from ecs2k8s.core.traffic import ALL, HIGHEST, ICMP, NOTHING, OTHER, intersection, union
from ecs2k8s.translate.ports import port_range

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.traffic import Traffic
    from ecs2k8s.resolve.security_groups import Rule, SecurityGroup
    from ecs2k8s.resolve.workload import AwsMap, Workload

EPHEMERAL = (32768, HIGHEST)  # where Docker and the ECS agent choose dynamic host ports
Ports = tuple[tuple[str, int, int], ...]


def expressible(rule: Rule, group: SecurityGroup) -> Traffic:
    """The rule's traffic; nothing, and a word about it, where NetworkPolicy has no field for its protocol."""
    traffic = rule.traffic
    if traffic[:1] == ((ICMP, 0, 0),) and traffic != ALL:
        if not _admits_all(rule, group):
            note(rule.permission, "IpProtocol", "icmp-not-expressible", protocol=rule.protocol)
        return NOTHING
    if traffic[:1] == ((OTHER, 0, 0),):
        if not _admits_all(rule, group):
            note(rule.permission, "IpProtocol", "protocol-not-expressible", protocol=rule.protocol)
        return NOTHING
    if any(protocol == "SCTP" for protocol, _, _ in traffic) and traffic != ALL:
        note(rule.permission, "IpProtocol", "sctp-needs-support")
    if not traffic:
        note(rule.permission, "ToPort", "port-zero-only")
    return traffic


def _admits_all(rule: Rule, group: SecurityGroup) -> bool:
    """Whether another rule lets the same peer through with every protocol."""
    return any(
        other.protocol == "-1" and (other.kind, other.peer) == (rule.kind, rule.peer)
        for other in group.directed(egress=rule.egress)
    )


def at_pods(rule: Rule, traffic: Traffic, workloads: Iterable[Workload]) -> Traffic:
    """*traffic* as the pods see it. In awsvpc mode a rule is about container ports already, in bridge mode not.

    A policy is for all pods of a group, so it admits the ports of each of them.
    """
    found = []
    for workload in workloads:
        if workload.network_mode == "bridge":
            note(rule.permission, "FromPort" if "FromPort" in rule.permission else "IpProtocol", "host-port-rule")
            found.append(_of_containers(traffic, workload))
        else:
            found.append(traffic)
    return ALL if ALL in found else union(*found)


def _of_containers(traffic: Traffic, workload: Workload) -> Traffic:
    """The container ports whose host port the rule lets through; a dynamic one is somewhere in the ephemeral range."""
    return union(
        (protocol, container, container)
        for protocol, container, host in mapped_ports(workload)
        if intersection(traffic, ((protocol, host, host) if host else (protocol, *EPHEMERAL),))
    )


def mapped_ports(workload: Workload) -> Iterator[tuple[str, int, int]]:
    """Protocol, container port and host port (0: dynamic, or none of its own) of everything that it listens on."""
    for container in workload.containers:
        for mapping in container.get("portMappings", []):
            protocol = "UDP" if str(mapping.get("protocol", "tcp")).lower() == "udp" else "TCP"
            host = int(mapping.get("hostPort", 0)) if workload.network_mode == "bridge" else 0
            yield from ((protocol, number, host) for number in _numbers(mapping))


def _numbers(mapping: AwsMap) -> range:
    if "containerPort" in mapping:
        number = int(mapping["containerPort"])
        return range(number, number + 1)
    first, last = port_range(mapping)
    return range(first, last + 1) if 1 <= first <= last <= HIGHEST else range(0)


def single_ports(traffic: Traffic, workloads: Iterable[Workload]) -> Ports:
    """The ports that *workloads* listen on and that lie inside a range of *traffic*, each alone.

    To admit a Service's address the VPC CNI looks only at the first port of a range
    (https://github.com/aws/amazon-network-policy-controller-k8s/issues/224).
    """
    inside = {(p, n, n) for workload in workloads for p, n, _ in mapped_ports(workload)}
    ranges = [span for span in traffic if span[1] < span[2] and (span[1], span[2]) != (1, HIGHEST)]
    return tuple(sorted(port for port in inside if any(p == port[0] and a <= port[1] <= b for p, a, b in ranges)))


def listed(ports: Ports) -> list[dict[str, Any]] | None:
    """`ports` of a policy's rule; None where it lets everything through."""
    if ports == ALL:
        return None
    return [_port(*span) for span in ports]


def _port(protocol: str, first: int, last: int) -> dict[str, Any]:
    if (first, last) == (1, HIGHEST):
        return {"protocol": protocol}
    alone: dict[str, Any] = {"protocol": protocol, "port": first}
    return alone if first == last else alone | {"endPort": last}
