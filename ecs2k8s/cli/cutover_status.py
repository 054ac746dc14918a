"""`ecs2k8s cutover status`, and what a run says at its end: read from the folder of the run, and from nothing else."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from ecs2k8s.cli.console import out, table
from ecs2k8s.cli.cutover_folders import run_in
from ecs2k8s.core.errors import PlanError
from ecs2k8s.core.exits import ExitCode
from ecs2k8s.cutover.evidence.rehearsed import summary
from ecs2k8s.cutover.folder import consumed, plan_of
from ecs2k8s.cutover.journal import read as journal_file
from ecs2k8s.cutover.journal.events import JournalError
from ecs2k8s.cutover.journal.fold import fold
from ecs2k8s.cutover.locks.local import holder, is_held
from ecs2k8s.cutover.run.adopting import why_not
from ecs2k8s.cutover.run.columns import differing, of_journal
from ecs2k8s.cutover.run.stepping import DONE
from ecs2k8s.cutover.run.stops import Conflict
from ecs2k8s.cutover.run.typed import commands_back, whole_way_back
from ecs2k8s.cutover.states import TransitionError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecs2k8s.cli.cutover_folders import Which
    from ecs2k8s.cutover.journal.fold import Run as Told
    from ecs2k8s.cutover.journal.lines import Line
    from ecs2k8s.cutover.plan import Plan, Thing
    from ecs2k8s.cutover.run.engine import Outcome
    from ecs2k8s.cutover.run.stops import Columns

STATES = {
    "rolled_back": ExitCode.ROLLED_BACK,
    "rollback_failed": ExitCode.NOT_ROLLED_BACK,
}
SCHEMA = "ecs2k8s/cutover-status/v1"
WAITS = {"conflict": ExitCode.CONFLICT, "check": ExitCode.FAILED}  # by the word of the pause, as the run ended
HEADING = ("", "plan", "last verified", "now")
HIDDEN = "it differs only in what is masked here"


def status(which: Which, *, as_json: bool) -> int:
    """Where the run is, from its journal alone, with the exit code with which it stopped there."""
    folder = run_in(which)
    told = fold(journal_file.read(folder).lines)
    plan = consumed(folder, told.plan)
    if as_json:
        print(json.dumps(_plain(folder, plan, told), indent=2, sort_keys=True))
    else:
        _print(folder, plan, told)
    if told.state == "paused":
        return WAITS.get(told.pauses[-1].reason, ExitCode.PARTIAL)
    return STATES.get(told.state, ExitCode.CLEAN)


def tell(outcome: Outcome, plan: Plan, told: Told) -> None:
    """The last lines of a run."""
    out(f"{plan.unit}: {outcome.state}" + (f" at {outcome.step}" if outcome.step else "") + f": {outcome.text}")
    _tell_waived(told)
    if isinstance(outcome.stop, Conflict):
        _print_columns(outcome.stop.columns)
        _print_ways_on(plan, told, outcome.stop.columns.thing)


def tell_rehearsed(plan: Plan, lines: Sequence[Line]) -> None:
    for line in summary(plan, lines):
        out(f"  {line}")


def _tell_waived(told: Told) -> None:
    """How many checks the run went on in spite of, each counted once."""
    its = sorted({(each.check, each.subject) for each in told.waivers})
    if its:
        names = ", ".join(dict.fromkeys(check for check, _ in its))
        out(f"{len(its)} {'waiver' if len(its) == 1 else 'waivers'} used: {names}")


def _plain(folder: Path, plan: Plan, told: Told) -> dict[str, Any]:
    its, held = of_journal(plan, told), holder(folder)
    return {
        "schema": SCHEMA,
        "unit": plan.unit,
        "plan": plan.ident,
        "run": told.id,
        "state": told.state,
        "purpose": plan.purpose,
        "mode": told.start.mode,
        "alive": is_held(folder),
        "lock": {"id": held.id, "who": held.who, "host": held.host, "pid": held.pid} if held else None,
        "paused": [{"reason": each.reason, "text": each.text} for each in told.pauses],
        "conflict": _plain_columns(its) if its else None,
        "steps": [{"id": step.id, "phase": step.phase, "state": told.step(step.id)} for step in plan.steps],
        "rollback": list(commands_back(plan, told)),
    }


def _plain_columns(its: Columns) -> dict[str, Any]:
    leaves = [
        {"path": leaf.path, "plan": leaf.planned, "verified": leaf.verified, "now": leaf.live}
        for leaf in differing(its)
    ]
    return {"kind": its.thing.kind, "id": its.thing.id, "leaves": leaves}


def _print(folder: Path, plan: Plan, told: Told) -> None:
    done = sum(told.step(step.id) in DONE for step in plan.steps)
    alive, held = is_held(folder), holder(folder)
    carries = f"{'a' if alive else 'no'} process carries it out"
    kind = "rehearsal" if plan.purpose == "rehearse" else "run"
    out(f"{plan.unit}: {kind} {told.id} is {told.state}, {done} of {len(plan.steps)} steps done; {carries}")
    if alive and held:
        out(f"lock: {held.told(time.time())}")
    for pause in told.pauses:
        out(f"waits: {pause.text or pause.reason}")
    _tell_waived(told)
    if its := of_journal(plan, told):
        _print_columns(its)
        _print_ways_on(plan, told, its.thing)
    rows = [["step", "phase", "state", ""]]
    rows += [[step.id, step.phase, told.step(step.id).replace("_", " "), step.title] for step in plan.steps]
    table(rows, head=True)
    tell_by_hand(plan, told)


def tell_by_hand(plan: Plan, told: Told) -> None:
    if commands := list(commands_back(plan, told)):
        out()
        goes = "What it made goes" if plan.purpose == "rehearse" else "Requests and work go back to ECS"
        out(f"{goes} with `ecs2k8s cutover rollback`, or by hand, in this order:")
        for command in commands:
            for line in command.split("\n"):
                out(f"  {line}")


def tell_unsent(folder: Path) -> bool:
    """Print the way back, and say whether there is any: all of it where a journal cannot tell how far the run got."""
    try:
        told = fold(journal_file.read(folder).lines)
        commands, far = list(commands_back(consumed(folder, told.plan), told)), ""
    except (JournalError, TransitionError, PlanError):
        commands, far = list(whole_way_back(plan_of(folder))), ", where it got so far"
    if commands:
        out(f"Nothing more was sent. Requests and work go back to ECS by hand{far}, in this order:")
    for command in commands:
        for line in command.split("\n"):
            out(f"  {line}")
    return bool(commands)


def _print_columns(its: Columns) -> None:
    """Only what differs; an object that is not there is absent leaf by leaf."""
    out(f"{its.thing.kind} {its.thing.id}:")
    rows = [list(leaf) for leaf in differing(its)]
    if rows:
        table([list(HEADING), *rows], head=True)
    else:
        out(HIDDEN)


def _print_ways_on(plan: Plan, told: Told, thing: Thing) -> None:
    """Of a run that has done something; another is planned again."""
    if not told.verified and not told.intents:
        return
    why = why_not(plan, told, thing)
    take = f"; it cannot be taken as it is, because {why}" if why else ", or take it as it is: `cutover resume --adopt`"
    out(f"Put it back as last verified, and `cutover resume`{take}. Or `cutover rollback`.")
