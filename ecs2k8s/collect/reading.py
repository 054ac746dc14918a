"""What AWS answered so far, as the functions see it that decide what to ask for next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.errors import MappingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.collect.scope import Scope

Item = dict[str, Any]
Answer = tuple[Item, Item]  # the parameters of the request, and all its pages together


@dataclass(frozen=True, slots=True)
class Reading:
    """The answers to the calls that may be looked at: those that `after` names in mappings/collect.yaml."""

    scope: Scope
    region: str
    account: str
    known: Mapping[str, Item]  # ARN of a task definition to what the last snapshot holds of it
    given: dict[str, list[Answer]] = field(default_factory=dict)
    allowed: frozenset[str] | None = None  # none: all

    def limited(self, allowed: frozenset[str]) -> Reading:
        return Reading(self.scope, self.region, self.account, self.known, self.given, allowed)

    def answers(self, call: str) -> list[Answer]:
        """Raises `MappingError` where the row that asks does not say that it comes after *call*."""
        if self.allowed is not None and call not in self.allowed:
            raise MappingError(f"collect.yaml: a row reads the answers to {call} and does not come after it")
        return self.given.get(call, [])

    def items(self, call: str, key: str) -> Iterator[Any]:
        """All items below *key* of the answers to *call*."""
        for _, answer in self.answers(call):
            yield from answer.get(key) or ()
