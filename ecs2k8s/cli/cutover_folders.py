"""Which plan and which run of a migration directory a command is about."""

from __future__ import annotations

import getpass
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ecs2k8s.core.errors import PlanError, UsageError
from ecs2k8s.cutover.folder import current
from ecs2k8s.cutover.journal.read import FILE
from ecs2k8s.cutover.plan import load

if TYPE_CHECKING:
    from ecs2k8s.cutover.plan import Plan, Purpose

FOLDERS: dict[Purpose, str] = {"move": "", "decommission": "decommission", "remove": "removal"}


@dataclass(frozen=True, slots=True)
class Which:
    """The plan of a unit in a migration directory. Without `unit` the only one that there is."""

    directory: str
    unit: str = ""
    purpose: Purpose = "move"


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
    if found is None or not (found / FILE).exists():
        raise PlanError(f"{unit}: no run was begun")
    return found


def me() -> str:
    """Who types this, where no account is asked."""
    return f"{getpass.getuser()}@{socket.gethostname()}"
