"""Where a plan shares out requests: the rules and default actions, and which groups face each other there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.core.arns import Arn
from ecs2k8s.cutover.run.shares import PLACES, is_eks, weights

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecs2k8s.cutover.plan import Move, Plan, Thing

ENDINGS: Mapping[str, tuple[str, ...]] = {"decommission": ("ecs",), "remove": ("eks",)}  # the sides that go
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
    """Each place that gets a group of EKS, or loses one of either side, once, in the order of the plan."""
    moves = (move for step in plan.steps for move in step.moves if move.thing.kind in PLACES)
    found = _ending(plan, moves) if plan.purpose in ENDINGS else _led(moves)
    return tuple({pair.place: pair for pair in found}.values())


def _led(moves: Iterable[Move]) -> Iterator[Pair]:
    for move in moves:
        groups = weights(move.wanted)
        eks = tuple(group for group in groups if is_eks(group))
        if eks:
            yield Pair(move.thing, tuple(group for group in groups if not is_eks(group)), eks)


def _ending(plan: Plan, moves: Iterable[Move]) -> Iterator[Pair]:
    """A later snapshot knows all groups by their ARN: what the plan takes out of the action tells the side."""
    for move in moves:
        left = tuple(weights(move.wanted))
        gone = tuple(group for group in weights(move.before) if group not in left)
        if gone:
            yield Pair(move.thing, gone, left) if plan.purpose == "decommission" else Pair(move.thing, left, gone)


def going(plan: Plan) -> tuple[str, ...]:
    """The groups that the plan takes away; of one that moves a unit all, since either side may have to go."""
    sides = ENDINGS.get(plan.purpose, ("ecs", "eks"))
    return tuple(dict.fromkeys(group for pair in pairs(plan) for side in sides for group in getattr(pair, side)))


def balancer_arn(pair: Pair) -> str:
    """Of the load balancer that the rule or listener belongs to."""
    begin, _, rest = pair.place.id.partition(":listener")
    return f"{begin}:loadbalancer/{pair.balancer}" if rest else ""


def group_dimension(arn: str) -> str:
    """`targetgroup/NAME/ID`."""
    found = Arn.parse(arn)
    return found.resource if found else arn
