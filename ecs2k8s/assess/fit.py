"""Whether everything fits: pods on nodes, addresses in subnets, groups and rules on load balancers.

Each answer is `fits`, `does not fit` or `not known`, with the numbers that it comes from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.assess.demand import demands
from ecs2k8s.assess.fargate_sizes import fargate_size
from ecs2k8s.assess.node_kinds import NodeKind, node_kinds
from ecs2k8s.assess.packing import Packed, pack
from ecs2k8s.assess.quotas import quotas
from ecs2k8s.assess.verdict import Verdict
from ecs2k8s.core.tracking import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.assess.demand import Demand
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.target import Target

SPARE = 120  # percent of the addresses that are needed
MOST_NAMED = 5
IPV6 = 6


def verdicts(translation: Translation, target: Target) -> list[Verdict]:
    """The whole fit check, in the order of the report. Call it when the ledger is done."""
    found = demands(translation)
    return [*_places(translation, found, target), *quotas(translation, found, target)]


def _places(translation: Translation, found: list[Demand], target: Target) -> list[Verdict]:
    """Of nodes and of addresses."""
    if target.compute == "fargate":
        return [*_on_fargate(found), *_addresses(translation, found, 0, ())]
    kinds = node_kinds(translation, target, found)
    pods = [each for each in found if each.count and not each.windows]
    packed = pack(pods, [(kind.room, kind.most) for kind in kinds])
    made = [*_windows(found), *_sizes(pods, kinds), *_nodes(pods, kinds, packed), *_branches(pods, kinds)]
    return [*made, *_addresses(translation, pods, len(packed.nodes), kinds)]


def _on_fargate(found: list[Demand]) -> Iterator[Verdict]:
    for each in (each for each in found if each.kind != "DaemonSet" and not each.windows):
        size = fargate_size(each.cpu, each.memory)
        asked = f"{each.cpu}m CPU, {each.memory} MiB and 256 MiB for the kubelet"
        said = f"{asked} become {size}" if size else f"{asked} are more than the largest size"
        yield Verdict("size on EKS Fargate", f"{each.namespace}/{each.name}", "fits" if size else "does not fit", said)


def _windows(found: list[Demand]) -> Iterator[Verdict]:
    for each in found:
        if each.windows:
            name = f"{each.namespace}/{each.name}"
            yield Verdict("Windows nodes", name, "not known", "what Windows nodes leave for pods is not computed")


def _sizes(pods: list[Demand], kinds: list[NodeKind]) -> Iterator[Verdict]:
    """Whether one pod of each workload fits on an empty node."""
    question = "largest pod on a node"
    if not kinds:
        yield Verdict(question, "every workload", "not known", "no node group of the EKS cluster was read")
        return
    rooms = [kind.largest for kind in kinds]
    small = {each: min((room.lacks(each) for room in rooms), key=len) for each in pods}
    for each, lacks in small.items():
        if lacks:
            yield Verdict(question, f"{each.namespace}/{each.name}", "does not fit", f"no node has {lacks}")
    if pods and not any(small.values()):
        largest = max(pods, key=lambda each: (each.memory, each.cpu))
        has = "; ".join(dict.fromkeys(f"{r.size.name} has {r.cpu}m CPU, {r.memory} MiB, {r.pods} pods" for r in rooms))
        said = f"{largest.cpu}m CPU and {largest.memory} MiB are asked for at most; {has} after its daemons"
        yield Verdict(question, "every workload", "fits", said)


def _nodes(pods: list[Demand], kinds: list[NodeKind], packed: Packed) -> Iterator[Verdict]:
    """Whether all pods at their peak fit on as many nodes as there can be."""
    if not kinds or not pods:
        return
    count = sum(each.count for each in pods)
    most = sum(kind.most for kind in kinds)
    bounded = all(kind.bounded for kind in kinds)
    zones = max(kind.zones for kind in kinds)
    said = f"{count} pods at their peak need {len(packed.nodes)} nodes"
    said += f", filled up by {packed.binding}" if packed.binding else ""
    if packed.left:
        names = [f"{each.namespace}/{each.name}: {left}" for each, left in packed.left.items()]
        said = f"{count} pods at their peak; without a place: {', '.join(names[:MOST_NAMED])}"
        yield Verdict("nodes at the peak", "the cluster", "does not fit", said + f"; there are at most {most} nodes")
    elif bounded and len(packed.nodes) + zones > most:
        said += f", and one more for each of {zones} zones; there are at most {most}"
        yield Verdict("nodes at the peak", "the cluster", "does not fit", said)
    else:
        limit = f"there are at most {most}" if bounded else "node pools have no limit"
        yield Verdict("nodes at the peak", "the cluster", "fits", f"{said}; {limit}")


def _branches(pods: list[Demand], kinds: list[NodeKind]) -> Iterator[Verdict]:
    wanted = sum(each.count for each in pods if each.branch)
    if not wanted:
        return
    question, subject = "branch interfaces", "pods with security groups of their own"
    if not kinds:
        yield Verdict(question, subject, "not known", f"{wanted} are needed; no node group of the EKS cluster was read")
        return
    there = sum(kind.room.branches * kind.most for kind in kinds)
    each = ", ".join(dict.fromkeys(f"{kind.room.size.name}: {kind.room.branches}" for kind in kinds))
    said = f"{wanted} are needed; a node has {each}" + ("" if there > wanted else f", all nodes together {there}")
    yield Verdict(question, subject, "fits" if there >= wanted else "does not fit", said)


def _addresses(
    translation: Translation, pods: Iterable[Demand], nodes: int, kinds: Iterable[NodeKind]
) -> Iterator[Verdict]:
    """Free addresses of the subnets for the second fleet: that of ECS has its own and keeps them for now."""
    networks = translation.inventory.networks
    subnets = sorted({subnet for kind in kinds for subnet in kind.subnets} or set(networks.node_subnets))
    question = "free addresses"
    if networks.family == IPV6:
        yield Verdict(question, "node subnets", "fits", "pods have IPv6 addresses")
        return
    unread = [subnet for subnet in subnets if "AvailableIpAddressCount" not in networks.subnets.get(subnet, NOTHING)]
    if not subnets or unread:
        why = f"not read: {', '.join(unread[:MOST_NAMED])}" if unread else "the EKS cluster was not read"
        yield Verdict(question, "node subnets", "not known", why)
        return
    free = sum(int(networks.subnets[subnet]["AvailableIpAddressCount"]) for subnet in subnets)
    count = sum(each.count for each in pods if not each.on_node_network)
    warm = max((kind.room.size.addresses for kind in kinds), default=0)
    needed = count + nodes * warm
    said = f"{count} pods and {nodes} nodes with {warm} addresses each kept ready need {needed}; {free} are free"
    enough = free * 100 >= needed * SPARE
    tight = "" if enough or free < needed else f", less than {SPARE} % of it"
    yield Verdict(question, ", ".join(subnets), "fits" if enough else "does not fit", said + tight)
