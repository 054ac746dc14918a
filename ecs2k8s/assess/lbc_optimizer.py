"""Which rules the controller leaves out of a listener.

Source: https://github.com/kubernetes-sigs/aws-load-balancer-controller, `pkg/ingress/rule_optimizer.go`: first the
redirects that it takes for endless loops, then the rules that it takes for dead behind a redirect. Its holes are
modelled as they are: regular expressions of hosts are not collected, and no hosts count as any host. What is compared
are texts, so the regular expressions of paths only equal themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.translate.routes import Redirect, Route

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.translate.routes import Field


def optimize(routes: Iterable[Route], port: int, protocol: str) -> tuple[Route, ...]:
    kept: list[Route] = []
    for route in routes:
        if is_loop(route, port, protocol) or any(shadows(earlier, route) for earlier in kept):
            continue
        kept.append(route)
    return tuple(kept)


def is_loop(route: Route, port: int, protocol: str) -> bool:
    """Whether the controller thinks that *route* redirects to itself; other conditions are not looked at."""
    to = route.action
    if not isinstance(to, Redirect):
        return False
    if any(condition.field == "path-pattern" and condition.regex for condition in route.conditions):
        return False
    return (
        to.host in {"#{host}", *_texts(route, "host-header")}
        and to.path in {"/#{path}", *_texts(route, "path-pattern")}
        and to.port in {"#{port}", str(port)}
        and to.protocol in {"#{protocol}", protocol}
        and to.query == "#{query}"
    )


def shadows(earlier: Route, later: Route) -> bool:
    """Whether the controller thinks that no request reaches *later*, because *earlier* redirects all of them."""
    if not isinstance(earlier.action, Redirect):
        return False
    if any(condition.field not in {"host-header", "path-pattern"} for condition in earlier.conditions):
        return False
    paths = _texts(earlier, "path-pattern")
    return _holds(_texts(earlier, "host-header"), _texts(later, "host-header")) and (
        "/*" in paths or _holds(paths, _texts(later, "path-pattern"))
    )


def _holds(wide: set[str], narrow: set[str]) -> bool:
    return not wide or (bool(narrow) and wide >= narrow)


def _texts(route: Route, field: Field) -> set[str]:
    """The values that the controller collects: globs, and for paths regular expressions too."""
    found = [c for c in route.conditions if c.field == field and (field == "path-pattern" or not c.regex)]
    return {value for condition in found for value in condition.values}
