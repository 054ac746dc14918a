"""Which target a request goes to: the rule, the target group by weight or cookie, the target by turns.

The rule is picked as `ecs2k8s.assess.alb` says, by conditions that `tests/source_routes.py` reads.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qsl

from ecs2k8s.assess.alb import Request, choose
from ecs2k8s.translate.routes import Forward
from tests.source_routes import source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random

    from ecs2k8s.translate.routes import Route
    from tests.harness.control_plane import Listener, Target
    from tests.harness.http1 import Head

COOKIE = "AWSALBTG"
Health = Literal["initial", "healthy", "unhealthy"]
Look = "Callable[[str, Target], Health]"


@dataclass(frozen=True, slots=True)
class Routes:
    """The rules of one listener, read once for each time that they change."""

    rules: tuple[Route, ...]
    default: Route

    @classmethod
    def of(cls, listener: Listener) -> Routes:
        return cls(*source(listener.document, list(listener.rules)))

    def choose(self, request: Request) -> Route:
        return choose(self.rules, self.default, request)

    def groups(self) -> set[str]:
        """Those that requests may be sent to, at weight 0 too: their targets are checked, all others are `unused`."""
        actions = (route.action for route in (*self.rules, self.default))
        return {arn for action in actions if isinstance(action, Forward) for arn, _ in action.backends}


def request_of(head: Head, peer: str) -> Request:
    """What conditions can see of it."""
    method, target, _ = head.first.split(" ", 2)
    path, _, query = target.partition("?")
    host = head.named.get("host", "").partition(":")[0]
    pairs = tuple(parse_qsl(query, keep_blank_values=True)) if query else ()
    return Request(method, host, path, tuple(head.pairs), pairs, peer)


@dataclass(frozen=True, slots=True)
class Picked:
    """A group, and the cookie that binds the client to it where the action wants one."""

    group: str | None
    cookie: str = ""


def pick(action: Forward, cookies: str, now: float, random: Random, *, stays_at_zero: bool) -> Picked:
    """The group by the client's cookie, else by weight; no group where all weights are 0.

    `stays_at_zero`: whether a cookie holds its client with a group whose weight is 0. AWS does not say.
    """
    weights = dict(action.backends)
    if action.sticky is not None:
        kept = bound(cookies, now)
        if kept in weights and (weights[kept] or stays_at_zero):
            return Picked(kept)
    if not any(weights.values()):
        return Picked(None)
    [group] = random.choices(list(weights), list(weights.values()))
    return Picked(group, "" if action.sticky is None else _cookie(group, now + action.sticky))


def bound(cookies: str, now: float) -> str | None:
    """The group in the cookie, if there is one that can be read and is not over."""
    for each in cookies.split(";"):
        name, _, value = each.strip().partition("=")
        if name == COOKIE:
            try:
                group, _, until = base64.urlsafe_b64decode(value).decode().partition("|")
                return group if now < float(until) else None
            except (binascii.Error, ValueError):
                return None
    return None


def _cookie(group: str, until: float) -> str:
    return base64.urlsafe_b64encode(f"{group}|{until:.0f}".encode()).decode()


@dataclass(frozen=True, slots=True)
class Turn:
    """Whom it goes to, or why nobody."""

    targets: tuple[Target, ...]
    why_none: str = ""


def takers(group: str, targets: Iterable[Target], look: Callable[[str, Target], Health]) -> Turn:
    """The targets of a group that get requests: the healthy ones, else, if all fail their checks, all of them.

    Targets that have not passed their first check get none, also when there are no others: a group that weight is
    moved to before it is healthy answers 503 (argo-rollouts 2864 and 4433). Nor does any other group step in.
    """
    found = {target: look(group, target) for target in targets}
    if not found:
        return Turn((), "no registered target")
    healthy = tuple(target for target, health in found.items() if health == "healthy")
    failing = tuple(target for target, health in found.items() if health == "unhealthy")
    return Turn(healthy or failing, "" if healthy or failing else "all targets are initial")
