"""What no request reaches on the load balancer of today: rules, and values of rules, that earlier ones take before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecs2k8s.assess.parts import is_taken, met
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.routing import leaf_of_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecs2k8s.assess.parts import Met
    from ecs2k8s.translate.ingress import Routed, Ruled
    from ecs2k8s.translate.routes import Condition, Route

    Earlier = list[tuple[str, list[Met]]]  # by priority: what the parts of each rule ask for


def say_unreachable(routed: Routed, *, dual_stack: bool) -> None:
    """On the rule where all of it is dead, else on each value that is."""
    earlier: Earlier = []
    for rule in routed.rules:
        asked = met(rule.route, dual_stack=dual_stack)
        takers = _takers(asked, earlier)
        if takers:
            note(rule.view, "Priority", "rule-unreachable", priority=rule.priority, earlier=_named(takers))
        else:
            _say_values(rule, earlier, dual_stack=dual_stack)
        earlier.append((rule.priority, asked))


def _say_values(rule: Ruled, earlier: Earlier, *, dual_stack: bool) -> None:
    for place, condition in enumerate(rule.route.conditions):
        for number, (value, alone) in enumerate(_values(condition)):
            takers = _takers(met(_with(rule.route, place, alone), dual_stack=dual_stack), earlier)
            if takers:
                said = {"value": value, "priority": rule.priority, "earlier": _named(takers)}
                view = rule.view["Conditions"][place]
                note(view, leaf_of_value(view, condition, number), "value-unreachable", **said)


def _values(condition: Condition) -> Iterator[tuple[str, Condition]]:
    """Each value as AWS would have it said, and the condition with that value only."""
    for value in condition.values:
        yield value, replace(condition, values=(value,))
    for key, value in condition.queries:
        yield value if key is None else f"{key}={value}", replace(condition, queries=((key, value),))


def _with(route: Route, place: int, condition: Condition) -> Route:
    return replace(route, conditions=(*route.conditions[:place], condition, *route.conditions[place + 1 :]))


def _takers(asked: Sequence[Met], earlier: Earlier) -> list[str]:
    """The rules that together take all of *asked*, by priority; empty where some of it is left."""
    found = [next((priority for priority, parts in earlier if is_taken(part, parts)), None) for part in asked]
    return [priority for priority, _ in earlier if priority in found] if None not in found else []


def _named(priorities: Sequence[str]) -> str:
    *others, last = priorities
    return f"rules {', '.join(others)} and {last}" if others else f"rule {last}"
