"""What AWS's security groups let through, asked of plain values: the rules, and those that are to be added."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.core.traffic import ALL, of_rule, union
from ecs2k8s.resolve.security_groups import network_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
    """By group and direction. Of groups that are not in `known` the rules are not known."""

    openings: Mapping[Key, tuple[Opening, ...]]
    known: Groups

    @classmethod
    def of(cls, networks: Networks, more: Iterable[GroupRule] = ()) -> Firewall:
        found: dict[Key, list[Opening]] = defaultdict(list)
        for group in networks.groups.values():
            for rule in group.rules:
                if rule.entry.get("PeeringStatus", "active") == "active":
                    opening = _opening(networks, rule.kind, rule.names, rule.traffic)
                    found[group.id, rule.egress].append(opening)
        for added in more:
            opening = _opening(networks, added.kind, added.peer, of_rule(*added.permission))
            found[added.group, added.egress].append(opening)
        return cls({key: tuple(openings) for key, openings in found.items()}, frozenset(networks.groups))

    def of_groups(self, groups: Groups, *, egress: bool) -> frozenset[Opening] | None:
        """All rules of an interface with *groups*; None where nothing is filtered.

        Without any group nothing is, and out of a group of pods that was not read everything goes.
        """
        if not groups or (egress and groups - self.known):
            return None
        return frozenset(opening for group in groups for opening in self.openings.get((group, egress), ()))

    @property
    def named(self) -> Groups:
        """The groups that a rule names."""
        return frozenset(opening.group for openings in self.openings.values() for opening in openings)

    def ranges(self, groups: Iterable[str]) -> set[str]:
        """Every range that a rule of *groups* names."""
        its = ((group, egress) for group in groups for egress in (True, False))
        return {text for key in its for opening in self.openings.get(key, ()) for text in opening.ranges}


def admitted(openings: frozenset[Opening] | None, other: Groups, held: Held) -> Traffic:
    """What *openings* let through to or from an interface with the *other* groups, at an address that *held* hold."""
    if openings is None:
        return ALL
    return union(*(each.traffic for each in openings if each.group in other or not held.isdisjoint(each.ranges)))


def _opening(networks: Networks, kind: str, peer: str, traffic: Traffic) -> Opening:
    if kind == "group":
        return Opening(frozenset(), peer, traffic)
    texts = [peer]
    if kind == "prefix-list":
        view = networks.entries.get(peer)
        texts = [str(entry.get("Cidr", "")) for entry in view.get("Entries", [])] if view is not None else []
    return Opening(frozenset(str(network) for text in texts if (network := network_of(text))), "", traffic)
