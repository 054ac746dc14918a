"""timeline.md: for each step when it was planned and when it was done, whose it is, what success is, and what came.

The columns are those of AWS's runbook for a cutover.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.cutover.evidence.checked import last
from ecs2k8s.cutover.journal import events as say
from ecs2k8s.cutover.journal.fold import fold
from ecs2k8s.cutover.locks.info import stamp
from ecs2k8s.report.escape_markdown import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ecs2k8s.cutover.evidence.checked import Checked
    from ecs2k8s.cutover.journal.lines import Line
    from ecs2k8s.cutover.plan import Plan, Step
    from ecs2k8s.cutover.states import StepState

MINUTE = 60
HEADER = "| Step | What | Owner | Planned | Real | Success is | Result |\n|---|---|---|---|---|---|---|\n"


@dataclass(frozen=True, slots=True)
class Spent:
    """What the journal has of one step: its first and its last line."""

    first: Line
    last: Line

    def plain(self) -> dict[str, Any]:
        first, last = self.first.head, self.last.head
        return {"from": stamp(first.ts_wall), "until": stamp(last.ts_wall), "lines": [first.seq, last.seq]}


def timeline(plan: Plan, lines: Sequence[Line]) -> str:
    run = fold(lines)
    rows = "".join(_rows(plan, lines, run.step))
    waived = "".join(f"- {_waiver(each)}\n" for each in dict.fromkeys(run.waivers))
    told = "".join(f"- {stamp(line.head.ts_wall)} {plain(text)}\n" for line, text in happened(lines))
    return (
        f"# {plain(plan.unit)}: run {run.id}\n\n"
        f"Plan {plan.short} ({plan.purpose}), {run.start.mode}, by {plain(run.start.who)}. The run is {run.state}.\n\n"
        + (f"Waived checks:\n\n{waived}\n" if waived else "")
        + f"{HEADER}{rows}\n## What happened besides\n\n{told}"
    )


def _rows(plan: Plan, lines: Sequence[Line], state: Callable[[str], StepState]) -> Iterator[str]:
    real, checked = spent(lines), last(lines)
    for step, (since, minutes) in zip(plan.steps, planned(plan, lines), strict=True):
        cells = (
            *(plain(step.id), plain(step.title), plain(step.owner), _span(since, since + minutes * MINUTE)),
            *(_real(real.get(step.id)), plain(step.success), _result(step, checked, state(step.id))),
        )
        yield f"| {' | '.join(cells)} |\n"


def planned(plan: Plan, lines: Sequence[Line]) -> Iterator[tuple[float, int]]:
    """When each step was to begin, had the run known no pause, and how many minutes it was to take."""
    since = lines[0].head.ts_wall
    for step in plan.steps:
        yield since, step.minutes
        since += step.minutes * MINUTE


def spent(lines: Sequence[Line]) -> dict[str, Spent]:
    """By step, of those that the run came to."""
    found: dict[str, Spent] = {}
    for line in lines:
        if line.step:
            found[line.step] = Spent(found[line.step].first if line.step in found else line, line)
    return found


def _real(spent: Spent | None) -> str:
    return _span(spent.first.head.ts_wall, spent.last.head.ts_wall) if spent else ""


def _span(since: float, until: float) -> str:
    minutes = round((until - since) / MINUTE)
    return f"{stamp(since)}, {minutes} min"


def _result(step: Step, checked: Sequence[Checked], state: StepState) -> str:
    """The state, and of each check of the step the last verdict."""
    its = sorted((each.result.id, each.result.subject, each.verdict) for each in checked if each.line.step == step.id)
    checks = "".join(f"; {plain(ident)} {verdict}" for ident, _, verdict in its)
    return state.replace("_", " ") + checks


def _waiver(waiver: say.Waiver) -> str:
    of = f" of {waiver.subject}" if waiver.subject else ""
    return plain(f"{waiver.check}{of} by {waiver.owner} until {waiver.expires}: {waiver.reason}")


def happened(lines: Sequence[Line]) -> Iterator[tuple[Line, str]]:
    """One sentence for people of each event that the table does not have."""
    for line in lines:
        if tells := TELLS.get(type(line.event)):
            yield line, tells(line.event)


def _of(before: str, *parts: str) -> str:
    return ", ".join([before, *filter(None, parts)])


TELLS: dict[type[say.Event], Callable[[Any], str]] = {
    say.RunStart: lambda of: _of(f"run begun by {of.who}", f"version {of.version}"),
    say.Lock: lambda of: _of(f"lock {of.id} {of.did}", of.who, of.text),
    say.Approval: lambda of: _of(f"{of.phase} approved by {of.who}", of.when, of.text),
    say.Pause: lambda of: _of(f"paused: {of.reason}", of.by, of.text),
    say.Resume: lambda of: _of(f"resumed by {of.by}", of.text),
    say.Abort: lambda of: _of(f"aborted by {of.by}", of.text),
    say.RollbackStart: lambda of: _of(f"rollback begun: {of.reason}", of.by, of.text),
    say.RollbackEnd: lambda of: _of(of.to.replace("_", " "), of.text),
    say.Completed: lambda of: _of("completed", of.text),
    say.Setting: lambda of: _of(f"{of.name} set to {of.value:g} by {of.by}", of.why),
    say.Note: lambda of: _of(f"note: {of.text}", of.by),
    say.Torn: lambda of: f"an interrupted line of {of.size} bytes was cut off and kept as {of.copy}",
    say.Seal: lambda of: _of(f"closed by {of.by}" if of.by else "closed", of.text),
}
