"""`ecs2k8s cutover`: carry a plan out, stop, go on and go back; what needs AWS is in cutover_world."""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecs2k8s.cli.console import ExitCode, out, table
from ecs2k8s.core.errors import PlanError, StaleError, UsageError
from ecs2k8s.cutover.approvals import keep_waivers, read_waivers
from ecs2k8s.cutover.evidence import bundle
from ecs2k8s.cutover.folder import begin, current, plan_of, ulid
from ecs2k8s.cutover.journal import read as journal_file
from ecs2k8s.cutover.journal.events import Note
from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.journal.fold import fold
from ecs2k8s.cutover.locks.local import FolderLock, is_held
from ecs2k8s.cutover.plan import load
from ecs2k8s.cutover.run.context import Asked
from ecs2k8s.cutover.run.engine import back, carry
from ecs2k8s.cutover.run.operator import Operator, ask, forget, take_approval
from ecs2k8s.cutover.run.rollback import ways_back
from ecs2k8s.cutover.run.stepping import DONE, DONE_BY_HAND
from ecs2k8s.cutover.run.stops import Conflict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecs2k8s.cli.console import Talk
    from ecs2k8s.cli.cutover_world import Opened, Way
    from ecs2k8s.cutover.journal.fold import Run as Told
    from ecs2k8s.cutover.plan import Plan, Purpose, Step
    from ecs2k8s.cutover.run.engine import Outcome

FOLDERS: dict[Purpose, str] = {"move": "", "decommission": "decommission", "remove": "removal"}
STATES = {
    "paused": ExitCode.PARTIAL,
    "rolled_back": ExitCode.ROLLED_BACK,
    "rollback_failed": ExitCode.NOT_ROLLED_BACK,
}
STATUS = "ecs2k8s/cutover-status/v1"


@dataclass(frozen=True, slots=True)
class Which:
    """The plan of a unit in a migration directory. Without `unit` the only one that there is."""

    directory: str
    unit: str = ""
    purpose: Purpose = "move"


@dataclass(frozen=True, slots=True)
class Given:
    """What people give a run: files of approvals and waivers, and whether it may send."""

    execute: bool = False
    approvals: tuple[str, ...] = ()
    waivers: str | None = None
    done: tuple[str, ...] = ()  # steps that a person says to have done


@dataclass(frozen=True, slots=True)
class Lines:
    """`context.Talk`: what happens is said on stderr, what has to be typed stands on stdout."""

    talk: Talk

    def say(self, text: str) -> None:
        self.talk.stage(text)

    def offer(self, step: Step, command: str) -> None:
        self.talk.stage(f"{step.id}: {step.title}. Type this, and wait: the run goes on when it sees the change.")
        for line in command.split("\n"):
            out(line)
        sys.stdout.flush()


def folder_of(which: Which) -> Path:
    """Where the plan lies. Raises `UsageError` where it is not clear which."""
    place = Path(which.directory) / "cutover"
    found = sorted(path.parent for path in place.glob(f"*/{FOLDERS[which.purpose] or '.'}/plan.json"))
    units = {path.relative_to(place).parts[0]: path for path in found}
    if not units:
        raise PlanError(f"{place}: has no plan: run `ecs2k8s plan {which.directory}`")
    if not which.unit and len(units) == 1:
        return next(iter(units.values()))
    if which.unit not in units:
        said = f"--unit {which.unit}: is none of" if which.unit else "name one with --unit:"
        raise UsageError(f"{which.directory}: {said} {', '.join(units)}")
    return units[which.unit]


def plan_in(folder: Path) -> Plan:
    try:
        data = (folder / "plan.json").read_bytes()
    except OSError as error:
        raise PlanError(f"{folder / 'plan.json'}: {error.strerror}") from error
    return load(data, str(folder / "plan.json"))


def run_in(which: Which) -> Path:
    """The folder of the run that is under way, or was last. Raises `PlanError` where none was begun."""
    unit = folder_of(which)
    found = current(unit)
    if found is None or not (found / journal_file.FILE).exists():
        raise PlanError(f"{unit}: no run was begun")
    return found


