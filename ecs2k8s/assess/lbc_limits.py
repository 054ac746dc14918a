"""What the controller hands on and ELB refuses: the whole group fails all the same.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html and the API
reference of CreateRule. The number of rules of a load balancer is a quota that can be raised, so it is not here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecs2k8s.assess.lbc_annotations import reject
from ecs2k8s.translate.routes import FixedResponse, Forward, Redirect

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.translate.routes import Action, Condition, Route

MOST_VALUES = 5
MOST_WILDCARDS = 5
MOST_TARGET_GROUPS = 5
MOST_WEIGHT = 999
LONGEST_STICKINESS = 604800  # seconds
LONGEST_BODY = 1024
CONTENT_TYPES = {"", "text/plain", "text/css", "text/html", "application/javascript", "application/json"}
ONCE = {"host-header", "path-pattern", "http-request-method", "source-ip"}
UNESCAPED = re.compile(r"\\.|([*?])", re.DOTALL)


def check(route: Route, protocol: str) -> None:
    _check_conditions(route.conditions)
    _check_action(route.action, protocol)


def _check_conditions(conditions: Iterable[Condition]) -> None:
    found = list(conditions)
    once = [condition.field for condition in found if condition.field in ONCE]
    if len(set(once)) != len(once):
        reject("two conditions of one field that a rule has once at most")
    if any(c.field == "http-header" and not c.name for c in found) or any("" in c.values for c in found):
        reject("an empty name of a header or an empty value")
    if sum(len(c.values) + len(c.queries) for c in found) > MOST_VALUES:
        reject(f"more than {MOST_VALUES} condition values in a rule")
    if sum(wildcards(condition) for condition in found) > MOST_WILDCARDS:
        reject(f"more than {MOST_WILDCARDS} wildcards in a rule")


def wildcards(condition: Condition) -> int:
    """How many `*` and `?` there are. A backslash takes the meaning away only in query strings.

    Whether ELB counts `**` as one is not documented: two, to be safe.
    """
    if condition.regex or condition.field in {"source-ip", "http-request-method"}:
        return 0
    queries = [text for pair in condition.queries for text in pair if text]
    escaped = sum(1 for text in queries for found in UNESCAPED.finditer(text) if found[1])
    return escaped + sum(value.count("*") + value.count("?") for value in condition.values)


def _check_action(action: Action, protocol: str) -> None:
    match action:
        case Forward():
            _check_forward(action)
        case Redirect():
            _check_redirect(action, protocol)
        case FixedResponse():
            _check_response(action)


def _check_forward(action: Forward) -> None:
    names = [name for name, _ in action.backends]
    if not 1 <= len(names) <= MOST_TARGET_GROUPS:
        reject(f"{len(names)} target groups in one action: 1 to {MOST_TARGET_GROUPS} are allowed")
    if len(set(names)) != len(names):
        reject("a target group twice in one action")
    if any(not 0 <= weight <= MOST_WEIGHT for _, weight in action.backends):
        reject(f"a weight outside of 0 to {MOST_WEIGHT}")
    if action.sticky is not None and not 1 <= action.sticky <= LONGEST_STICKINESS:
        reject(f"stickiness for {action.sticky} seconds")


def _check_redirect(action: Redirect, protocol: str) -> None:
    if action.status not in {"HTTP_301", "HTTP_302"}:
        reject(f"redirect with status {action.status}")
    if action.protocol not in {"HTTP", "HTTPS", "#{protocol}"} or (protocol, action.protocol) == ("HTTPS", "HTTP"):
        reject(f"redirect from {protocol} to {action.protocol}")
    if (
        not action.host
        or not action.path.startswith("/")
        or not re.fullmatch(r"#\{port\}|[1-9][0-9]{0,4}", action.port)
    ):
        reject("redirect to a host, port or path that cannot be")
    if action == Redirect(action.status, query=action.query):
        reject("a redirect that changes neither protocol, port, host nor path")


def _check_response(action: FixedResponse) -> None:
    if not re.fullmatch(r"[245][0-9]{2}", action.status):
        reject(f"fixed response with status {action.status}")
    if action.content_type not in CONTENT_TYPES or len(action.body) > LONGEST_BODY:
        reject("fixed response of another content type or longer than ELB takes it")
