"""What a schedule starts, as a CronJob: held off until the handover, and for ever where its times cannot be said.

Neither EventBridge nor RunTask starts a task again that ended with an error, and nothing keeps two runs apart.
https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.kubernetes_cron import Cron
from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.core.redacted import REDACTED
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.deployment import object_metadata
from ecs2k8s.translate.job import kept
from ecs2k8s.translate.schedule_fields import say_schedule_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.schedule import Schedule
    from ecs2k8s.resolve.workload import Workload
    from ecs2k8s.translate.pod import Pod

OLDEST = 86_400  # seconds that EventBridge tries to start a task where nothing is said
LATEST, LEAST = 300, 10  # seconds: a later run is a surprise; the controller looks every ten
AT_THE_SWITCH = 60  # seconds: what was missed longer ago was run by AWS
HISTORY = 3
UNKNOWN_PHASE = "When it began is not known, so the clock decides."
DAY = 86_400


def cron_job(workload: Workload, pod: Pod, target: Target) -> Iterator[Placed]:
    """The CronJob of a rule or schedule."""
    schedule = workload.schedule
    if workload.kind != "CronJob" or not schedule:
        return
    _say_times(schedule)
    say_schedule_fields(workload, schedule)
    held = stays_off(schedule)
    if target.background == "ecs" and not held:
        note(schedule.view, "ScheduleExpression", "schedule-held-off", namespace=workload.namespace, name=workload.name)
    spec = {
        "schedule": schedule.said.schedule,
        "timeZone": schedule.said.zone,
        "concurrencyPolicy": "Allow",
        "startingDeadlineSeconds": starting_deadline(schedule),
        "suspend": held or target.background == "ecs",
        "successfulJobsHistoryLimit": HISTORY,
        "failedJobsHistoryLimit": HISTORY,
        "jobTemplate": {"spec": job_spec(schedule.count, pod)},
    }
    metadata = scheduled_metadata(workload, schedule)
    yield Placed(
        workload.folder, prune({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata, "spec": spec})
    )


def scheduled_job(workload: Workload, pod: Pod, _target: Target) -> Iterator[Placed]:
    """The Job of a schedule that fires once. Kubernetes has no such time, so a person (or a timer) lets it run."""
    schedule = workload.schedule
    if workload.kind != "Job" or not schedule or not schedule.said.once:
        return
    say_schedule_fields(workload, schedule)
    names = {"namespace": workload.namespace, "name": workload.name}
    note(
        schedule.view,
        "ScheduleExpression",
        "schedule-of-one-run",
        time=f"{schedule.said.once:%Y-%m-%dT%H:%MZ}",
        **names,
    )
    spec = {"suspend": True} | job_spec(schedule.count, pod)
    metadata = scheduled_metadata(workload, schedule)
    yield Placed(workload.folder, prune({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}))


def job_spec(count: int, pod: Pod) -> dict[str, Any]:
    """Several tasks of one run fail each alone: with a limit for the whole Job the first one would end the others."""
    alone = {"backoffLimit": 0}
    each = {"completionMode": "Indexed", "parallelism": count, "completions": count, "backoffLimitPerIndex": 0}
    return (alone if count == 1 else each) | {"ttlSecondsAfterFinished": DAY, "template": kept(pod)}


def scheduled_metadata(workload: Workload, schedule: Schedule) -> dict[str, Any]:
    """As every workload's, with the expression and the group of the tasks."""
    metadata = object_metadata(workload)
    said = {"ecs2k8s.io/source-expression": schedule.expression}
    if "Description" in schedule.view:
        said["kubernetes.io/description"] = str(schedule.view["Description"])
    if "group" in workload.run:
        said["ecs2k8s.io/task-group"] = str(workload.run["group"])
    return metadata | {"annotations": (metadata["annotations"] or {}) | said}


def stays_off(schedule: Schedule) -> bool:
    """Whether the handover must not turn it on: AWS has it off, or Kubernetes would run it at other times."""
    held = bool(schedule.said.held) or schedule.is_off or schedule.not_begun or schedule.has_ended
    return held or is_masked(schedule)


def is_masked(schedule: Schedule) -> bool:
    """Whether a value of its input was left out of the reading, but for variables, which a Secret can hold."""
    return schedule.request is not None and schedule.request.holds(REDACTED)


def starting_deadline(schedule: Schedule) -> int:
    """Seconds after its time that a run may still start."""
    age = int(schedule.retry.get("MaximumEventAgeInSeconds", OLDEST))
    return max(LEAST, min(age, LATEST))


def _say_times(schedule: Schedule) -> None:
    said, view = schedule.said, schedule.view
    for slug, args in said.held:
        note(view, "ScheduleExpression", slug, schedule=said.schedule, **dict(args))
    if said.every:
        known = f"It began at {schedule.phase:%Y-%m-%d %H:%M} UTC, which is kept." if schedule.phase else UNKNOWN_PHASE
        note(view, "ScheduleExpression", "rate-by-the-clock", phase=known)
    elif twice := Cron.parse(said.schedule).repeats(said.zone, schedule.start):
        note(view, "ScheduleExpression", "runs-twice-in-autumn", day=twice, zone=said.zone)
