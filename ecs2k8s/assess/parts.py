"""Rules taken apart, one value for each condition: a rule takes a request where one of its parts does."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.translate.routes import Condition, Route

Met = frozenset[object]  # what a request must meet to be taken by a part of a rule
MOST_PARTS = 500  # of one rule; what has more is not taken apart. AWS allows five values, which make six parts at most


def parts(route: Route, *, dual_stack: bool) -> list[Route] | None:
    """The parts of *route*, without conditions that always hold; None where they are too many."""
    conditions = without_certain(_lowered(route), dual_stack=dual_stack).conditions
    if prod(max(1, len(c.values) + len(c.queries)) for c in conditions) > MOST_PARTS:
        return None
    return [replace(route, conditions=chosen) for chosen in product(*map(_single, conditions))]


def met(route: Route, *, dual_stack: bool) -> list[Met]:
    """What each part of *route* asks of a request. A rule with too many parts is one."""
    apart = parts(route, dual_stack=dual_stack)
    if apart is None:
        apart = [without_certain(route, dual_stack=dual_stack)]
    return [of_part(part) for part in apart]


def of_part(part: Route) -> Met:
    return frozenset(condition.normal for condition in part.conditions)


def is_taken(part: Met, others: Iterable[Met]) -> bool:
    """Whether one of *others* asks for nothing that *part* does not ask for: it takes every request of *part*."""
    return any(other <= part for other in others)


def _lowered(route: Route) -> Route:
    """With hosts in small letters: the load balancer takes no notice of their case."""
    found = (
        replace(c, values=tuple(value.lower() for value in c.values)) if c.field == "host-header" and not c.regex else c
        for c in route.conditions
    )
    return replace(route, conditions=tuple(found))


def _single(condition: Condition) -> list[Condition]:
    """One condition for each value."""
    if condition.queries:
        return [replace(condition, queries=(query,)) for query in dict.fromkeys(condition.queries)]
    return [replace(condition, values=(value,)) for value in dict.fromkeys(condition.values)]


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
