"""Who may speak to whom: pods, load balancers, data stores, and the ranges that rules name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ecs2k8s.assess.policies import pods_of, selects
from ecs2k8s.resolve.holders import Holders, task_subnets, zones
from ecs2k8s.translate.policy_ports import mapped_ports

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.assess.policies import Pod
    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.resolve.workload import Inventory, Workload

Kind = Literal["workload", "load balancer", "data store", "interface", "range"]
Mapped = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Endpoint:
    """`groups` and `ranges` are those of before; pods have others after, and may move to other subnets.

    `mapped` are protocol, container port and host port of tasks in bridge mode. A data store calls nobody. `bound`:
    a binding lets the load balancer in to pods by itself. `with_pods`: it has the group of the cluster after.
    """

    kind: Kind
    name: str
    subject: str
    groups: frozenset[str]
    ranges: tuple[str, ...]
    pod: Pod | None = None
    groups_after: frozenset[str] = frozenset()
    ranges_after: tuple[str, ...] = ()
    mapped: Mapped | None = None
    bound: bool = False
    with_pods: bool = False

    @property
    def moves(self) -> bool:
        return self.ranges != self.ranges_after


def workloads(
    inventory: Inventory, translated: Iterable[Workload], manifests: list[Manifest], pods_group: str
) -> Iterator[Endpoint]:
    """The pods of workloads whose groups were all read: of others it is not known what they could reach before."""
    networks, pods = inventory.networks, pods_of(manifests)
    nodes = networks.cidrs(networks.node_subnets)
    own = [manifest for manifest in manifests if manifest["kind"] == "SecurityGroupPolicy"]
    for workload in translated:
        groups = frozenset(networks.groups_of(workload))
        pod = pods.get((workload.namespace, workload.name))
        ranges = networks.cidrs(task_subnets(networks, workload))
        if pod is None or not groups or not groups <= networks.groups.keys() or not ranges:
            continue
        after = _attached(own, pod) or frozenset({pods_group})
        yield Endpoint(
            "workload",
            f"{workload.namespace}/{workload.name}",
            workload.service_id or workload.definition_id,
            groups,
            ranges,
            pod,
            after,
            nodes or ranges,
            tuple(mapped_ports(workload)) if workload.network_mode == "bridge" else None,
            with_pods=pods_group in after,
        )


def _attached(policies: Iterable[Manifest], pod: Pod) -> frozenset[str]:
    """The groups that SecurityGroupPolicies give to the pod."""
    return frozenset(
        group
        for manifest in policies
        if manifest["metadata"]["namespace"] == pod.namespace and selects(manifest["spec"]["podSelector"], pod.labels)
        for group in manifest["spec"]["securityGroups"]["groupIds"]
    )


def others(inventory: Inventory, translated: Iterable[Workload], bound: Iterable[str]) -> Iterator[Endpoint]:
    """Load balancers with security groups, data stores and other interfaces. *bound*: names of load balancers."""
    networks, chosen = inventory.networks, set(bound)
    for balancer in inventory.balancers.load_balancers:
        groups = frozenset(map(str, balancer.view.get("SecurityGroups", [])))
        ranges = networks.cidrs(zones(balancer))
        if groups and ranges and groups <= networks.groups.keys():
            yield _other("load balancer", balancer.name, groups, ranges, bound=balancer.name in chosen)
    found: dict[tuple[Kind, str, tuple[str, ...]], set[str]] = {}
    for group, holders in Holders.of(inventory, translated).others.items():
        for holder in holders:
            kind: Kind = "data store" if holder.kind == "data store" else "interface"
            if holder.kind in ("data store", "interface") and holder.blocks and not holder.until_cutover:
                found.setdefault((kind, holder.name, holder.blocks), set()).add(group)
    for (kind, name, ranges), its in sorted(found.items()):
        if its <= networks.groups.keys():
            yield _other(kind, name, frozenset(its), ranges)


def _other(kind: Kind, name: str, groups: frozenset[str], ranges: tuple[str, ...], *, bound: bool = False) -> Endpoint:
    called = f"{kind} {name}"
    return Endpoint(kind, called, called, groups, ranges, None, groups, ranges, bound=bound)


def ranges(texts: Iterable[str]) -> Iterator[Endpoint]:
    """Each range of addresses as an endpoint without any group: the addresses that no narrower one of *texts* has."""
    for text in sorted(texts):
        yield Endpoint("range", text, text, frozenset(), (text,), ranges_after=(text,))
