"""What NetworkPolicies mean, read from the manifests and from nothing else.

https://kubernetes.io/docs/concepts/services-networking/network-policies/ with the VPC CNI's reading of `ipBlock`, which
matches pods by their addresses too. Ports by name are not resolved: they let nothing through here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import pod_template
from ecs2k8s.core.traffic import ALL, HIGHEST, union

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.assess.addresses import Held
    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.core.traffic import Span, Traffic

Labels = Mapping[str, str]
NAME = "kubernetes.io/metadata.name"
REMOVE = "ecs2k8s.io/remove-after"
SIDES = {"Ingress": "from", "Egress": "to"}


@dataclass(frozen=True, slots=True, eq=False)
class Pod:
    """A pod as policies see it. With the host's network no policy selects it and no selector of pods matches it."""

    namespace: str
    labels: Labels
    host_network: bool = False


Block = tuple[str, tuple[str, ...]]  # a range, and the ranges in it that are left out


@dataclass(frozen=True, slots=True)
class Admission:
    """A rule of a policy: whom it means (`peers` are numbers of peers that name pods), and the traffic."""

    anyone: bool
    blocks: tuple[Block, ...]
    peers: frozenset[int]
    traffic: Traffic

    def means(self, peers: frozenset[int], held: Held) -> bool:
        if self.anyone or not self.peers.isdisjoint(peers):
            return True
        return any(cidr in held and held.isdisjoint(without) for cidr, without in self.blocks)


@dataclass(frozen=True, eq=False)
class Policies:
    """All policies of a cluster with the labels of its namespaces."""

    manifests: tuple[Manifest, ...]
    namespaces: Mapping[str, Labels]

    @classmethod
    def of(cls, manifests: Iterable[Manifest], *, passing: bool = False) -> Policies:
        """*passing*: with the policies that are removed after the cutover."""
        found, labels = [], {}
        for manifest in manifests:
            metadata = manifest["metadata"]
            if manifest["kind"] == "Namespace":
                labels[metadata["name"]] = metadata.get("labels", {})
            if manifest["kind"] == "NetworkPolicy" and (passing or REMOVE not in metadata.get("annotations", {})):
                found.append(manifest)
        return cls(tuple(found), labels)

    def selecting(self, pod: Pod, direction: str) -> list[Manifest]:
        """The policies that restrict *direction* (`Ingress`, `Egress`) of the pod."""
        if pod.host_network:
            return []
        return [
            manifest
            for manifest in self._candidates(pod)
            if direction in manifest["spec"]["policyTypes"] and selects(manifest["spec"]["podSelector"], pod.labels)
        ]

    def _candidates(self, pod: Pod) -> Iterator[Manifest]:
        """Those of the pod's namespace that may select it: each is looked for by the first label that it asks for."""
        for label in (None, *sorted(pod.labels.items())):
            yield from self._by_label.get((pod.namespace, label), ())

    @cached_property
    def _by_label(self) -> Mapping[tuple[str, tuple[str, str] | None], list[Manifest]]:
        found: dict[tuple[str, tuple[str, str] | None], list[Manifest]] = defaultdict(list)
        for manifest in self.manifests:
            labels = manifest["spec"]["podSelector"].get("matchLabels", {})
            first = min(labels.items()) if labels else None
            found[manifest["metadata"]["namespace"], first].append(manifest)
        return found

    def admissions(self, pod: Pod, direction: str) -> frozenset[Admission] | None:
        """What the policies let through; None where none restricts the pod, so that everything passes."""
        policies = self.selecting(pod, direction)
        rules = ((policy, rule) for policy in policies for rule in policy["spec"].get(direction.lower(), []))
        return frozenset(self._admission(policy, rule, direction) for policy, rule in rules) if policies else None

    def _admission(self, policy: Manifest, rule: Mapping[str, Any], direction: str) -> Admission:
        peers = rule.get(SIDES[direction]) or ()
        blocks = [peer["ipBlock"] for peer in peers if "ipBlock" in peer]
        namespace = policy["metadata"]["namespace"]
        return Admission(
            anyone=not peers,
            blocks=tuple((block["cidr"], tuple(block.get("except", ()))) for block in blocks),
            peers=frozenset(self._numbers[repr((namespace, peer))] for peer in peers if "ipBlock" not in peer),
            traffic=ports_of(rule),
        )

    @cached_property
    def _pod_peers(self) -> Mapping[str, tuple[str, Mapping[str, Any]]]:
        """Each peer that names pods, with the namespace of its policy."""
        found = ((policy["metadata"]["namespace"], peer) for policy, _, peer in self.peers() if "ipBlock" not in peer)
        return {repr((namespace, peer)): (namespace, peer) for namespace, peer in found}

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {text: number for number, text in enumerate(self._pod_peers)}

    def peers_of(self, pod: Pod) -> frozenset[int]:
        """Numbers of the peers that mean the pod."""
        its = self._pod_peers.items()
        return frozenset(self._numbers[text] for text, (namespace, peer) in its if self.means(peer, namespace, pod))

    def admitted(self, pod: Pod, direction: str, other: Pod | None, held: Held) -> Traffic:
        """What may pass between *pod* and an *other* one (None: no pod) whose address the ranges *held* hold."""
        return through(self.admissions(pod, direction), self.peers_of(other) if other else frozenset(), held)

    def means(self, peer: Mapping[str, Any], namespace: str, pod: Pod) -> bool:
        """Whether a peer of a policy in *namespace*, one that names pods, means the pod."""
        if pod.host_network:
            return False
        if "namespaceSelector" in peer:
            labels = dict(self.namespaces.get(pod.namespace, {})) | {NAME: pod.namespace}
            inside = selects(peer["namespaceSelector"], labels)
        else:
            inside = pod.namespace == namespace
        return inside and selects(peer.get("podSelector", {}), pod.labels)

    def ranges(self) -> Iterator[str]:
        """Every range of addresses that a policy names."""
        for _, _, peer in self.peers():
            if "ipBlock" in peer:
                yield peer["ipBlock"]["cidr"]
                yield from peer["ipBlock"].get("except", ())

    def peers(self) -> Iterator[tuple[Manifest, str, Mapping[str, Any]]]:
        """Each peer with its policy and direction."""
        for manifest in self.manifests:
            for direction, side in SIDES.items():
                for rule in manifest["spec"].get(direction.lower(), []):
                    yield from ((manifest, direction, peer) for peer in rule.get(side, ()))


