"""junit.xml of a run: the last verdict of each check, and those that nobody came to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.evidence.checked import last, not_asked
from ecs2k8s.cutover.verify_forms import junit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecs2k8s.cutover.journal.lines import Line
    from ecs2k8s.cutover.plan import Plan


def of_run(plan: Plan, lines: Sequence[Line]) -> str:
    """Raises `JournalError` for a check that this version does not know."""
    return junit((each.settled for each in last(lines)), not_asked(plan, lines))
