"""Schedules: in report.md what fires when, in aws/README.md how they are handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.assess.schedules import is_suspended
from ecs2k8s.core.formats import apply_command
from ecs2k8s.core.manifests import BACKGROUND
from ecs2k8s.report.aws_objects import block
from ecs2k8s.report.escape_markdown import code, plain, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.schedules import ScheduleProof
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.target import Target

SHOWN = 3  # runs
ABOUT = "{count} runs of both sides, from the day of the schedule's last change on, were computed apart and compared."
HEAD = """## Background work

CronJobs are suspended and workers without a port have no replicas until ECS has stopped running the same. Runs that a
suspended CronJob missed are started when it is resumed, if they are younger than its `startingDeadlineSeconds`, so the
order matters: first AWS stops, then Kubernetes begins. The way back is the reverse.
"""
ALL = """{how} has the same effect on all of them at once; every schedule and worker must have been
stopped in AWS before it.

When all are handed over, set `background: eks` in target.yaml, export again and apply `manifests/`: that raises the
deadlines, and a later export does not switch anything off again.
"""
HELM = "An export with `background: eks`, and an upgrade of the chart `manifests/`,"


def schedule_lines(proofs: tuple[ScheduleProof, ...]) -> list[str]:
    """A table of all CronJobs with the source, both schedules, the first runs and whether these are proved."""
    if not proofs:
        return []
    head = ["| CronJob | In AWS | In Kubernetes | Zone | First runs (UTC) | Proved |", "|---|---|---|---|---|---|"]
    return ["## Schedules", "", ABOUT.format(count=50), "", *head, *map(_row, proofs), ""]


def _row(proof: ScheduleProof) -> str:
    runs = ", ".join(f"{moment:%Y-%m-%d %H:%M}" for moment in proof.kubernetes[:SHOWN])
    name = plain(f"{proof.workload.namespace}/{proof.workload.name}")
    cells = (name, code(proof.expression), code(proof.cron), plain(proof.zone), runs or "none", _verdict(proof))
    return f"| {' | '.join(cells)} |"


def _verdict(proof: ScheduleProof) -> str:
    if not proof.holds:
        return f"no: {proof.difference} differs; stays suspended"
    verdict = "yes, but for the phase, which is not known" if proof.spans else "yes"
    return f"{verdict}; stays suspended" if is_suspended(proof) else verdict


def handover_lines(translation: Translation, target: Target) -> Iterator[str]:
    """The section of aws/README.md; nothing where nothing is held off."""
    if not translation.bundle.handover:
        return
    yield HEAD
    for step in translation.handover_steps:
        yield from (f"### {plain(step.title)}", "", f"About {span(step.subject)}. {plain(step.why)}", "")
        yield from (*block(step.command), "", "Way back:", "", *block(step.back), "")
    how = HELM if target.format == "helm" else f"`{apply_command(target.format, BACKGROUND)}`"
    yield ALL.format(how=how)
