"""The rules of a listener as routes: which rules share a route, and of which kind it is.

Two rules that are equally specific are tried in the order of one route, but between two routes the older one wins,
and that depends on how they are applied. So all rules for a host lie in one route, and hosts share a route only where
they have the very same rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.translate.gateway_matches import MOST_MATCHES, Matches, Unmatched, grpc_matches, http_matches
from ecs2k8s.translate.gateway_rules import NOT_FOUND
from ecs2k8s.translate.ingress import Routed, namespace_of
from ecs2k8s.translate.refusal import Refusal
from ecs2k8s.translate.routes import FixedResponse, Forward, Redirect, Route

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from ecs2k8s.translate.routes import Condition

MOST_RULES, MOST_HOSTS, MOST_IN_ROUTE = 16, 16, 128  # rules, host names and matches of one route
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule, or the default action as the last one. `view` is what findings about it stand on."""

    name: str  # its priority, or `default`
    view: Any
    route: Route
    hosts: tuple[str, ...]
    namespace: str  # of its Services; empty where it has none


@dataclass(frozen=True, slots=True)
class Group:
    """What becomes one route: the rules in order, each with its matches."""

    kind: str
    namespace: str
    hosts: tuple[str, ...]
    entries: tuple[tuple[Entry, Matches], ...]


def groups(routed: Routed, grpc: Collection[str], fallback: str) -> list[Group]:
    """The routes of a listener. Raises `Refusal`.

    *grpc* are the backends that speak it, *fallback* is the namespace of rules that forward nowhere.
    """
    entries = list(_entries(routed, grpc))
    found: list[Group] = []
    for kind, sharing, members in _by_rules(_kinds(entries, grpc), entries):
        for space, part in _by_namespace(members, fallback):
            matched = [(entry, _matches(entry, kind)) for entry in part]
            found += [Group(kind, space, names, rules) for rules in _cut(matched) for names in _tens(sharing)]
    return found


def _kinds(entries: Sequence[Entry], grpc: Collection[str]) -> dict[str, str]:
    """The kind of route for each host: of calls only where all rules for it, and for hosts that it meets, are."""
    found: dict[str, str] = {}
    for hosts in _components({host for entry in entries for host in entry.hosts}):
        own = [entry for entry in entries if set(entry.hosts) & set(hosts)]
        kind = "GRPCRoute" if all(_is_grpc(entry, grpc) for entry in own) and _calls(own) else "HTTPRoute"
        found |= dict.fromkeys(hosts, kind)
    return found


def _entries(routed: Routed, grpc: Collection[str]) -> Iterator[Entry]:
    for rule in routed.rules:
        hosts = read(rule.view, rule.route, grpc).hosts
        yield Entry(rule.priority, rule.view, rule.route, hosts, namespace_of(rule.route, rule.view))
    # Without any rule there would be no listener, so then the answer of the API itself is written too.
    if routed.default.normal != Route((), NOT_FOUND).normal or not routed.rules:
        view = routed.listener.view
        yield Entry(DEFAULT, view, routed.default, ("",), namespace_of(routed.default, view))


def read(view: Any, route: Route, grpc: Collection[str]) -> Matches:
    """The matches of either kind. Raises `Refusal`: the reason against an HTTPRoute, where there are two."""
    if not _answers_calls(route, grpc):
        return _as_said(http_matches, view, route)
    try:
        return http_matches(route.conditions)
    except Unmatched as reason:
        try:
            return grpc_matches(route.conditions)
        except Unmatched:
            raise reason.refusal(view) from reason


def _as_said(matches: Callable[[Sequence[Condition]], Matches], view: Any, route: Route) -> Matches:
    try:
        return matches(route.conditions)
    except Unmatched as reason:
        raise reason.refusal(view) from reason


def _matches(entry: Entry, kind: str) -> Matches:
    found = _as_said(grpc_matches if kind == "GRPCRoute" else http_matches, entry.view, entry.route)
    if len(found.matches) > MOST_MATCHES:
        raise Refusal("too-many-matches-in-gateway", entry.view, ("Priority",), count=len(found.matches))
    if not found.chunks():
        raise Refusal("too-many-condition-values", entry.view, ("Priority",), priority=entry.name)
    return found


def _is_grpc(entry: Entry, grpc: Collection[str]) -> bool:
    if not _answers_calls(entry.route, grpc):
        return False
    try:
        grpc_matches(entry.route.conditions)
    except Unmatched:
        return False
    return True


def _answers_calls(route: Route, grpc: Collection[str]) -> bool:
    if isinstance(route.action, Forward):
        return all(name in grpc for name, _ in route.action.backends)
    return not isinstance(route.action, Redirect)


def _calls(entries: Iterable[Entry]) -> bool:
    return not all(isinstance(entry.route.action, FixedResponse) for entry in entries)


def _components(hosts: Iterable[str]) -> list[list[str]]:
    """Hosts that one request may meet, together: routes of two kinds must not meet at a host, one would be refused."""
    found: list[list[str]] = []
    for host in sorted(hosts):
        touching = [component for component in found if any(_meet(host, other) for other in component)]
        found = [component for component in found if component not in touching]
        found.append([host, *(other for component in touching for other in component)])
    return [sorted(component) for component in found]


def _meet(one: str, other: str) -> bool:
    if not one or not other or one == other:
        return True
    wide, narrow = (one, other) if one.startswith("*.") else (other, one)
    return wide.startswith("*.") and narrow.removeprefix("*").endswith(wide[1:])


def _by_rules(kinds: Mapping[str, str], entries: Sequence[Entry]) -> list[tuple[str, list[str], list[Entry]]]:
    """The hosts that have the very same rules, with their kind and those rules; who has the first rule comes first."""
    found: dict[tuple[tuple[int, ...], str], list[str]] = {}
    for host, kind in sorted(kinds.items()):
        places = tuple(place for place, entry in enumerate(entries) if host in entry.hosts)
        found.setdefault((places, kind), []).append(host)
    return [(kind, names, [entries[place] for place in places]) for (places, kind), names in sorted(found.items())]


def _by_namespace(entries: Sequence[Entry], fallback: str) -> list[tuple[str, list[Entry]]]:
    """By the namespace that a rule forwards to; one that forwards nowhere stays with the rule before it."""
    found: dict[str, list[Entry]] = {}
    space = next((entry.namespace for entry in entries if entry.namespace), fallback)
    for entry in entries:
        space = entry.namespace or space
        found.setdefault(space, []).append(entry)
    return list(found.items())


def _cut(matched: Sequence[tuple[Entry, Matches]]) -> list[tuple[tuple[Entry, Matches], ...]]:
    """In parts that one route can hold."""
    found: list[list[tuple[Entry, Matches]]] = [[]]
    for entry, matches in matched:
        rules = sum(len(known.chunks()) for _, known in found[-1]) + len(matches.chunks())
        size = sum(len(known.chunks()) * len(known.matches) for _, known in found[-1])
        if found[-1] and (rules > MOST_RULES or size + len(matches.chunks()) * len(matches.matches) > MOST_IN_ROUTE):
            found.append([])
        found[-1].append((entry, matches))
    return [tuple(part) for part in found]


def _tens(hosts: Sequence[str]) -> list[tuple[str, ...]]:
    """The hosts in parts that one route can name."""
    return [tuple(hosts[at : at + MOST_HOSTS]) for at in range(0, len(hosts), MOST_HOSTS)]