def run(which: Which, given: Given, way: Way, talk: Talk) -> int:
    """Begin. Raises `PlanError`, `StaleError`, `BusyError` and what logging in raises."""
    from ecs2k8s.cli.cutover_world import opened

    unit = folder_of(which)
    plan = plan_in(unit)
    _may_begin(plan, given, way.clock.now())
    world = opened(which.directory, plan, way, Lines(talk))
    folder = begin(unit, plan, ulid(way.clock.now(), os.urandom(10)))
    with FolderLock.take(folder, world.info(folder.name, "run")):
        mode = "execute" if given.execute else "guided"
        start: dict[str, Any] = {"mode": mode, "who": world.who, "cluster_uid": world.cluster_uid}
        with Journal.create(folder, plan, folder.name, way.clock, **start) as journal:
            talk.stage(f"run {folder.name} of plan {plan.short}, {mode}, by {world.who}")
            return _carried(folder, journal, world, given, talk, lambda its: carry(its, world.who))


def resume(which: Which, given: Given, way: Way, talk: Talk) -> int:
    """Go on where the journal ends, in the mode in which the run was begun."""
    folder = run_in(which)
    forget(folder)
    if is_held(folder):
        _tell_to_go_on(folder, given, talk)
        return ExitCode.CLEAN
    return _again(which, folder, given, way, talk, carry)


def _tell_to_go_on(folder: Path, given: Given, talk: Talk) -> None:
    """A run that waits in another process, and watches meanwhile."""
    plan = plan_of(folder)
    if given.done or given.waivers:
        raise UsageError(f"{folder}: another process carries it out: end it first (Ctrl-C), then resume with these")
    for file in given.approvals:
        take_approval(folder, plan, Path(file))
    ask(folder, Asked("resume", _me()))
    talk.stage(f"{folder.name}: told the process that carries it out")


def go_back(which: Which, what: str, text: str, given: Given, way: Way, talk: Talk) -> int:
    """*what*: `rollback` or `abort`. A run that another process carries out is told; else this one does it."""
    folder = run_in(which)
    if is_held(folder):
        ask(folder, Asked(what, _me(), text))
        talk.stage(f"{folder.name}: told the process that carries it out; watch it with `cutover status`")
        return ExitCode.CLEAN
    reason = text or f"{what} asked for by {_me()}"

    def act(its: Any, who: str) -> Outcome:
        return back(its, reason, who, abort=what == "abort")

    code = _again(which, folder, given, way, talk, act, anyway=True)
    forget(folder)
    return code


def _again(
    which: Which,
    folder: Path,
    given: Given,
    way: Way,
    talk: Talk,
    act: Callable[[Any, str], Outcome],
    *,
    anyway: bool = False,
) -> int:
    """*anyway*: neither a cluster that does not answer nor a lock of somebody else stops it."""
    from ecs2k8s.cli.cutover_world import opened

    plan = plan_of(folder)
    with Journal.open(folder, way.clock) as journal:
        start = journal.run.start
        if given.execute and start.mode == "guided":
            raise UsageError(f"{folder}: was begun without --execute: a guided run stays one")
        world = opened(which.directory, plan, way, Lines(talk), anyway=anyway)
        if start.cluster_uid and world.cluster_uid and start.cluster_uid != world.cluster_uid:
            raise StaleError(f"the run is about the cluster {start.cluster_uid}, and this is {world.cluster_uid}")
        with FolderLock.take(folder, world.info(folder.name, "resume")):
            mode = Given(start.mode == "execute", given.approvals, given.waivers, given.done)
            return _carried(folder, journal, world, mode, talk, lambda its: act(its, world.who), anyway=anyway)


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
    journal: Journal,
    world: Opened,
    given: Given,
    talk: Talk,
    act: Callable[[Any], Outcome],
    *,
    anyway: bool = False,
) -> int:
    plan = plan_of(folder)
    for file in given.approvals:
        take_approval(folder, plan, Path(file))
    for ident in given.done:
        journal.append(Note(step=plan.step(ident).id, text=DONE_BY_HAND, by=world.who))
    waivers = read_waivers(Path(given.waivers)) if given.waivers else ()
    if waivers:
        keep_waivers(folder, waivers)
    with world.locked(folder.name, plan, Lines(talk), send=given.execute, anyway=anyway) as keeper:
        controls = Operator(folder, plan, journal, world.clock, world.who, keeper, waivers)
        _obey_signals(controls)
        outcome = act(world.run(plan, journal, controls, Lines(talk), send=given.execute))
    if outcome.state in ("completed", "rolled_back", "rollback_failed"):
        forget(folder)
    bundle.bundle(folder)
    _tell(outcome, plan, folder, talk)
    return outcome.code


