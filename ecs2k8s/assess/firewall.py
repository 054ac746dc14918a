"""What AWS's security groups let through, asked of plain values: the rules, and those that are to be added."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecs2k8s.core.traffic import NOTHING, of_rule, union
from ecs2k8s.resolve.security_groups import network_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecs2k8s.assess.addresses import Held
    from ecs2k8s.core.traffic import Traffic
    from ecs2k8s.resolve.networks import Networks
    from ecs2k8s.translate.security_group_rules import GroupRule

Key = tuple[str, bool]  # group, egress
Groups = frozenset[str]


@dataclass(frozen=True, slots=True)
class Opening:
    """A rule: the ranges or the group that it means, and the traffic."""

    ranges: frozenset[str]
    group: str
    traffic: Traffic


@dataclass(frozen=True, slots=True, eq=False)
class Firewall:
    """By group and direction. Groups that are not there are not known and let nothing through."""

    openings: Mapping[Key, tuple[Opening, ...]]
    known: Groups
    memo: dict[tuple[Groups, bool, Groups, Held], Traffic] = field(default_factory=dict)

    @classmethod
    def of(cls, networks: Networks, more: Iterable[GroupRule] = ()) -> Firewall:
        found: dict[Key, list[Opening]] = defaultdict(list)
        for group in networks.groups.values():
            for rule in group.rules:
                if rule.entry.get("PeeringStatus", "active") == "active":
                    opening = _opening(networks, rule.kind, rule.names, rule.traffic)
                    found[group.id, rule.egress].append(opening)
        for added in more:
            found[added.group, added.egress].append(
                _opening(networks, added.kind, added.peer, of_rule(*added.permission))
            )
        return cls({key: tuple(openings) for key, openings in found.items()}, frozenset(networks.groups))

    def admitted(self, groups: Groups, other: Groups, held: Held, *, egress: bool) -> Traffic:
        """What may pass between an interface with *groups* and one with the *other* ones, at an address in *held*."""
        key = (groups, egress, other, held)
        if key not in self.memo:
            self.memo[key] = union(*self._matching(groups, other, held, egress=egress)) if groups else NOTHING
        return self.memo[key]

    def _matching(self, groups: Groups, other: Groups, held: Held, *, egress: bool) -> Iterator[Traffic]:
        for group in groups:
            for opening in self.openings.get((group, egress), ()):
                if opening.group in other or not held.isdisjoint(opening.ranges):
                    yield opening.traffic

    def ranges(self, groups: Iterable[str]) -> set[str]:
        """Every range that a rule of *groups* names."""
        its = set(groups)
        return {
            text
            for (group, _), openings in self.openings.items()
            if group in its
            for o in openings
            for text in o.ranges
        }


def _opening(networks: Networks, kind: str, peer: str, traffic: Traffic) -> Opening:
    if kind == "group":
        return Opening(frozenset(), peer, traffic)
    texts = [peer]
    if kind == "prefix-list":
        view = networks.entries.get(peer)
        texts = [str(entry.get("Cidr", "")) for entry in view.get("Entries", [])] if view is not None else []
    return Opening(frozenset(str(network) for text in texts if (network := network_of(text))), "", traffic)
