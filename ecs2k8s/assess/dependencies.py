"""Who depends on whom: the graph that the topology is drawn from and that the waves are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NodeKind = Literal["internet", "load-balancer", "workload", "store", "service"]
Evidence = Literal["target-group", "security-group", "discovery", "environment"]


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """Something that sends or gets requests.

    `ident` is unique: `internet`, an ARN, `namespace/name` of a workload, a host name. `store`: a database, a cache, a
    file system. `service`: anything else that is named and is not ours.
    """

    kind: NodeKind
    ident: str
    label: str


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """That `source` calls, or may call, `target`; both are idents of nodes.

    An edge that only security groups show (`may_only`) is a permission, not a use.
    """

    source: str
    target: str
    evidence: tuple[Evidence, ...]
    ports: str = ""
    via: tuple[str, ...] = ()  # what shows it: the variable `DATABASE_URL`, the rule sgr-…, the name api.internal

    @property
    def may_only(self) -> bool:
        return self.evidence == ("security-group",)


@dataclass(frozen=True, slots=True)
class Dependencies:
    """The graph, sorted. Every end of an edge is a node."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