def _obey_signals(controls: Operator) -> None:
    """The first stops at the next safe point, the second this instant; the journal holds either way."""

    def stop(number: int, _: Any) -> None:
        if controls.signalled:
            os._exit(128 + number)
        controls.signalled = Asked("pause", signal.Signals(number).name, "again to stop this instant")

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def _tell(outcome: Outcome, plan: Plan, folder: Path, talk: Talk) -> None:
    out(f"{plan.unit}: {outcome.state}" + (f" at {outcome.step}" if outcome.step else "") + f": {outcome.text}")
    if isinstance(outcome.stop, Conflict):
        columns = outcome.stop.columns
        states = {"planned": columns.planned, "verified": columns.verified, "live": columns.live}
        table([["", columns.thing.id], *([name, json.dumps(its, sort_keys=True)] for name, its in states.items())])
    talk.stage(f"evidence: {folder}")


def status(which: Which, *, as_json: bool) -> int:
    """Where the run is, from its journal alone; exit 5 while it waits for a person."""
    folder = run_in(which)
    told = fold(journal_file.read(folder).lines)
    plan = plan_of(folder)
    if as_json:
        print(json.dumps(_status(folder, plan, told), indent=2, sort_keys=True))
    else:
        _print_status(folder, plan, told)
    return STATES.get(told.state, ExitCode.CLEAN)


def _status(folder: Path, plan: Plan, told: Told) -> dict[str, Any]:
    return {
        "schema": STATUS,
        "unit": plan.unit,
        "plan": plan.ident,
        "run": told.id,
        "state": told.state,
        "mode": told.start.mode,
        "alive": is_held(folder),
        "paused": [{"reason": each.reason, "text": each.text} for each in told.pauses],
        "steps": [{"id": step.id, "phase": step.phase, "state": told.step(step.id)} for step in plan.steps],
        "rollback": list(_commands_back(plan, told)),
    }


def _print_status(folder: Path, plan: Plan, told: Told) -> None:
    done = sum(told.step(step.id) in DONE for step in plan.steps)
    alive = "a process carries it out" if is_held(folder) else "no process carries it out"
    out(f"{plan.unit}: run {told.id} is {told.state}, {done} of {len(plan.steps)} steps done; {alive}")
    for pause in told.pauses:
        out(f"waits: {pause.text or pause.reason}")
    rows = [["step", "phase", "state", ""]]
    rows += [[step.id, step.phase, told.step(step.id).replace("_", " "), step.title] for step in plan.steps]
    table(rows, head=True)
    if commands := list(_commands_back(plan, told)):
        out()
        out("Requests go back to ECS with `ecs2k8s cutover rollback`, or by hand:")
        for command in commands:
            for line in command.split("\n"):
                out(f"  {line}")


def _commands_back(plan: Plan, told: Told) -> Iterator[str]:
    """What takes the requests back without this program."""
    begun = [step for step in reversed(plan.steps) if told.step(step.id) not in ("pending", "skipped", "rolled_back")]
    for _, __, move in ways_back([step for step in begun if step.kind == "elb.weights"]):
        yield move.command


def pause(which: Which, text: str, talk: Talk) -> int:
    """The next step waits; what is under way is finished, and triggers stay armed while a process runs."""
    folder = run_in(which)
    ask(folder, Asked("pause", _me(), text))
    talk.stage(f"{folder.name}: pauses at its next safe point" if is_held(folder) else f"{folder.name}: stays paused")
    return ExitCode.CLEAN


def show(which: Which) -> int:
    """The checklist of the plan, as it was written."""
    folder = folder_of(which)
    plan_in(folder)
    for line in (folder / "CHECKLIST.md").read_text().splitlines():
        out(line)
    return ExitCode.CLEAN


def evidence(which: Which, talk: Talk) -> int:
    """Write the reports of the run again, and say where they lie."""
    folder = run_in(which)
    head = bundle.bundle(folder)
    out(f"{folder}: {head}")
    talk.stage("`ecs2k8s cutover evidence verify` says whether any of it was changed since")
    return ExitCode.CLEAN


def verify_evidence(path: str) -> int:
    """Offline. Exit 3 where something is not as it was."""
    found = bundle.verify(Path(path))
    for problem in found.problems:
        out(problem)
    out(f"{path}: {'changed' if found.problems else 'as it was written'}")
    return ExitCode.FAILED if found.problems else ExitCode.CLEAN


def _me() -> str:
    import getpass
    import socket

    return f"{getpass.getuser()}@{socket.gethostname()}"
