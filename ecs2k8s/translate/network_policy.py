"""Security groups as NetworkPolicies: one for each group and namespace in which a pod with the group runs.

Security groups of an interface add up, and so do the policies that select a pod; a rule that names a group means
whatever has it, which becomes every pod with the group's label.
https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.core.tracking import note
from ecs2k8s.core.traffic import ALL, difference, union
from ecs2k8s.resolve.holders import Holders, named_by
from ecs2k8s.translate.enforcement import say_enforcement
from ecs2k8s.translate.policy_egress import ADDED, added, egress_of
from ecs2k8s.translate.policy_peers import ANYONE, MEMBER, Peer, Peers
from ecs2k8s.translate.policy_ports import Ports, at_pods, expressible, listed, single_ports

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecs2k8s.core.target import Target
    from ecs2k8s.core.traffic import Traffic
    from ecs2k8s.resolve.security_groups import SecurityGroup
    from ecs2k8s.resolve.workload import Inventory, Workload
    from ecs2k8s.translate.policy_egress import Egress

SOURCE, RULES, REMOVE = "ecs2k8s.io/source-security-group", "ecs2k8s.io/source-rules", "ecs2k8s.io/remove-after"
Admitted = dict[Peer, "Traffic"]


def network_policies(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[Placed]:
    """The policies of all groups, and those of tasks without a network; none where the user chose no policies."""
    yield from isolated(workloads, target)
    if not target.network_policies:
        return
    wanted = named_by(inventory, {group for workload in workloads for group in workload.memberships})
    holders = Holders.of(inventory, workloads, wanted)
    maker = _Maker(inventory, holders, target, Peers(inventory, holders, target))
    for group in sorted(holders.pods):
        yield from maker.policies(inventory.networks.groups[group])
    say_enforcement(workloads, target)


def isolated(workloads: Iterable[Workload], target: Target) -> Iterator[Placed]:
    """A task without a network becomes a pod that may speak to nobody."""
    for workload in workloads:
        if workload.network_mode != "none":
            continue
        note(workload.definition, "networkMode", "network-none" if target.network_policies else "network-none-open")
        if target.network_policies:
            spec = {"podSelector": {"matchLabels": workload.selector}, "policyTypes": ["Ingress", "Egress"]}
            yield Placed(workload.folder, _manifest(workload.metadata(), spec))


def _manifest(metadata: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = prune(
        {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}
    )
    return found


@dataclass(frozen=True, slots=True)
class _Sides:
    """Whom a group lets in, and out to: for good, and until ECS is gone."""

    lasting: Admitted
    passing: Admitted


@dataclass(frozen=True, slots=True, eq=False)
class _Maker:
    inventory: Inventory
    holders: Holders
    target: Target
    peers: Peers

    def policies(self, group: SecurityGroup) -> Iterator[Placed]:
        pods = self.holders.pods[group.id]
        egress = egress_of(group, self.holders, self.inventory.networks)
        out = self._sides(group, pods, egress=True) if egress == "restricted" else _Sides({}, {})
        for namespace in sorted({workload.namespace for workload in pods}):
            its = [workload for workload in pods if workload.namespace == namespace]
            into = self._sides(group, its, egress=False)
            yield self._lasting(group, namespace, into, out, egress)
            if into.passing or out.passing:
                yield self._passing(group, namespace, into, out, egress)

    def _sides(self, group: SecurityGroup, pods: Iterable[Workload], *, egress: bool) -> _Sides:
        """Inbound rules are about the ports of the group's own pods, outbound ones about those of each peer."""
        found: dict[bool, dict[Peer, list[Traffic]]] = {True: defaultdict(list), False: defaultdict(list)}
        for rule in group.directed(egress=egress):
            traffic = expressible(rule, group)
            own = traffic if egress else at_pods(rule, traffic, pods)
            for peer, lasts in self.peers.of(rule) if traffic else ():
                seen = at_pods(rule, traffic, self.holders.pods[peer.value]) if egress and peer.kind == "pods" else own
                found[lasts][peer].append(seen)
        lasting, passing = ({p: _sum(parts) for p, parts in found[lasts].items()} for lasts in (True, False))
        rest = {peer: difference(traffic, lasting.get(peer, ())) for peer, traffic in passing.items()}
        return _Sides(_some(lasting), {peer: passing[peer] for peer in _some(rest)})

    def _lasting(self, group: SecurityGroup, namespace: str, into: _Sides, out: _Sides, egress: Egress) -> Placed:
        pods = [workload for workload in self.holders.pods[group.id] if workload.namespace == namespace]
        extra = added(group, pods, self.inventory.networks, self.target) if egress == "restricted" else {}
        spec: dict[str, Any] = {
            "podSelector": _members(group),
            "policyTypes": ["Ingress"] if egress == "silent" else ["Ingress", "Egress"],
            "ingress": self._items(into.lasting, "from"),
        }
        if egress == "open":
            spec["egress"] = [{}]
        elif egress == "restricted":
            spec["egress"] = [*extra.values(), *self._items(out.lasting, "to")]
        annotations = _origin(group) | ({ADDED: ",".join(extra)} if extra else {})
        return _placed(group.id, namespace, annotations, spec)

    def _passing(self, group: SecurityGroup, namespace: str, into: _Sides, out: _Sides, egress: Egress) -> Placed:
        """Its types are among those that the lasting policy restricts: it must not begin a default of its own."""
        spec: dict[str, Any] = {
            "podSelector": _members(group),
            "policyTypes": ["Ingress", "Egress"] if egress == "restricted" else ["Ingress"],
            "ingress": self._items(into.passing, "from"),
            "egress": self._items(out.passing, "to") if egress == "restricted" else None,
        }
        return _placed(f"{group.id}-cutover", namespace, _origin(group) | {REMOVE: "cutover"}, spec)

    def _items(self, admitted: Admitted, side: str) -> list[dict[str, Any]]:
        """Rules of a policy: peers with equal ports stand together."""
        together: dict[Ports, list[Peer]] = defaultdict(list)
        for peer, traffic in admitted.items():
            alone = side == "to" and peer.kind == "pods"
            singles = single_ports(traffic, self.holders.pods[peer.value]) if alone and traffic != ALL else ()
            together[(*traffic, *singles)].append(peer)
        items = sorted((sorted(peers), ports) for ports, peers in together.items())
        return [_item(peers, ports, side) for peers, ports in items]


