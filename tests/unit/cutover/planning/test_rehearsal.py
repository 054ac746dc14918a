from __future__ import annotations

import msgspec
import pytest

from ecs2k8s.core.errors import PlanError
from ecs2k8s.cutover.plan import Plan, Step, dump
from ecs2k8s.cutover.planning.rehearsal import rehearsal
from ecs2k8s.cutover.run.shares import share
from ecs2k8s.cutover.run.trusted import trust
from tests.cutover_world import NEW, OLD, RULE, forward, moved
from tests.estates import SAMPLES
from tests.planned import ground, made, planned, units

PLANS = [(name, unit) for name in SAMPLES for unit in units(ground(name)) if isinstance(made(ground(name), unit), Plan)]
WEB, WORKER = planned(ground("three-tier"), "shop-frontend"), planned(ground("three-tier"), "shop-worker")


@pytest.mark.parametrize(("name", "unit"), PLANS)
def test_whatever_is_done_dark_is_taken_back_in_the_opposite_order(name: str, unit: str) -> None:
    plan = planned(ground(name), unit)
    if not plan.executable:
        with pytest.raises(PlanError, match=r"design .* is carried out by people"):
            rehearsal(plan)
        return
    its = rehearsal(plan)
    taken = [step.takes_back for step in its.steps if step.takes_back]
    dark = [step.id for step in plan.steps if step.phase <= "P4" and len(step.phase) == 2]
    assert [step.id for step in its.steps if not step.takes_back] == dark
    assert taken == [ident for ident in reversed(dark) if ident in taken]
    states = {move.thing: move.before for step in reversed(its.steps) for move in reversed(step.moves)}
    before = dict(states)
    for step in its.steps:
        for move in step.moves:
            assert states[move.thing] == move.before, step.id
            states[move.thing] = move.wanted
    gone = {thing.id for thing, state in before.items() if state is None}
    left = {thing for thing, state in states.items() if state != before[thing] and thing.id not in gone}
    assert all(
        ref.startswith("Namespace/") or state == "absent" for thing in left for ref, state in states[thing].items()
    )


@pytest.mark.parametrize(("name", "unit"), PLANS)
def test_a_rehearsal_needs_no_right_that_its_plan_does_not(name: str, unit: str) -> None:
    plan = planned(ground(name), unit)
    if plan.executable:
        its = rehearsal(plan)
        assert set(its.permissions["execute"]) <= set(plan.permissions["execute"])
        trust(its, "plan.json", execute=True)
        assert dump(rehearsal(plan)) == dump(its)
        assert its.reviewed == plan.ident
        assert its.approvals == ()


@pytest.mark.parametrize(("name", "unit"), PLANS)
def test_no_step_of_a_rehearsal_gives_eks_any_requests_or_work(name: str, unit: str) -> None:
    plan = planned(ground(name), unit)
    if plan.executable:
        moves = [move for step in rehearsal(plan).steps for move in (*step.moves, *step.back)]
        assert not [move for move in moves if share(move.before) or share(move.wanted)]
        assert not [move for move in moves if move.thing.kind in ("ecs.service", "kubernetes.scale")]


def sneaked(step: Step) -> Plan:
    return msgspec.structs.replace(WEB, steps=(step, *WEB.steps))


@pytest.mark.parametrize(
    "wanted",
    [forward((OLD, 99), (NEW, 1)), forward((OLD, 0), (NEW, 1)), forward((f"{OLD}0", 50), (OLD, 50))],
    ids=["one per cent", "all", "another group of ECS"],
)
def test_a_plan_whose_dark_steps_shift_requests_is_not_rehearsed(wanted: object) -> None:
    move = moved(RULE, forward((OLD, 100), (NEW, 0)), wanted)
    step = Step("sly", "elb.rule.attach", "P3", "attach", "", "", moves=(move,))
    with pytest.raises(PlanError, match="step sly shifts requests at"):
        rehearsal(sneaked(step))


@pytest.mark.parametrize("kind", ["elb.weights", "work.handover"])
def test_a_plan_that_shifts_before_its_time_is_not_rehearsed(kind: str) -> None:
    with pytest.raises(PlanError, match="step sly shifts requests or work"):
        rehearsal(sneaked(Step("sly", kind, "P2", "shift", "", "")))


def test_what_deletes_is_not_rehearsed() -> None:
    with pytest.raises(PlanError, match="cannot be put back"):
        rehearsal(msgspec.structs.replace(WEB, purpose="decommission"))


def test_it_is_said_what_stays_what_people_do_and_what_is_left_out() -> None:
    said = "\n".join(rehearsal(WORKER).notes)
    assert "Stay where this run makes them, since nothing else of theirs may go with them: namespace shop." in said
    assert "By hand, and seen by nobody but you: prepare (stays: What was added disturbs nobody and may stay)" in said
    assert "Not rehearsed, since exactly one side works: Stop shop/worker on ECS, Start shop/worker on EKS." in said
