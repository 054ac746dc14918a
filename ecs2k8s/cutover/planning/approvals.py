"""Which phases need a person's yes, and the steps that wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.plan import Approval
from ecs2k8s.cutover.planning.step_texts import step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.cutover.plan import Purpose, Step

HANDOVER, CANARY, FULL = Approval("P5"), Approval("P6"), Approval("P8", another=True)
END = Approval("P10", another=True, typed=True)
ROWS = {"P5": "approve-handover", "P6": "approve-canary", "P8": "approve-full", "P10": "approve-end"}


def asked(purpose: Purpose, designs: Iterable[str]) -> tuple[Approval, ...]:
    """Of what answers requests before the first and before all of them; of other work before it changes hands."""
    if purpose != "move":
        return (END,)
    return (CANARY, FULL) if set(designs) - {"D"} else (HANDOVER,)


def with_gates(steps: Iterable[Step], approvals: Iterable[Approval]) -> tuple[Step, ...]:
    """*steps* with a gate before the first one of each phase that needs an approval."""
    return tuple(_with_gates(steps, {each.phase for each in approvals}))


def _with_gates(steps: Iterable[Step], phases: set[str]) -> Iterator[Step]:
    passed: set[str] = set()
    for each in steps:
        if each.phase in phases - passed:
            passed.add(each.phase)
            yield step(ROWS[each.phase])
        yield each
