"""Where a plan shares out requests: the rules and default actions, and which groups face each other there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.core.arns import Arn
from ecs2k8s.cutover.run.shares import PLACES, is_eks, weights

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.cutover.plan import Plan, Thing

BALANCER = 4  # parts of `listener/app/NAME/ID`


@dataclass(frozen=True, slots=True)
class Pair:
    """A place with the groups of both sides, as the plan names them."""

    place: Thing
    ecs: tuple[str, ...]
    eks: tuple[str, ...]

    @property
    def balancer(self) -> str:
        """`app/NAME/ID`, as metrics name the load balancer."""
        arn = Arn.parse(self.place.id)
        return "/".join(arn.resource.split("/")[1:BALANCER]) if arn else ""

    @property
    def subject(self) -> str:
        return self.place.id


def pairs(plan: Plan) -> tuple[Pair, ...]:
    """Each place that gets a group of EKS once, in the order of the plan."""
    return tuple({pair.place: pair for pair in _pairs(plan)}.values())


def _pairs(plan: Plan) -> Iterator[Pair]:
    for step in plan.steps:
        for move in step.moves:
            if move.thing.kind in PLACES:
                groups = weights(move.wanted)
                eks = tuple(group for group in groups if is_eks(group))
                if eks:
                    yield Pair(move.thing, tuple(group for group in groups if not is_eks(group)), eks)


def group_dimension(arn: str) -> str:
    """`targetgroup/NAME/ID`."""
    found = Arn.parse(arn)
    return found.resource if found else arn
