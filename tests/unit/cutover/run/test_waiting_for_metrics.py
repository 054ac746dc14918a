"""A step that shifts waits until the new share can be judged, and no longer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.run.context import Pace
from ecs2k8s.cutover.run.engine import carry
from ecs2k8s.cutover.run.shares import shifts
from tests.cutover_world import Quick, World, of, ramp

if TYPE_CHECKING:
    from pathlib import Path

    from ecs2k8s.cutover.plan import Step
    from ecs2k8s.cutover.verdicts import Result


@dataclass
class Measured(World):
    """T01 has no whole minute until *after* seconds after the step was asked about first."""

    after: float = 0.0
    asked_at: dict[str, float] = field(default_factory=dict)

    def judge(self, check: str, step: Step) -> Result:
        its = super().judge(check, step)
        if check != "T01":
            return its
        began = self.asked_at.setdefault(step.id, self.clock.monotonic())
        young = self.clock.monotonic() - began < self.after
        return structs.replace(its, verdict="inconclusive") if young else its


@pytest.mark.parametrize(("after", "state"), [(300.0, "completed"), (2 * Pace().measured, "paused")])
def test_a_share_that_cannot_be_judged_yet_is_waited_for(tmp_path: Path, after: float, state: str) -> None:
    plan = ramp()
    steps = tuple(structs.replace(each, checks=("T01",), wait=None) if shifts(each) else each for each in plan.steps)
    plan = structs.replace(plan, steps=steps)
    world = Measured(plan, of(plan), after=after)
    with Journal.create(tmp_path, plan, "01J", world.clock, disk=Quick(), mode="execute", who="someone") as journal:
        assert carry(world.run(journal), "someone").state == state
