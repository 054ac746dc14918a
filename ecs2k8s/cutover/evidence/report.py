"""report.json: what a run did, by plan, journal and papers alone. report.html shows this, and nothing else."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.checks import checks
from ecs2k8s.core.redacted import hidden
from ecs2k8s.cutover.evidence.calls import calls
from ecs2k8s.cutover.evidence.checked import last, not_asked
from ecs2k8s.cutover.evidence.conflicts import conflicts
from ecs2k8s.cutover.evidence.objects import touched
from ecs2k8s.cutover.evidence.timeline import happened, planned, spent
from ecs2k8s.cutover.evidence.ways_back import drill, seconds, ways_back
from ecs2k8s.cutover.evidence.weights import stages
from ecs2k8s.cutover.journal import events as say
from ecs2k8s.cutover.journal.fold import fold
from ecs2k8s.cutover.locks.info import stamp
from ecs2k8s.cutover.run.stepping import DONE
from ecs2k8s.cutover.run.typed import commands_back

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecs2k8s.cutover.evidence.checked import Checked
    from ecs2k8s.cutover.evidence.objects import Touched
    from ecs2k8s.cutover.evidence.papers import Papers
    from ecs2k8s.cutover.evidence.weights import Stage
    from ecs2k8s.cutover.journal.fold import Run
    from ecs2k8s.cutover.journal.lines import Line
    from ecs2k8s.cutover.plan import Plan
    from ecs2k8s.cutover.run.columns import Leaf

SCHEMA = "ecs2k8s/cutover-report/v1"
STOPS = {say.Pause: "pause", say.Abort: "abort", say.RollbackStart: "rollback"}


def report(plan: Plan, lines: Sequence[Line], papers: Papers) -> dict[str, Any]:
    """Raises `JournalError` for a check that this version does not know."""
    told = fold(lines)
    checked = last(lines)
    return {
        "schema": SCHEMA,
        **_head(plan, told),
        "times": {"began": _when(lines[0]), "last": _when(lines[-1]), "seconds": seconds(lines[0], lines[-1])},
        "verdicts": dict(sorted(Counter(each.verdict for each in checked).items())),
        "waivers": list(_waivers(lines)),
        "waivers_given": None if papers.waivers is None else len(papers.waivers),
        "approvals": (approvals := list(_approvals(plan, lines, papers))),
        "approvals_unused": sorted(papers.approvals.keys() - {each["file"] for each in approvals}),
        "weights": [_stage(each) for each in stages(lines)],
        "steps": list(_steps(plan, lines, told, checked)),
        "checks": [_check(each) for each in checked],
        "not_asked": not_asked(plan, lines),
        "stops": [_stop(line) for line in lines if type(line.event) in STOPS],
        "conflicts": list(_conflicts(plan, lines)),
        "objects": [_object(each) for each in touched(plan, lines)],
        "calls": list(_calls(plan, lines, told)),
        "ways_back": ways_back(told, lines),
        "drill": drill(plan, lines),
        "by_hand": [hidden(command) for command in commands_back(plan, told)],
        "happened": [{**_at(line), "text": text} for line, text in happened(lines)],
    }


def _head(plan: Plan, told: Run) -> dict[str, Any]:
    return {
        "unit": plan.unit,
        "purpose": plan.purpose,
        "plan": plan.ident,
        "run": told.id,
        "state": told.state,
        "mode": told.start.mode,
        "version": told.start.version,
        "who": told.start.who,
        "account": plan.account,
        "region": plan.region,
        "eks_cluster": plan.eks_cluster,
        "cluster_uid": told.start.cluster_uid,
        "designs": plan.designs,
        "paused": [{"reason": each.reason, "text": each.text} for each in told.pauses],
        "done": sum(told.step(step.id) in DONE for step in plan.steps),
    }


def _at(line: Line) -> dict[str, Any]:
    return {"line": line.head.seq, "when": _when(line)}


def _when(line: Line) -> str:
    return stamp(line.head.ts_wall)


def _waivers(lines: Sequence[Line]) -> Iterator[dict[str, Any]]:
    """Each that was used, once: whoever resumes a run uses it again."""
    seen = set()
    for line in lines:
        its = line.event
        if isinstance(its, say.Waiver) and (key := (its.check, its.subject, its.owner, its.reason)) not in seen:
            seen.add(key)
            said = {"check": its.check, "subject": its.subject, "reason": its.reason}
            yield {**_at(line), **said, "owner": its.owner, "expires": its.expires}


def _approvals(plan: Plan, lines: Sequence[Line], papers: Papers) -> Iterator[dict[str, Any]]:
    """Those that opened a phase, with their file; then phases that nobody has opened."""
    opened = set()
    for line in lines:
        its = line.event
        if isinstance(its, say.Approval):
            opened.add(its.phase)
            said = {"phase": its.phase, "who": its.who, "approved": its.when, "text": its.text}
            yield {**_at(line), **said, "file": _file(its, papers)}
    for each in plan.approvals:
        if each.phase not in opened:
            yield {"line": None, "when": "", "phase": each.phase, "who": "", "approved": "", "text": "", "file": ""}


def _file(its: say.Approval, papers: Papers) -> str:
    for path, found in papers.approvals.items():
        if found and (found.phase, found.who, found.when.strftime("%Y-%m-%dT%H:%M:%SZ")) == (
            its.phase,
            its.who,
            its.when,
        ):
            return path
    return ""


def _stage(its: Stage) -> dict[str, Any]:
    said = {"step": its.step, "way": its.way, "told": its.told}
    return {**_at(its.line), **said, "least": round(its.least * 100, 2), "most": round(its.most * 100, 2)}


def _steps(plan: Plan, lines: Sequence[Line], told: Run, checked: list[Checked]) -> Iterator[dict[str, Any]]:
    real = spent(lines)
    for step, (since, minutes) in zip(plan.steps, planned(plan, lines), strict=True):
        its = real.get(step.id)
        yield {
            **{name: getattr(step, name) for name in ("id", "phase", "kind", "title", "owner", "success", "rollback")},
            "planned": {"from": stamp(since), "minutes": minutes},
            "real": its.plain() if its else None,
            "state": told.step(step.id),
            "checks": [_of_step(each) for each in checked if each.line.step == step.id],
        }


def _of_step(each: Checked) -> dict[str, Any]:
    return {"id": each.result.id, "subject": each.result.subject, "verdict": each.verdict, "file": each.file}


def _check(each: Checked) -> dict[str, Any]:
    result, check = each.result, checks()[each.result.id]
    return {
        **_at(each.line),
        "id": result.id,
        "title": check.title,
        "severity": check.severity,
        "step": each.line.step,
        "subject": result.subject,
        "verdict": each.verdict,
        "judged": result.verdict,
        "text": result.text,
        "value": result.value,
        "threshold": result.threshold,
        "n": result.n,
        "missing": result.missing,
        "remedy": check.remedy if each.result.blocks else "",
        "file": each.file,
    }


def _stop(line: Line) -> dict[str, Any]:
    its = line.event
    said = {name: getattr(its, name, "") for name in ("reason", "by", "text")}
    return {**_at(line), "step": line.step, "what": STOPS[type(its)], **said}


def _conflicts(plan: Plan, lines: Sequence[Line]) -> Iterator[dict[str, Any]]:
    for met in conflicts(plan, lines):
        its = {"step": met.line.step, "kind": met.thing.kind, "id": met.thing.id}
        yield {**_at(met.line), **its, "leaves": [_leaf(leaf) for leaf in met.leaves]}


def _leaf(its: Leaf) -> dict[str, str]:
    return {"path": its.path, "plan": its.planned, "verified": its.verified, "now": its.live}


def _object(its: Touched) -> dict[str, Any]:
    files = {"before": f"before/{its.name}", "after": f"after/{its.name}" if its.after else ""}
    changed = its.after.sha256 != its.before.sha256 if its.after else None
    return {"kind": its.thing.kind, "id": its.thing.id, "changed": changed, **files}


def _calls(plan: Plan, lines: Sequence[Line], told: Run) -> Iterator[dict[str, Any]]:
    for call in calls(plan, lines, told.start.mode):
        yield {
            **_at(call.line),
            "step": call.intent.step,
            "way": call.intent.way,
            "operation": call.operation,
            "kind": call.intent.thing.kind,
            "id": call.intent.thing.id,
            "as_planned": call.planned,
            "outcome": call.outcome,
            "request_id": call.request_id,
            "text": call.text,
        }
