"""The graph of who depends on whom, made of all evidence that the documents hold."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecs2k8s.assess import permissions
from ecs2k8s.assess.dependencies import INTERNET, VPC, Dependencies, Edge, Node
from ecs2k8s.assess.known_names import Names, plain
from ecs2k8s.assess.mentions import mentions
from ecs2k8s.assess.stores import file_system, of_arn, of_host
from ecs2k8s.assess.wiring import wiring
from ecs2k8s.core.tracking import NOTHING
from ecs2k8s.resolve.balancers import type_of_arn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.assess.dependencies import Evidence, Permission
    from ecs2k8s.assess.mentions import Mention
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.assess.wiring import Wiring
    from ecs2k8s.resolve.balancers import LoadBalancer
    from ecs2k8s.resolve.workload import Inventory, Workload

OPEN = "internet-facing"


def dependencies(translation: Translation) -> Dependencies:
    """Call it when the ledger is done: it looks at documents again, which must not count as reading them."""
    inventory = translation.inventory
    wires = wiring(inventory)
    graph = Graph(inventory, wires, Names.of(inventory, wires))
    graph.workloads()
    graph.balancers()
    for workload in inventory.workloads:
        graph.calls(workload)
        graph.mounts(workload)
    groups = permissions.of_groups(translation.reach, graph.names_in_tables())
    graph.permit([*groups, *permissions.of_namespaces(inventory.workloads)])
    return graph.done()


@dataclass(slots=True)
class Known:
    """What is known of one edge so far."""

    evidence: set[Evidence] = field(default_factory=set)
    ports: set[str] = field(default_factory=set)
    via: set[str] = field(default_factory=set)
    ecs_names: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Graph:
    """Collects nodes and edges."""

    inventory: Inventory
    wires: Wiring
    names: Names
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: dict[tuple[str, str], Known] = field(default_factory=lambda: defaultdict(Known))
    wide: list[Permission] = field(default_factory=list)
    unread: set[tuple[str, str]] = field(default_factory=set)

    def add(self, source: str, target: str, *evidence: Evidence, via: Iterable[str] = (), ports: str = "") -> Known:
        known = self.edges[source, target]
        known.evidence.update(evidence)
        known.via.update(via)
        known.ports |= {ports} - {""}
        return known

    def node(self, node: Node) -> str:
        return self.nodes.setdefault(node.ident, node).ident

    def workloads(self) -> None:
        for workload in self.inventory.workloads:
            self.node(Node("workload", workload.folder, workload.folder))

    def balancers(self) -> None:
        """Who is let in to load balancers, and what these send to workloads."""
        leading = self.names.leading_to()
        for way in self.wires.ways:
            for ident in way.workloads:
                self.add(self._balancer(way.balancer), ident, "target-group", via=way.via)
        self._registered_only()
        for balancer in self.inventory.balancers.load_balancers:
            if balancer.arn in self.nodes:
                self._entrance(balancer, leading.get(balancer.arn, []))

    def _balancer(self, arn: str) -> str:
        return self.node(Node("load-balancer", arn, _name(self.inventory, arn)))

    def _registered_only(self) -> None:
        """Behind load balancers of which no listener was read, and behind Classic ones."""
        for arn, groups in sorted(self.inventory.balancers.behind.items()):
            its = {backend.workload.folder for group in groups for backend in group.backends}
            for ident in its - {target for source, target in self.edges if source == arn}:
                self.add(self._balancer(arn), ident, "target-group")
        for workload in self.inventory.workloads:
            for entry in workload.configuration.get("loadBalancers", []):
                if name := str(entry.get("loadBalancerName", "")):
                    classic = self.node(Node("load-balancer", f"classic/{name}", name))
                    self.add(classic, workload.folder, "target-group")

    def _entrance(self, balancer: LoadBalancer, names: list[str]) -> None:
        everyone = balancer.view.get("Scheme") == OPEN
        source = Node("internet", INTERNET, "Internet") if everyone else Node("vpc", VPC, "VPC")
        ports = ", ".join(map(str, sorted({listener.port for listener in balancer.listeners})))
        self.add(self.node(source), balancer.arn, "target-group", via=names, ports=ports)

    def calls(self, workload: Workload) -> None:
        for mention in mentions(workload):
            node = of_arn(mention.arn) if mention.arn else None
            if node:
                self.add(workload.folder, self.node(node), "environment", via=[mention.by])
            elif mention.host:
                self._call(workload, mention, plain(mention.host))

    def _call(self, workload: Workload, mention: Mention, host: str) -> None:
        """One host: a name of discovery first, as the resolver of a task has it, then load balancers, then stores."""
        via = [mention.by, host]
        space = workload.connect.space.key if workload.connect else ""
        connect = self.names.connect.get((space, host), frozenset())
        if mention.plain and "." not in host:
            return
        registered = self.names.registered.get(host, frozenset())
        for ident in (connect | registered) - {workload.folder}:
            known = self.add(workload.folder, ident, "environment", "discovery", via=via)
            known.ecs_names |= {host} if ident not in registered else set()
        if connect or registered or "." not in host:
            return
        balancers = self.names.balancers_of(host)
        for arn in balancers:
            self._through(workload, mention, host, arn)
        if not balancers:
            self._store(workload, mention, host)

    def _through(self, workload: Workload, mention: Mention, host: str, arn: str) -> None:
        its = self.wires.behind(arn, host, mention.path)
        for ident in its - {workload.folder}:
            self.add(workload.folder, ident, "environment", "target-group", via=[mention.by, host])
        if not its:
            self.add(workload.folder, self._balancer(arn), "environment", via=[mention.by, host])

    def _store(self, workload: Workload, mention: Mention, host: str) -> None:
        ends = sorted(self.names.ends(host))
        read = next((self.names.stores[name] for name in ends if name in self.names.stores), None)
        node = read or next((found for name in ends if (found := of_host(name, mention.path))), None)
        if node:
            self.add(workload.folder, self.node(node), "environment", via=[mention.by])
        elif self.names.is_ours(host):
            self.unread.add((workload.folder, mention.by))

    def mounts(self, workload: Workload) -> None:
        for volume in workload.definition.get("volumes", []):
            ident = str(volume.get("efsVolumeConfiguration", NOTHING).get("fileSystemId", ""))
            if ident:
                via = [f"volume {volume.get('name', '')}"]
                self.add(workload.folder, self.node(file_system(ident)), "volume", via=via)

    def names_in_tables(self) -> dict[str, str]:
        """What the table of who reaches whom calls a node to its ident; stores become nodes where they are named."""
        found = {workload.folder: workload.folder for workload in self.inventory.workloads}
        found |= {f"load balancer {each.name}": each.arn for each in self.inventory.balancers.load_balancers}
        return found | {name: node.ident for name, node in self.names.stores.items() if " " in name}

    def permit(self, found: Iterable[Permission]) -> None:
        """Permissions of few become edges, and those of many too where there is one already."""
        stores = {node.ident: node for node in self.names.stores.values()}
        for each in found:
            idents = {*each.sources, *each.targets}
            for ident in sorted(idents & stores.keys()):
                self.node(stores[ident])
            for ident in sorted(idents - self.nodes.keys()):
                self._balancer(ident)
            few = not permissions.is_wide(each)
            self.wide += [] if few else [each]
            for source, target in self._pairs(each) if few else self._used(each):
                self.add(source, target, *each.evidence, ports=each.ports)

    @staticmethod
    def _pairs(each: Permission) -> list[tuple[str, str]]:
        return [(source, target) for source in each.sources for target in each.targets if source != target]

    def _used(self, each: Permission) -> list[tuple[str, str]]:
        sources, targets = set(each.sources), set(each.targets)
        return [pair for pair in self.edges if pair[0] in sources and pair[1] in targets]

    def done(self) -> Dependencies:
        edges = [
            Edge(
                *pair,
                tuple(sorted(known.evidence)),
                ", ".join(sorted(known.ports)),
                tuple(sorted(known.via)),
                tuple(sorted(known.ecs_names)),
            )
            for pair, known in self.edges.items()
        ]
        nodes, wide = sorted(self.nodes.values()), sorted(self.wide)
        return Dependencies(tuple(nodes), tuple(sorted(edges)), tuple(wide), tuple(sorted(self.unread)))


def _name(inventory: Inventory, arn: str) -> str:
    known = [balancer.name for balancer in inventory.balancers.load_balancers if balancer.arn == arn]
    parts = arn.rpartition("/")[0].rpartition("/")[2] if type_of_arn(arn) else arn
    return known[0] if known else parts
