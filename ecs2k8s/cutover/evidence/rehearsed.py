"""rehearsal.md: what a rehearsal saw. How long each step took, what the checks said, and the weights throughout."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ecs2k8s.cutover.evidence.weights import part_of_eks, per_cent
from ecs2k8s.cutover.journal.events import Observed, Verdict, Verified
from ecs2k8s.cutover.journal.fold import fold
from ecs2k8s.cutover.run.stepping import DONE
from ecs2k8s.cutover.states import OVER
from ecs2k8s.report.escape_markdown import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecs2k8s.cutover.journal.fold import Run
    from ecs2k8s.cutover.journal.lines import Line
    from ecs2k8s.cutover.plan import Plan, Step
    from ecs2k8s.cutover.verdicts import Verdict as Verdicted

FILE = "rehearsal.md"
WORDS: dict[Verdicted, str] = {
    "pass": "passed",
    "fail": "failed",
    "inconclusive": "undecided",
    "error": "without an answer",
    "waived": "waived",
    "not_applicable": "not applicable",
}
HEADER = "| Step | What | Took | Result | Checks |\n|---|---|---|---|---|\n"


def file(plan: Plan, lines: Sequence[Line]) -> dict[str, bytes]:
    """Nothing of what is no rehearsal."""
    if plan.purpose != "rehearse":
        return {}
    told = fold(lines)
    said = "".join(f"- {plain(each)}\n" for each in summary(plan, lines))
    rows = "".join(_row(step, told, lines) for step in plan.steps)
    head = (
        f"# Rehearsal of {plain(plan.unit)}\n\nRun {told.id} of the plan {plan.reviewed[:12]}, {told.start.mode}, by "
    )
    return {FILE: f"{head}{plain(told.start.who)}. It is {told.state}.\n\n{said}\n{HEADER}{rows}".encode()}


def summary(plan: Plan, lines: Sequence[Line]) -> Iterator[str]:
    """What people want to know first."""
    told = fold(lines)
    yield _weights(lines)
    yield _checks(lines, told)
    yield _taken_back(plan, told)
    spent = lines[-1].head.ts_wall - lines[0].head.ts_wall
    over = "; the plan is as it was, and a run of it can begin" if told.state in OVER else ""
    yield f"time: {_shown(spent)}{over}"


def _weights(lines: Sequence[Line]) -> str:
    looks = [
        part
        for line in lines
        if isinstance(line.event, Observed | Verified)
        if (part := part_of_eks(line.event.thing, line.event.state)) is not None
    ]
    if not looks:
        return "weights: the plan shares out no requests"
    seen = "were 0 throughout" if not any(looks) else f"of EKS rose to {per_cent(max(looks))}, which was not this run"
    return f"weights {seen} ({len(looks)} looks)"


def _checks(lines: Sequence[Line], told: Run) -> str:
    """The last verdict of each."""
    last = {
        (line.step, line.event.check.id, line.event.check.subject): line.event.check.verdict
        for line in lines
        if isinstance(line.event, Verdict)
    }
    counts = Counter(last.values())
    parts = [f"{counts[each]} {word}" for each, word in WORDS.items() if counts[each]]
    waived = len({each.check for each in told.waivers})
    return f"checks: {', '.join(parts) or 'none was asked'}" + (f"; {waived} waived" if waived else "")


def _taken_back(plan: Plan, told: Run) -> str:
    if told.state == "rolled_back":
        return "taken back: all of it, by `cutover rollback`"
    open_ = [step.id for step in plan.steps if step.takes_back and told.step(step.id) not in DONE]
    return f"taken back: not yet {', '.join(open_)}" if open_ else "taken back: all of it"


def _row(step: Step, told: Run, lines: Sequence[Line]) -> str:
    its = [line for line in lines if line.step == step.id]
    took = _shown(its[-1].head.ts_wall - its[0].head.ts_wall) if its else ""
    last = {
        (line.event.check.id, line.event.check.subject): line.event.check.verdict
        for line in its
        if isinstance(line.event, Verdict)
    }
    said = ", ".join(f"{ident} {WORDS[verdict]}" for (ident, _), verdict in sorted(last.items()))
    state = told.step(step.id).replace("_", " ")
    return f"| {' | '.join((plain(step.id), plain(step.title), took, state, plain(said)))} |\n"


def _shown(seconds: float) -> str:
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
