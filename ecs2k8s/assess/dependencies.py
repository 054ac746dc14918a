"""Who depends on whom: the graph that the topology is drawn from and that the waves are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NodeKind = Literal["internet", "vpc", "load-balancer", "workload", "store", "service"]
Evidence = Literal["target-group", "security-group", "discovery", "environment", "volume"]

INTERNET, VPC = "internet", "vpc"  # idents of the two nodes that stand for whoever is there
USES = frozenset({"target-group", "environment", "volume"})


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """Something that sends or gets requests.

    `ident` is unique: `internet`, `vpc`, an ARN, `namespace/name` of a workload, a host name. `store`: a database, a
    cache, a file system, a queue. `service`: an endpoint of AWS that is no store.
    """

    kind: NodeKind
    ident: str
    label: str


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """That `source` calls, or may call, `target`; both are idents of nodes."""

    source: str
    target: str
    evidence: tuple[Evidence, ...]
    ports: str = ""
    via: tuple[str, ...] = ()  # what shows it: the variable `DATABASE_URL`, the name api.internal, the path /api/*
    ecs_names: tuple[str, ...] = ()  # names that the source uses and that exist on ECS alone

    @property
    def may_only(self) -> bool:
        """Whether it is a permission and no use.

        Security groups say who may. So does a namespace of Service Connect, each member of which may call all names.
        """
        return not USES.intersection(self.evidence)


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    """What each of many may do to each of many: as edges it would be one for each pair."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    ports: str = ""


@dataclass(frozen=True, slots=True)
class Dependencies:
    """The graph, sorted. Every end of an edge, and every name in `wide`, is a node.

    `wide`: permissions of so many for so many that they say little of who depends on whom. They are no edges.
    `unread`: workloads with variables that name a host of ours which leads to nothing that was read.
    """

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    wide: tuple[Permission, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()

    @property
    def uses(self) -> list[Edge]:
        return [edge for edge in self.edges if not edge.may_only]


NONE = Dependencies()
