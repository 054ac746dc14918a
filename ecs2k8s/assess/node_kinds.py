"""Which nodes there can be: those of the node groups that were read, or what generated node pools may start."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.assess.packing import Room
from ecs2k8s.core.instance_sizes import sizes
from ecs2k8s.core.tracking import NOTHING
from ecs2k8s.translate.capacity import PROVIDER
from ecs2k8s.translate.node_classes import node_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecs2k8s.assess.demand import Demand
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.instance_sizes import Size
    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.core.target import Target

UNBOUNDED = 100_000  # nodes of a pool without a limit
KEEPING = ("NO_SCHEDULE", "NO_EXECUTE")  # effects of taints that keep pods away
# What a requirement of a node pool looks at; others are not looked at here and leave the choice open.
LOOKED_AT: dict[str, Callable[[Size], str]] = {
    "instance-type": lambda size: size.name,
    "instance-family": lambda size: size.family,
    "instance-category": lambda size: re.match("[a-z]*", size.name)[0],  # type: ignore[index]
    "instance-cpu": lambda size: str(size.vcpus),
    "instance-memory": lambda size: str(size.memory),
    "arch": lambda size: size.architecture,
}


@dataclass(frozen=True, slots=True)
class NodeKind:
    """Nodes of one group or pool. `room`: what the smallest of its types has; `largest`: what the largest has."""

    name: str
    room: Room
    largest: Room
    most: int  # nodes
    subnets: tuple[str, ...]
    zones: int = 0
    bounded: bool = True


def node_kinds(translation: Translation, target: Target, found: list[Demand]) -> list[NodeKind]:
    """Node groups without taints, and pools; what has no type that is known is left out."""
    daemons = [each for each in found if each.kind == "DaemonSet"]
    kinds = list(_groups(translation, daemons)) if target.compute in ("existing", "karpenter") else []
    subnets = _subnets(translation) or translation.inventory.networks.node_subnets
    pools = [m for m in translation.bundle.manifests if m["kind"] == "NodePool"]
    return kinds + [kind for pool in pools if (kind := _pool(pool, found, subnets))]


def _subnets(translation: Translation) -> tuple[str, ...]:
    """Those that generated node classes name."""
    classes = [m for m in translation.bundle.manifests if m["kind"] in ("EC2NodeClass", "NodeClass")]
    return tuple(sorted({term["id"] for each in classes for term in each["spec"]["subnetSelectorTerms"]}))


def _groups(translation: Translation, daemons: list[Demand]) -> Iterator[NodeKind]:
    networks = translation.inventory.networks
    for group in node_groups(translation.inventory):
        known = [sizes()[name] for name in map(str, group.get("instanceTypes", [])) if name in sizes()]
        kept_away = any(taint.get("effect") in KEEPING for taint in group.get("taints", []))
        most = group.get("scalingConfig", NOTHING).get("maxSize")
        if not known or kept_away or most is None:
            continue
        subnets = tuple(map(str, group.get("subnets", [])))
        zones = {networks.subnets.get(subnet, NOTHING).get("AvailabilityZone") for subnet in subnets} - {None}
        rooms = sorted((Room.of(size, daemons) for size in known), key=_order)
        name = str(group.get("nodegroupName", ""))
        yield NodeKind(name, rooms[0], rooms[-1], int(most), subnets, len(zones))


def _order(room: Room) -> tuple[int, int, str]:
    return room.memory, room.cpu, room.size.name


def _pool(pool: Manifest, found: list[Demand], subnets: tuple[str, ...]) -> NodeKind | None:
    """Of the types that it may start, the smallest that holds each of the pods counts: it needs the most nodes."""
    rooms = rooms_of(pool, found)
    if not rooms:
        return None
    pods = [each for each in found if each.count and rooms[0].suits(each)]
    holding = (room for room in rooms if not any(room.suits(each) and room.lacks(each) for each in pods))
    room = next(holding, rooms[-1])
    return NodeKind(pool["metadata"]["name"], room, rooms[-1], UNBOUNDED, subnets, bounded=False)


def rooms_of(pool: Manifest, found: list[Demand]) -> list[Room]:
    """What a node of each type has that the pool may start, the smallest first."""
    template = pool["spec"]["template"]
    own = template.get("metadata", {}).get("labels", {}).get(PROVIDER, "")
    daemons = [each for each in found if each.kind == "DaemonSet"]
    may = [size for size in sizes().values() if all(_meets(size, each) for each in template["spec"]["requirements"])]
    return sorted((Room.of(size, daemons, own) for size in may), key=_order)


def _meets(size: Size, requirement: dict[str, Any]) -> bool:
    look = LOOKED_AT.get(requirement["key"].rpartition("/")[2])
    if look is None:
        return True
    value, values = look(size), requirement.get("values", [])
    match requirement["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Gt":
            return int(value) > int(values[0])
        case "Lt":
            return int(value) < int(values[0])
        case _:
            return True
