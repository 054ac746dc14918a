"""Where the order that the Gateway API gives the rules of a listener is another one than that of their priorities."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecs2k8s.assess.gateway import Ordered
from ecs2k8s.assess.precedence import same, swaps
from ecs2k8s.assess.witness import witness
from ecs2k8s.assess.words import words_of
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.gateway_rules import target_group_name
from ecs2k8s.translate.ingress_rules import service_of
from ecs2k8s.translate.routes import Forward

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecs2k8s.assess.lbc import Built
    from ecs2k8s.assess.precedence import Swap
    from ecs2k8s.translate.ingress import Routed
    from ecs2k8s.translate.routes import Route
    from ecs2k8s.translate.traffic import Routing

QUOTA = 100  # rules of a load balancer, without the default ones, unless AWS has raised it


def order_difference(routed: Routed, made: Ordered, source: tuple[Sequence[Route], Route], *, dual_stack: bool) -> str:
    """In words; empty where both surely do the same. Each rule that changed places says so itself."""
    rules, default = tuple(_by_name(route) for route in source[0]), _by_name(source[1])

    def before(one: int, other: int) -> bool:
        return made.ranks[one].surely_before(made.ranks[other])

    given, built = (rules, default), (made.rules, made.default)
    if same(given, built, before, dual_stack=dual_stack):
        return ""
    found = swaps(given, built, before, dual_stack=dual_stack)
    for swap in found:
        _say(swap, routed)
    listener = f"{routed.listener.protocol}:{routed.listener.port}"
    if found:
        return f"{listener} tries {_called(found[0].second, routed)} before {_called(found[0].first, routed)}, or may"
    shown = witness(given, built)
    if shown is None:
        return f"{listener} would have other rules, though no request was found that shows it"
    request, was, is_now = shown
    return f"{listener} answers `{request}` with {words_of(was)}, the new one with {words_of(is_now)}"


def _by_name(route: Route) -> Route:
    """Target groups outside the cluster by name, as a route refers to them."""
    if not isinstance(route.action, Forward):
        return route
    backends = tuple(
        (name if service_of(name) else f"target group {target_group_name(name)}", weight)
        for name, weight in route.action.backends
    )
    return replace(route, action=replace(route.action, backends=backends))


def _say(swap: Swap, routed: Routed) -> None:
    """On each of the two rules; the default action has none."""
    request = f"`{swap.request}` meets both" if swap.request else "one request may meet both"
    first, second = _called(swap.first, routed), _called(swap.second, routed)
    for place in (swap.first, swap.second):
        if place < len(routed.rules):
            view = routed.rules[place].view
            note(view, "Priority", "rule-in-gateway-order", first=first, second=second, request=request)


def _called(place: int, routed: Routed) -> str:
    return f"rule {routed.rules[place].priority}" if place < len(routed.rules) else "the default action"


def say_size(routing: Routing, built: Mapping[int, Built]) -> None:
    """Where the rules become more than a load balancer takes, because a match is one value of each condition."""
    count = sum(len(listener.rules) for listener in built.values() if isinstance(listener, Ordered))
    given = sum(len(routed.rules) for routed in routing.listeners)
    if count > max(QUOTA, given):
        note(routing.balancer.view, "LoadBalancerArn", "many-rules-in-gateway", count=count, given=given)
