"""The weights of design A as moves: all places of a unit together, attached, at each share, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.cutover.planning.actions import stickiness, with_weights
from ecs2k8s.cutover.planning.groups import named, stays_with_group
from ecs2k8s.cutover.planning.moves import move
from ecs2k8s.cutover.planning.weights import split
from ecs2k8s.cutover.things.elbv2_actions import actions as in_one_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from fractions import Fraction

    from ecs2k8s.cutover.plan import Move, State
    from ecs2k8s.cutover.planning.ground import Ground
    from ecs2k8s.cutover.planning.groups import Key
    from ecs2k8s.cutover.planning.places import Place
    from ecs2k8s.translate.target_group_binding import Binding


@dataclass(frozen=True, slots=True, eq=False)
class Shift:
    """A place with the twins of its groups. `attached`: with the twins at weight 0, and the rest as found."""

    place: Place
    twins: Mapping[str, str]  # ARN of the group of ECS to what the new one is called
    attached: State
    sticky: int | None  # for how many seconds clients keep to a group

    @classmethod
    def of(cls, ground: Ground, place: Place, known: Mapping[Key, Binding]) -> Shift:
        twins = {arn: named(known[arn, part]) for arn, part in place.sources}
        weights = place.weights | dict.fromkeys(twins.values(), 0)
        sticky = stays_with_group(ground, place.weights)
        attached = in_one_form(with_weights(place.actions, weights, sticky))
        return cls(place, twins, place.with_actions(attached), stickiness(attached))

    def at(self, share: int) -> State:
        weights = split(self.place.weights, self.twins, share).weights
        return self.place.with_actions(in_one_form(with_weights(self.place.actions, weights, self.sticky)))

    def reached(self, share: int) -> Fraction:
        return split(self.place.weights, self.twins, share).reached


def attach(shifts: Iterable[Shift]) -> tuple[Move, ...]:
    return tuple(move(each.place.thing, each.place.found, each.attached) for each in shifts)


def to(shifts: Iterable[Shift], before: int, share: int) -> tuple[Move, ...]:
    """From one share to another; a place whose weights cannot express it better stays."""
    pairs = [(each, _state(each, before), _state(each, share)) for each in shifts]
    return tuple(move(each.place.thing, one, other) for each, one, other in pairs if one != other)


def back_to_attached(shifts: Sequence[Shift], share: int) -> tuple[Move, ...]:
    """One call for each place, straight to the attached image."""
    return to(shifts, share, 0)


def _state(shift: Shift, share: int) -> State:
    return shift.at(share) if share else shift.attached
