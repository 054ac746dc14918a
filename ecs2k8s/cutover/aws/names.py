"""Puts ARNs in where a plan has names, because they did not exist yet, and the names back in what is read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecs2k8s.cutover.plan import Request, dump
from ecs2k8s.cutover.things.kind import NAMED
from ecs2k8s.cutover.things.later import later
from ecs2k8s.cutover.world import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.cutover.plan import Plan
    from ecs2k8s.cutover.things.kind import Ask

GROUP = re.compile(r"arn:[^:]+:elasticloadbalancing:[^:]+:\d+:targetgroup/([A-Za-z0-9-]+)/[0-9a-f]+")
IN_PLAN = re.compile(rf'"{NAMED}([A-Za-z0-9-]+)"'.encode())


def named_in(plan: Plan) -> frozenset[str]:
    """The names of the target groups that the plan makes."""
    return frozenset(name.decode() for name in IN_PLAN.findall(dump(plan)))


@dataclass(slots=True)
class Names:
    """The target groups of one plan. An ARN is asked for once, and again after its group was made or deleted."""

    names: frozenset[str]
    known: dict[str, str] = field(default_factory=dict)  # `targetgroup:NAME` to the ARN

    def put_back(self, value: Any) -> Any:
        """*value*, an answer, with names for the ARNs of these groups."""
        return _each(value, lambda _, text: self._name(text))

    def _name(self, text: str) -> str:
        found = GROUP.fullmatch(text)
        if not found or found[1] not in self.names:
            return text
        self.known[NAMED + found[1]] = text
        return NAMED + found[1]

    def for_read(self, ask: Ask, parameters: Any) -> Any:
        """*parameters* of a read; None where a group does not exist."""
        wanted = {f"{NAMED}{name}" for name in self.names}
        lacking: list[str] = []

        def found(_: str, text: str) -> str:
            if text not in wanted:
                return text
            arn = self._arn(ask, text)
            if arn is None:
                lacking.append(text)
            return arn or text

        filled = _each(parameters, found)
        return None if lacking else filled

    def _arn(self, ask: Ask, name: str) -> str | None:
        if name not in self.known:
            known = later("TargetGroupArn", name)
            found = known[0].find(ask, known[1]) if known else None
            if found is None:
                return None
            self.known[name] = found
        return self.known[name]

    def for_send(self, ask: Ask, request: Request) -> Request:
        """*request* with all that exists now. Raises `RefusedError` where something does not."""

        def found(key: str, text: str) -> str:
            known = later(key, text)
            if known is None:
                return text
            value = self._arn(ask, text) if text.startswith(NAMED) else known[0].find(ask, known[1])
            if value is None:
                raise RefusedError(f"{request.call}: {text} does not exist; nothing was sent")
            return value

        return Request(request.call, _each(request.parameters, found))

    def forget(self) -> None:
        """After a call that may have made or deleted a group."""
        self.known.clear()


def _each(value: Any, change: Callable[[str, str], str], key: str = "") -> Any:
    """*value* with every text changed, by the key that it stands under."""
    if isinstance(value, dict):
        return {name: _each(its, change, name) for name, its in value.items()}
    if isinstance(value, list):
        return [_each(its, change, key) for its in value]
    return change(key, value) if isinstance(value, str) else value
