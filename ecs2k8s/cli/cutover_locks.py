"""`ecs2k8s cutover unlock`, and the flag at a lock by which a pause reaches every run on the same traffic objects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ecs2k8s.cli.console import out
from ecs2k8s.cli.cutover_folders import folder_of, me, plan_in
from ecs2k8s.compare.cluster import ClusterError
from ecs2k8s.core.errors import BusyError, UsageError
from ecs2k8s.core.exits import ExitCode
from ecs2k8s.cutover.cluster.lease import flag, flagged, holder, unlock
from ecs2k8s.cutover.cluster.leases import lease_name
from ecs2k8s.cutover.evidence import bundle
from ecs2k8s.cutover.folder import RUNS, ULID, current, plan_of
from ecs2k8s.cutover.journal import read as journal_file
from ecs2k8s.cutover.journal.events import Lock
from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.journal.fold import fold
from ecs2k8s.cutover.locks import local
from ecs2k8s.cutover.locks.info import stamp
from ecs2k8s.cutover.world import RefusedError, UnreadableError, UnsureError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.cli.cutover_folders import Which
    from ecs2k8s.cli.cutover_world import Way
    from ecs2k8s.cutover.cluster.lease import Holder
    from ecs2k8s.cutover.cluster.leases import Store
    from ecs2k8s.cutover.plan import Plan
    from ecs2k8s.cutover.run.context import Talk

SILENT = (ClusterError, UnreadableError, RefusedError, UnsureError)


def break_lock(which: Which, ident: str, way: Way) -> int:
    """Give the traffic objects free that the lock *ident* holds.

    Raises `BusyError` while a process of this machine holds it, and `UsageError` where nobody does.
    """
    runs = list(_runs(Path(which.directory)))
    gone = _gone(runs, ident)
    if gone:
        _tell_gone(gone)
        if fold(journal_file.read(gone).lines).start.mode == "guided":
            return ExitCode.CLEAN  # it has no other lock
    plan = _plan(which)
    store = way.context.locks(way.lock_namespace)
    held = _held(store, plan)
    mine = {key: its for key, its in held.items() if its.ident == ident}
    if not mine and not gone:
        raise UsageError(f"{plan.unit}: no traffic object is held by the lock {ident}{_others(held)}")
    for key, its in mine.items():
        out(f"{key}: {_told(its)}")
    if mine:
        _tell_last(runs, next(iter(mine.values())).run)
    for key in mine:
        unlock(store, key, ident)
    out(f"{plan.unit}: the lock {ident} {'is broken' if mine else 'holds no traffic object'}")
    if mine:
        _write_down(runs, next(iter(mine.values())).run, ident, tuple(mine), way)
    return ExitCode.CLEAN


def _runs(directory: Path) -> Iterator[Path]:
    """All runs of the directory, whatever their plans are for."""
    place = directory / "cutover"
    found = (*place.glob(f"*/{RUNS}/*"), *place.glob(f"*/*/{RUNS}/*"))
    yield from sorted(each for each in found if ULID.fullmatch(each.name) and (each / journal_file.FILE).exists())


def _gone(runs: list[Path], ident: str) -> Path | None:
    """The run whose folder was held by the lock *ident*, by a process that has ended."""
    for run in runs:
        held = local.holder(run)
        if held and held.id == ident:
            if local.is_held(run):
                raise BusyError(f"{run}: process {held.pid} of this machine is alive and holds it: stop that first")
            return run
    return None


def _tell_gone(run: Path) -> None:
    out(f"{run}: was held by a process that has ended; the kernel gave that lock back, and there is nothing to break")


def _plan(which: Which) -> Plan:
    """Of the run that is under way, or the one that is to be begun."""
    unit = folder_of(which)
    run = current(unit)
    return plan_of(run) if run else plan_in(unit)


def _held(store: Store, plan: Plan) -> dict[str, Holder]:
    found = {key: store.get(lease_name(key)) for key in plan.traffic}
    holders = {key: holder(lease) for key, lease in found.items() if lease}
    return {key: its for key, its in holders.items() if its}


def _told(its: Holder) -> str:
    said = (f"{name} {its.info[name]}" for name in ("operation", "who", "host", "since") if name in its.info)
    return ", ".join((f"run {its.run}, lock {its.ident}", *said))


def _others(held: dict[str, Holder]) -> str:
    return "".join(f"; {key}: {_told(its)}" for key, its in held.items()) or ": they are free"


def _tell_last(runs: list[Path], ident: str) -> None:
    """Of the run that holds the lock, where its journal lies in this directory."""
    run = _named(runs, ident)
    if run is None:
        out(f"run {ident} has no journal in this directory: ask where it runs before anything else")
        return
    last = fold(journal_file.read(run).lines).last
    out(f"its last event: {last.event.ev}{f' of {last.step}' if last.step else ''}, {stamp(last.head.ts_wall)}")


def _write_down(runs: list[Path], ident: str, lock: str, keys: tuple[str, ...], way: Way) -> None:
    run = _named(runs, ident)
    if run is None:
        return
    with Journal.open(run, way.clock) as journal:
        journal.append(Lock(did="broken", id=lock, keys=keys, who=me()))
    bundle.bundle(run)


def _named(runs: list[Path], ident: str) -> Path | None:
    return next((run for run in runs if run.name == ident), None)


def raise_flags(plan: Plan, run: str, text: str, way: Way) -> None:
    """Every run on the traffic objects of *plan* waits, whatever its plan, its directory and its machine."""
    store = way.context.locks(way.lock_namespace)
    for key in plan.traffic:
        flag(store, key, f"{_mark(run)}{text}")


def lower_flags(plan: Plan, run: str, way: Way, talk: Talk) -> None:
    """Take away those that were set for *run*; of others somebody else has to. What fails is said."""
    try:
        store = way.context.locks(way.lock_namespace)
        for key in plan.traffic:
            if flagged(store, key).startswith(_mark(run)):
                flag(store, key, "")
    except SILENT as error:
        talk.say(f"the flags of {run} are left where they are: {error}")


def _mark(run: str) -> str:
    return f"run {run}: "
