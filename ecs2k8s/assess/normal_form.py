"""One normal form for lists of rules: two lists with the same form send every request to the same place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecs2k8s.translate.routes import Condition, Route

Form = tuple[tuple[object, ...], ...]
SETS = ("host-header", "path-pattern")  # whose globs are compared as sets of text


def normal_form(rules: Sequence[Route], default: Route, *, dual_stack: bool = False) -> Form:
    """The rules without what decides nothing, then the default.

    Left out: conditions that always hold, rules that an earlier one hides, and cuts between neighbours that differ in
    the values of one condition only. Nothing else is assumed of globs and regular expressions: what is equal here is
    equal to the load balancer, not the other way round.
    """
    bare = [without_certain(route, dual_stack=dual_stack) for route in rules]
    kept = _settled(bare)
    # A last rule that does what the default does anyway changes nothing.
    while kept and _outcome(kept[-1]) == _outcome(default):
        kept.pop()
    return (*(route.normal for route in kept), default.normal)


def without_certain(route: Route, *, dual_stack: bool) -> Route:
    found = tuple(condition for condition in route.conditions if not is_certain(condition, dual_stack=dual_stack))
    return replace(route, conditions=found)


def is_certain(condition: Condition, *, dual_stack: bool) -> bool:
    """Whether every request meets it: `/*`, `*`, the regular expression `.*`, all addresses of the load balancer."""
    values = set(condition.values)
    if condition.field == "path-pattern":
        return ".*" in values if condition.regex else bool(values & {"/*", "*"})
    if condition.field == "host-header":
        return not condition.regex and "*" in values
    everywhere = {"0.0.0.0/0", "::/0"} if dual_stack else {"0.0.0.0/0"}
    return condition.field == "source-ip" and everywhere <= values


def is_hidden(route: Route, earlier: Sequence[Route]) -> bool:
    """Whether some earlier rule takes every request that *route* would: by hosts and paths alone, compared as text."""
    return any(_takes_all_of(other, route) for other in earlier)


def _takes_all_of(one: Route, other: Route) -> bool:
    """Every condition of *one* is met by all that meets *other*."""
    return all(any(_implies(given, wanted) for given in other.conditions) for wanted in one.conditions)


def _implies(given: Condition, wanted: Condition) -> bool:
    same = (given.field, given.name.lower(), given.regex) == (wanted.field, wanted.name.lower(), wanted.regex)
    return same and set(given.values) <= set(wanted.values) and set(given.queries) <= set(wanted.queries)


def _outcome(route: Route) -> tuple[object, ...]:
    return route.normal[1:]


def _settled(rules: list[Route]) -> list[Route]:
    """Neighbours joined first: only both halves of a rule that was cut hide what the whole one hid."""
    joined = _joined(rules)
    kept = [route for number, route in enumerate(joined) if not is_hidden(route, joined[:number])]
    return kept if kept == rules else _settled(kept)


def _joined(rules: list[Route]) -> list[Route]:
    found: list[Route] = []
    for route in rules:
        last = _union(found[-1], route) if found else None
        if last is None:
            found.append(route)
        else:
            found[-1] = last
    return found


def _union(one: Route, other: Route) -> Route | None:
    """One rule for both, where they do the same and all conditions but the values of one are equal."""
    if _outcome(one) != _outcome(other) or len(one.conditions) != len(other.conditions):
        return None
    normals = {condition.normal for condition in other.conditions}
    mine = [condition for condition in one.conditions if condition.normal not in normals]
    known = {condition.normal for condition in one.conditions}
    theirs = [condition for condition in other.conditions if condition.normal not in known]
    if not mine and not theirs:
        return one
    if len(mine) != 1 or len(theirs) != 1:
        return None
    (first,), (second,) = mine, theirs
    if (first.field, first.name.lower(), first.regex) != (second.field, second.name.lower(), second.regex):
        return None
    both = replace(
        first,
        values=tuple(dict.fromkeys((*first.values, *second.values))),
        queries=tuple(dict.fromkeys((*first.queries, *second.queries))),
    )
    return replace(one, conditions=tuple(both if condition is first else condition for condition in one.conditions))
