"""Security groups as values: their rules, one for each peer, with the leaf that each rule stands on."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING, Literal

from ecs2k8s.core.traffic import of_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.traffic import Traffic
    from ecs2k8s.resolve.index import Index
    from ecs2k8s.resolve.workload import AwsMap

IpNetwork = IPv4Network | IPv6Network
PeerKind = Literal["range", "prefix-list", "group"]
GROUP_ID = re.compile(r"sg-[a-z0-9]{1,60}")  # what can be the name of an object and of a label
FAMILIES = (4, 6)


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule with one peer: `key` is the leaf in `entry`, the peer's own map, that names it.

    `names` is what it says, for those who only look for a rule: asking `peer` counts as reading the leaf.
    """

    group: str
    egress: bool
    permission: AwsMap
    entry: AwsMap
    key: str
    kind: PeerKind
    names: str

    @property
    def peer(self) -> str:
        return str(self.entry.get(self.key, ""))

    @property
    def protocol(self) -> str:
        """As AWS writes it: a name or a number, -1 for all."""
        return str(self.permission.get("IpProtocol", "-1"))

    @property
    def ports(self) -> tuple[int | None, int | None]:
        return self.permission.get("FromPort"), self.permission.get("ToPort")

    @property
    def traffic(self) -> Traffic:
        return of_rule(self.protocol, *self.ports)

    @property
    def network(self) -> IpNetwork | None:
        """The range of addresses; None for other peers and for what is none."""
        return network_of(self.peer) if self.kind == "range" else None


@dataclass(frozen=True, eq=False)
class SecurityGroup:
    """A group whose document was read. `described` are the SecurityGroupRule documents about it.

    `data` is for those who only look: what is asked of `view` counts as read.
    """

    id: str
    view: AwsMap
    data: AwsMap
    rules: tuple[Rule, ...]
    described: tuple[AwsMap, ...]

    @property
    def rule_ids(self) -> list[str]:
        for rule in self.described:
            rule.get("GroupId")
        return sorted({str(rule.get("SecurityGroupRuleId", "")) for rule in self.described} - {""})

    @property
    def named(self) -> set[str]:
        """The groups that its rules name; it only looks."""
        return {rule.names for rule in self.rules if rule.kind == "group"}

    def is_default_of(self, vpcs: set[str]) -> bool:
        """Whether it is the default group of one of *vpcs*; only then it counts as read."""
        if self.data.get("GroupName") != "default" or self.data.get("VpcId") not in vpcs:
            return False
        return self.vpc in vpcs and self.view.get("GroupName") == "default"

    @property
    def owner(self) -> str:
        return str(self.view.get("OwnerId", ""))

    @property
    def vpc(self) -> str:
        return str(self.view.get("VpcId", ""))

    @cached_property
    def open_families(self) -> frozenset[int]:
        """The families of IP (4, 6) in which it lets everything out."""
        whole = [rule.network for rule in self.rules if rule.egress and rule.protocol == "-1" and rule.network]
        return frozenset(network.version for network in whole if network.prefixlen == 0)

    def directed(self, *, egress: bool) -> list[Rule]:
        return [rule for rule in self.rules if rule.egress is egress]


def network_of(text: str) -> IpNetwork | None:
    """*text* as a range of addresses, its host bits cleared; None where it is none."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def security_groups(index: Index) -> dict[str, SecurityGroup]:
    """By id, the groups that can have a name in Kubernetes; the first document of an id counts."""
    described: dict[str, list[AwsMap]] = defaultdict(list)
    for item in index.of_shape("ec2.SecurityGroupRule"):
        described[str(item.document.data.get("GroupId"))].append(item.view)
    found: dict[str, SecurityGroup] = {}
    for item in index.of_shape("ec2.SecurityGroup"):
        view, data = item.view, item.document.data
        group = str(data.get("GroupId", ""))
        if GROUP_ID.fullmatch(group) and group not in found:
            rules = tuple(_rules(group, view, data))
            found[group] = SecurityGroup(group, view, data, rules, tuple(described[group]))
    return dict(sorted(found.items()))


LISTS: tuple[tuple[str, str, PeerKind], ...] = (
    ("IpRanges", "CidrIp", "range"),
    ("Ipv6Ranges", "CidrIpv6", "range"),
    ("PrefixListIds", "PrefixListId", "prefix-list"),
    ("UserIdGroupPairs", "GroupId", "group"),
)


def _rules(group: str, view: AwsMap, data: AwsMap) -> Iterator[Rule]:
    for name, egress in (("IpPermissions", False), ("IpPermissionsEgress", True)):
        for permission, plain in zip(view.get(name, []), data.get(name) or [], strict=True):
            for listed, key, kind in LISTS:
                for entry, said in zip(permission.get(listed, []), plain.get(listed) or [], strict=True):
                    yield Rule(group, egress, permission, entry, key, kind, str(said.get(key, "")))
