"""Peers of security group rules: whom a rule means, as peers of a NetworkPolicy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.resolve.security_groups import network_of
from ecs2k8s.translate.policy_balancers import balancer_blocks, preserving

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.holders import Holder, Holders
    from ecs2k8s.resolve.security_groups import Rule, SecurityGroup
    from ecs2k8s.resolve.workload import Inventory

MEMBER = "sg.ecs2k8s.io/"
GATEWAY_LISTS = ("s3", "dynamodb")  # AWS's prefix lists that gateway endpoints route by


@dataclass(frozen=True, slots=True, order=True)
class Peer:
    """A peer of a policy. `value`: a range of addresses, or the id of the group that pods are members of."""

    kind: Literal["anyone", "range", "pods"]
    value: str = ""
    namespaces: tuple[str, ...] = ()

    def manifest(self) -> dict[str, Any]:
        """One item, so that namespaces *and* labels must match."""
        if self.kind == "range":
            return {"ipBlock": {"cidr": self.value}}
        inside = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": list(self.namespaces)}
        return {
            "namespaceSelector": {"matchExpressions": [inside]},
            "podSelector": {"matchLabels": {f"{MEMBER}{self.value}": "member"}},
        }


ANYONE = Peer("anyone")
Meant = tuple[Peer, bool]  # a peer, and whether it stays when ECS goes


@dataclass(frozen=True, slots=True, eq=False)
class Peers:
    """Resolves rules, and says on their leaves what cannot be resolved."""

    inventory: Inventory
    holders: Holders
    target: Target

    def of(self, rule: Rule) -> list[Meant]:
        """Whom *rule* means: for a group the union over everything that has it now."""
        found = {"range": self._range, "prefix-list": self._prefix_list, "group": self._group}[rule.kind]
        return sorted(set(found(rule)))

    def _range(self, rule: Rule) -> Iterator[Meant]:
        network = rule.network
        if network is None:
            note(rule.entry, rule.key, "address-range-illegal", range=rule.peer)
            return
        family = self.inventory.networks.family
        if network.version != family:
            note(rule.entry, rule.key, "range-of-other-family", range=str(network), family=family)
        elif network.prefixlen == 0 and not rule.egress:
            yield ANYONE, True  # other pods too, which the range meant as well
            return
        elif self._covers_pods(rule.group, str(network)):
            note(rule.entry, rule.key, "range-covers-pods", range=str(network))
        yield Peer("range", str(network)), True

    def _covers_pods(self, group: str, cidr: str) -> bool:
        """Whether pods can have addresses of the range: those of the nodes' subnets, else of the group's VPC."""
        networks = self.inventory.networks
        known = networks.cidrs(networks.node_subnets) or self.vpc_ranges(networks.groups[group].vpc)
        block = network_of(cidr)
        its = [network for text in known if (network := network_of(text))]
        return block is not None and any(n.version == block.version and n.overlaps(block) for n in its)

    def vpc_ranges(self, vpc: str) -> tuple[str, ...]:
        view = self.inventory.networks.vpcs.get(vpc, NOTHING)
        view.get("VpcId")
        texts = [str(each.get("CidrBlock", "")) for each in view.get("CidrBlockAssociationSet", [])]
        texts = texts or [str(view.get("CidrBlock", ""))]
        texts += [str(each.get("Ipv6CidrBlock", "")) for each in view.get("Ipv6CidrBlockAssociationSet", [])]
        return tuple(sorted({str(network) for text in texts if (network := network_of(text))}))

    def _prefix_list(self, rule: Rule) -> Iterator[Meant]:
        networks = self.inventory.networks
        listed = networks.entries.get(rule.peer, NOTHING)
        listed.get("PrefixListId")
        entries = listed.get("Entries", [])
        name = str(networks.prefix_lists.get(rule.peer, NOTHING).get("PrefixListName", rule.peer))
        blocks = [str(network) for entry in entries if (network := network_of(str(entry.get("Cidr", ""))))]
        if not blocks:
            note(rule.entry, rule.key, "prefix-list-not-read", list=name)
            return
        slug = "gateway-prefix-list" if name.rpartition(".")[2] in GATEWAY_LISTS else "prefix-list-snapshot"
        note(rule.entry, rule.key, slug, list=name, count=len(blocks))
        yield from ((Peer("range", block), True) for block in blocks)

    def _group(self, rule: Rule, seen: tuple[str, ...] = ()) -> Iterator[Meant]:
        status = str(rule.entry.get("PeeringStatus", "active"))
        if status != "active":
            note(rule.entry, rule.key, "stale-rule", group=rule.peer, status=status)
        elif self.holders.any(rule.peer):
            yield from self._pods(rule.peer)
            for holder in self.holders.others.get(rule.peer, ()):
                yield from self._holder(rule, holder, seen)
        elif self._is_foreign(rule):
            yield from self._peered(rule)
        elif rule.peer in self.inventory.networks.groups:
            note(rule.entry, rule.key, "group-without-holders", group=rule.peer)
        else:
            note(rule.entry, rule.key, "peer-group-not-read", group=rule.peer)

    def _pods(self, group: str) -> Iterator[Meant]:
        namespaces = sorted({workload.namespace for workload in self.holders.pods.get(group, ())})
        if namespaces:
            yield Peer("pods", group, tuple(namespaces)), True

    def _is_foreign(self, rule: Rule) -> bool:
        owner, user = self.inventory.networks.groups[rule.group].owner, str(rule.entry.get("UserId", ""))
        return "VpcPeeringConnectionId" in rule.entry or bool(owner and user and owner != user)

    def _peered(self, rule: Rule) -> Iterator[Meant]:
        """What has a group of another VPC or account is not seen from here; the VPC's ranges are wider."""
        vpc = str(rule.entry.get("VpcId", ""))
        blocks = self.vpc_ranges(vpc) if "VpcPeeringConnectionId" in rule.entry else ()
        note(
            rule.entry, rule.key, "peered-group" if blocks else "peered-group-unknown", group=rule.peer, vpc=vpc or "?"
        )
        yield from ((Peer("range", block), True) for block in blocks)

    def _holder(self, rule: Rule, holder: Holder, seen: tuple[str, ...]) -> Iterator[Meant]:
        self._say(rule, holder)
        if holder.balancer is None:
            yield from ((Peer("range", block), not holder.until_cutover) for block in holder.blocks)
            return
        serving = balancer_blocks(self.inventory, holder.balancer, self.target)
        yield from ((Peer("range", block), True) for block in serving)
        yield from ((Peer("range", block), False) for block in holder.blocks if block not in serving)
        if not rule.egress and preserving(rule, holder.balancer, self.inventory):
            note(rule.entry, rule.key, "client-addresses-preserved", balancer=holder.name)
            yield from self._clients(holder.balancer.view.get("SecurityGroups", []), (*seen, rule.peer))

    def _clients(self, groups: Iterable[str], seen: tuple[str, ...]) -> Iterator[Meant]:
        """Clients of a load balancer that keeps their addresses: whom its own groups let in."""
        known: list[SecurityGroup] = [
            self.inventory.networks.groups[group] for group in groups if group in self.inventory.networks.groups
        ]
        for rule in (rule for group in known for rule in group.directed(egress=False)):
            if rule.kind != "group":
                yield from self.of(rule)
            elif rule.peer not in seen:
                yield from self._group(rule, seen)

    def _say(self, rule: Rule, holder: Holder) -> None:
        if holder.unread and holder.kind == "tasks":
            _say_unread_subnets(holder)
        if holder.kind in ("data store", "interface"):
            used = ", ".join(holder.blocks) or "nothing (its subnets were not read)"
            other = ", ".join(holder.others) or "unknown"
            note(rule.entry, rule.key, "peer-outside-of-cluster", holder=holder.name, used=used, other=other)
        elif holder.kind == "host-network pods" and not holder.blocks:
            note(rule.entry, rule.key, "node-subnets-unknown", workload=holder.name)
        elif holder.kind == "load balancer":
            note(rule.entry, rule.key, "load-balancer-subnets", balancer=holder.name)


def _say_unread_subnets(holder: Holder) -> None:
    named: list[str] = list(map(str, holder.view.get("subnets", [])))
    for subnet in holder.unread:
        if subnet in named:
            note(holder.view, ("subnets", named.index(subnet)), "subnet-not-read", subnet=subnet)
