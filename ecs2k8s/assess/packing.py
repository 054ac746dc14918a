"""First fit decreasing: how many nodes of a type hold a number of pods, and what fills them up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ecs2k8s.assess.demand import Demand
    from ecs2k8s.core.instance_sizes import Size

# What a node runs beside the pods: aws-node, kube-proxy, the identity agent, storage drivers, a log agent, metrics.
SYSTEM_CPU, SYSTEM_MEMORY, SYSTEM_PODS = 300, 500, 7  # millicores, MiB, pods; an estimate


@dataclass(frozen=True, slots=True)
class Room:
    """What a node of one type has for pods once its daemons run."""

    size: Size
    cpu: int
    memory: int
    pods: int
    branches: int
    provider: str = ""  # the capacity provider that the node stands for

    @classmethod
    def of(cls, size: Size, daemons: Sequence[Demand], provider: str = "") -> Room:
        """*daemons* are those that the workloads bring; the cluster's own are an estimate."""
        return cls(
            size,
            size.allocatable_cpu - SYSTEM_CPU - sum(daemon.cpu for daemon in daemons),
            size.allocatable_memory - SYSTEM_MEMORY - sum(daemon.memory for daemon in daemons),
            size.max_pods - SYSTEM_PODS - len(daemons),
            size.branches,
            provider,
        )

    def suits(self, demand: Demand) -> bool:
        """Whether its labels are those that *demand* selects."""
        return demand.architecture in ("", self.size.architecture) and demand.provider in ("", self.provider)

    def lacks(self, demand: Demand) -> str:
        """What one pod of *demand* lacks on an empty node; empty where it fits."""
        if not self.suits(demand):
            return f"the labels {demand.architecture} {demand.provider}".rstrip()
        wanted = ((demand.cpu, self.cpu, "m CPU"), (demand.memory, self.memory, " MiB"), (1, self.pods, " pods"))
        for asked, there, unit in wanted:
            if asked > there:
                return f"{asked}{unit} of {max(0, there)}{unit}"
        return "an interface for its security groups" if demand.branch and not self.branches else ""


@dataclass(slots=True)
class Node:
    """One node and what is free on it."""

    room: Room
    cpu: int
    memory: int
    pods: int
    branches: int

    @classmethod
    def empty(cls, room: Room) -> Node:
        return cls(room, room.cpu, room.memory, room.pods, room.branches)

    def takes(self, demand: Demand) -> int:
        """How many pods of *demand* it still takes."""
        if not self.room.suits(demand):
            return 0
        most = [self.pods, self.cpu // demand.cpu if demand.cpu else self.pods]
        most.append(self.memory // demand.memory if demand.memory else self.pods)
        return max(0, min([*most, self.branches] if demand.branch else most))

    def put(self, demand: Demand, count: int) -> None:
        self.cpu -= demand.cpu * count
        self.memory -= demand.memory * count
        self.pods -= count
        self.branches -= count if demand.branch else 0

    @property
    def binding(self) -> str:
        """What of it is used most."""
        used = {
            "CPU": 1 - self.cpu / self.room.cpu if self.room.cpu > 0 else 1.0,
            "memory": 1 - self.memory / self.room.memory if self.room.memory > 0 else 1.0,
            "pods": 1 - self.pods / self.room.pods if self.room.pods > 0 else 1.0,
            "branch interfaces": 1 - self.branches / self.room.branches if self.room.branches else 0.0,
        }
        return max(used, key=lambda name: used[name])


@dataclass(slots=True)
class Packed:
    """The nodes in use, and how many pods of whom found no place."""

    nodes: list[Node] = field(default_factory=list)
    left: dict[Demand, int] = field(default_factory=dict)

    @property
    def binding(self) -> str:
        """What fills most of the nodes; empty without nodes."""
        found = Counter(node.binding for node in self.nodes)
        return max(sorted(found), key=lambda name: found[name]) if found else ""


def pack(demands: Iterable[Demand], rooms: Iterable[tuple[Room, int]]) -> Packed:
    """Place *demands*, the largest pods first, on at most so many nodes of each of *rooms*, in their order.

    Pods that ask for the same are placed together, so that thousands of workloads are packed in a second.
    """
    kinds = list(rooms)
    spare = [most for _, most in kinds]
    packed = Packed()
    open_nodes: list[Node] = []  # those that still take some pod
    order = sorted(
        demands, key=lambda each: (_share(each, kinds), _alike(each), each.namespace, each.name), reverse=True
    )
    for _, alike in groupby(order, key=_alike):
        group = list(alike)
        left = sum(demand.count for demand in group)
        for node in open_nodes:
            left -= _fill(node, group[0], left) if left else 0
        for index, (room, _) in enumerate(kinds):
            while left and spare[index] and (node := Node.empty(room)).takes(group[0]):
                spare[index] -= 1
                packed.nodes.append(node)
                open_nodes.append(node)
                left -= _fill(node, group[0], left)
        open_nodes = [node for node in open_nodes if node.pods and node.cpu > 0 and node.memory > 0]
        packed.left |= _of_last(group, left)
    return packed


def _alike(demand: Demand) -> tuple[int, int, str, str, bool]:
    """What decides where a pod has a place."""
    return demand.cpu, demand.memory, demand.architecture, demand.provider, demand.branch


def _of_last(group: list[Demand], left: int) -> dict[Demand, int]:
    """Whose pods the *left* ones are: those of the last workloads."""
    found: dict[Demand, int] = {}
    for demand in reversed(group):
        if left:
            found[demand] = min(left, demand.count)
            left -= found[demand]
    return found


def _fill(node: Node, demand: Demand, left: int) -> int:
    count = min(left, node.takes(demand))
    node.put(demand, count)
    return count


def _share(demand: Demand, kinds: list[tuple[Room, int]]) -> float:
    """How much of a node one pod takes."""
    cpu = max((room.cpu for room, _ in kinds), default=1)
    memory = max((room.memory for room, _ in kinds), default=1)
    return max(demand.cpu / max(1, cpu), demand.memory / max(1, memory))
