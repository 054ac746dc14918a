"""Many nodes as few: what nothing tells apart in the graph is drawn as one box that says how many it stands for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.assess.dependencies import Dependencies, Edge, Node, NodeKind

MOST = 36  # boxes of a drawing that a person can still take in
SINGLE = ("internet", "vpc", "load-balancer")  # kinds that are drawn one by one, as long as there are few
ONE = {"load-balancer": "load balancer", "store": "data store", "service": "AWS service", "vpc": "VPC"}


@dataclass(frozen=True, slots=True)
class Cluster:
    """Nodes that are drawn as one box: one node, or several of a kind."""

    kind: NodeKind
    space: str  # the namespace of workloads
    nodes: tuple[Node, ...]

    @property
    def word(self) -> str:
        one = ONE.get(self.kind, self.kind)
        return one if len(self.nodes) == 1 else f"{len(self.nodes)} {one}s"

    @property
    def label(self) -> str:
        if len(self.nodes) == 1:
            return self.nodes[0].label
        return f"{self.nodes[0].label} … {self.nodes[-1].label}"


@dataclass(frozen=True, slots=True)
class Link:
    """That some of `source` call some of `target`; numbers of clusters."""

    source: int
    target: int
    edges: tuple[Edge, ...]

    @property
    def may_only(self) -> bool:
        return all(edge.may_only for edge in self.edges)


def clusters(found: Dependencies, most: int = MOST) -> list[Cluster]:
    """One for each node where they are few; else the finest grouping that has no more than *most*."""
    if len(found.nodes) <= most:
        return _clustered({node.ident: (node.ident,) for node in found.nodes}, found.nodes)
    made = []
    for colours in (_told_apart(found, singles=True), _told_apart(found, singles=False), _by_kind(found.nodes)):
        made = _clustered(colours, found.nodes)
        if len(made) <= most:
            return made
    return _with_rest(made, most)


def links(found: Dependencies, groups: Iterable[Cluster]) -> list[Link]:
    """The edges between clusters, sorted; those inside one are left out."""
    of_node = {node.ident: at for at, group in enumerate(groups) for node in group.nodes}
    between: dict[tuple[int, int], list[Edge]] = defaultdict(list)
    for edge in found.edges:
        ends = of_node[edge.source], of_node[edge.target]
        if ends[0] != ends[1]:
            between[ends].append(edge)
    return [Link(source, target, tuple(edges)) for (source, target), edges in sorted(between.items())]


def space_of(node: Node) -> str:
    return node.ident.partition("/")[0] if node.kind == "workload" else ""


def _told_apart(found: Dependencies, *, singles: bool) -> Mapping[str, tuple[object, ...]]:
    """By kind and namespace, and by the colours of those at the other end of its edges; twice around."""
    colour: dict[str, tuple[object, ...]] = {
        node.ident: (node.kind, space_of(node), node.ident if singles and node.kind in SINGLE else "")
        for node in found.nodes
    }
    seen: dict[str, set[tuple[object, ...]]] = defaultdict(set)
    for edge in found.edges:
        seen[edge.source].add(("to", edge.may_only, *colour[edge.target]))
        seen[edge.target].add(("from", edge.may_only, *colour[edge.source]))
    return {ident: (*own, *sorted(map(str, seen[ident]))) for ident, own in colour.items()}


def _by_kind(nodes: Iterable[Node]) -> Mapping[str, tuple[object, ...]]:
    return {node.ident: (node.kind, space_of(node)) for node in nodes}


def _clustered(colours: Mapping[str, tuple[object, ...]], nodes: Iterable[Node]) -> list[Cluster]:
    members: dict[tuple[object, ...], list[Node]] = defaultdict(list)
    for node in nodes:
        members[colours[node.ident]].append(node)
    return [Cluster(group[0].kind, space_of(group[0]), tuple(group)) for group in members.values()]


def _with_rest(made: list[Cluster], most: int) -> list[Cluster]:
    """The largest ones; the others become one for each kind."""
    by_size = sorted(range(len(made)), key=lambda at: (-len(made[at].nodes), at))
    kept = set(by_size[: max(0, most - len({group.kind for group in made}))])
    rest: dict[NodeKind, list[Node]] = defaultdict(list)
    for at, group in enumerate(made):
        if at not in kept:
            rest[group.kind] += group.nodes
    return [made[at] for at in sorted(kept)] + [Cluster(kind, "", tuple(nodes)) for kind, nodes in rest.items()]
