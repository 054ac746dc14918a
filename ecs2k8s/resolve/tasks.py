"""Running tasks: those of services tell digests and one-shot containers, the others become Jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.arns import last
from ecs2k8s.core.documents import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecs2k8s.core.tracking import View
    from ecs2k8s.resolve.index import Index, Tracked
    from ecs2k8s.resolve.schedule import Schedule

# Who started a task, as EventBridge (a rule) and EventBridge Scheduler write it.
STARTED = {True: ("events-rule",), False: ("chronos-schedule",)}
SHORT = 36  # characters that `startedBy` once had at most


def service_tasks(index: Index, service: str, cluster: str) -> Iterator[View]:
    """The tasks that belong to *service* of *cluster*."""
    for item in index.of_shape("ecs.Task"):
        data = item.document.data
        if data.get("group") == f"service:{service}" and last(str(data.get("clusterArn", ""))) in (cluster, ""):
            yield item.view


def one_off(index: Index, schedules: Iterable[Schedule] = ()) -> Iterator[tuple[Tracked, str, str]]:
    """Tasks outside services: each distinct run (cluster, task definition, overrides) once, with a key and the ARN.

    A task that repeats another one is left out, as is one of a service that was not read, and one that a schedule
    started which has become a CronJob.
    """
    starters = {f"{prefix}/{each.name}": each.id for each in schedules for prefix in STARTED[each.of_rule]}
    seen: dict[str, Tracked] = {}
    for item in index.of_shape("ecs.Task"):
        data = item.document.data
        view = item.view
        group, starter = str(view.get("group", "")), str(view.get("startedBy", ""))
        if group.startswith("service:") or starter.startswith("ecs-svc/"):
            item.trace.skipped = ("service-task", ())
            continue
        if by := _starter(starter, starters):
            item.leave_out("run-of-a-schedule", schedule=by)
            continue
        definition = str(data.get("taskDefinitionArn", ""))
        overrides = data.get("overrides") or {}
        key = f"{definition}/{canonical(overrides).decode()}"
        run = f"{data.get('clusterArn', '')}/{key}"
        if run in seen:
            item.leave_out("same-task", as_=seen[run].document.id)
            continue
        seen[run] = item
        yield item, key, definition


def _starter(text: str, starters: Mapping[str, str]) -> str:
    """The schedule that `startedBy` names, cut off after 36 characters or not; empty where it names none."""
    cut = len(text) >= SHORT
    return next((by for name, by in sorted(starters.items()) if name == text or (cut and name.startswith(text))), "")
