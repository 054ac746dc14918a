"""The way back in all its states: it takes nothing else away, starts nothing twice and never says what is not so."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from ecs2k8s.cutover.journal.events import Note
from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.plan import Step, Thing
from ecs2k8s.cutover.run.context import Asked
from ecs2k8s.cutover.run.engine import Outcome, back, carry
from ecs2k8s.cutover.run.shares import share, weights
from ecs2k8s.cutover.run.stops import GoBack, Paused
from ecs2k8s.cutover.run.triggers import Watch
from ecs2k8s.cutover.world import UnreadableError
from tests.cutover_world import (
    JOB,
    NAME,
    NEW,
    OLD,
    OTHER,
    RULE,
    SCALE,
    SERVICE,
    Quick,
    World,
    forward,
    handed_over,
    moved,
    of,
    ramp,
    with_records,
)

if TYPE_CHECKING:
    from pathlib import Path

    from ecs2k8s.cutover.plan import Plan, Request, State


def journal(world: World, folder: Path) -> Journal:
    if (folder / "journal.jsonl").exists():
        return Journal.open(folder, world.clock, disk=Quick())
    return Journal.create(folder, world.plan, "01J", world.clock, disk=Quick(), mode="execute", who="someone")


def carried(world: World, folder: Path, *, done: str = "", guided: bool = False) -> Outcome:
    with journal(world, folder) as its:
        if done:
            its.append(Note(step=done, text="done", by="someone"))
        return carry(world.run(its, guided=guided), "someone")


def taken_back(world: World, folder: Path, *, guided: bool = False) -> Outcome:
    with journal(world, folder) as its:
        return back(world.run(its, guided=guided), "a person asked", "someone")


def made(plan: Plan, kind: type[World] = World) -> World:
    return kind(plan, of(plan))


class Typing(World):
    """A person types each command that is offered, at once."""

    def offer(self, step: Step, command: str, *, back: bool = False) -> None:
        super().offer(step, command, back=back)
        move = next(move for move in (*step.moves, *step.back) if move.command == command)
        self.states[move.thing] = deepcopy(move.wanted)


def test_a_plan_that_changes_records_of_a_name_too_goes_there_and_back(tmp_path: Path) -> None:
    """Records are a list: who gets which share is asked of rules and listeners alone."""
    world = made(with_records(ramp()), Typing)
    found = carried(world, tmp_path)
    assert (found.state, share(world.states[RULE])) == ("completed", 1.0), found
    assert not world.states[NAME][0]["AliasTarget"]["EvaluateTargetHealth"]
    assert (taken_back(world, tmp_path).code, share(world.states[RULE])) == (6, 0.0)


def health(world: World, group: str, state: str) -> None:
    for target in world.states[Thing("elbv2.target-health", group)]:
        target["State"] = state


def test_nothing_goes_back_to_ecs_that_has_no_healthy_target_while_eks_answers(tmp_path: Path) -> None:
    world = made(ramp())
    carried(world, tmp_path)
    health(world, OLD, "unhealthy")
    found = taken_back(world, tmp_path)
    assert (found.code, share(world.states[RULE])) == (7, 1.0)
    assert "ECS has no healthy target" in found.text
    assert "modify-rule" in found.text
    health(world, OLD, "healthy")
    assert (taken_back(world, tmp_path).code, share(world.states[RULE])) == (6, 0.0)


def test_a_way_back_that_is_not_taken_for_now_is_sent_again(tmp_path: Path) -> None:
    world = made(ramp())
    carried(world, tmp_path)
    world.faults = ["throttled"] * 3
    assert (taken_back(world, tmp_path).code, share(world.states[RULE])) == (6, 0.0)


def test_when_neither_side_is_healthy_requests_go_back(tmp_path: Path) -> None:
    world = made(ramp())
    carried(world, tmp_path)
    health(world, OLD, "unhealthy")
    health(world, NEW, "unhealthy")
    assert (taken_back(world, tmp_path).code, share(world.states[RULE])) == (6, 0.0)


def test_a_rule_without_its_group_of_ecs_keeps_the_weights_that_it_has(tmp_path: Path) -> None:
    """After the decommission: the rule would answer nobody."""
    world = made(ramp())
    carried(world, tmp_path)
    world.states[RULE] = forward((NEW, 100))
    sent = len(world.sent)
    found = taken_back(world, tmp_path)
    assert (found.code, len(world.sent)) == (7, sent)
    assert "nothing leads back" in found.text


def test_a_rule_that_is_gone_fails_with_its_command_and_the_other_goes_back(tmp_path: Path) -> None:
    world = made(ramp((RULE, OTHER)))
    carried(world, tmp_path)
    del world.states[OTHER]
    found = taken_back(world, tmp_path)
    assert (found.code, found.state) == (7, "rollback_failed")
    assert weights(world.states[RULE]) == {OLD: 100, NEW: 0}


@pytest.mark.parametrize("first", [True, False])
def test_a_rule_that_is_refused_keeps_no_other_where_it_is(tmp_path: Path, *, first: bool) -> None:
    world = made(ramp((RULE, OTHER)))
    carried(world, tmp_path)
    world.faults = ["refused"] if first else ["", "refused"]
    assert taken_back(world, tmp_path).code == 7
    assert sorted(share(world.states[rule]) for rule in (RULE, OTHER)) == [0.0, 1.0]


@dataclass
class Blind(World):
    """Nothing can be read from the first call back on."""

    dark: bool = False

    def read(self, thing: Thing) -> State:
        if self.dark and self.sent[-1].parameters.get("Actions") and share(self.states[RULE]) == 0.0:
            raise UnreadableError("no answer")
        return super().read(thing)


def test_what_cannot_be_read_after_the_call_is_told_and_ends_the_way_back(tmp_path: Path) -> None:
    world = made(ramp(), Blind)
    carried(world, tmp_path)
    assert isinstance(world, Blind)
    world.dark = True
    found = taken_back(world, tmp_path)
    assert (found.code, found.state) == (7, "rollback_failed")
    world.dark = False
    assert taken_back(world, tmp_path).code == 6


def test_an_interrupted_way_back_of_a_guided_run_goes_on(tmp_path: Path) -> None:
    world = made(ramp())
    carried(world, tmp_path)
    world.clock.sleeping = interrupted
    with pytest.raises(KeyboardInterrupt):
        taken_back(world, tmp_path, guided=True)
    world.clock.sleeping = lambda _: world.states.update({RULE: forward((OLD, 100), (NEW, 0))})
    assert carried(world, tmp_path, guided=True).code == 6
    assert not [request for request in world.sent if share(world.states[RULE])]


def interrupted(_: float) -> None:
    raise KeyboardInterrupt


# Background work: exactly one side

ON_ECS = {SERVICE: {"desiredCount": 2, "taskDefinition": "worker:1"}, SCALE: {"replicas": 0}}
HELD = {"suspend": True, "startingDeadlineSeconds": 300}


@dataclass
class Sides(World):
    """Says when both sides work."""

    def apply(self, request: Request) -> None:
        super().apply(request)
        assert not (self.states[SERVICE]["desiredCount"] and self.states[SCALE]["replicas"])


def test_work_goes_back_in_the_opposite_order(tmp_path: Path) -> None:
    world = made(handed_over(), Sides)
    assert carried(world, tmp_path).code == 0
    assert taken_back(world, tmp_path).code == 6
    assert {thing: world.states[thing] for thing in ON_ECS} == ON_ECS
    assert world.states[JOB] == HELD


@dataclass
class Ending(Sides):
    """Pods of a worker that is off work on for so many seconds; those that do not end do so for ever."""

    grace: float = 90.0
    until: float = 0.0

    def apply(self, request: Request) -> None:
        was = self.states[SCALE]["replicas"]
        super().apply(request)
        if was and not self.states[SCALE]["replicas"]:
            self.until = self.clock.time + self.grace
        assert not (self.states[SERVICE]["desiredCount"] and self.clock.time < self.until), "both sides work"

    def read(self, thing: Thing) -> State:
        found = super().read(thing)
        return {**found, "pods": 1} if thing == SCALE and self.clock.time < self.until else found


@pytest.mark.parametrize(("grace", "code"), [(90.0, 6), (float("inf"), 7)])
def test_ecs_starts_when_the_last_pod_has_ended(tmp_path: Path, grace: float, code: int) -> None:
    world = Ending(handed_over(), of(handed_over()), grace=grace)
    assert carried(world, tmp_path).code == 0
    assert taken_back(world, tmp_path).code == code
    assert world.states[SERVICE]["desiredCount"] == (2 if code == 6 else 0)


def test_a_second_way_back_never_starts_a_schedule_again(tmp_path: Path) -> None:
    world = made(handed_over(), Sides)
    carried(world, tmp_path)
    taken_back(world, tmp_path)
    sent = len(world.sent)
    assert taken_back(world, tmp_path).code == 6
    assert len(world.sent) == sent
    assert world.states[JOB] == HELD


def test_an_interrupted_way_back_starts_nothing_again(tmp_path: Path) -> None:
    world = made(handed_over(), Sides)
    carried(world, tmp_path)
    sent = len(world.sent)

    def stop(what: str) -> None:
        if what == "send" and len(world.sent) == sent + 1:
            raise KeyboardInterrupt

    world.between = stop
    with pytest.raises(KeyboardInterrupt):
        taken_back(world, tmp_path)
    world.between = None
    assert taken_back(world, tmp_path).code == 6
    assert world.states[JOB] == HELD
    assert not [
        request
        for request in world.done[sent:]
        if {"op": "add", "path": "/spec/suspend", "value": False} in request.parameters.get("operations", ())
    ]


def test_a_service_that_scaled_after_it_was_handed_back_is_left_alone(tmp_path: Path) -> None:
    world = made(handed_over(), Sides)
    carried(world, tmp_path)
    taken_back(world, tmp_path)
    world.states[SERVICE]["desiredCount"] = 9
    assert taken_back(world, tmp_path).code == 6
    assert world.states[SERVICE]["desiredCount"] == 9


def test_what_a_run_never_touched_stays_as_others_made_it(tmp_path: Path) -> None:
    world = made(handed_over(), Sides)
    world.asks = [Asked("pause", "someone")]
    carried(world, tmp_path)
    world.states[SERVICE]["desiredCount"] = 9
    assert taken_back(world, tmp_path).code == 6
    assert (world.states[SERVICE]["desiredCount"], world.sent) == (9, [])


def test_a_worker_of_eks_that_does_not_stop_keeps_ecs_from_starting(tmp_path: Path) -> None:
    world = made(handed_over(), Sides)
    carried(world, tmp_path)
    world.faults = ["", "refused"]  # of the schedule, of the worker
    found = taken_back(world, tmp_path)
    assert (found.code, world.states[SERVICE]["desiredCount"]) == (7, 0)
    assert world.states[JOB] == HELD


def test_what_a_deployment_changed_meanwhile_is_kept_when_work_goes_back(tmp_path: Path) -> None:
    world = made(handed_over(), Sides)
    carried(world, tmp_path)
    world.states[SERVICE]["taskDefinition"] = "worker:2"
    world.faults = []
    assert taken_back(world, tmp_path).code == 6
    assert world.states[SERVICE] == {"desiredCount": 2, "taskDefinition": "worker:2"}


def test_a_scaler_that_a_person_turned_on_has_to_be_off_before_the_worker_stops(tmp_path: Path) -> None:
    world = made(handed_over(scaler=True), Sides)
    assert carried(world, tmp_path).code == 5
    assert carried(world, tmp_path, done="scaler.shop.worker").code == 0
    found = taken_back(world, tmp_path)
    assert (found.code, world.states[SCALE], world.states[SERVICE]["desiredCount"]) == (7, {"replicas": 2}, 0)
    assert "resume --done scaler.shop.worker" in found.text
    assert "off" in world.offered
    assert carried(world, tmp_path, done="scaler.shop.worker").code == 6
    assert {thing: world.states[thing] for thing in ON_ECS} == ON_ECS


# What only people can take back


def by_names() -> Plan:
    """Design B in small."""
    more: dict[str, Any] = {"guided": True, "undo": ("all to ECS",)}
    steps = [
        Step(
            f"dns-{share}",
            "r53.weights",
            "P6",
            f"{share} %",
            "",
            "weights",
            commands=(f"to {share}",),
            share=share,
            **more,
        )
        for share in (1, 50)
    ]
    return replace(ramp(shares=()), steps=tuple(steps), fingerprints=(), executable=False)


def test_a_shift_by_names_is_not_said_to_be_back_before_a_person_says_so(tmp_path: Path) -> None:
    world = made(by_names())
    assert carried(world, tmp_path, guided=True).code == 5
    assert carried(world, tmp_path, done="dns-1", guided=True).code == 5
    found = taken_back(world, tmp_path, guided=True)
    assert (found.code, world.offered[-1]) == (7, "all to ECS")
    assert "resume --done dns-50" in found.text
    assert carried(world, tmp_path, done="dns-50", guided=True).code == 6


def test_a_step_of_a_person_is_offered_before_its_checks_are_asked(tmp_path: Path) -> None:
    plan = by_names()
    world = made(replace(plan, steps=tuple(replace(step, checks=("T02",)) for step in plan.steps)))
    world.verdicts["T02"] = "inconclusive"
    carried(world, tmp_path, guided=True)
    assert world.offered == ["to 1"]


# A plan that deletes


def gone(*, deletes: bool) -> Plan:
    tasks = {"desiredCount": 2, "taskDefinition": "worker:1"}
    none = {"desiredCount": 0, "running": 0, "taskDefinition": "worker:1"}
    down = Step(
        "down",
        "ecs.scale_down",
        "P10",
        "down",
        "",
        "up",
        moves=(moved(SERVICE, tasks, none),),
        back=(moved(SERVICE, none, tasks),),
    )
    delete = Step("delete", "ecs.delete", "P10", "delete", "", "make it anew", moves=(moved(SERVICE, none, None),))
    last = Step("last", "check.silent", "P10", "look", "", "", checks=("T17",))
    steps = (down, *((delete,) if deletes else ()), last)
    return replace(ramp(shares=()), steps=steps, fingerprints=(), purpose="decommission")


def at_its_end(world: World, folder: Path) -> None:
    world.states[SERVICE] = {"desiredCount": 2, "taskDefinition": "worker:1"}
    world.verdicts["T17"] = "inconclusive"
    assert carried(world, folder).code == 5


def test_a_plan_that_deletes_says_that_nothing_leads_back_and_can_be_resumed(tmp_path: Path) -> None:
    world = made(gone(deletes=True))
    at_its_end(world, tmp_path)
    sent = len(world.sent)
    found = taken_back(world, tmp_path)
    assert (found.code, found.state, len(world.sent)) == (7, "paused", sent)
    assert "nothing leads back" in found.text
    world.verdicts.clear()
    assert carried(world, tmp_path).code == 0


def test_until_it_deletes_a_plan_is_taken_back_step_by_step(tmp_path: Path) -> None:
    world = made(gone(deletes=False))
    at_its_end(world, tmp_path)
    assert taken_back(world, tmp_path).code == 6
    assert world.states[SERVICE] == {"desiredCount": 2, "taskDefinition": "worker:1"}


def test_what_somebody_changed_since_is_no_part_of_the_way_back_of_such_a_plan(tmp_path: Path) -> None:
    world = made(gone(deletes=False))
    at_its_end(world, tmp_path)
    world.states[SERVICE] = {"desiredCount": 7, "taskDefinition": "worker:1"}
    assert taken_back(world, tmp_path).code == 7
    assert world.states[SERVICE]["desiredCount"] == 7


# Who asks for the way back is heard


def test_a_way_back_that_is_asked_for_while_a_check_fails_is_gone(tmp_path: Path) -> None:
    world = made(ramp())
    world.verdicts["L06"] = "fail"
    real = world.judge

    def judge(check: str, step: Step) -> Any:
        world.asks.append(Asked("rollback", "someone"))
        return real(check, step)

    world.judge = judge  # type: ignore[method-assign]
    assert carried(world, tmp_path).code == 6


def test_a_way_back_that_is_asked_for_at_the_very_end_is_gone(tmp_path: Path) -> None:
    world = made(ramp())
    world.say = lambda text: (  # type: ignore[method-assign]
        world.asks.append(Asked("rollback", "someone")) if text.startswith(f"{world.plan.steps[-1].id}:") else None
    )
    assert carried(world, tmp_path).code == 6
    assert share(world.states[RULE]) == 0.0


def test_what_cannot_be_judged_hides_no_trigger_that_leads_back(tmp_path: Path) -> None:
    world = made(ramp())
    watch = Watch()
    watch.errors["L06"] = 100
    world.verdicts = {"L06": "error", "T02": "fail"}
    with journal(world, tmp_path) as its, pytest.raises(GoBack, match="T02"):
        watch.look(world.run(its), world.plan.steps[-1])
    world.verdicts = {"L06": "error"}
    world.clock.time += 600
    with journal(world, tmp_path) as its, pytest.raises(Paused, match="L06 cannot be judged"):
        watch.look(world.run(its), world.plan.steps[-1])


def test_a_bake_in_which_nothing_was_measured_ends_in_no_pass(tmp_path: Path) -> None:
    plan = ramp()
    world = made(replace(plan, steps=tuple(replace(step, checks=("T02",)) for step in plan.steps)))
    began = world.clock.time

    def later(_: float) -> None:
        if share(world.states[RULE]) and world.clock.time - began > 100:
            world.verdicts["T02"] = "inconclusive"

    world.clock.sleeping = later
    assert carried(world, tmp_path).code == 5
