"""The handover of background work: AWS stops first, then Kubernetes begins; the way back is the reverse."""

from __future__ import annotations

import json
from shlex import quote
from typing import TYPE_CHECKING

from ecs2k8s.core.arns import last
from ecs2k8s.core.aws_steps import AwsStep, aws
from ecs2k8s.translate.cron_job import AT_THE_SWITCH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecs2k8s.core.manifests import Bundle, Manifest
    from ecs2k8s.resolve.schedule import Schedule
    from ecs2k8s.resolve.workload import Workload

DEFAULT = "default"
# What UpdateSchedule does not take of the answer of GetSchedule; it replaces the schedule as a whole.
SWITCH = 'del(.Arn, .CreationDate, .LastModificationDate) | .State = "{state}"'


def handover_steps(workloads: Iterable[Workload], bundle: Bundle) -> Iterator[AwsStep]:
    """One step for each CronJob and each worker that the handover turns on. Nothing here is run by this tool."""
    turned_on = {(p.manifest["kind"], p.folder): p.manifest for p in bundle.handover}
    for workload in workloads:
        manifest = turned_on.get((workload.kind, workload.folder))
        if manifest and workload.schedule and not manifest["spec"]["suspend"]:
            yield _schedule(workload, workload.schedule, manifest)
        elif manifest and workload.service:
            yield _worker(workload, manifest, paused=("ScaledObject", workload.folder) in turned_on)


def _schedule(workload: Workload, schedule: Schedule, manifest: Manifest) -> AwsStep:
    stop, again = _rule(workload, schedule) if schedule.of_rule else _scheduler(workload, schedule)
    family = ["--family", str(workload.definition.get("family", ""))]
    running = aws("ecs", "list-tasks", "--cluster", workload.cluster_name, *family)
    resume = {key: manifest["spec"][key] for key in ("startingDeadlineSeconds", "suspend")}
    return AwsStep(
        subject=schedule.id,
        title=f"{workload.namespace}/{workload.name}: {schedule.expression}",
        why="The command list-tasks lists what still runs: wait until it lists no run of this schedule. Do not resume "
        f"the CronJob within {AT_THE_SWITCH} seconds after one of its times: AWS has run that one.",
        command="\n".join((*stop, running, _patch(workload, resume))),
        back="\n".join((_patch(workload, {"suspend": True}), *again)),
    )


def _worker(workload: Workload, manifest: Manifest, *, paused: bool) -> AwsStep:
    """*paused*: KEDA scales it, and was told to leave it alone until now."""
    service = last(str(workload.service.get("serviceName", workload.service.get("service", ""))))
    named = ["--cluster", workload.cluster_name, "--service", service]
    wait = aws("ecs", "wait", "services-stable", "--cluster", workload.cluster_name, "--services", service)
    scale = f"kubectl -n {workload.namespace} scale deployment/{workload.name} --replicas="
    count = str(workload.service.get("desiredCount", 1))
    stop = aws("ecs", "update-service", *named, "--desired-count", "0")
    keda = f"kubectl -n {workload.namespace} annotate scaledobject/{workload.name} autoscaling.keda.sh/paused"
    replicas = manifest["spec"].get("replicas", count)  # none is said where an autoscaler owns the number
    return AwsStep(
        subject=workload.service_id,
        title=f"{workload.namespace}/{workload.name}: worker",
        why="Application Auto Scaling may raise the count again: suspend its scaling of the service before.",
        command="\n".join((stop, wait, f"{scale}{replicas}", *([f"{keda}-"] if paused else []))),
        back="\n".join(
            (
                *([f"{keda}=true --overwrite"] if paused else []),
                f"{scale}0",
                aws("ecs", "update-service", *named, "--desired-count", count),
            )
        ),
    )


def _rule(workload: Workload, schedule: Schedule) -> tuple[list[str], list[str]]:
    """To disable a rule stops all its targets, so of a rule with others only this target is taken out."""
    bus = ["--event-bus-name", last(str(schedule.view.get("EventBusName", DEFAULT)))]
    if not schedule.others:
        named = ["--name", schedule.name, *bus]
        return [aws("events", "disable-rule", *named)], [aws("events", "enable-rule", *named)]
    ident = str(schedule.target.get("Id", ""))
    rule, file = ["--rule", schedule.name, *bus], f"{workload.name}-target.json"
    query = f"Targets[?Id==`{json.dumps(ident)}`]"
    save = aws("events", "list-targets-by-rule", *rule, "--query", query, "--output", "json")
    stop = [f"{save} > {file}", aws("events", "remove-targets", *rule, "--ids", ident)]
    return stop, [aws("events", "put-targets", *rule, "--targets", f"file://{file}")]


def _scheduler(workload: Workload, schedule: Schedule) -> tuple[list[str], list[str]]:
    named = ["--name", schedule.name, "--group-name", str(schedule.view.get("GroupName", DEFAULT))]
    read = aws("scheduler", "get-schedule", *named, "--output", "json")
    return _update(workload, read, "DISABLED"), _update(workload, read, "ENABLED")


def _update(workload: Workload, read: str, state: str) -> list[str]:
    file = f"{workload.name}-{state.lower()}.json"
    changed = f"{read} | jq {quote(SWITCH.format(state=state))} > {file}"
    return [changed, aws("scheduler", "update-schedule", "--cli-input-json", f"file://{file}")]


def _patch(workload: Workload, spec: Mapping[str, object]) -> str:
    text = json.dumps({"spec": spec}, sort_keys=True, separators=(",", ":"))
    return f"kubectl -n {workload.namespace} patch cronjob/{workload.name} --type merge -p {quote(text)}"
