"""What rules and policies can see of an endpoint. Endpoints that look the same are looked at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.assess.addresses import Held, Ranges
    from ecs2k8s.assess.endpoints import Endpoint, Mapped
    from ecs2k8s.assess.firewall import Firewall, Opening
    from ecs2k8s.assess.policies import Admission, Policies


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides about one direction of an endpoint: its groups' rules before and after, and policies."""

    before: frozenset[Opening] | None
    after: frozenset[Opening] | None
    policies: frozenset[Admission] | None


@dataclass(frozen=True, slots=True)
class Face:
    """All that rules and policies can see of an endpoint: two with equal faces cannot be told apart.

    `groups` and `groups_after` are those that a rule names, `peers` the numbers of the peers of policies that mean it.
    `addresses` are pairs of what it had and what it has: one pair for each kind of address that it keeps.
    """

    is_pod: bool
    calls: bool
    own: str  # the name of what is no workload
    groups: frozenset[str]
    groups_after: frozenset[str]
    peers: frozenset[int]
    out: Rules
    into: Rules
    addresses: tuple[tuple[tuple[Held, ...], tuple[Held, ...]], ...]
    mapped: Mapped | None
    bound: bool
    with_pods: bool  # has the group of the pods after


@dataclass(frozen=True, slots=True, eq=False)
class Looker:
    """Sees endpoints as rules see them. `relevant` are the ranges that rules name, `named` those that are endpoints."""

    before: Firewall
    after: Firewall
    policies: Policies
    ranges: Ranges
    relevant: Held
    named: Held

    def faces(self, everyone: Iterable[Endpoint]) -> dict[Face, list[Endpoint]]:
        seen = self.before.named | self.after.named
        found: dict[Face, list[Endpoint]] = {}
        for endpoint in everyone:
            found.setdefault(self._face(endpoint, seen), []).append(endpoint)
        return found

    def _face(self, endpoint: Endpoint, seen: frozenset[str]) -> Face:
        return Face(
            is_pod=endpoint.pod is not None,
            calls=endpoint.kind != "data store",
            own="" if endpoint.pod else endpoint.name,
            groups=endpoint.groups & seen,
            groups_after=endpoint.groups_after & seen,
            peers=self.policies.peers_of(endpoint.pod) if endpoint.pod else frozenset(),
            out=self._rules(endpoint, "Egress"),
            into=self._rules(endpoint, "Ingress"),
            addresses=tuple(self._addresses(endpoint)),
            mapped=endpoint.mapped,
            bound=endpoint.bound,
            with_pods=endpoint.with_pods,
        )

    def _rules(self, endpoint: Endpoint, direction: str) -> Rules:
        egress = direction == "Egress"
        return Rules(
            self.before.of_groups(endpoint.groups, egress=egress),
            self.after.of_groups(endpoint.groups_after, egress=egress),
            self.policies.admissions(endpoint.pod, direction) if endpoint.pod else None,
        )

    def _addresses(self, endpoint: Endpoint) -> Iterator[tuple[tuple[Held, ...], tuple[Held, ...]]]:
        its = self.ranges.inside(endpoint.ranges, self.relevant)
        if endpoint.moves:
            yield its, self.ranges.inside(endpoint.ranges_after, self.relevant)
            return
        for held in its:
            if endpoint.kind != "range" or _narrowest(held & self.named) == endpoint.name:
                yield (held,), (held,)


def _narrowest(held: Held) -> str:
    return max(held, key=lambda text: int(text.rpartition("/")[2]))
