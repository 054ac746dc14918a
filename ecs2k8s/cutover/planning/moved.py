"""What an earlier cutover left in a newer snapshot: groups of ours in the actions, and who gets the requests now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.cutover.plan import Thing
from ecs2k8s.cutover.planning.actions import with_weights
from ecs2k8s.cutover.planning.groups import is_ours
from ecs2k8s.cutover.planning.moves import move
from ecs2k8s.cutover.planning.places import places
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.cutover.things.elbv2_actions import actions as in_one_form
from ecs2k8s.cutover.things.elbv2_rule import TESTED, test_rule_id
from ecs2k8s.resolve.balancers import listener_of_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.cutover.plan import Move
    from ecs2k8s.cutover.planning.ground import Ground
    from ecs2k8s.cutover.planning.places import Place

TEST_RULE = "elbv2.test-rule"


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """A place with the groups of ECS and those of ours that its action names."""

    place: Place
    ecs: frozenset[str]
    eks: frozenset[str]

    @property
    def weight_of_ecs(self) -> int:
        return sum(self.place.weights[group] for group in self.ecs)

    @property
    def weight_of_eks(self) -> int:
        return sum(self.place.weights[group] for group in self.eks)

    def without(self, gone: frozenset[str]) -> Move:
        """The action with the groups that stay, each with its weight."""
        left = {group: weight for group, weight in self.place.weights.items() if group not in gone}
        wanted = self.place.with_actions(in_one_form(with_weights(self.place.actions, left)))
        return move(self.place.thing, self.place.found, wanted)


def moved(ground: Ground, unit: Unit) -> list[Moved]:
    """Every place of the unit, also those that no cutover has touched."""
    return [_moved(ground, place) for place in places(ground, unit)]


def _moved(ground: Ground, place: Place) -> Moved:
    ecs = frozenset(arn for arn, _ in place.sources)
    return Moved(place, ecs, frozenset(arn for arn in place.weights if arn not in ecs and is_ours(ground, arn)))


def test_rules_gone(ground: Ground, unit: Unit) -> tuple[Move, ...]:
    """The test rules of the unit that the snapshot still has."""
    return tuple(move(thing, KINDS[TEST_RULE].then(ground.documents, thing.id), None) for thing in _rules(ground, unit))


def _rules(ground: Ground, unit: Unit) -> Iterator[Thing]:
    for (shape, arn), _ in sorted(ground.documents.items()):
        name = (ground.tags(arn) or {}).get(TESTED, "") if shape == "elbv2.Rule" else ""
        if name.rpartition("-")[0] == unit.name:
            yield Thing(TEST_RULE, test_rule_id(listener_of_rule(arn), name))


def each(found: list[Moved], gone: Callable[[Moved], frozenset[str]]) -> tuple[Move, ...]:
    return tuple(one.without(gone(one)) for one in found if gone(one))