def _item(peers: list[Peer], ports: Ports, side: str) -> dict[str, Any]:
    """Without a peer it is about everyone: then other peers with the same ports add nothing."""
    found: dict[str, Any] = {} if ANYONE in peers else {side: [peer.manifest() for peer in peers]}
    its = listed(ports)
    return found if its is None else found | {"ports": its}


def _sum(parts: Iterable[Traffic]) -> Traffic:
    return union(*parts)


def _some(admitted: Mapping[Peer, Traffic]) -> Admitted:
    return {peer: traffic for peer, traffic in admitted.items() if traffic}


def _members(group: SecurityGroup) -> dict[str, Any]:
    return {"matchLabels": {f"{MEMBER}{group.id}": "member"}}


def _origin(group: SecurityGroup) -> dict[str, str]:
    group.view.get("GroupId")
    ids = ",".join(group.rule_ids)
    return {SOURCE: group.id} | ({RULES: ids} if ids else {})


def _placed(name: str, namespace: str, annotations: dict[str, str], spec: dict[str, Any]) -> Placed:
    labels = {"app.kubernetes.io/managed-by": "ecs2k8s"}
    metadata = {"name": name, "namespace": namespace, "labels": labels, "annotations": annotations}
    return Placed(f"{namespace}/shared", _manifest(metadata, spec))
