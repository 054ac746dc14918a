"""The calls of a run: what each was, of which object, and what came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ecs2k8s.cutover.journal.events import Intent, Result
from ecs2k8s.cutover.plan import digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecs2k8s.cutover.journal.lines import Line
    from ecs2k8s.cutover.plan import Move, Plan

Outcome = Literal["answered", "refused", "unsure", "by a person", "not known"]


@dataclass(frozen=True, slots=True)
class Call:
    """`line` is that of its intent. `planned`: the request is the one of the plan, and not made for what was there."""

    line: Line
    intent: Intent
    operation: str
    planned: bool
    outcome: Outcome
    request_id: str = ""
    text: str = ""


def calls(plan: Plan, lines: Sequence[Line], mode: str) -> list[Call]:
    """One for each intent; of a run that a person carries out, what the person was to type."""
    found: list[Call] = []
    guided = {step.id for step in plan.steps if step.guided or mode == "guided"}
    for line in lines:
        if isinstance(line.event, Intent):
            found.append(_meant(plan, line, line.event, guided=line.step in guided))
        elif isinstance(line.event, Result) and found:
            found[-1] = _answered(found[-1], line.event)
    return found


def _meant(plan: Plan, line: Line, intent: Intent, *, guided: bool) -> Call:
    move = _move(plan, intent)
    operation = move.request.call if move else "not of the plan"
    planned = move is not None and digest(move.request) == intent.request_sha256
    return Call(line, intent, operation, planned, "by a person" if guided else "not known")


def _move(plan: Plan, intent: Intent) -> Move | None:
    for step in plan.steps:
        moves = step.moves if intent.way == "forth" else step.back
        if step.id == intent.step and intent.move < len(moves):
            return moves[intent.move]
    return None


def _answered(call: Call, result: Result) -> Call:
    return Call(call.line, call.intent, call.operation, call.planned, result.outcome, result.request_id, result.text)
