"""`ecs2k8s cutover close`: a person says that nothing is left to do; nothing is sent."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ecs2k8s.cli.console import out
from ecs2k8s.cli.cutover_folders import me, run_in
from ecs2k8s.cli.cutover_status import tell_by_hand
from ecs2k8s.core.errors import UsageError
from ecs2k8s.core.exits import ExitCode
from ecs2k8s.cutover.evidence import bundle
from ecs2k8s.cutover.folder import consumed
from ecs2k8s.cutover.journal.events import Seal
from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.locks.info import LockInfo
from ecs2k8s.cutover.locks.local import FolderLock
from ecs2k8s.cutover.states import RUN

if TYPE_CHECKING:
    from ecs2k8s.cli.cutover_folders import Which
    from ecs2k8s.cutover.world import Clock


def close(which: Which, why: str, clock: Clock) -> int:
    """Of a run whose way back failed it takes a reason: somebody has set right what the program could not.

    Raises `UsageError` for a run that has somewhere to go yet, and `BusyError` while a process carries it out.
    """
    folder = run_in(which)
    lock = LockInfo.here(ident=os.urandom(8).hex(), run=folder.name, who=me(), when=clock.now(), operation="close")
    with FolderLock.take(folder, lock), Journal.open(folder, clock) as journal:
        told = journal.run
        if "closed" not in RUN[told.state]:
            raise UsageError(f"{folder}: is {told.state}: {_instead(told.state)}")
        if told.state == "rollback_failed":
            tell_by_hand(consumed(folder, told.plan), told)
            if not why:
                raise UsageError(f"{folder}: its way back failed: say with --why how it was set right")
        journal.append(Seal(by=me(), text=why))
    out(f"{which.unit or folder.parents[1].name}: closed; another plan of it may be run")
    out(f"{folder}: {bundle.bundle(folder)}")
    return ExitCode.CLEAN


def _instead(state: str) -> str:
    return "there is nothing to do" if state == "closed" else "resume it to its end, or roll it back"
