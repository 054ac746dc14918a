"""junit.xml of a run: the last verdict of each check, and those that nobody came to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.checks import checks
from ecs2k8s.cutover.journal.events import JournalError, Verdict
from ecs2k8s.cutover.verify_forms import junit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecs2k8s.cutover.journal.lines import Line
    from ecs2k8s.cutover.plan import Plan
    from ecs2k8s.cutover.verdicts import Result


def of_run(plan: Plan, lines: Sequence[Line]) -> str:
    """Raises `JournalError` for a check that this version does not know."""
    last: dict[tuple[str, str, str], Result] = {}
    for line in lines:
        if isinstance(line.event, Verdict):
            if line.event.check.id not in checks():
                raise JournalError(f"line {line.head.seq}: this version knows no check {line.event.check.id!r}")
            last[line.step, line.event.check.id, line.event.check.subject] = line.event.check
    asked = {result.id for result in last.values()}
    wanted = {ident for step in plan.steps for ident in (*step.before, *step.checks)}
    return junit(last.values(), sorted(wanted - asked))
