"""Design A as a value: the places of a unit with their twins, and the groups that are made for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ecs2k8s.core.listing import listed
from ecs2k8s.cutover.planning.groups import twins
from ecs2k8s.cutover.planning.places import places
from ecs2k8s.cutover.planning.shift import Shift
from ecs2k8s.cutover.planning.test_rules import test_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.cutover.plan import Move
    from ecs2k8s.cutover.planning.ground import Ground
    from ecs2k8s.translate.target_group_binding import Binding


@dataclass(frozen=True, eq=False)
class Weighted:
    """`made` in the order of the ARNs of ECS, `shifts` in that of the places."""

    unit: Unit
    made: tuple[Binding, ...]
    shifts: tuple[Shift, ...]

    @classmethod
    def of(cls, ground: Ground, unit: Unit) -> Weighted:
        """Of a unit that nothing refuses."""
        known = twins(ground, unit)
        shifts = tuple(Shift.of(ground, place, known) for place in places(ground, unit))
        used = {key for each in shifts for key in each.place.sources}
        return cls(unit, tuple(binding for key, binding in sorted(known.items()) if key in used), shifts)

    @property
    def places(self) -> str:
        return listed([each.place.label for each in self.shifts], len(self.shifts))

    @property
    def groups(self) -> list[str]:
        return [binding.group.name for binding in self.made]

    @cached_property
    def _rules(self) -> tuple[Move | str, ...]:
        return tuple(test_rules(self.unit.name, self.shifts))

    @property
    def test_rules(self) -> tuple[Move, ...]:
        return tuple(rule for rule in self._rules if not isinstance(rule, str))

    def notes(self, shares: list[int]) -> Iterator[str]:
        for each in self.shifts:
            yield from _lag(each)
            yield from _misses(each, shares)
        yield from (said for said in self._rules if isinstance(said, str))


def _lag(shift: Shift) -> Iterator[str]:
    if shift.sticky:
        yield (
            f"{shift.place.label}: clients keep to a target group for {shift.sticky} seconds. The measured share lags "
            "behind the weights by that time, and going back moves no client that holds a cookie. A shorter time, set "
            "before, shortens both."
        )


def _misses(shift: Shift, shares: list[int]) -> Iterator[str]:
    if not any(shift.place.weights[group] for group in shift.twins):
        return
    for share in shares:
        reached = shift.reached(share)
        if reached != share:
            yield (
                f"{shift.place.label}: beside the other groups of the action, weights of at most 999 cannot say "
                f"{share} %: EKS gets {float(reached):.2f} % of what ECS had there."
            )