def through(admissions: frozenset[Admission] | None, peers: frozenset[int], held: Held) -> Traffic:
    """What *admissions* let through to or from what the numbers *peers* mean, at an address that *held* hold."""
    if admissions is None:
        return ALL
    return union(*(each.traffic for each in admissions if each.means(peers, held)))


def selects(selector: Mapping[str, Any], labels: Labels) -> bool:
    """Whether a label selector matches; an empty one matches everything."""
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    return all(_holds(expression, labels) for expression in selector.get("matchExpressions", ()))


def _holds(expression: Mapping[str, Any], labels: Labels) -> bool:
    value = labels.get(expression["key"])
    match expression["operator"]:
        case "In":
            return value in expression["values"]
        case "NotIn":
            return value not in expression["values"]
        case "Exists":
            return value is not None
        case _:
            return value is None


def ports_of(rule: Mapping[str, Any]) -> Traffic:
    """Without `ports` a rule lets every IP protocol through."""
    return union(span for port in rule["ports"] if (span := _span(port))) if rule.get("ports") else ALL


def _span(port: Mapping[str, Any]) -> Span | None:
    protocol = str(port.get("protocol", "TCP"))
    first = port.get("port")
    if first is None:
        return (protocol, 1, HIGHEST)
    return (protocol, first, port.get("endPort", first)) if isinstance(first, int) else None


def pods_of(manifests: Iterable[Manifest]) -> dict[tuple[str, str], Pod]:
    """(namespace, name) of a Deployment, DaemonSet, Job or CronJob to a pod of it."""
    found: dict[tuple[str, str], Pod] = {}
    for manifest in manifests:
        if template := pod_template(manifest):
            metadata, labels = manifest["metadata"], template["metadata"].get("labels", {})
            host = bool(template["spec"].get("hostNetwork"))
            found[metadata["namespace"], metadata["name"]] = Pod(metadata["namespace"], labels, host)
    return found
