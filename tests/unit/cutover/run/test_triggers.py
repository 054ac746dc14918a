"""What a failure leads to while EKS gets requests: a pause where going back is no answer to it, else the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.run.engine import carry
from ecs2k8s.cutover.run.shares import share
from tests.cutover_world import RULE, Quick, World, of, ramp

if TYPE_CHECKING:
    from pathlib import Path

    from ecs2k8s.cutover.plan import Step
    from ecs2k8s.cutover.verdicts import Result


@dataclass
class Grave(World):
    """What fails is grave, or not; it begins to fail once EKS has a quarter."""

    grave: bool = False

    def judge(self, check: str, step: Step) -> Result:
        its = super().judge(check, step)
        if share(self.states[RULE]) < 0.25:
            return structs.replace(its, verdict="pass")
        return structs.replace(its, grave=self.grave and its.verdict == "fail")


@pytest.mark.parametrize("of_the_step", [True, False])
@pytest.mark.parametrize(
    ("check", "grave", "state", "left"),
    [
        ("T02", False, "rolled_back", 0.0),
        ("T04", False, "paused", 0.25),
        ("T04", True, "rolled_back", 0.0),
        ("T12", False, "paused", 0.25),
        ("T12", True, "rolled_back", 0.0),
        ("T13", False, "paused", 0.25),  # there is no ECS that requests could go back to
    ],
)
def test_a_failure_pauses_or_leads_back(
    tmp_path: Path, check: str, grave: bool, state: str, left: float, of_the_step: bool
) -> None:
    """Whether the trigger sees it first or the checks of the step do."""
    plan = ramp()
    checks = (check,) if of_the_step else ()
    plan = structs.replace(plan, steps=tuple(structs.replace(step, checks=checks) for step in plan.steps))
    world = Grave(plan, of(plan), verdicts={check: "fail"}, grave=grave)
    with Journal.create(tmp_path, plan, "01J", world.clock, disk=Quick(), mode="execute", who="someone") as journal:
        assert carry(world.run(journal), "someone").state == state
    assert share(world.states[RULE]) == left


@dataclass
class Unanswered(World):
    """T10 has no answer, and somebody waives that, or nobody does."""

    waives: bool = False

    def waived(self, _: Result) -> str:
        return "ann" if self.waives else ""  # of all, as nothing else fails here


@pytest.mark.parametrize(("waives", "state"), [(False, "paused"), (True, "completed")])
def test_what_cannot_be_judged_pauses_unless_it_is_waived(tmp_path: Path, waives: bool, state: str) -> None:
    plan = ramp()
    world = Unanswered(plan, of(plan), verdicts={"T10": "error"}, waives=waives)
    with Journal.create(tmp_path, plan, "01J", world.clock, disk=Quick(), mode="execute", who="someone") as journal:
        assert carry(world.run(journal), "someone").state == state
