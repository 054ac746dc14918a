"""What somebody else changed is taken as it is, where the plan is done with it and the way back does not write it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.run.engine import Outcome, back, carry
from ecs2k8s.cutover.run.shares import weights
from tests.cutover_world import GROUP, NEW, OLD, RULE, SCALE, Quick, World, forward, handed_over, of, ramp

if TYPE_CHECKING:
    from pathlib import Path

    from ecs2k8s.cutover.plan import Plan, State, Step, Thing


@dataclass
class Gated(World):
    """Nobody approves the step `gate`, until somebody does."""

    gate: str = "P6.04"

    def approved(self, step: Step) -> str:
        return self.unapproved if step.id == self.gate else ""


def stopped(plan: Plan, folder: Path, thing: Thing, state: State, gate: str = "P6.04") -> World:
    """A run of *plan* that waits before *gate*, with *thing* changed by somebody else, which it found."""
    world = Gated(plan, of(plan), unapproved="nobody did", gate=gate)
    assert carried(world, folder).code == 5
    world.unapproved = ""
    world.states[thing] = state
    assert carried(world, folder).code == 4
    return world


def carried(world: World, folder: Path, *, adopting: bool = False) -> Outcome:
    with opened(world, folder) as journal:
        return carry(world.run(journal), "ann", adopting=adopting)


def opened(world: World, folder: Path) -> Journal:
    if (folder / "journal.jsonl").exists():
        return Journal.open(folder, world.clock, disk=Quick())
    return Journal.create(folder, world.plan, "01J", world.clock, disk=Quick(), mode="execute", who="ann")


def edited(world: World, **changes: object) -> State:
    group = world.states[GROUP]
    assert isinstance(group, dict)
    return {**group, **changes}


@pytest.fixture
def grouped(tmp_path: Path) -> World:
    """Somebody edited the target group that the run made."""
    plan = ramp()
    made = next(move.wanted for step in plan.steps for move in step.moves if move.thing == GROUP)
    assert isinstance(made, dict)
    return stopped(plan, tmp_path, GROUP, {**made, "HealthCheckPath": "/other"})


def test_with_what_the_plan_is_done_with_the_run_goes_on_to_its_end(grouped: World, tmp_path: Path) -> None:
    assert carried(grouped, tmp_path, adopting=True).code == 0
    assert weights(grouped.states[RULE]) == {OLD: 0, NEW: 100}
    group = grouped.states[GROUP]
    assert isinstance(group, dict)
    assert group["HealthCheckPath"] == "/other"


def test_it_is_written_down_by_whom(grouped: World, tmp_path: Path) -> None:
    carried(grouped, tmp_path, adopting=True)
    with opened(grouped, tmp_path) as journal:
        notes = [line.event for line in journal.lines if line.event.ev == "note"]
    assert [(note.by, note.text) for note in notes] == [("ann", f"{GROUP.kind} {GROUP.id} is taken as it is")]  # type: ignore[union-attr]


def test_without_being_asked_the_run_stays_where_it_is(grouped: World, tmp_path: Path) -> None:
    sent = len(grouped.sent)
    assert carried(grouped, tmp_path).code == 4
    assert len(grouped.sent) == sent


def test_what_changed_once_more_is_shown_once_more(grouped: World, tmp_path: Path) -> None:
    grouped.states[GROUP] = edited(grouped, HealthCheckPath="/third")
    found = carried(grouped, tmp_path, adopting=True)
    assert (found.code, "once more" in found.text) == (4, True)
    assert carried(grouped, tmp_path, adopting=True).code == 0


def test_only_that_one_object_is_taken(grouped: World, tmp_path: Path) -> None:
    grouped.states[RULE] = forward((OLD, 50), (NEW, 50))
    assert carried(grouped, tmp_path, adopting=True).code == 4
    assert weights(grouped.states[RULE]) == {OLD: 50, NEW: 50}


def test_a_rule_that_the_ramp_has_yet_to_move_is_not_taken(tmp_path: Path) -> None:
    world = stopped(ramp(), tmp_path, RULE, forward((OLD, 50), (NEW, 50)))
    found = carried(world, tmp_path, adopting=True)
    assert (found.code, "has yet to move it" in found.text) == (4, True)


def test_what_going_back_would_write_over_is_not_taken(tmp_path: Path) -> None:
    plan = handed_over()
    world = stopped(plan, tmp_path, SCALE, {"replicas": 7}, gate=plan.steps[-1].id)
    found = carried(world, tmp_path, adopting=True)
    assert (found.code, "going back would write over it" in found.text) == (4, True)


def test_the_way_back_is_as_open_as_before(grouped: World, tmp_path: Path) -> None:
    grouped.unapproved = "nobody did"
    assert carried(grouped, tmp_path, adopting=True).code == 5
    with opened(grouped, tmp_path) as journal:
        assert back(grouped.run(journal), "a person asked", "ann").code == 6
    assert weights(grouped.states[RULE]) == {OLD: 100, NEW: 0}
