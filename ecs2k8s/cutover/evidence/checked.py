"""What the checks of a run said, with the waivers by which it went on in spite of that, and the files under checks/."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from ecs2k8s.core.checks import checks
from ecs2k8s.core.documents import canonical
from ecs2k8s.core.escape import escape
from ecs2k8s.cutover.approvals import NEVER_WAIVED
from ecs2k8s.cutover.journal.events import JournalError, Verdict, Waiver
from ecs2k8s.cutover.locks.info import stamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecs2k8s.cutover.journal.lines import Line
    from ecs2k8s.cutover.plan import Plan
    from ecs2k8s.cutover.verdicts import Result
    from ecs2k8s.cutover.verdicts import Verdict as Word

RESULTS, QUERIES = "ecs2k8s/check-results/v1", "ecs2k8s/check-queries/v1"
FOLDER = "checks"
COLUMNS = ("line", "when", "step", "subject", "verdict", "value", "threshold", "n")
FORMULA = ("=", "+", "-", "@", "'")  # what a program for tables would compute


@dataclass(frozen=True, slots=True)
class Checked:
    """One verdict, by its line of the journal; `waiver`: the run went on in spite of it."""

    line: Line
    result: Result
    waiver: Waiver | None

    @property
    def verdict(self) -> Word:
        return "waived" if self.waiver else self.result.verdict

    @property
    def settled(self) -> Result:
        """The result, which says that it was waived, by whom and why."""
        if not self.waiver:
            return self.result
        why = f"waived by {self.waiver.owner} until {self.waiver.expires}: {self.waiver.reason}"
        text = f"{why}. It was {self.result.verdict}: {self.result.text}"
        return msgspec.structs.replace(self.result, verdict="waived", text=text)

    @property
    def file(self) -> str:
        return f"{FOLDER}/{self.result.id}/result.json"


def checked(lines: Sequence[Line]) -> list[Checked]:
    """Every verdict. Raises `JournalError` for a check that this version does not know."""
    waivers = [line.event for line in lines if isinstance(line.event, Waiver)]
    found = []
    for line in lines:
        if isinstance(line.event, Verdict):
            result = line.event.check
            if result.id not in checks():
                raise JournalError(f"line {line.head.seq}: this version knows no check {result.id!r}")
            found.append(Checked(line, result, _waiver(line, result, waivers)))
    return found


def last(lines: Sequence[Line]) -> list[Checked]:
    """The last verdict of each check on each subject in each step, in the order in which they were asked first."""
    found = {(each.line.step, each.result.id, each.result.subject): each for each in checked(lines)}
    return list(found.values())


def not_asked(plan: Plan, lines: Sequence[Line]) -> list[str]:
    """Checks of the plan that nobody came to."""
    asked = {each.result.id for each in last(lines)}
    wanted = {ident for step in plan.steps for ident in (*step.before, *step.checks)}
    return sorted(wanted - asked)


def files(lines: Sequence[Line]) -> dict[str, bytes]:
    """By path: of each check all that it said, what it read, and its numbers."""
    its: dict[str, list[Checked]] = {}
    for each in checked(lines):
        its.setdefault(each.result.id, []).append(each)
    found: dict[str, bytes] = {}
    for ident, said in sorted(its.items()):
        place = f"{FOLDER}/{ident}"
        found[f"{place}/result.json"] = canonical(_results(ident, said))
        found[f"{place}/query.json"] = canonical({"format": QUERIES, "check": ident, "queries": list(_queries(said))})
        found[f"{place}/samples.csv"] = _samples(said).encode()
    return found


def _waiver(line: Line, result: Result, waivers: Sequence[Waiver]) -> Waiver | None:
    if result.id in NEVER_WAIVED or not result.blocks:
        return None
    same = (each for each in waivers if each.check == result.id and each.subject in ("", result.subject))
    return next((each for each in same if _until(each) > line.head.ts_wall), None)


def _until(waiver: Waiver) -> float:
    try:
        when = datetime.fromisoformat(waiver.expires)
    except ValueError:
        return 0.0  # it never held
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _results(ident: str, said: list[Checked]) -> dict[str, Any]:
    check = checks()[ident]
    about = {"title": check.title, "severity": check.severity, "rule": check.rule, "remedy": check.remedy}
    return {"format": RESULTS, "check": ident, **about, "results": [_result(each) for each in said]}


def _result(each: Checked) -> dict[str, Any]:
    head = {"line": each.line.head.seq, "when": stamp(each.line.head.ts_wall), "step": each.line.step}
    waived = {"waived_by": each.waiver.owner} if each.waiver else {}
    return {**msgspec.to_builtins(each.result), **head, **waived}


def _queries(said: list[Checked]) -> Iterator[dict[str, Any]]:
    for each in said:
        for source in each.result.sources:
            yield {"line": each.line.head.seq, "what": source.what, "when": source.when}


def _samples(said: list[Checked]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in said:
        result, head = each.result, each.line.head
        values = (result.value, result.threshold, result.n)
        writer.writerow(
            map(_cell, (head.seq, stamp(head.ts_wall), each.line.step, result.subject, each.verdict, *values))
        )
    return text.getvalue()


def _cell(value: Any) -> str:
    """A number as it is; of text nothing that would be computed, hidden or on another line."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return escape(json.dumps(value, sort_keys=True))
    return f"'{escape(value)}" if value.lstrip().startswith(FORMULA) else escape(value)
