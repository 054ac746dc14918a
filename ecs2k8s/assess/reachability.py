"""Who could reach whom before, by security groups, and who can after, by the emitted policies and the pods' groups.

Both sides are computed from plain values: before from the rules as AWS wrote them, after from the manifests and from
the rules that aws/security-group-rules.json adds. Policies that are removed after the cutover do not count. What a
controller opens by itself for a binding counts as open. Where the cluster's subnets are not known, pods are taken to be
in the subnets of the tasks; where its group is not known, it is taken to let everything out and its own members in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Literal

from ecs2k8s.assess import endpoints
from ecs2k8s.assess.addresses import Ranges
from ecs2k8s.assess.faces import Face, Looker
from ecs2k8s.assess.firewall import Firewall, admitted
from ecs2k8s.assess.policies import Policies, through
from ecs2k8s.core.findings import Finding
from ecs2k8s.core.listing import listed
from ecs2k8s.core.traffic import ALL, NOTHING, WITH_PORTS, difference, intersection, shown, union
from ecs2k8s.translate.policy_ports import EPHEMERAL
from ecs2k8s.translate.security_group_rules import PODS, bound_balancers, group_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecs2k8s.assess.addresses import Held
    from ecs2k8s.assess.endpoints import Endpoint
    from ecs2k8s.assess.firewall import Opening
    from ecs2k8s.assess.policies import Admission
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.traffic import Traffic

Verdict = Literal["same", "lost", "widened", "lost and widened"]
EVERYWHERE = {4: "0.0.0.0/0", 6: "::/0"}
NAMES = 3  # that a finding lists of each side


@dataclass(frozen=True, slots=True)
class Row:
    """Sources and targets that nothing tells apart, with what passes from any of the first to any of the second."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    before: Traffic
    after: Traffic
    lost: Traffic
    widened: Traffic
    subject: str

    @property
    def verdict(self) -> Verdict:
        if self.lost and self.widened:
            return "lost and widened"
        return "lost" if self.lost else "widened" if self.widened else "same"


@dataclass(frozen=True, slots=True)
class Reachability:
    """`rows` are those between which something passed or passes, in a fixed order."""

    rows: tuple[Row, ...]

    def findings(self) -> Iterator[Finding]:
        """One for each row in which ports are lost or won. ICMP and other protocols are said where rules name them."""
        for row in self.rows:
            sides = {"source": listed(row.sources, NAMES), "target": listed(row.targets, NAMES)}
            for slug, traffic in (("reachability-lost", row.lost), ("reachability-widened", row.widened)):
                ports = tuple(span for span in traffic if span[0] in WITH_PORTS)
                if ports:
                    yield Finding.of(slug, row.subject, "", **sides, ports=shown(ports))


def reachability(translation: Translation) -> Reachability:
    """Of the workloads whose security groups were all read; no rows where there are none."""
    manifests, inventory = translation.bundle.manifests, translation.inventory
    group = inventory.networks.pod_group or PODS
    pods = list(endpoints.workloads(inventory, translation.translated, manifests, group))
    if not pods:
        return Reachability(())
    bound = bound_balancers(inventory, translation.translated, manifests)
    others = list(endpoints.others(inventory, translation.translated, bound))
    planned = group_rules(inventory, translation.translated, manifests)
    before, after = Firewall.of(inventory.networks), Firewall.of(inventory.networks, planned)
    named = before.ranges(each for pod in pods for each in pod.groups) | {EVERYWHERE[inventory.networks.family]}
    everyone = [*pods, *others, *endpoints.ranges(named)]
    policies = Policies.of(manifests)
    relevant = frozenset({*named, *policies.ranges(), *after.ranges(after.known | {group})})
    texts = {text for each in everyone for text in (*each.ranges, *each.ranges_after)} | relevant
    looker = Looker(before, after, policies, Ranges.of(texts), relevant, frozenset(named))
    return Reachability(tuple(World().rows(looker.faces(everyone))))


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Compares before and after for each pair of faces, one of which is a workload's."""

    memo: dict[tuple[object, ...], Traffic] = field(default_factory=dict)

    def rows(self, faces: Mapping[Face, list[Endpoint]]) -> Iterator[Row]:
        for one, sources in faces.items():
            for other, targets in faces.items():
                if one.calls and (one.is_pod or other.is_pod):
                    before, after, lost, widened = self._compare(one, other)
                    if before or after:
                        subject = (targets if other.is_pod else sources)[0].subject
                        yield Row(_names(sources), _names(targets), before, after, lost, widened, subject)

    def _compare(self, one: Face, other: Face) -> tuple[Traffic, Traffic, Traffic, Traffic]:
        """What passed, what passes, what is lost and what is won.

        Address by address for those that keep theirs. Those that move had one set of addresses and get another: what
        any of the old ones could is lost where one of the new ones cannot.
        """
        before, after, lost, widened = NOTHING, NOTHING, NOTHING, NOTHING
        for source_old, source_new in one.addresses:
            for target_old, target_new in other.addresses:
                could = union(*(self.passed(one, a, other, b) for a in source_old for b in target_old))
                has = [self.passes(one, a, other, b) for a in source_new for b in target_new]
                can, always = union(*has), reduce(intersection, has)
                if could or can:
                    before, after = union(before, could), union(after, can)
                    lost = union(lost, difference(could, always))
                    widened = union(widened, difference(can, could))
        return before, after, lost, widened

    def passed(self, one: Face, source: Held, other: Face, target: Held) -> Traffic:
        """What *one* at an address could send to the *other* before; in bridge mode as ports of the containers."""
        both = self._let(other.into.before, one.groups, source)
        if both:
            both = intersection(both, self._let(one.out.before, other.groups, target))
        if other.mapped is None or not both:
            return both
        return union((p, n, n) for p, n, host in other.mapped if intersection(both, _host_span(p, host)))

    def passes(self, one: Face, source: Held, other: Face, target: Held) -> Traffic:
        """What can pass after: through the policies of both sides, and through the groups of both sides."""
        found = self._through(other.into.policies, one.peers, source)
        if found:
            found = intersection(found, self._through(one.out.policies, other.peers, target))
        return intersection(found, self._groups(one, source, other, target)) if found else NOTHING

    def _groups(self, one: Face, source: Held, other: Face, target: Held) -> Traffic:
        if one.with_pods and other.with_pods:
            return ALL  # the cluster's group lets its own members in
        out = self._let(one.out.after, other.groups_after, target)
        if one.bound and other.is_pod:
            return out
        return intersection(out, self._let(other.into.after, one.groups_after, source))

    def _let(self, openings: frozenset[Opening] | None, groups: frozenset[str], held: Held) -> Traffic:
        key = (openings, groups, held)
        if key not in self.memo:
            self.memo[key] = admitted(openings, groups, held)
        return self.memo[key]

    def _through(self, admissions: frozenset[Admission] | None, peers: frozenset[int], held: Held) -> Traffic:
        key = (admissions, peers, held, "policies")
        if key not in self.memo:
            self.memo[key] = through(admissions, peers, held)
        return self.memo[key]


def _names(of: Iterable[Endpoint]) -> tuple[str, ...]:
    return tuple(sorted(each.name for each in of))


def _host_span(protocol: str, host: int) -> Traffic:
    return ((protocol, host, host),) if host else ((protocol, *EPHEMERAL),)
