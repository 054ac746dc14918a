"""Routes in words, for tables and findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.translate.routes import FixedResponse, Forward, Redirect

if TYPE_CHECKING:
    from ecs2k8s.translate.routes import Action, Route


def words_of(route: Route) -> str:
    """What the route does, not when: `authenticate-oidc, then forward shop/web:8080`."""
    parts: list[str] = [route.authentication.kind] if route.authentication else []
    parts += [transform.kind for transform in route.transforms]
    return ", then ".join([*parts, _action(route.action)])


def _action(action: Action) -> str:
    if isinstance(action, Redirect):
        query = "" if action.query == "#{query}" else f"?{action.query}"
        status = action.status.removeprefix("HTTP_")
        return f"redirect {action.protocol}://{action.host}:{action.port}{action.path}{query} {status}"
    if isinstance(action, FixedResponse):
        return f"fixed response {action.status}"
    return _forward(action)


def _forward(action: Forward) -> str:
    weighted = len(action.backends) > 1
    names = [f"{_name(backend)} ({weight})" if weighted else _name(backend) for backend, weight in action.backends]
    sticky = "" if action.sticky is None else f", sticky {action.sticky} s"
    return f"forward {' + '.join(names)}{sticky}"


def _name(backend: str) -> str:
    """A target group by its name, a Service as it is."""
    return backend.split("/")[1] if backend.startswith("arn:") and backend.count("/") > 1 else backend
