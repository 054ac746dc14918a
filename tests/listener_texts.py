"""Listeners as short texts, as the worked examples of routing print them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.translate.routes import Condition, FixedResponse, Forward, Redirect, Route

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.assess.lbc import Built
    from ecs2k8s.translate.routes import Action


def of_listeners(listeners: Iterable[Built]) -> str:
    return "".join(_listener(listener) for listener in listeners)


def _listener(listener: Built) -> str:
    rules = [f"  {number:>3}  {of_rule(rule)}\n" for number, rule in enumerate(listener.rules, 1)]
    return "".join([f"{listener.protocol}:{listener.port}\n", *rules, f"  def  {of_deed(listener.default)}\n"])


def of_rule(rule: Route) -> str:
    return f"{' AND '.join(map(_condition, rule.conditions))}  ->  {of_deed(rule)}"


def _condition(condition: Condition) -> str:
    queries = [value if key is None else f"{key}={value}" for key, value in condition.queries]
    name = f" {condition.name}" if condition.name else ""
    return f"{condition.field}{name}{' ~' if condition.regex else ''} [{', '.join([*condition.values, *queries])}]"


def of_deed(route: Route) -> str:
    first = f"{route.authentication.kind} then " if route.authentication else ""
    last = f"  + {', '.join(transform.kind for transform in route.transforms)}" if route.transforms else ""
    return first + _action(route.action) + last


def _action(action: Action) -> str:
    match action:
        case Forward():
            return f"forward {_backends(action)}{' sticky' if action.sticky else ''}"
        case Redirect():
            return f"redirect {action.protocol}://{action.host}:{action.port}{action.path} {action.status}"
        case FixedResponse():
            return f"fixed {action.status}"


def _backends(forward: Forward) -> str:
    single = len(forward.backends) == 1
    return " + ".join(_name(name) if single else f"{_name(name)}@{weight}" for name, weight in forward.backends)


def _name(backend: str) -> str:
    """`service:port` without the namespace; `tg:` and the name for the ARN of a target group."""
    return f"tg:{backend.split('/')[1]}" if backend.startswith("arn:") else backend.rpartition("/")[2]
