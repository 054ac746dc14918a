"""What a journal amounts to, and what it can never say."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.cutover.journal import events as say
from ecs2k8s.cutover.journal.events import JournalError, intent, verified
from ecs2k8s.cutover.journal.fold import Folding, Run, fold
from ecs2k8s.cutover.journal.lines import Head, Line
from ecs2k8s.cutover.plan import Thing
from ecs2k8s.cutover.states import RUN as RUNS
from ecs2k8s.cutover.states import STEP, RunState, StepState, TransitionError
from ecs2k8s.cutover.verdicts import Result as CheckResult
from tests.journals import RULE, plan

START = say.RunStart(format=say.FORMAT, version="0.1.0", unit="shop-web", mode="guided", who="ann")
FORTH = intent("p6-1", 0, plan().steps[0].moves[0])
NEXT = intent("p6-5", 0, plan().steps[1].moves[0])
BACK = intent("p6-1", 0, plan().steps[0].back[0], "back")
DONE = verified("p6-1", RULE, {"ecs": 99, "eks": 1})


def line(event: say.Event, at: int = 0) -> Line:
    return Line(Head(at + 1, "", float(at), float(at), "run", "plan"), event, "")  # type: ignore[arg-type]


def run(*events: say.Event) -> Run:
    return fold(line(event, at) for at, event in enumerate([START, *events]))


def moved(was: StepState, to: StepState) -> say.Transition:
    return say.Transition(step="p6-1", was=was, to=to)


def test_a_run_begins_with_nothing_open() -> None:
    now = run()
    assert (now.state, now.intent, now.verified, now.step("p6-1")) == ("running", None, {}, "pending")


@pytest.mark.parametrize("events", [[], [say.Note(text="a")], [START, START]])
def test_only_the_first_event_begins_a_run(events: list[say.Event]) -> None:
    with pytest.raises(JournalError):
        fold(map(line, events))


def test_an_intent_is_open_until_its_object_is_verified() -> None:
    assert run(FORTH).intent == FORTH
    answered = run(FORTH, say.Result(step="p6-1", outcome="answered", request_id="1"))
    assert (answered.intent, answered.result.request_id if answered.result else "") == (FORTH, "1")
    assert run(FORTH, verified("p6-1", Thing("elbv2.rule", "another"), {})).intent == FORTH
    done = run(FORTH, DONE)
    assert (done.intent, done.result, done.verified) == (None, None, {RULE: DONE})


def test_a_refused_call_had_no_effect_and_leaves_nothing_open() -> None:
    now = run(FORTH, say.Result(step="p6-1", outcome="refused"))
    assert (now.intent, now.verified, now.intents) == (None, {}, (FORTH,))


def test_one_call_is_open_at_a_time_but_may_be_repeated() -> None:
    assert run(FORTH, FORTH).intents == (FORTH, FORTH)
    with pytest.raises(TransitionError, match="what step p6-1 sent was not verified"):
        run(FORTH, NEXT)


def test_the_way_back_waits_for_no_open_call_and_no_pause() -> None:
    assert run(FORTH, say.Pause(reason="conflict"), BACK).intent == BACK
    with pytest.raises(TransitionError, match="a run that is paused sends nothing but the way back"):
        run(say.Pause(reason="veto"), FORTH)
    with pytest.raises(TransitionError, match="a run that is rolling_back sends nothing"):
        run(say.RollbackStart(reason="person"), FORTH)


def test_a_result_answers_what_was_sent() -> None:
    with pytest.raises(TransitionError, match="step p6-5 has a result, but sent nothing"):
        run(FORTH, say.Result(step="p6-5", outcome="answered"))


def test_every_reason_to_pause_is_kept_until_the_run_goes_on() -> None:
    reasons = [say.Pause(reason="veto", by="file"), say.Pause(reason="lost_lock")]
    assert run(*reasons).pauses == tuple(reasons)
    assert run(*reasons, say.Resume(by="ann")).pauses == ()
    assert run(*reasons, say.Abort(by="ann")).pauses == ()


def test_a_rollback_has_its_begin_and_its_end() -> None:
    now = run(
        say.RollbackStart(reason="T02"), say.RollbackEnd(to="rollback_failed"), say.RollbackStart(reason="person")
    )
    assert [(each.start.head.seq, each.end.head.seq if each.end else None) for each in now.rollbacks] == [
        (2, 3),
        (4, None),
    ]
    assert now.state == "rolling_back"


def test_what_people_said_is_kept() -> None:
    approval = say.Approval(phase="P6", who="ann", when="2026-11-26T10:00:00Z")
    waiver = say.Waiver(check="T04", subject="", reason="CHG", owner="ann", expires="2026-11-27T10:00:00Z")
    lock = say.Lock(did="taken", id="l")
    verdict = say.Verdict(step="p6-1", check=CheckResult(id="T01", subject="shop/web", verdict="pass", n=300))
    now = run(approval, waiver, lock, verdict, say.Setting(name="error_delta", value=0.5, by="ann", why="CHG"))
    assert (now.approvals, now.waivers, now.lock) == ((approval,), (waiver,), lock)
    assert [each.event for each in now.verdicts] == [verdict]
    assert now.settings == {"error_delta": 0.5}


@given(st.data())
def test_a_step_follows_the_table_or_the_journal_is_refused(data: st.DataObject) -> None:
    """Ways that the table has, and between them states at random."""
    folding = Folding()
    folding.take(line(START))
    state: StepState = "pending"
    for legal in data.draw(st.lists(st.booleans(), max_size=12)):
        was = state if legal else data.draw(st.sampled_from(get_args(StepState)))
        to = data.draw(st.sampled_from(sorted(STEP[state]) if legal else get_args(StepState)))
        before = folding.run()
        if was == state and to in STEP[state]:
            folding.take(line(moved(was, to)))
            state = to
        else:
            with pytest.raises(TransitionError):
                folding.take(line(moved(was, to)))
            assert folding.run() == before
        assert folding.run().step("p6-1") == state


@pytest.mark.parametrize(("was", "to"), [(was, to) for was in get_args(StepState) for to in get_args(StepState)])
def test_a_step_goes_only_where_the_table_leads(was: StepState, to: StepState) -> None:
    folding = Folding()
    folding.take(line(START))
    folding.steps["p6-1"] = was
    if to in STEP[was]:
        folding.take(line(moved(was, to)))
    else:
        with pytest.raises(TransitionError, match=f"a step that is {was} cannot become {to}"):
            folding.take(line(moved(was, to)))
    assert folding.steps["p6-1"] == (to if to in STEP[was] else was)


def test_a_transition_from_another_state_than_the_step_has_is_refused() -> None:
    with pytest.raises(TransitionError, match="step p6-1 is ready, so it cannot go from pending to ready"):
        run(moved("pending", "ready"), moved("pending", "ready"))


EVENTS: dict[RunState, say.Event] = {
    "paused": say.Pause(reason="veto"),
    "running": say.Resume(by="ann"),
    "aborting": say.Abort(by="ann"),
    "rolling_back": say.RollbackStart(reason="person"),
    "rolled_back": say.RollbackEnd(to="rolled_back"),
    "rollback_failed": say.RollbackEnd(to="rollback_failed"),
    "completed": say.Completed(),
    "closed": say.Seal(),
}


@given(st.data())
def test_a_run_follows_the_table_or_the_journal_is_refused(data: st.DataObject) -> None:
    folding = Folding()
    folding.take(line(START))
    state: RunState = "running"
    for legal in data.draw(st.lists(st.booleans(), max_size=12)):
        wish: RunState = data.draw(st.sampled_from(sorted(RUNS[state]) if legal else sorted(EVENTS)))
        before = folding.run()
        if wish in RUNS[state] or (wish == state == "paused"):
            folding.take(line(EVENTS[wish]))
            state = wish
        else:
            with pytest.raises(TransitionError, match=f"a run that is {state} cannot become {wish}"):
                folding.take(line(EVENTS[wish]))
            assert folding.run() == before
        assert folding.run().state == state


def test_every_state_of_a_run_is_reached_by_an_event() -> None:
    assert set(EVENTS) == set(get_args(RunState)) == set(RUNS)
