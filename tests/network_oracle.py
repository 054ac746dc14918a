"""What lets a packet through, decided anew for each concrete address, protocol and port: slow, and plain to read.

It shares no code with what it is held against: rules are read as AWS prints them, policies as they are written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

PORTS = tuple((protocol, port) for protocol in ("TCP", "UDP") for port in range(1, 13))
Packet = tuple[str, int]  # protocol and port of the target


@dataclass(frozen=True)
class Side:
    """One end of a connection at one address."""

    address: str
    groups: tuple[str, ...] = ()
    namespace: str = ""
    labels: dict[str, str] = field(default_factory=dict)


def holds(cidr: str, address: str) -> bool:
    network, its = ip_network(cidr), ip_address(address)
    return network.version == its.version and its in network


def in_permission(permission: dict[str, Any], packet: Packet) -> bool:
    protocol = permission["IpProtocol"]
    if protocol == "-1":
        return True
    return bool(protocol == packet[0].lower()) and permission["FromPort"] <= packet[1] <= permission["ToPort"]


def by_groups(groups: list[dict[str, Any]], mine: Side, other: Side, packet: Packet, key: str) -> bool:
    """Whether the security groups of *mine* let the packet from or to the *other* side through."""
    for group in groups:
        if group["GroupId"] not in mine.groups:
            continue
        for permission in group[key]:
            meant = any(holds(each["CidrIp"], other.address) for each in permission.get("IpRanges", ()))
            meant = meant or any(each["GroupId"] in other.groups for each in permission.get("UserIdGroupPairs", ()))
            if meant and in_permission(permission, packet):
                return True
    return False


def matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for expression in selector.get("matchExpressions", ()):
        assert expression["operator"] == "In"
        if labels.get(expression["key"]) not in expression["values"]:
            return False
    return True


def by_policies(policies: list[dict[str, Any]], mine: Side, other: Side, packet: Packet, direction: str) -> bool:
    """Whether the policies that select *mine* let the packet through; none selects it: everything passes."""
    chosen = [
        policy["spec"]
        for policy in policies
        if policy["metadata"]["namespace"] == mine.namespace
        and direction in policy["spec"]["policyTypes"]
        and matches(policy["spec"]["podSelector"], mine.labels)
    ]
    if not chosen:
        return True
    side = {"Ingress": "from", "Egress": "to"}[direction]
    return any(
        by_rule(rule, side, other, packet, mine.namespace)
        for spec in chosen
        for rule in spec.get(direction.lower(), ())
    )


def by_rule(rule: dict[str, Any], side: str, other: Side, packet: Packet, namespace: str) -> bool:
    ports = rule.get("ports")
    if ports and not any(
        each["protocol"] == packet[0]
        and ("port" not in each or each["port"] <= packet[1] <= each.get("endPort", each["port"]))
        for each in ports
    ):
        return False
    peers = rule.get(side)
    return not peers or any(by_peer(peer, other, namespace) for peer in peers)


def by_peer(peer: dict[str, Any], other: Side, namespace: str) -> bool:
    if "ipBlock" in peer:
        assert "except" not in peer["ipBlock"]
        return holds(peer["ipBlock"]["cidr"], other.address)
    if not other.namespace:
        return False
    if "namespaceSelector" in peer:
        if not matches(peer["namespaceSelector"], {"kubernetes.io/metadata.name": other.namespace}):
            return False
    elif other.namespace != namespace:
        return False
    return matches(peer.get("podSelector", {}), other.labels)
