"""Which share of the requests EKS had, from when to when: each state of the weights that the run has seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.cutover.journal.events import Intent, Verified
from ecs2k8s.cutover.run.shares import PLACES, share, weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecs2k8s.cutover.journal.events import Way
    from ecs2k8s.cutover.journal.lines import Line
    from ecs2k8s.cutover.plan import State, Thing

ODD = (KeyError, TypeError, ValueError, AttributeError)  # of a state that has not the form of its kind


@dataclass(frozen=True, slots=True)
class Stage:
    """From `line` on the rules and listeners of the unit gave EKS from `least` to `most` of their requests."""

    line: Line
    step: str
    way: Way
    least: float
    most: float

    @property
    def told(self) -> str:
        return per_cent(self.most) if self.least == self.most else f"{per_cent(self.least)} to {per_cent(self.most)}"


def stages(lines: Sequence[Line]) -> list[Stage]:
    """All places of a unit change one after the other within one step: that is one stage, which ends with the last."""
    found: list[Stage] = []
    now: dict[Thing, float] = {}
    way: Way = "forth"
    for line in lines:
        said = line.event
        if isinstance(said, Intent):
            way = said.way
        if not isinstance(said, Verified) or (part := part_of_eks(said.thing, said.state)) is None:
            continue
        now[said.thing] = part
        stage = Stage(line, said.step, way, min(now.values()), max(now.values()))
        if found and (found[-1].step, found[-1].way) == (stage.step, stage.way):
            found.pop()
        if not found or (found[-1].least, found[-1].most) != (stage.least, stage.most):
            found.append(stage)
    return found


def per_cent(part: float) -> str:
    return f"{part * 100:.4g} %"


def part_of_eks(thing: Thing, state: State) -> float | None:
    """None where it shares out no requests."""
    try:
        return share(state) if thing.kind in PLACES and weights(state) else None
    except ODD:
        return None
