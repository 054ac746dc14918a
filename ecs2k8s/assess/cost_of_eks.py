"""What EKS costs with the same number of pods: the cluster, and its nodes or the sizes of EKS Fargate."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from ecs2k8s.assess.cost_line import Line
from ecs2k8s.assess.demand import demands
from ecs2k8s.assess.fargate_sizes import fargate_size
from ecs2k8s.assess.node_kinds import node_kinds, rooms_of
from ecs2k8s.assess.packing import pack
from ecs2k8s.translate.deployment import desired
from ecs2k8s.translate.node_requirements import CAPACITY_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.demand import Demand
    from ecs2k8s.assess.prices import Prices
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.core.target import Target

CLUSTER = "AmazonEKS-Hours:perCluster"
UNREAD = "nodes of the EKS cluster, which were not read"
UNPLACED = "nodes for pods that found no place"
MANAGED = "the fee of Auto Mode for each node"
WINDOWS = "Windows nodes"


def eks_lines(translation: Translation, target: Target, prices: Prices) -> Iterator[Line]:
    yield Line.of("EKS", "cluster", CLUSTER, Decimal(1), prices)
    running = _running(translation)
    pods = [each for each in running if each.count and not each.windows]
    if any(each.windows and each.count for each in running):
        yield Line("EKS", "nodes", WINDOWS, Decimal(1), None)
    if target.compute == "fargate":
        yield from _of_fargate(pods, prices)
    elif target.compute in ("karpenter", "auto-mode"):
        yield from _of_pools(translation, pods, running, prices)
        if target.compute == "auto-mode":
            yield Line("EKS", "nodes", MANAGED, Decimal(1), None)
    else:
        yield from _of_groups(translation, target, pods, prices)


def _running(translation: Translation) -> list[Demand]:
    """The pods of services at their desired count, and daemons."""
    counts = {(w.namespace, w.name): desired(w) for w in translation.translated if w.kind == "Deployment" and w.service}
    found = [each for each in demands(translation) if each.kind in ("Deployment", "DaemonSet")]
    return [replace(each, count=counts.get((each.namespace, each.name), 0)) for each in found]


def _of_fargate(pods: list[Demand], prices: Prices) -> Iterator[Line]:
    for each in pods:
        subject = f"{each.namespace}/{each.name}"
        if not (size := fargate_size(each.cpu, each.memory)):
            yield Line("EKS", subject, "a size of EKS Fargate that is large enough", Decimal(each.count), None)
            continue
        amounts = {
            "Fargate-vCPU-Hours:perCPU": size.cpu / Decimal(1000),
            "Fargate-GB-Hours": size.memory / Decimal(1024),
        }
        for name, amount in amounts.items():
            yield Line.of("EKS", subject, name, amount * each.count, prices)


def _of_groups(translation: Translation, target: Target, pods: list[Demand], prices: Prices) -> Iterator[Line]:
    kinds = node_kinds(translation, target, _running(translation))
    if not kinds and pods:
        yield Line("EKS", "nodes", UNREAD, Decimal(1), None)
        return
    packed = pack(pods, [(kind.room, kind.most) for kind in kinds])
    types = Counter(node.room.size.name for node in packed.nodes)
    for name, count in sorted(types.items()):
        yield Line.of("EKS", "nodes", f"EC2 {name}", Decimal(count), prices)
    if packed.left:
        yield Line("EKS", "nodes", UNPLACED, Decimal(1), None)


def _of_pools(translation: Translation, pods: list[Demand], running: list[Demand], prices: Prices) -> Iterator[Line]:
    left = list(pods)
    for pool in (m for m in translation.bundle.manifests if m["kind"] == "NodePool"):
        mine = [each for each in left if _may(pool, each)]
        left = [each for each in left if each not in mine]
        if mine:
            yield _of_pool(pool, mine, running, prices)
    if left:
        yield Line("EKS", "nodes", UNPLACED, Decimal(1), None)


def _may(pool: Manifest, demand: Demand) -> bool:
    """Whether the pool has the labels that the pods select. Those that fit several pools are counted in the first."""
    template = pool["spec"]["template"]
    labels = template.get("metadata", {}).get("labels", {})
    offered = {each["key"]: each.get("values", []) for each in template["spec"]["requirements"]}
    return all(value in offered[key] if key in offered else labels.get(key) == value for key, value in demand.selector)


def _of_pool(pool: Manifest, mine: list[Demand], running: list[Demand], prices: Prices) -> Line:
    """The cheapest of the types that it may start, with as many nodes as the pods need."""
    name = pool["metadata"]["name"]
    requirements = pool["spec"]["template"]["spec"]["requirements"]
    if next((each["values"] for each in requirements if each["key"] == CAPACITY_TYPE), []) == ["spot"]:
        return Line("EKS", f"nodes of {name}", "EC2 Spot", Decimal(1), None)
    found = []
    for room in rooms_of(pool, running):
        price = prices.named.get(f"EC2 {room.size.name}")
        if price is not None:
            packed = pack(mine, [(room, sum(each.count for each in mine))])
            count = Decimal(len(packed.nodes))
            if not packed.left:
                found.append((count * price, room.size.name, count, price))
    if not found:
        return Line("EKS", f"nodes of {name}", f"an instance type of {name}", Decimal(1), None)
    _, kind, count, price = min(found)
    return Line("EKS", f"nodes of {name}", f"EC2 {kind}", count, price)
