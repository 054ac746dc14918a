"""Where runs lie: `DIR/cutover/<unit>/runs/<run>/`, each the one that consumes its plan.

consumed/<hash of the plan>   the run that consumes it
current                       the run that is under way, or was last
runs/<run>/                   plan.json, journal.jsonl and what else a run leaves
"""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ecs2k8s.core.errors import BusyError, OutputError, PlanError
from ecs2k8s.cutover.durable import make_folder, put, refuse_link
from ecs2k8s.cutover.journal import crash
from ecs2k8s.cutover.journal import read as journal
from ecs2k8s.cutover.journal.fold import fold
from ecs2k8s.cutover.plan import dump, load
from ecs2k8s.cutover.planning.rehearsal import rehearsal
from ecs2k8s.cutover.states import OVER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecs2k8s.cutover.plan import Plan, Purpose

PLAN, CURRENT, CONSUMED, RUNS, MUTEX = "plan.json", "current", "consumed", "runs", ".mutex"
UNIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}", re.ASCII)
ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", re.ASCII)
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid(now: float, randomness: bytes) -> str:
    """An id that sorts by time: 48 bits of milliseconds since 1970 and 80 bits of *randomness*."""
    number = (int(now * 1000) & (1 << 48) - 1) << 80 | int.from_bytes(randomness[:10].ljust(10, b"\0"), "big")
    return "".join(CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def unit_folder(directory: Path, unit: str) -> Path:
    """Raises `OutputError` where the name of the unit would choose another place."""
    if not UNIT.fullmatch(unit):
        raise OutputError(f"{unit!r} is no name of a unit: letters, digits, dots, dashes and underscores only")
    for folder in (directory / "cutover", directory / "cutover" / unit):
        refuse_link(folder)
    return directory / "cutover" / unit


def all_of(run: Path, purpose: Purpose) -> Path:
    """The folder of all cutovers in which a run lies: what deletes lies in a folder of its unit."""
    return run.parents[2 if purpose in ("move", "rehearse") else 3]


def run_folder(unit: Path, run: str) -> Path:
    if not ULID.fullmatch(run):
        raise OutputError(f"{run!r} is no id of a run")
    for folder in (unit / RUNS, unit / RUNS / run):
        refuse_link(folder)
    return unit / RUNS / run


def begin(unit: Path, plan: Plan, run: str) -> Path:
    """The folder of the run that consumes *plan*, ready for its journal: of *run*, or of one that got no further.

    A rehearsal consumes nothing. Raises `PlanError` where another run consumed the plan, and `BusyError` where one of
    this unit is not at its end.
    """
    if plan.unit not in (unit.name, unit.parent.name):  # the second: a plan of another purpose lies one deeper
        raise PlanError(f"{unit / PLAN}: is the plan of {plan.unit}")
    with _alone(unit):
        _refuse_another(unit)
        if plan.purpose == "rehearse":
            _refuse_consumed(unit, plan.reviewed)
        else:
            run = _claim(unit, plan, run)
        folder = run_folder(unit, run)
        make_folder(unit / RUNS)
        make_folder(folder)
        put(folder / PLAN, dump(plan))
        put(unit / CURRENT, run.encode() + b"\n")
    return folder


def current(unit: Path) -> Path | None:
    """The folder of the run that is under way, or was last; None before the first."""
    run = _named(unit / CURRENT)
    return run_folder(unit, run) if run else None


def under_way(unit: Path, plan: str) -> str:
    """The run or rehearsal of the plan of this hash that is not at its end; empty where there is none."""
    run = _named(unit / CONSUMED / plan) or _rehearses(unit, plan)
    if not run or not (run_folder(unit, run) / journal.FILE).exists():
        return ""
    return "" if fold(journal.read(run_folder(unit, run)).lines).state in OVER else run


def _rehearses(unit: Path, plan: str) -> str:
    """The rehearsal of the plan of this hash that is under way, or was last."""
    run = _named(unit / CURRENT)
    return run if run and plan_of(run_folder(unit, run)).reviewed == plan else ""


def plan_of(run: Path) -> Plan:
    """The plan that a run consumes, as it was copied. Raises `PlanError`."""
    try:
        data = (run / PLAN).read_bytes()
    except OSError as error:
        raise PlanError(f"{run / PLAN}: {error.strerror}") from error
    return load(data, str(run / PLAN))


def consumed(run: Path, ident: str) -> Plan:
    """The plan with which the run began, by its hash: the copy, or where somebody edited that, what it was made of."""
    for path in (run / PLAN, run.parents[1] / PLAN):
        for made in (lambda plan: plan, rehearsal):
            with suppress(OSError, PlanError):
                plan = made(load(path.read_bytes(), str(path)))
                if plan.ident == ident:
                    return plan
    raise PlanError(f"{run / PLAN}: is not the plan {ident[:12]} with which the run began: put that one back")


def _claim(unit: Path, plan: Plan, run: str) -> str:
    """The run that consumes the plan: the file is never changed once it is there."""
    make_folder(unit / CONSUMED)
    claim = unit / CONSUMED / plan.ident
    before = _named(claim)
    if not before:
        put(claim, run.encode() + b"\n")
        return run
    _refuse_consumed(unit, plan.ident)
    return before  # it ended before its journal began: nothing was done


def _refuse_consumed(unit: Path, plan: str) -> None:
    before = _named(unit / CONSUMED / plan)
    if before and (run_folder(unit, before) / journal.FILE).exists():
        raise PlanError(f"{unit / PLAN}: run {before} consumed this plan: export and plan again")


def _refuse_another(unit: Path) -> None:
    before = current(unit)
    if before is None or not (before / journal.FILE).exists():
        return
    state = fold(journal.read(before).lines).state
    if state not in OVER:
        raise BusyError(f"{before}: is {state}: resume it, or roll it back first")


def _named(path: Path) -> str:
    """The run that a file names; empty where there is no file."""
    refuse_link(path)
    try:
        text = path.read_bytes().decode("ascii", "replace").strip()
    except FileNotFoundError:
        return ""
    if not ULID.fullmatch(text):
        raise OutputError(f"{path}: names no run")
    return text


@contextmanager
def _alone(unit: Path) -> Iterator[None]:
    """Two processes begin one after the other; whoever ends, and however, leaves the way free."""
    try:
        fd = os.open(unit / MUTEX, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise OutputError(f"{unit}: {error.strerror}") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        crash.at("unit: alone")
        yield
    finally:
        os.close(fd)
