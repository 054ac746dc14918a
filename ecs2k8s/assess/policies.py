"""What NetworkPolicies mean, read from the manifests and from nothing else.

https://kubernetes.io/docs/concepts/services-networking/network-policies/ with the VPC CNI's reading of `ipBlock`, which
matches pods by their addresses too. Ports by name are not resolved: they let nothing through here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.traffic import ALL, HIGHEST, union

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.assess.addresses import Held
    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.core.traffic import Span, Traffic

Labels = Mapping[str, str]
NAME = "kubernetes.io/metadata.name"
REMOVE = "ecs2k8s.io/remove-after"


@dataclass(frozen=True, slots=True, eq=False)
class Pod:
    """A pod as policies see it. With the host's network no policy selects it and no selector of pods matches it."""

    namespace: str
    labels: Labels
    host_network: bool = False


@dataclass(frozen=True, slots=True, eq=False)
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
            for manifest in self.manifests
            if manifest["metadata"]["namespace"] == pod.namespace
            and direction in manifest["spec"]["policyTypes"]
            and selects(manifest["spec"]["podSelector"], pod.labels)
        ]

    def admitted(self, pod: Pod, direction: str, other: Pod | None, held: Held) -> Traffic:
        """What may pass between *pod* and an *other* one (None: no pod) whose address the ranges *held* hold."""
        policies = self.selecting(pod, direction)
        if not policies:
            return ALL
        return union(*(self._of_policy(policy, direction, other, held) for policy in policies))

    def _of_policy(self, policy: Manifest, direction: str, other: Pod | None, held: Held) -> Traffic:
        side = "from" if direction == "Ingress" else "to"
        namespace = policy["metadata"]["namespace"]
        return union(
            *(
                ports_of(rule)
                for rule in policy["spec"].get(direction.lower(), [])
                if not rule.get(side) or any(self.matches(peer, namespace, other, held) for peer in rule[side])
            )
        )

    def matches(self, peer: Mapping[str, Any], namespace: str, other: Pod | None, held: Held) -> bool:
        """Whether *peer* of a policy in *namespace* means the other side."""
        if "ipBlock" in peer:
            block = peer["ipBlock"]
            return block["cidr"] in held and held.isdisjoint(block.get("except", ()))
        if other is None or other.host_network:
            return False
        if "namespaceSelector" in peer:
            labels = dict(self.namespaces.get(other.namespace, {})) | {NAME: other.namespace}
            inside = selects(peer["namespaceSelector"], labels)
        else:
            inside = other.namespace == namespace
        return inside and selects(peer.get("podSelector", {}), other.labels)

    def ranges(self) -> Iterator[str]:
        """Every range of addresses that a policy names."""
        for _, _, peer in self.peers():
            if "ipBlock" in peer:
                yield peer["ipBlock"]["cidr"]
                yield from peer["ipBlock"].get("except", ())

    def peers(self) -> Iterator[tuple[Manifest, str, Mapping[str, Any]]]:
        """Each peer with its policy and direction."""
        for manifest in self.manifests:
            for direction, side in (("Ingress", "from"), ("Egress", "to")):
                for rule in manifest["spec"].get(direction.lower(), []):
                    yield from ((manifest, direction, peer) for peer in rule.get(side, ()))

    def kinds(self) -> Kinds:
        """Pods by what the policies can tell of them."""
        selectors: dict[str, Mapping[str, Any]] = {}
        for manifest in self.manifests:
            selectors.setdefault(repr(manifest["spec"]["podSelector"]), manifest["spec"]["podSelector"])
        for _, _, peer in self.peers():
            selector = peer.get("podSelector", {})
            selectors.setdefault(repr(selector), selector)
        return Kinds(tuple(selector for _, selector in sorted(selectors.items())))


@dataclass(frozen=True, slots=True)
class Kinds:
    selectors: tuple[Mapping[str, Any], ...]

    def of(self, pod: Pod) -> tuple[object, ...]:
        """Equal for two pods that no policy can tell apart."""
        matched = tuple(index for index, selector in enumerate(self.selectors) if selects(selector, pod.labels))
        return (pod.namespace, pod.host_network, matched)


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
    """(namespace, name) of a Deployment, DaemonSet or Job to a pod of it."""
    found: dict[tuple[str, str], Pod] = {}
    for manifest in manifests:
        if manifest["kind"] in ("Deployment", "DaemonSet", "Job"):
            template = manifest["spec"]["template"]
            metadata, labels = manifest["metadata"], template["metadata"].get("labels", {})
            host = bool(template["spec"].get("hostNetwork"))
            found[metadata["namespace"], metadata["name"]] = Pod(metadata["namespace"], labels, host)
    return found
