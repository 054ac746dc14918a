"""Rules through which only requests with a secret header reach the pods: the same load balancer, TLS and firewall."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.cutover.plan import Thing
from ecs2k8s.cutover.planning.actions import CARRIED, with_weights
from ecs2k8s.cutover.planning.groups import OURS
from ecs2k8s.cutover.planning.moves import move
from ecs2k8s.cutover.planning.places import LISTENER
from ecs2k8s.cutover.things.elbv2_actions import actions as in_one_form
from ecs2k8s.cutover.things.elbv2_actions import conditions
from ecs2k8s.cutover.things.elbv2_rule import TESTED, test_rule_id
from ecs2k8s.cutover.things.later import SECRET_VALUE, TEST_HEADER
from ecs2k8s.resolve.balancers import priority

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.cutover.plan import Move
    from ecs2k8s.cutover.planning.places import Place
    from ecs2k8s.cutover.planning.shift import Shift
    from ecs2k8s.resolve.balancers import Listener

HIGHEST = 50_000  # priorities begin at 1
VALUES = 5  # that the conditions of a rule may have: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
HEADER = {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": TEST_HEADER, "Values": [SECRET_VALUE]}}


def test_rules(unit: str, shifts: Iterable[Shift]) -> Iterator[Move | str]:
    """A move for each place, or why there is none."""
    for number, each in enumerate(shifts, 1):
        why = why_not(each.place)
        if why:
            yield f"{each.place.label} gets no test rule: {why}"
        else:
            yield _make(f"{unit}-{number}", each)


def why_not(place: Place) -> str:
    if any(action.get("Type") in CARRIED for action in place.actions):
        return "its action asks people to log in, and a test rule would let requests past that"
    if _values(place.found.get("Conditions", ())) >= VALUES:
        return f"its conditions have {VALUES} values already, and the header would be one more"
    if _priority(place) is None:
        return "no priority before it is free"
    return ""


def _make(name: str, each: Shift) -> Move:
    place = each.place
    found = {twin: place.weights[group] for group, twin in each.twins.items()}
    new = found if any(found.values()) else dict.fromkeys(found, 1)
    actions = in_one_form(with_weights(place.actions, new, each.sticky if len(new) > 1 else None))
    state = {
        "Actions": actions,
        "Conditions": conditions([*place.found.get("Conditions", ()), HEADER]),
        "Priority": str(_priority(place)),
        "Tags": OURS | {TESTED: name},
    }
    more = {"Transforms": place.found["Transforms"]} if "Transforms" in place.found else {}
    return move(Thing("elbv2.test-rule", test_rule_id(place.listener.arn, name)), None, state | more)


def _priority(place: Place) -> int | None:
    """The free number closest before the rule; for a default action the one behind all rules."""
    rules = [number for rule in place.listener.rules if (number := priority(rule)) is not None]
    given = _given(place.listener, rules)
    return given.get(None if place.thing.kind == LISTENER else priority(place.view))


def _given(listener: Listener, rules: list[int]) -> dict[int | None, int]:
    """Each rule of the listener to its number, so that plans of several units take different ones."""
    taken = set(rules)
    found: dict[int | None, int] = {}
    for rule in sorted(rules):
        free = next((number for number in range(rule - 1, 0, -1) if number not in taken), None)
        if free is not None:
            found[rule] = free
            taken.add(free)
    last = max(taken, default=0) + 1
    return found | ({None: last} if last <= HIGHEST and listener.arn else {})


def _values(conditions: Iterable[Any]) -> int:
    """Every value counts, and each pair of a query string once."""
    return sum(
        len(values)
        for condition in conditions
        for config in condition.values()
        if isinstance(config, dict)
        for values in config.values()
        if isinstance(values, list)
    )
