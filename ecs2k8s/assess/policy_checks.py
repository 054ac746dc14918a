"""What must hold of the emitted policies, whoever emitted them: limits of the VPC CNI, and pods that stay open.

https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.assess.addresses import Ranges
from ecs2k8s.assess.policies import SIDES, Policies, pods_of, selects
from ecs2k8s.core.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ecs2k8s.assess.policies import Pod
    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.resolve.workload import Workload

MOST_PORTS = 24  # of one address and direction, over all policies of a pod: MAX_PORT_PROTOCOL of the eBPF programs
Entries = set[tuple[object, ...]]


def policy_findings(
    manifests: Sequence[Manifest], own_groups: Iterable[Workload], overlap: Iterable[str]
) -> Iterator[Finding]:
    """Findings about the policies among *manifests*.

    *own_groups* are the workloads whose tasks have security groups: each of their pods must be selected. *overlap* are
    the ranges that pods may have addresses of.
    """
    checks = PolicyChecks(Policies.of(manifests, passing=True), pods_of(manifests), tuple(overlap))
    yield from checks.open_pods(own_groups)
    yield from checks.too_many_ports()
    yield from checks.services([manifest for manifest in manifests if manifest["kind"] == "Service"])


@dataclass(frozen=True, slots=True, eq=False)
class PolicyChecks:
    policies: Policies
    pods: Mapping[tuple[str, str], Pod]
    overlap: tuple[str, ...]

    def open_pods(self, workloads: Iterable[Workload]) -> Iterator[Finding]:
        for workload in workloads:
            pod = self.pods.get((workload.namespace, workload.name))
            if pod and not pod.host_network and not self.policies.selecting(pod, "Ingress"):
                subject = workload.service_id or workload.definition_id
                yield Finding.of("pod-open-to-everything", subject, "", workload=workload.name)

    def too_many_ports(self) -> Iterator[Finding]:
        seen: set[tuple[object, ...]] = set()
        for (namespace, name), pod in sorted(self.pods.items()):
            for direction in SIDES:
                policies = self.policies.selecting(pod, direction)
                key = (direction, *(policy["metadata"]["name"] for policy in policies), namespace)
                if policies and key not in seen:
                    seen.add(key)
                    yield from self._too_many(f"{namespace}/{name}", direction, policies)

    def _too_many(self, workload: str, direction: str, policies: list[Manifest]) -> Iterator[Finding]:
        count, address = self.most_ports(direction, policies)
        if count > MOST_PORTS:
            first = policies[0]["metadata"]
            subject = f"NetworkPolicy/{first['namespace']}/{first['name']}"
            its = {"workload": workload, "direction": direction.lower(), "address": address, "count": count}
            yield Finding.of("too-many-port-combinations", subject, "", **its, most=MOST_PORTS)

    def most_ports(self, direction: str, policies: list[Manifest]) -> tuple[int, str]:
        """The most (protocol, port, endPort) that are kept for one address, and that address.

        A range has those of every wider range too, a pod those of each range that pods may have addresses of.
        """
        ranges, pods = self._entries(direction, policies)
        everywhere = ranges.pop("", set())
        known = Ranges.of(ranges)
        counted = [(len(everywhere), "everyone")]
        for held in known.inside(known.texts):
            narrowest = max(held, key=lambda text: int(text.rpartition("/")[2]))
            counted.append((len(everywhere.union(*(ranges[text] for text in held))), narrowest))
        covering = {text for held in Ranges.of((*ranges, *self.overlap)).inside(self.overlap) for text in held}
        shared = everywhere.union(*(ranges[text] for text in covering & ranges.keys()))
        counted += [(len(shared | found), f"pods of {name}") for name, found in pods.items()]
        return max(counted)

    def _entries(self, direction: str, policies: list[Manifest]) -> tuple[dict[str, Entries], dict[str, Entries]]:
        """By range (empty: everyone) and by pod."""
        ranges: dict[str, Entries] = defaultdict(set)
        pods: dict[str, Entries] = defaultdict(set)
        for policy in policies:
            for rule in policy["spec"].get(direction.lower(), []):
                its = _entries_of(rule)
                for peer in rule.get(SIDES[direction]) or ({"ipBlock": {"cidr": ""}},):
                    if "ipBlock" in peer:
                        ranges[peer["ipBlock"]["cidr"]] |= its
                    for name in self._named(peer, policy):
                        pods[name] |= its
        return ranges, pods

    def _named(self, peer: Mapping[str, Any], policy: Manifest) -> list[str]:
        if "ipBlock" in peer:
            return []
        namespace = policy["metadata"]["namespace"]
        return [
            f"{key[0]}/{key[1]}" for key, pod in sorted(self.pods.items()) if self.policies.means(peer, namespace, pod)
        ]

    def services(self, services: Iterable[Manifest]) -> Iterator[Finding]:
        """Services whose address an egress policy does not admit, though it admits their pods.

        The VPC CNI takes a Service's selector as a set of labels and asks whether the policy's peer matches that set;
        the ports are those of the Service.
        """
        peers = [
            (policy, peer)
            for policy, direction, peer in self.policies.peers()
            if direction == "Egress" and "ipBlock" not in peer
        ]
        for service in services:
            spec = service["spec"]
            if spec.get("clusterIP") == "None" or not spec.get("selector"):
                continue
            meant = [peer for policy, peer in peers if self._means(policy, peer, service)]
            subject = f"Service/{service['metadata']['namespace']}/{service['metadata']['name']}"
            if any(not selects(peer.get("podSelector", {}), spec["selector"]) for peer in meant):
                yield Finding.of("service-not-meant-by-policy", subject, "")
            if meant and any(port.get("targetPort", port["port"]) != port["port"] for port in spec.get("ports", ())):
                yield Finding.of("service-port-differs", subject, "")

    def _means(self, policy: Manifest, peer: Mapping[str, Any], service: Manifest) -> bool:
        """Whether the peer means a pod behind the Service."""
        namespace = service["metadata"]["namespace"]
        behind = (
            pod
            for (where, _), pod in self.pods.items()
            if where == namespace and selects({"matchLabels": service["spec"]["selector"]}, pod.labels)
        )
        its = policy["metadata"]["namespace"]
        return any(self.policies.means(peer, its, pod) for pod in behind)


def _entries_of(rule: Mapping[str, Any]) -> Entries:
    """The combinations that the agent keeps for a rule; without ports it is one."""
    return {(port.get("protocol", "TCP"), port.get("port"), port.get("endPort")) for port in rule.get("ports", [{}])}
