"""Whether the CronJobs fire when EventBridge fired: runs of both sides, computed apart and compared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from ecs2k8s.assess.aws_cron import AwsCron, rate_times
from ecs2k8s.core.findings import Finding
from ecs2k8s.core.kubernetes_cron import Cron, midnight
from ecs2k8s.core.zones import zone
from ecs2k8s.translate.cron_job import stays_off

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.core.manifests import Bundle, Manifest
    from ecs2k8s.resolve.schedule import Schedule
    from ecs2k8s.resolve.workload import Workload

RUNS = 50  # that are compared
UTC_NAME = "Etc/UTC"
UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)  # when a rate began that nobody knows the beginning of


@dataclass(frozen=True, slots=True)
class ScheduleProof:
    """Runs (UTC) of a schedule on both sides. `known`: Kubernetes is meant to fire at the same times.

    `spans`: when the rate began is not known, so that the time between two runs is compared and not the runs.
    """

    workload: Workload
    schedule: Schedule
    expression: str
    cron: str
    zone: str
    aws: tuple[datetime, ...]
    kubernetes: tuple[datetime, ...]
    known: bool
    spans: bool = False

    @property
    def holds(self) -> bool:
        return not self.difference

    @property
    def difference(self) -> str:
        """The first run that only one side has; empty where there is none."""
        if self.spans:
            spans = {later - one for one, later in pairwise(self.kubernetes)}
            every = timedelta(minutes=self.schedule.said.every)
            return "" if spans == {every} else f"a span of {min(spans ^ {every}, default=every)}"
        differing = set(self.aws) ^ set(self.kubernetes)
        if not self.aws and not self.kubernetes:
            return "neither fires within eight years"
        return f"a run at {min(differing):%Y-%m-%d %H:%M} UTC" if differing else ""


def schedule_proofs(workloads: Iterable[Workload], bundle: Bundle) -> list[ScheduleProof]:
    """One for each CronJob, from what its manifest says."""
    jobs = {_key(manifest): manifest for manifest in bundle.manifests if manifest["kind"] == "CronJob"}
    found = []
    for workload in workloads:
        manifest = jobs.get((workload.namespace, workload.name))
        if workload.schedule and manifest:
            found.append(_proof(workload, workload.schedule, manifest))
    return found


def hold_unproved(proofs: Iterable[ScheduleProof], bundle: Bundle) -> list[Finding]:
    """Suspends each CronJob that is meant to fire as AWS does and is not seen to, also after the handover."""
    said = []
    for proof in proofs:
        if proof.known and not proof.holds:
            args = {"source": proof.expression, "schedule": proof.cron, "why": proof.difference}
            document = proof.schedule.document
            said.append(Finding.of("schedule-not-proved", document, "ScheduleExpression", **args))
            for placed in bundle.everything:
                manifest = placed.manifest
                if manifest["kind"] == "CronJob" and _key(manifest) == (proof.workload.namespace, proof.workload.name):
                    manifest["spec"]["suspend"] = True
    return said


def _proof(workload: Workload, schedule: Schedule, manifest: Manifest) -> ScheduleProof:
    spec = manifest["spec"]
    its = zone(spec["timeZone"]) or zone(UTC_NAME)
    assert its  # noqa: S101
    after = max(midnight(schedule.start), schedule.phase or UNKNOWN) - timedelta(minutes=1)
    cron = Cron.parse(spec["schedule"])
    spans = bool(schedule.said.every) and schedule.phase is None
    return ScheduleProof(
        workload,
        schedule,
        schedule.expression,
        spec["schedule"],
        spec["timeZone"],
        () if spans else tuple(islice(_aws(schedule, after), RUNS)),
        tuple(islice(cron.times(its, after, again=False), RUNS)),
        schedule.said.exact,
        spans,
    )


def _aws(schedule: Schedule, after: datetime) -> Iterable[datetime]:
    """The runs of AWS. The second run of a repeated hour, which only Kubernetes has, is a finding of its own."""
    if schedule.said.every:
        return rate_times(schedule.expression, schedule.phase or UNKNOWN, after)
    name = str(schedule.view.get("ScheduleExpressionTimezone") or UTC_NAME)
    its = zone(name) or zone(UTC_NAME)
    return AwsCron.parse(schedule.expression).times(its, after) if its else ()


def is_suspended(proof: ScheduleProof) -> bool:
    """Whether the handover leaves it suspended."""
    return stays_off(proof.schedule) or (proof.known and not proof.holds)


def _key(manifest: Manifest) -> tuple[str, str]:
    return manifest["metadata"]["namespace"], manifest["metadata"]["name"]
