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
    from collections.abc import Iterable, Iterator, Mapping

    from ecs2k8s.core.traffic import Traffic
    from ecs2k8s.resolve.index import Index, Tracked
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
    """A group whose document was read. `rule_ids` are those of the SecurityGroupRule documents about it."""

    id: str
    view: AwsMap
    rules: tuple[Rule, ...]
    rule_ids: tuple[str, ...]

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
    ids = _rule_ids(index.of_shape("ec2.SecurityGroupRule"))
    found: dict[str, SecurityGroup] = {}
    for item in index.of_shape("ec2.SecurityGroup"):
        view = item.view
        group = str(view.get("GroupId", ""))
        if GROUP_ID.fullmatch(group) and group not in found:
            found[group] = SecurityGroup(
                group, view, tuple(_rules(group, view, item.document.data)), ids.get(group, ())
            )
    return dict(sorted(found.items()))


def _rule_ids(items: Iterable[Tracked]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, set[str]] = defaultdict(set)
    for item in items:
        rule = item.view
        found[str(rule.get("GroupId", ""))].add(str(rule.get("SecurityGroupRuleId", "")))
    return {group: tuple(sorted(ids - {""})) for group, ids in found.items()}


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
