"""Design A from the first requests on: the drill, the weights as scheduled, the hold (cutover.md §2.3, P6 to P9)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ecs2k8s.cutover.plan import Wait
from ecs2k8s.cutover.planning import shift
from ecs2k8s.cutover.planning.schedule import CANARY, WHOLE
from ecs2k8s.cutover.planning.step_texts import step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.cutover.plan import Phase, Step
    from ecs2k8s.cutover.planning.ground import Ground
    from ecs2k8s.cutover.planning.schedule import Schedule, Stage
    from ecs2k8s.cutover.planning.weighted import Weighted

DAY = 24 * 60 * 60
FIRST = 1  # per cent, for the drill
BAKED = ("T01", "T02", "T03", "T04", "T05", "T06", "T07", "T08", "T10", "T11", "T12", "T13", "T15", "T20")


def steps(ground: Ground, _: Unit, weighted: Weighted | None) -> Iterator[Step]:
    """Without the approvals."""
    if weighted:
        yield from _under_traffic(weighted, ground.schedule)


def _under_traffic(weighted: Weighted, schedule: Schedule) -> Iterator[Step]:
    yield from _drill(weighted)
    yield from _stage(weighted, 0, schedule.stages[0])
    for before, stage in pairwise(schedule.stages):
        yield from _stage(weighted, before.share, stage)
    days = schedule.hold_days
    yield step(
        "hold",
        args={"days": days},
        minutes=days * 24 * 60,
        share=WHOLE,
        wait=Wait(days * DAY),
    )


def _drill(weighted: Weighted) -> Iterator[Step]:
    """In every run, before anything else gets requests."""
    there, back = shift.to(weighted.shifts, 0, FIRST), shift.to(weighted.shifts, FIRST, 0)
    yield step("drill", args={"share": FIRST}, moves=there, back=back, share=FIRST)
    yield step("drill-back", moves=back, share=0)


def _stage(weighted: Weighted, before: int, stage: Stage) -> Iterator[Step]:
    share, phase = stage.share, phase_of(stage.share)
    back = shift.to(weighted.shifts, share, 0)
    moves = shift.to(weighted.shifts, before, share)
    args = {"share": share, "requests": f"{stage.requests:,}"}
    yield step("shift", f"shift-{share}", args, phase=phase, moves=moves, back=back, share=share)
    yield step(
        "bake",
        f"bake-{share}",
        args,
        phase=phase,
        why=stage.why,
        minutes=stage.minutes,
        checks=BAKED,
        wait=stage.wait,
        share=share,
    )


def phase_of(share: int) -> Phase:
    if share >= WHOLE:
        return "P8"
    return "P6" if share <= CANARY else "P7"
