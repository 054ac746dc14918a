"""One step: what has to hold before, its moves, and what has to be seen for it to be done."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ecs2k8s.core.checks import checks
from ecs2k8s.cutover.journal.events import Note, Precheck, Transition, Verdict
from ecs2k8s.cutover.run.invariants import broken
from ecs2k8s.cutover.run.moving import Looks, carry_out
from ecs2k8s.cutover.run.shares import share, shifts
from ecs2k8s.cutover.run.stops import CheckFailed, GoBack, Paused
from ecs2k8s.cutover.run.taking_back import as_found
from ecs2k8s.cutover.run.triggers import only_pauses
from ecs2k8s.cutover.run.watching import TRAFFIC, heed, untouched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecs2k8s.cutover.plan import Move, Step, Thing
    from ecs2k8s.cutover.run.context import Run
    from ecs2k8s.cutover.run.triggers import Watch
    from ecs2k8s.cutover.states import StepState
    from ecs2k8s.cutover.verdicts import Result

DONE_BY_HAND = "done"
DONE = frozenset({"verified", "waived", "skipped"})
AGAIN: dict[StepState, StepState] = {"inconclusive": "verifying", "conflict": "ready", "failed": "ready"}
DRIFT = 30.0  # seconds between two looks at what shares out the requests
LONGER = 4  # times the planned time, until a bake without its requests is undecided


def take(run: Run, step: Step, watch: Watch) -> None:
    """Take *step* from wherever it is to `verified`. Raises a `Stop` where it does not get there."""
    heed(run, step)
    _begin(run, step)
    _approved(run, step)
    _before(run, step)
    for number, planned in enumerate(step.moves):
        heed(run, step)
        move = as_found(run, step.takes_back, planned) if step.takes_back else planned
        if move is None:
            continue
        meanwhile = partial(tick, run, step, watch, move.thing)
        carry_out(run, step, number, move, Looks(partial(_allowed, run, step, move), meanwhile))
        if run.journal.run.step(step.id) == "intent_written":
            become(run, step, "applied")
    become(run, step, "verifying")
    if step.commands:
        _confirmed(run, step)  # what a person did not do yet has nothing to look at
    _verify(run, step, watch)
    _confirmed(run, step)
    become(run, step, "verified")


def by_word(step: Step) -> bool:
    """Whether nobody can see that it is done, so that a person says so."""
    return step.guided and not step.moves


def _confirmed(run: Run, step: Step) -> None:
    """What nobody can see, a person says, by name; the journal keeps it. Raises `Paused` until then."""
    if not by_word(step):
        return
    if _word(run, step):
        return
    for command in step.commands:
        run.talk.offer(step, command)
    become(run, step, "inconclusive", "a person does it")
    raise Paused(f"{step.title}: a person does it, and says so: cutover resume --done {step.id}", step.id)


def _word(run: Run, step: Step) -> str:
    """Who said that the step is done; empty where nobody did."""
    said = [line.event for line in run.journal.lines if isinstance(line.event, Note) and line.event.step == step.id]
    return next((note.by for note in reversed(said) if note.text == DONE_BY_HAND), "")


def ended(run: Run, step: Step) -> str:
    """What is known of a step that is done: whose word it rests on, and which of its checks did not pass."""
    word = f"{_word(run, step)} says: " if by_word(step) else ""
    events = (line.event for line in run.journal.lines)
    last = {its.check.id: its.check for its in events if isinstance(its, Verdict) and its.step == step.id}
    short = ", ".join(ident for ident, result in last.items() if result.blocks)
    return f"{word}{step.success}" + (f" Not passed: {short}." if short else "")


def become(run: Run, step: Step, state: StepState, why: str = "") -> None:
    was = run.journal.run.step(step.id)
    if was != state:
        run.journal.append(Transition(step=step.id, was=was, to=state, why=why))


def exposed(run: Run) -> bool:
    """Whether requests go to EKS now, as far as this run knows."""
    return any(share(last.state) > 0 for last in run.journal.run.verified.values() if isinstance(last.state, dict))


def _begin(run: Run, step: Step) -> None:
    state = run.journal.run.step(step.id)
    if state in AGAIN:
        become(run, step, AGAIN[state])
    elif state in ("pending", "blocked"):
        become(run, step, "ready")


def _approved(run: Run, step: Step) -> None:
    missing = run.controls.approved(step)
    if not missing:
        return
    if run.journal.run.step(step.id) == "ready":
        become(run, step, "awaiting_approval", missing)
    raise Paused(f"{step.phase} waits for an approval: {missing}", step.id)


def _before(run: Run, step: Step) -> None:
    """The checks that have to pass first; of a step that has begun they did."""
    if run.journal.run.step(step.id) not in ("ready", "awaiting_approval"):
        return
    for result in _judged(run, step, step.before):
        become(run, step, "ready")
        become(run, step, "blocked", result.id)
        stop = CheckFailed if result.verdict == "fail" else Paused
        raise stop(f"{result.id} has to pass first: {_said(result)}", step.id)


def _judged(run: Run, step: Step, checks: Sequence[str]) -> list[Result]:
    """The results that block, of all *checks*; each is written down."""
    results = [run.judge(check, step) for check in checks]
    for result in results:
        run.journal.append(Verdict(step=step.id, check=result))
    return [result for result in results if _holds_back(result) and not run.controls.waived(result)]


def _holds_back(result: Result) -> bool:
    """Of checks of severity warning the verdict is shown, and nothing waits for it."""
    known = checks().get(result.id)
    return result.blocks and (known is None or known.severity == "blocker")


def _said(result: Result) -> str:
    missing = f" (needs {result.missing})" if result.missing else ""
    return f"{result.verdict}: {result.text}{missing}"


def _allowed(run: Run, step: Step, move: Move) -> None:
    """Just before a call: everything else is as it was left, and no invariant would break."""
    untouched(run, step, move.thing)
    said = "; ".join(broken(run, step, move))
    run.journal.append(Precheck(step=step.id, ok=not said, text=said))
    if said:
        raise Paused(said, step.id)
    become(run, step, "intent_written")


def _verify(run: Run, step: Step, watch: Watch) -> None:
    if shifts(step):
        _hold(run, step, run.pace.hold, watch)
    _checked(run, step, watch)
    if step.wait:
        _bake(run, step, watch)
        _checked(run, step, watch)  # of all that was seen meanwhile: what was not measured passes nothing (I9)
    untouched(run, step)


def _hold(run: Run, step: Step, seconds: float, watch: Watch) -> None:
    """All load balancers get to know the new weights, while what happens is watched."""
    end = run.clock.monotonic() + seconds
    while run.clock.monotonic() < end:
        tick(run, step, watch)
        run.clock.sleep(min(run.pace.tick, max(0.0, end - run.clock.monotonic())))


def tick(run: Run, step: Step, watch: Watch, but: Thing | None = None) -> None:
    """What is done while a run waits for anything: people are heard, and triggers are armed. *but* is on its way."""
    heed(run, step)
    armed(run, step, watch, but)


def armed(run: Run, step: Step, watch: Watch, but: Thing | None = None) -> None:
    """Look at the triggers while EKS gets requests, and then, or where it never may, at what shares them out."""
    if exposed(run):
        watch.look(run, step)
    if (exposed(run) or run.plan.purpose == "rehearse") and watch.due(run, "I10", DRIFT):
        untouched(run, step, but, TRAFFIC)


def _checked(run: Run, step: Step, watch: Watch) -> None:
    """All checks of the step pass, at last where it has time to wait for them."""
    end = run.clock.monotonic() + (step.wait.limit if step.wait else run.pace.measured if shifts(step) else 0)
    while blocking := _judged(run, step, step.checks):
        failed = [result for result in blocking if result.verdict == "fail"]
        leading = [result for result in failed if not only_pauses(result)]
        grave = [result for result in leading if result.grave or exposed(run)]
        if grave:
            raise GoBack(f"{grave[0].id}: {grave[0].text}", step.id)
        if run.clock.monotonic() >= end:
            _undecided(run, step, (failed or blocking)[0])
        tick(run, step, watch)
        run.clock.sleep(run.pace.tick)


def _undecided(run: Run, step: Step, result: Result) -> None:
    if result.verdict == "fail":
        raise CheckFailed(f"{result.id}: {_said(result)}", step.id)
    become(run, step, "inconclusive", result.id)
    raise Paused(f"{result.id}: {_said(result)}", step.id)


def _bake(run: Run, step: Step, watch: Watch) -> None:
    """The time and the requests, both counted from now: what was before an interruption proves nothing."""
    assert step.wait  # noqa: S101 (for mypy)
    began, since = run.clock.monotonic(), run.clock.now()
    limit = step.wait.limit or step.wait.seconds * LONGER
    while True:
        tick(run, step, watch)
        passed = run.clock.monotonic() - began
        got = run.count(step, since, run.clock.now()) if step.wait.requests else 0
        if passed >= step.wait.seconds and (got or 0) >= step.wait.requests:
            return
        if passed >= max(limit, step.wait.seconds):
            become(run, step, "inconclusive", "too few requests")
            missing = step.wait.requests - (got or 0)
            raise Paused(f"{missing:,} more requests are needed: send some, or waive it", step.id)
        run.clock.sleep(run.pace.tick)
