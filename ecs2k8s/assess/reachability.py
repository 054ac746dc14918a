"""Who could reach whom before, by security groups, and who can after, by the emitted policies and the pods' groups.

Both sides are computed from plain values: before from the rules as AWS wrote them, after from the manifests and from
the rules that aws/security-group-rules.json adds. Policies that are removed after the cutover do not count. What a
controller opens by itself for a binding counts as open. Where the cluster's subnets are not known, pods are taken to be
in the subnets of the tasks; where its group is not known, it is taken to let everything out and its own members in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ecs2k8s.assess import endpoints
from ecs2k8s.assess.addresses import Ranges
from ecs2k8s.assess.firewall import Firewall
from ecs2k8s.assess.policies import Kinds, Policies
from ecs2k8s.core.findings import Finding
from ecs2k8s.core.traffic import ALL, NOTHING, WITH_PORTS, difference, intersection, shown, union
from ecs2k8s.translate.policy_ports import EPHEMERAL
from ecs2k8s.translate.security_group_rules import PODS, bound_balancers, group_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecs2k8s.assess.addresses import Held
    from ecs2k8s.assess.endpoints import Endpoint
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.traffic import Traffic

Verdict = Literal["same", "lost", "widened", "lost and widened"]
EVERYWHERE = ("0.0.0.0/0",)
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
            sides = {"source": _named(row.sources), "target": _named(row.targets)}
            for slug, traffic in (("reachability-lost", row.lost), ("reachability-widened", row.widened)):
                ports = tuple(span for span in traffic if span[0] in WITH_PORTS)
                if ports:
                    yield Finding.of(slug, row.subject, "", **sides, ports=shown(ports))


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return ", ".join(names[:NAMES]) + more


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
    policies = Policies.of(manifests)
    own = {each for pod in pods for each in pod.groups}
    named = before.ranges(own) | set(EVERYWHERE)
    everyone = [*pods, *others, *endpoints.ranges(named)]
    texts = {*named, *policies.ranges(), *after.ranges(after.known | {group})}
    texts |= {text for each in everyone for text in (*each.ranges, *each.ranges_after)}
    world = World(before, after, policies, policies.kinds(), Ranges.of(texts), group, frozenset(named))
    return Reachability(tuple(world.rows(everyone)))


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Both networks. `pod_group` is the group that pods have after."""

    before: Firewall
    after: Firewall
    policies: Policies
    kinds: Kinds
    ranges: Ranges
    pod_group: str
    named: frozenset[str]  # the ranges that are endpoints themselves
    memo: dict[tuple[object, ...], Traffic] = field(default_factory=dict)

    def rows(self, everyone: Iterable[Endpoint]) -> Iterator[Row]:
        """A row for each pair of kinds of endpoints, one of which is a workload."""
        kinds: dict[tuple[object, ...], list[Endpoint]] = {}
        for endpoint in everyone:
            kinds.setdefault(self._kind(endpoint), []).append(endpoint)
        for sources in kinds.values():
            for targets in kinds.values():
                one, other = sources[0], targets[0]
                if (one.pod or other.pod) and one.kind != "data store":
                    row = self._row(sources, targets)
                    if row.before or row.after:
                        yield row

    def _kind(self, endpoint: Endpoint) -> tuple[object, ...]:
        """Equal for endpoints that nothing tells apart."""
        if endpoint.pod is None:
            return (endpoint.kind, endpoint.name, endpoint.ranges)
        its = (endpoint.groups, endpoint.groups_after, endpoint.mapped)
        return (*its, self._inside(endpoint.ranges), self._inside(endpoint.ranges_after), *self.kinds.of(endpoint.pod))

    def _inside(self, texts: tuple[str, ...]) -> tuple[Held, ...]:
        return self.ranges.inside(texts)

    def _row(self, sources: list[Endpoint], targets: list[Endpoint]) -> Row:
        before, after, lost, widened = [], [], [], []
        for had, has in self._cases(sources[0], targets[0]):
            could, can = union(*had), union(*has)
            always = has[0]
            for each in has[1:]:
                always = intersection(always, each)
            before.append(could)
            after.append(can)
            lost.append(difference(could, always))
            widened.append(difference(can, could))
        return Row(
            sources=tuple(sorted(each.name for each in sources)),
            targets=tuple(sorted(each.name for each in targets)),
            before=union(*before),
            after=union(*after),
            lost=union(*lost),
            widened=union(*widened),
            subject=(targets if targets[0].pod else sources)[0].subject,
        )

    def _cases(self, one: Endpoint, other: Endpoint) -> Iterator[tuple[list[Traffic], list[Traffic]]]:
        """What passed and what passes, for each kind of address of those that keep theirs.

        Those that move had one set of addresses and get another: any of the old ones against each of the new ones.
        """
        sides = [self._addresses(each) for each in (one, other)]
        for source_old, source_new in sides[0]:
            for target_old, target_new in sides[1]:
                had = [self.passed(one, a, other, b) for a in source_old for b in target_old]
                has = [self.passes(one, a, other, b) for a in source_new for b in target_new]
                yield had, has

    def _addresses(self, endpoint: Endpoint) -> list[tuple[tuple[Held, ...], tuple[Held, ...]]]:
        if endpoint.moves:
            return [(self._inside(endpoint.ranges), self._inside(endpoint.ranges_after))]
        its = self._inside(endpoint.ranges)
        if endpoint.kind == "range":
            its = tuple(held for held in its if _narrowest(held & self.named) == endpoint.name)
        return [((held,), (held,)) for held in its]

    def passed(self, one: Endpoint, source: Held, other: Endpoint, target: Held) -> Traffic:
        """What *one* at an address could send to the *other* before; in bridge mode as ports of the containers."""
        out = self._let(self.before, one.groups, other.groups, target, egress=True)
        into = self._let(self.before, other.groups, one.groups, source, egress=False)
        both = intersection(out, into)
        if other.mapped is None:
            return both
        return union((p, n, n) for p, n, host in other.mapped if intersection(both, _host_span(p, host)))

    def passes(self, one: Endpoint, source: Held, other: Endpoint, target: Held) -> Traffic:
        """What can pass after: through the policies of both sides, and through the groups of both sides."""
        key = (*self._seen(one), source, *self._seen(other), target)
        if key not in self.memo:
            through = self._policies(one, source, other, target)
            self.memo[key] = intersection(through, self._groups(one, source, other, target)) if through else NOTHING
        return self.memo[key]

    def _seen(self, endpoint: Endpoint) -> tuple[object, ...]:
        return (endpoint.groups_after, endpoint.bound, self.kinds.of(endpoint.pod) if endpoint.pod else None)

    def _policies(self, one: Endpoint, source: Held, other: Endpoint, target: Held) -> Traffic:
        out = self.policies.admitted(one.pod, "Egress", other.pod, target) if one.pod else ALL
        into = self.policies.admitted(other.pod, "Ingress", one.pod, source) if other.pod else ALL
        return intersection(out, into)

    def _groups(self, one: Endpoint, source: Held, other: Endpoint, target: Held) -> Traffic:
        if one.groups_after & other.groups_after & {self.pod_group}:
            return ALL  # the cluster's group lets its own members in
        out = self._let(self.after, one.groups_after, other.groups_after, target, egress=True)
        if one.bound and other.pod:
            return out
        return intersection(out, self._let(self.after, other.groups_after, one.groups_after, source, egress=False))

    def _let(
        self, firewall: Firewall, groups: frozenset[str], other: frozenset[str], held: Held, *, egress: bool
    ) -> Traffic:
        """Without any group nothing is filtered; out of a group of pods that was not read everything goes."""
        if not groups or (egress and groups - firewall.known):
            return ALL
        return firewall.admitted(groups, other, held, egress=egress)


def _narrowest(held: Held) -> str:
    return max(held, key=lambda text: int(text.rpartition("/")[2]))


def _host_span(protocol: str, host: int) -> Traffic:
    return ((protocol, host, host),) if host else ((protocol, *EPHEMERAL),)
