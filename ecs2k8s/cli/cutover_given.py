"""What people give a run: whether it fits the plan is known before any of it is kept, and before a run is begun."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ecs2k8s.core.errors import UsageError
from ecs2k8s.cutover.approvals import read_waivers
from ecs2k8s.cutover.run.operator import approval_for
from ecs2k8s.cutover.run.stepping import by_word

if TYPE_CHECKING:
    from ecs2k8s.cutover.plan import Plan


@dataclass(frozen=True, slots=True)
class Given:
    """Files of approvals and waivers, and whether it may send."""

    execute: bool = False
    approvals: tuple[str, ...] = ()
    waivers: str | None = None
    done: tuple[str, ...] = ()  # steps that a person says to have done
    adopt: bool = False  # what the run stopped at is taken as it is


def fit(plan: Plan, given: Given) -> None:
    """Raises `UsageError` and `PlanError` with what does not."""
    for file in given.approvals:
        approval_for(plan, Path(file))
    for ident in given.done:
        if not by_word(plan.step(ident)):
            raise UsageError(f"--done {ident}: nobody's word ends that step: the run sees when it is done")
    if given.waivers:
        read_waivers(Path(given.waivers))
