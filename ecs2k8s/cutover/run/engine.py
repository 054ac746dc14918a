"""The run of a plan from where its journal says it is, to its end or to where it has to stop."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.core.exits import ExitCode
from ecs2k8s.cutover.journal.events import Completed, Pause, Resume, observed
from ecs2k8s.cutover.run.adopting import adopt
from ecs2k8s.cutover.run.rollback import go_back, no_way_back
from ecs2k8s.cutover.run.stepping import DONE, armed, become, ended, exposed, take
from ecs2k8s.cutover.run.stops import Abort, CheckFailed, Conflict, GoBack, Paused, Stop
from ecs2k8s.cutover.run.triggers import Watch
from ecs2k8s.cutover.run.watching import fresh, heed, heed_asked, untouched
from ecs2k8s.cutover.states import OVER, STEP

if TYPE_CHECKING:
    from ecs2k8s.cutover.plan import Step
    from ecs2k8s.cutover.run.context import Run
    from ecs2k8s.cutover.states import RunState, StepState


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended or stopped; `stop` is why, with the three columns of a conflict."""

    state: RunState
    code: ExitCode
    text: str
    step: str = ""
    stop: Stop | None = None


def carry(run: Run, by: str, *, adopting: bool = False) -> Outcome:
    """Carry the plan on. It stops by itself in front of everything that a person has to decide.

    *adopting*: that person takes what the run stopped at as it is, once.
    """
    watch = Watch()
    while True:
        try:
            _enter(run, by, adopting=adopting)
            return _to_the_end(run, watch)
        except GoBack as stop:
            return back(run, stop.reason, by, abort=isinstance(stop, Abort))
        except Stop as stop:
            outcome = _stopped(run, stop)
        adopting = False
        try:
            _asked_meanwhile(run, outcome)
            if not _stayed(run, watch, outcome):
                return outcome
        except GoBack as stop:
            return back(run, stop.reason, by, abort=isinstance(stop, Abort))


def _to_the_end(run: Run, watch: Watch) -> Outcome:
    for step in run.plan.steps:
        if run.journal.run.step(step.id) not in DONE:
            take(run, step, watch)
            run.talk.say(f"{step.id}: {ended(run, step)}")
    heed(run, None)  # who asks for the way back until now was told that this process hears it
    run.journal.append(Completed())
    return Outcome("completed", ExitCode.CLEAN, "all steps are done")


def _asked_meanwhile(run: Run, outcome: Outcome) -> None:
    """The way back takes precedence over everything (I12): also over what stopped the run. Raises `GoBack`."""
    asked = run.controls.asked() if outcome.state == "paused" else None
    if asked and asked.what in ("rollback", "abort"):
        heed_asked(asked, None)


def _stayed(run: Run, watch: Watch, outcome: Outcome) -> bool:
    """Watch while a person decides, as long as EKS has requests: triggers stay armed. Whether to go on then."""
    if not run.stays or outcome.state != "paused" or not exposed(run):
        return False
    run.talk.say(f"paused: {outcome.text}. Triggers stay armed; `cutover resume` goes on, a signal ends the watch.")
    while not run.controls.leaves():
        asked = run.controls.asked()
        if asked and asked.what == "resume":
            run.controls.heard()
            return True
        if asked and asked.what != "pause":
            heed_asked(asked, None)
        with suppress(Conflict, CheckFailed, Paused):  # it is paused already
            armed(run, _next(run), watch)
        run.clock.sleep(run.pace.tick)
    return False


def _enter(run: Run, by: str, *, adopting: bool) -> None:
    """Begin or resume: what this run left is still there, and a run that did nothing yet is as fresh as its plan."""
    now = run.journal.run
    if now.state in OVER:
        raise _Over(f"the run is {now.state}: export and plan again for another")
    if now.state in ("rolling_back", "aborting", "rollback_failed"):
        raise GoBack("the way back was interrupted")
    if not now.verified and not now.intents:
        fresh(run)
    else:
        if adopting:
            adopt(run, by)
        untouched(run, _next(run), now.intent.thing if now.intent else None)
    if now.state == "paused":
        run.journal.append(Resume(by=by))


class _Over(Stop):
    """Nothing is left to do."""


def _next(run: Run) -> Step:
    undone = (step for step in run.plan.steps if run.journal.run.step(step.id) not in DONE)
    return next(undone, run.plan.steps[-1])


def back(run: Run, reason: str, by: str, *, abort: bool = False) -> Outcome:
    """Go back, in any state of the run; of a plan that deletes, until it did."""
    if why := no_way_back(run):
        return _no_way(run, why)
    failed = go_back(run, reason, by, abort=abort)
    if failed:
        return Outcome("rollback_failed", ExitCode.NOT_ROLLED_BACK, failed)
    done = "everything is as it was found" if run.plan.purpose == "rehearse" else "requests and work are back with ECS"
    return Outcome("rolled_back", ExitCode.ROLLED_BACK, f"{done}: {reason}")


def _no_way(run: Run, why: str) -> Outcome:
    """Nothing is sent, and the run can be resumed: what is left of it leads to the only end that there is."""
    if run.journal.run.state == "running":
        run.journal.append(Pause(reason="no_way_back", text=why))
    return Outcome(run.journal.run.state, ExitCode.NOT_ROLLED_BACK, why)


def _stopped(run: Run, stop: Stop) -> Outcome:
    if isinstance(stop, _Over):
        state = run.journal.run.state
        return Outcome(state, ExitCode.ROLLED_BACK if state == "rolled_back" else ExitCode.CLEAN, stop.reason)
    code, word = ExitCode.PARTIAL, "wait"
    if isinstance(stop, Conflict):
        code, word = ExitCode.CONFLICT, "conflict"
        run.journal.append(observed(stop.step, stop.columns.thing, stop.columns.live, "other"))
        _mark(run, stop, "conflict")
    elif isinstance(stop, CheckFailed):
        code, word = ExitCode.FAILED, "check"
        _mark(run, stop, "failed")
    run.journal.append(Pause(step=stop.step, reason=word, text=stop.reason))
    return Outcome("paused", code, stop.reason, stop.step, stop)


def _mark(run: Run, stop: Stop, state: StepState) -> None:
    """Where the table allows it: a step that was only looked at stays as it is."""
    if stop.step and state in STEP[run.journal.run.step(stop.step)]:
        become(run, run.plan.step(stop.step), state, stop.reason)
