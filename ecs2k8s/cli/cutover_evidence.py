"""`ecs2k8s cutover show` and `cutover evidence`: what lies in the folders of plans and runs; no AWS is asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ecs2k8s.cli.console import out
from ecs2k8s.cli.cutover_folders import folder_of, plan_in, run_in
from ecs2k8s.core.exits import ExitCode
from ecs2k8s.cutover.evidence import bundle

if TYPE_CHECKING:
    from ecs2k8s.cli.console import Talk
    from ecs2k8s.cli.cutover_folders import Which


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
