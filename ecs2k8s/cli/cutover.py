"""`ecs2k8s cutover`: carry a plan out, stop, go on and go back; what needs AWS is in cutover_world."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecs2k8s.cli.console import out
from ecs2k8s.cli.cutover_folders import folder_of, me, plan_in, run_in
from ecs2k8s.cli.cutover_given import Given, fit
from ecs2k8s.cli.cutover_locks import lower_flags, raise_flags
from ecs2k8s.cli.cutover_status import tell, tell_by_hand, tell_rehearsed, tell_unsent
from ecs2k8s.collect.login import LoginError
from ecs2k8s.core.errors import Ecs2k8sError, OutputError, StaleError, UsageError, WrongAccountError
from ecs2k8s.core.exits import ExitCode
from ecs2k8s.cutover.approvals import keep_waivers, kept_waivers, read_waivers
from ecs2k8s.cutover.evidence import bundle
from ecs2k8s.cutover.folder import begin, consumed, plan_of, ulid
from ecs2k8s.cutover.journal.events import JournalError, Note
from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.locks.local import FolderLock, is_held
from ecs2k8s.cutover.planning.rehearsal import rehearsal
from ecs2k8s.cutover.run.context import Asked
from ecs2k8s.cutover.run.engine import back, carry
from ecs2k8s.cutover.run.operator import BACK, Operator, ask, forget, take_approval
from ecs2k8s.cutover.run.stepping import DONE_BY_HAND
from ecs2k8s.cutover.run.trusted import trust

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.cli.console import Talk
    from ecs2k8s.cli.cutover_folders import Which
    from ecs2k8s.cli.cutover_world import Opened, Way
    from ecs2k8s.cutover.plan import Plan, Step
    from ecs2k8s.cutover.run.context import Run
    from ecs2k8s.cutover.run.engine import Outcome


@dataclass(frozen=True, slots=True)
class Lines:
    """`context.Talk`: what happens is said on stderr, what has to be typed stands on stdout."""

    talk: Talk

    def say(self, text: str) -> None:
        self.talk.stage(text)

    def offer(self, step: Step, command: str, *, back: bool = False) -> None:
        what = f"back: {step.rollback}" if back else f"{step.title}."
        self.talk.stage(f"{step.id}: {what} Type this, and wait: the run goes on when it sees the change.")
        for line in command.split("\n"):
            out(line)
        sys.stdout.flush()


def run(which: Which, given: Given, way: Way, talk: Talk) -> int:
    """Begin. Raises `PlanError`, `StaleError`, `BusyError` and what logging in raises."""
    return _begun(which, plan_in(folder_of(which)), given, way, talk)


def rehearse(which: Which, given: Given, way: Way, talk: Talk) -> int:
    """Begin a rehearsal of the plan, which stays as it is. Raises also `PlanError` where it cannot be rehearsed."""
    unit = folder_of(which)
    reviewed = plan_in(unit)
    trust(reviewed, str(unit / "plan.json"), execute=given.execute)
    plan = rehearsal(reviewed)
    for note in plan.notes:
        talk.stage(note)
    return _begun(which, plan, given, way, talk)


def _begun(which: Which, plan: Plan, given: Given, way: Way, talk: Talk) -> int:
    from ecs2k8s.cli.cutover_world import opened

    unit = folder_of(which)
    _may_begin(plan, given, way.clock.now())
    trust(plan, str(unit / "plan.json"), execute=given.execute)
    fit(plan, given)
    world = opened(which.directory, plan, way, Lines(talk))
    folder = begin(unit, plan, ulid(way.clock.now(), os.urandom(10)))
    with FolderLock.take(folder, world.info(folder.name, "run")):
        mode = "execute" if given.execute else "guided"
        start: dict[str, Any] = {"mode": mode, "who": world.who, "cluster_uid": world.cluster_uid}
        with Journal.create(folder, plan, folder.name, way.clock, **start) as journal:
            kind = "rehearsal" if plan.purpose == "rehearse" else "run"
            talk.stage(f"{kind} {folder.name} of plan {plan.reviewed[:12]}, {mode}, by {world.who}")
            return _carried(folder, plan, journal, world, given, talk, _forth)


def _forth(its: Run, world: Opened) -> Outcome:
    return carry(its, world.who)


def resume(which: Which, given: Given, way: Way, talk: Talk) -> int:
    """Go on where the journal ends, in the mode in which the run was begun."""
    folder = run_in(which)
    forget(folder, but=BACK)
    if is_held(folder):
        _tell_to_go_on(folder, given, way, talk)
        return ExitCode.CLEAN

    def act(its: Run, world: Opened) -> Outcome:
        world.lower_flags(its, Lines(talk))
        return carry(its, world.who, adopting=given.adopt)

    return _again(which, folder, given, way, talk, act)


def _tell_to_go_on(folder: Path, given: Given, way: Way, talk: Talk) -> None:
    """A run that waits in another process, and watches meanwhile."""
    plan = plan_of(folder)
    if given.done or given.waivers or given.adopt or way.probing.cases:
        raise UsageError(f"{folder}: another process carries it out: end it first (Ctrl-C), then resume with these")
    for file in given.approvals:
        take_approval(folder, plan, Path(file))
    if way.names_cluster:
        lower_flags(plan, folder.name, way, Lines(talk))
    ask(folder, Asked("resume", me()))
    talk.stage(f"{folder.name}: told the process that carries it out")


def go_back(which: Which, what: str, text: str, given: Given, way: Way, talk: Talk) -> int:
    """*what*: `rollback` or `abort`. A run that another process carries out is told; else this one does it."""
    folder = run_in(which)
    if is_held(folder):
        ask(folder, Asked(what, me(), text))
        talk.stage(f"{folder.name}: told the process that carries it out; watch it with `cutover status`")
        return ExitCode.CLEAN
    reason = text or f"{what} asked for by {me()}"

    def act(its: Run, world: Opened) -> Outcome:
        outcome = back(its, reason, world.who, abort=what == "abort")
        world.lower_flags(its, Lines(talk))
        return outcome

    try:
        code = _again(which, folder, given, way, talk, act, anyway=True)
        forget(folder)
    except (JournalError, OutputError, LoginError, WrongAccountError) as error:
        if not tell_unsent(folder):
            raise
        talk.problem(str(error))
        return ExitCode.NOT_ROLLED_BACK
    return code


def _again(
    which: Which,
    folder: Path,
    given: Given,
    way: Way,
    talk: Talk,
    act: Callable[[Run, Opened], Outcome],
    *,
    anyway: bool = False,
) -> int:
    """*anyway*: neither a cluster that does not answer nor a lock of somebody else stops it."""
    from ecs2k8s.cli.cutover_world import opened

    with Journal.open(folder, way.clock) as journal:
        start, plan = journal.run.start, consumed(folder, journal.run.plan)
        if not anyway:
            trust(plan, str(folder / "plan.json"), execute=start.mode == "execute")
        if given.execute and start.mode == "guided":
            raise UsageError(f"{folder}: was begun without --execute: a guided run stays one")
        fit(plan, given)
        world = opened(which.directory, plan, way, Lines(talk), anyway=anyway)
        if start.cluster_uid and world.cluster_uid and start.cluster_uid != world.cluster_uid:
            said = f"the run is about the cluster {start.cluster_uid}, and this is {world.cluster_uid}"
            if not anyway:
                raise StaleError(said)
            talk.problem(f"{said}: goes back without the cluster")
            world = replace(world, api=None, cluster_uid="")
        with FolderLock.take(folder, world.info(folder.name, "resume")):
            mode = replace(given, execute=start.mode == "execute")
            return _carried(folder, plan, journal, world, mode, talk, act, anyway=anyway)


def _may_begin(plan: Plan, given: Given, now: float) -> None:
    from datetime import UTC, datetime

    if datetime.fromtimestamp(now, UTC) > datetime.fromisoformat(plan.expires):
        raise StaleError(f"the plan of {plan.unit} was good until {plan.expires}: export and plan again")
    refused = [
        f"{writer.name} may write {writer.thing.id} ({writer.said_by})" for writer in plan.writers if writer.refused
    ]
    if refused:
        raise StaleError(f"the plan of {plan.unit} cannot be run: {'; '.join(refused)}")
    if not given.execute:
        return
    if not plan.executable:
        raise UsageError(f"the plan of {plan.unit} is carried out by people: leave --execute away")
    if not sys.stdin.isatty() and not given.approvals:
        raise UsageError("--execute: stdin is no terminal: give --approve-file")


def _carried(
    folder: Path,
    plan: Plan,
    journal: Journal,
    world: Opened,
    given: Given,
    talk: Talk,
    act: Callable[[Run, Opened], Outcome],
    *,
    anyway: bool = False,
) -> int:
    for file in given.approvals:
        take_approval(folder, plan, Path(file))
    for ident in given.done:
        journal.append(Note(step=plan.step(ident).id, text=DONE_BY_HAND, by=world.who))
    if given.waivers:
        keep_waivers(folder, read_waivers(Path(given.waivers)))
    waivers = () if anyway else kept_waivers(folder)  # nothing is judged on the way back
    with world.locked(folder.name, plan, Lines(talk), send=given.execute, anyway=anyway) as keeper:
        controls = Operator(folder, plan, journal, world.clock, world.who, keeper, waivers)
        _obey_signals(controls)
        try:
            outcome = act(world.run(plan, journal, controls, Lines(talk), send=given.execute), world)
        except JournalError:
            if not anyway:
                tell_by_hand(plan, journal.run)
            raise
    if outcome.state in ("completed", "rolled_back", "rollback_failed"):
        forget(folder, but=BACK if outcome.state == "completed" else ())
    tell(outcome, plan, journal.run)
    if plan.purpose == "rehearse":
        tell_rehearsed(plan, journal.lines)
    _bundled(folder, outcome, talk)
    return outcome.code


def _bundled(folder: Path, outcome: Outcome, talk: Talk) -> None:
    """Evidence that cannot be written takes nothing from what is to be known of a way back."""
    try:
        bundle.bundle(folder)
    except Ecs2k8sError as error:
        if outcome.code not in (ExitCode.ROLLED_BACK, ExitCode.NOT_ROLLED_BACK):
            raise
        talk.problem(f"the evidence could not be written: {error}")
    else:
        talk.stage(f"evidence: {folder}")


def _obey_signals(controls: Operator) -> None:
    """The first stops at the next safe point, the second this instant; the journal holds either way.

    What is said goes past the buffers of Python, which may be at work just then.
    """

    def stop(number: int, _: Any) -> None:
        if controls.signalled:
            os.write(2, b"stopped this instant, with nothing taken back: see `ecs2k8s cutover status`\n")
            os._exit(128 + number)
        controls.signalled = Asked("pause", signal.Signals(number).name)
        os.write(2, b"pauses at the next safe point; again to stop this instant\n")

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def pause(which: Which, text: str, way: Way, talk: Talk) -> int:
    """What is under way is finished, and the next step waits.

    Where a cluster is named, so does every other run on the same traffic objects.
    """
    folder = run_in(which)
    ask(folder, Asked("pause", me(), text))
    talk.stage(f"{folder.name}: pauses at its next safe point" if is_held(folder) else f"{folder.name}: stays paused")
    if way.names_cluster:
        plan = plan_of(folder)
        raise_flags(plan, folder.name, f"pause asked for by {me()}" + (f": {text}" if text else ""), way)
        talk.stage(f"{folder.name}: the flag is set at {len(plan.traffic)} traffic objects")
    return ExitCode.CLEAN
