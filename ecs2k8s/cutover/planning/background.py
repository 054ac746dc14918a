"""Design D: work that nobody asks for. Exactly one side does it, so that AWS stops before Kubernetes begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.aws_steps import aws
from ecs2k8s.core.manifests import BACKGROUND
from ecs2k8s.cutover.plan import Thing, Wait
from ecs2k8s.cutover.planning import objects
from ecs2k8s.cutover.planning.moves import back, move
from ecs2k8s.cutover.planning.preparation import scalable
from ecs2k8s.cutover.planning.step_texts import step
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.cutover.things.ecs_service import scaled
from ecs2k8s.cutover.things.events_rule import rule_target_id
from ecs2k8s.translate.cron_job import AT_THE_SWITCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.cutover.plan import Move, Step
    from ecs2k8s.cutover.planning.ground import Ground
    from ecs2k8s.cutover.planning.weighted import Weighted
    from ecs2k8s.resolve.schedule import Schedule
    from ecs2k8s.resolve.workload import Workload

SERVICE, SCALING = "ecs.service", "autoscaling.target"
RULE, TARGET, SCHEDULE = "events.rule", "events.targets", "scheduler.schedule"
SCALE, CRON_JOB = "kubernetes.scale", "kubernetes.cron-job"
CAUGHT_UP = Wait(0, limit=900)  # what waited for the handover is worked off first (T10)
ALL_SUSPENDED = {
    "DynamicScalingInSuspended": True,
    "DynamicScalingOutSuspended": True,
    "ScheduledScalingSuspended": True,
}


def steps(ground: Ground, unit: Unit, _: Weighted | None) -> Iterator[Step]:
    """One workload after the other: each is off on one side before it is on on the other."""
    for workload in ground.of(unit):
        manifest = turned_on(ground, workload)
        if manifest is None:
            continue
        if workload.schedule:
            yield from _schedule(ground, workload, workload.schedule, manifest)
        else:
            yield from _worker(ground, workload, manifest)


def turned_on(ground: Ground, workload: Workload) -> Manifest | None:
    """The object that the handover turns on; None where there is nothing to hand over."""
    found = ground.translation.bundle.handover
    its = (p.manifest for p in found if p.folder == workload.folder and p.manifest["kind"] == workload.kind)
    manifest = next(its, None)
    if manifest is None or (workload.schedule and manifest["spec"].get("suspend")):
        return None
    return manifest


def stopped(ground: Ground, workload: Workload) -> tuple[Move, ...]:
    """Scaling first, so that nothing raises the count again; then the count, until no task is left."""
    moves = []
    if ident := scalable(workload):
        before = KINDS[SCALING].then(ground.documents, ident)
        wanted = {**before, "SuspendedState": ALL_SUSPENDED}
        moves += [move(Thing(SCALING, ident), before, wanted)] if wanted != before else []
    service = Thing(SERVICE, workload.service_id)
    before = KINDS[SERVICE].then(ground.documents, service.id)
    wanted = scaled(before, 0)
    return tuple(moves + ([move(service, before, wanted)] if wanted != before else []))


def _worker(ground: Ground, workload: Workload, manifest: Manifest) -> Iterator[Step]:
    args = {"workload": workload.folder}
    off = stopped(ground, workload)
    yield step("worker-off", _id("off", workload), args, moves=off, back=back(off))
    replicas = int(manifest["spec"].get("replicas", workload.service.get("desiredCount", 1)))
    scale = move(Thing(SCALE, workload.folder), {"replicas": 0}, {"replicas": replicas})
    more = [file for file in objects.background(ground, workload.folder) if _is_budget(ground, file)]
    on = (*objects.applied(ground, more), scale)
    yield step("worker-on", _id("on", workload), args, moves=on, back=back((scale,)), wait=CAUGHT_UP)
    if _paused(ground, workload):
        keda = f"kubectl -n {workload.namespace} annotate scaledobject/{workload.name} autoscaling.keda.sh/paused"
        undo = f"{keda}=true --overwrite"
        yield step("scaler-on", _id("scaler", workload), args, guided=True, commands=(f"{keda}-",), undo=(undo,))


def _id(what: str, workload: Workload) -> str:
    """Unique: neither name has a dot in it."""
    return f"{what}.{workload.namespace}.{workload.name}"


def _is_budget(ground: Ground, file: str) -> bool:
    """Whether it holds only what is not there yet. A Deployment is scaled; KEDA is told by an annotation."""
    return all(ref.startswith("PodDisruptionBudget/") for ref in ground.lying[file])


def _paused(ground: Ground, workload: Workload) -> bool:
    its = ground.translation.bundle.tree(BACKGROUND)
    return any(p.folder == workload.folder and p.manifest["kind"] == "ScaledObject" for p in its)


def _schedule(ground: Ground, workload: Workload, schedule: Schedule, manifest: Manifest) -> Iterator[Step]:
    args = {"workload": workload.folder, "seconds": AT_THE_SWITCH}
    off = switched_off(ground, schedule)
    family = str(workload.definition.get("family", ""))
    running = aws("ecs", "list-tasks", "--cluster", workload.cluster_name, "--family", family)
    yield step("schedule-off", _id("off", workload), args, moves=(off,), back=back((off,)), commands=(running,))
    thing, spec = Thing(CRON_JOB, workload.folder), manifest["spec"]
    usual = {"suspend": False, "startingDeadlineSeconds": _deadline(ground, workload)}
    held, now = usual | {"suspend": True}, usual | {"startingDeadlineSeconds": spec["startingDeadlineSeconds"]}
    on = move(thing, held, now)
    yield step("schedule-on", _id("on", workload), args, moves=(on,), back=back((on,)))
    if now != usual:
        late = move(thing, now, usual)
        yield step("schedule-deadline", _id("deadline", workload), args, moves=(late,), back=back((late,)))


def switched_off(ground: Ground, schedule: Schedule) -> Move:
    """To disable a rule stops all its targets, so of a rule with others only this target is taken out."""
    if schedule.of_rule and schedule.others:
        thing = Thing(TARGET, rule_target_id(schedule.id, str(schedule.target.get("Id", ""))))
        return move(thing, KINDS[TARGET].then(ground.documents, thing.id), None)
    thing = Thing(RULE if schedule.of_rule else SCHEDULE, schedule.id)
    before: dict[str, Any] = KINDS[thing.kind].then(ground.documents, thing.id)
    return move(thing, before, before | {"State": "DISABLED"})


def _deadline(ground: Ground, workload: Workload) -> int:
    """As manifests/ have it, and as it is to be again after the first run."""
    its = (p.manifest for p in ground.translation.bundle.objects if p.folder == workload.folder)
    return next(int(m["spec"]["startingDeadlineSeconds"]) for m in its if m["kind"] == "CronJob")


def traffic(ground: Ground, unit: Unit) -> Iterator[str]:
    """What one run may hold at a time: services and schedules whose work changes hands."""
    for workload in ground.of(unit):
        if turned_on(ground, workload):
            yield workload.schedule.id if workload.schedule else workload.service_id
