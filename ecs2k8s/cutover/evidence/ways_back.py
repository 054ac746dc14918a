"""How often a run went back, what for, and how long it took; the drill, which is a way back that was planned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.documents import canonical
from ecs2k8s.cutover.evidence.weights import stages
from ecs2k8s.cutover.journal.events import Abort, Intent, RollbackEnd, RollbackStart, Verified
from ecs2k8s.cutover.locks.info import stamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecs2k8s.cutover.journal.fold import Rollback, Run
    from ecs2k8s.cutover.journal.lines import Line
    from ecs2k8s.cutover.plan import Plan

FILE = "rollback-drill.json"
DRILL = "ecs2k8s/rollback-drill/v1"
THERE, BACK = "drill", "drill-back"  # steps of every plan that moves requests (planning/design_a.py)


def ways_back(told: Run, lines: Sequence[Line]) -> list[dict[str, Any]]:
    return [_plain(each, lines) for each in told.rollbacks]


def drill(plan: Plan, lines: Sequence[Line]) -> dict[str, Any] | None:
    """None where the plan has none, or the run did not come to it."""
    its = {step.id: [line for line in lines if line.step == step.id] for step in plan.steps if step.id in (THERE, BACK)}
    if not its.get(THERE):
        return None
    back = its.get(BACK, [])
    sent = [line for line in back if isinstance(line.event, Intent)]
    seen = [line for line in back if isinstance(line.event, Verified)]
    things = {line.event.thing for line in seen if isinstance(line.event, Verified)}
    over = bool(sent) and things >= {move.thing for move in plan.step(BACK).moves}
    return {
        "format": DRILL,
        "there": [each.told for each in stages(lines) if each.step == THERE],
        "back": [each.told for each in stages(lines) if each.step == BACK],
        "done": over,
        "began": stamp(sent[0].head.ts_wall) if sent else "",
        "ended": stamp(seen[-1].head.ts_wall) if over else "",
        "seconds": seconds(sent[0], seen[-1]) if over else None,
        "calls": len(sent),
        "lines": [its[THERE][0].head.seq, (back or its[THERE])[-1].head.seq],
    }


def file(plan: Plan, lines: Sequence[Line]) -> dict[str, bytes]:
    found = drill(plan, lines)
    return {FILE: canonical(found)} if found else {}


def seconds(first: Line, last: Line) -> float:
    """By the clock of the machine, as the times that stand beside it."""
    return round(last.head.ts_wall - first.head.ts_wall, 3)


def _plain(its: Rollback, lines: Sequence[Line]) -> dict[str, Any]:
    start, end = its.start, its.end
    said = start.event
    during = lines[start.head.seq - 1 : end.head.seq if end else None]
    places = [line for line in during if isinstance(line.event, Intent)]
    seen = [line for line in during if isinstance(line.event, Verified)]
    by, reason = "", ""
    if isinstance(said, Abort | RollbackStart):
        by, reason = said.by, said.text if isinstance(said, Abort) else said.reason
    return {
        "line": start.head.seq,
        "began": stamp(start.head.ts_wall),
        "ended": stamp(end.head.ts_wall) if end else "",
        "seconds": seconds(start, end) if end else None,
        "seen_back_after": seconds(start, seen[-1]) if seen else None,
        "what": "abort" if isinstance(said, Abort) else "rollback",
        "reason": reason,
        "by": by,
        "outcome": its.to,
        "text": end.event.text if end and isinstance(end.event, RollbackEnd) else "",
        "calls": len(places),
    }
