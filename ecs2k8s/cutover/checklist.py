"""CHECKLIST.md: a plan for people, step by step, made of plan.json alone."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from ecs2k8s.report.aws_objects import block
from ecs2k8s.report.escape_markdown import plain, span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.cutover.plan import Move, Plan, Step

PHASES = {
    "P0": "Scope and freeze",
    "P1": "Prepare the cluster",
    "P2": "Rollback armour",
    "P3": "Deploy in the dark",
    "P4": "Verify in the dark",
    "P5": "Background work",
    "P6": "Canary",
    "P7": "Ramp",
    "P8": "Full",
    "P9": "Hold",
    "P10": "Decommission",
    "P11": "Close",
}
PURPOSES = {"move": "Cutover", "decommission": "Decommission", "remove": "Removal", "rehearse": "Rehearsal"}
HOUR, DAY = 60, 24 * 60  # minutes


def checklist(plan: Plan) -> str:
    lines = [f"# {PURPOSES[plan.purpose]} of {plain(plan.unit)}", "", *_head(plan)]
    numbers = {step.id: number for number, step in enumerate(plan.steps, 1)}
    begins = _begins(plan.steps)
    for phase, steps in groupby(plan.steps, key=lambda step: step.phase):
        lines += [f"## {phase} {PHASES[phase]}", ""]
        for step in steps:
            lines += _step(step, numbers[step.id], begins[step.id])
    return "\n".join(lines).rstrip() + "\n"


def _head(plan: Plan) -> Iterator[str]:
    taken, expires = plain(plan.taken), plain(plan.expires)
    yield from (f"Plan {span(plan.short)}, of the snapshot of {taken}. A run must start before {expires}.", "")
    cluster = f", EKS cluster {plain(plan.eks_cluster)}" if plan.eks_cluster else ""
    where = f"Account {plain(plan.account)}, {plain(plan.region)}{cluster}"
    yield from (f"{where}. Schedule: {plain(plan.schedule)}.", "")
    yield from (
        f"- {span(ident)}: design {', '.join(map(plain, its)) or 'none'}" for ident, its in sorted(plan.designs.items())
    )
    yield ""
    if not plan.executable:
        yield from ("People carry it out; the program watches. There is no `--execute` for this plan.", "")
    yield from ("docs/checks.md says what each check is about.", "")
    yield from _listed("Know first", [plain(note) for note in plan.notes])
    yield from _listed("Who else may write", [_writer(plan, number) for number in range(len(plan.writers))])
    yield from _listed("Approvals", list(_approvals(plan)))


def _listed(title: str, items: list[str]) -> Iterator[str]:
    if items:
        yield from (f"## {title}", "", *(f"- {item}" for item in items), "")


def _writer(plan: Plan, number: int) -> str:
    writer = plan.writers[number]
    return f"{plain(writer.name)}, as {span(writer.said_by)} of {span(writer.thing.id)} says"


def _approvals(plan: Plan) -> Iterator[str]:
    for approval in plan.approvals:
        another = ", by another person than the one who runs it" if approval.another else ""
        typed = f", with the name {span(plan.unit)} typed" if approval.typed else ""
        yield f"before {approval.phase} {PHASES[approval.phase]}{another}{typed}"


def _begins(steps: Iterable[Step]) -> dict[str, int]:
    """Minutes from the start until each step, if all goes as planned."""
    found, minutes = {}, 0
    for step in steps:
        found[step.id] = minutes
        minutes += step.minutes
    return found


def _step(step: Step, number: int, begins: int) -> Iterator[str]:
    yield from (f"### {number}. {plain(step.title)}", "")
    by = " A person does it." if step.guided else ""
    yield (
        f"Step {span(step.id)}. Owner: {plain(step.owner) or 'nobody yet'}. "
        f"Planned: {shown(step.minutes)}, from {shown(begins)} after the start.{by}"
    )
    yield ""
    yield from (plain(step.why), "") if step.why else ()
    yield from _checks("Before", step.before)
    if step.wait:
        requests = f" and {step.wait.requests:,} requests that EKS answered" if step.wait.requests else ""
        whole = f"{shown(step.wait.seconds // 60)}{requests}." if step.wait.seconds or requests else ""
        limit = f"Undecided after {shown(step.wait.limit // 60)}." if step.wait.limit else ""
        yield from (f"- [ ] {' '.join(filter(None, (whole, limit)))}", "")
    yield from _commands("Do", step.moves, step.commands)
    yield from _checks("Then", step.checks)
    yield from (f"- [ ] Done when: {plain(step.success)}", "", f"Way back: {plain(step.rollback)}", "")
    yield from _commands("", step.back, step.undo)
    yield from ("Done by ____________ at ____________", "")


def _checks(word: str, checks: Iterable[str]) -> Iterator[str]:
    if its := ", ".join(map(plain, checks)):
        yield from (f"- [ ] {word}, passed: {its}", "")


def _commands(word: str, moves: Iterable[Move], commands: Iterable[str]) -> Iterator[str]:
    """Each command as indented code, which no text can end; below an item of a list, where *word* makes one."""
    its = [*(move.command for move in moves), *commands]
    if its and word:
        yield from (f"- [ ] {word}:", "")
    for command in its:
        yield from (*(f"{'  ' if word else ''}{line}" for line in block(command)), "")


def shown(minutes: int) -> str:
    """`90` as `1 h 30 min`, `1500` as `1 d 1 h`."""
    parts = [(minutes // DAY, "d"), (minutes % DAY // HOUR, "h"), (minutes % HOUR, "min")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 min"
