"""Whether an autoscaler owns the number of replicas of a workload, and what it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.translate.scaling_metrics import Composed, Utilization, metric
from ecs2k8s.translate.scheduled_scaling import Floor, floor, leave_out

if TYPE_CHECKING:
    from ecs2k8s.core.target import Target
    from ecs2k8s.core.tracking import View
    from ecs2k8s.resolve.scaling import Policy, Scaling
    from ecs2k8s.resolve.workload import AwsMap, Workload
    from ecs2k8s.translate.scaling_metrics import Metric

COOLDOWN = 300  # seconds between two scale-ins of ECS where nothing is said
LONGEST_WINDOW = 3600  # of an HPA


@dataclass(frozen=True, slots=True)
class Tracked:
    """A metric and the policy that tracks it."""

    policy: Policy
    metric: Metric


@dataclass(frozen=True, slots=True)
class Autoscaling:
    """What the autoscaler of a workload is told. `minimum` is at least 1 for an HPA, `window` in seconds."""

    keda: bool
    minimum: int
    maximum: int
    tracked: tuple[Tracked, ...]
    window: int
    scales_in: bool
    scales_out: bool
    floor: Floor | None = None  # by schedule

    @property
    def fewest(self) -> int:
        """The fewest replicas that run while any do."""
        return max(1, self.minimum)


def autoscaling(workload: Workload, target: Target) -> Autoscaling | None:
    """The autoscaler of *workload*; None where none can be made, which is then said of what asked for one."""
    scaling = workload.scaling
    if scaling is None:
        return None
    low, high = int(scaling.target.get("MinCapacity", 0)), int(scaling.target.get("MaxCapacity", 0))
    if workload.kind != "Deployment":
        _leave_out(scaling, "scaling-of-daemon")
        return None
    low, high = workload.size.bounds(low, high)
    if not scaling.targets:
        _leave_out(scaling, "scalable-target-missing")
        return None
    if high < 1 or not 0 <= low <= high:
        _leave_out(scaling, "scaling-bounds-without-room", low=low, high=high)
        return None
    tracked = _fitting([Tracked(p, m) for p in scaling.policies if (m := metric(p, workload, target))])
    by_schedule = _floor(workload, scaling, tracked, target)
    if not tracked:
        if not scaling.targets[0].trace.skipped:
            scaling.targets[0].leave_out("no-metric-to-scale-by", low=low, high=high)
        return None
    return _made(scaling, tracked, by_schedule.low if by_schedule else low, high, by_schedule)


def _leave_out(scaling: Scaling, slug: str, /, **args: object) -> None:
    for item in scaling.items:
        item.leave_out(slug, **args)


def _fitting(found: list[Tracked]) -> list[Tracked]:
    """A formula of KEDA takes the place of every metric that is not CPU or memory, so it can only stand alone."""
    outside = [each for each in found if not isinstance(each.metric, Utilization)]
    if len(outside) < 2:  # noqa: PLR2004
        return found
    formulas = [each for each in outside if isinstance(each.metric, Composed)]
    for each in formulas:
        why = "a formula of KEDA takes the place of every other metric of the service"
        expression = each.metric.expression if isinstance(each.metric, Composed) else ""
        each.policy.item.leave_out("metric-math-not-carried", expression=expression, why=why)
    return [each for each in found if each not in formulas]


def _floor(workload: Workload, scaling: Scaling, tracked: list[Tracked], target: Target) -> Floor | None:
    """What the scheduled actions say together; None where nothing carries them, which is then said of each."""
    if scaling.target.get("SuspendedState", NOTHING).get("ScheduledScalingSuspended"):
        for action in scaling.actions:
            action.leave_out("scheduled-scaling-suspended")
        return None
    found: Floor | str = "an HorizontalPodAutoscaler has one minimum"
    if target.autoscaling == "keda":
        found = floor(scaling)
    if any(isinstance(each.metric, Composed) for each in tracked):
        found = "a formula of KEDA takes the place of every other trigger"
    if not tracked:
        found = "there is no autoscaler"
    if isinstance(found, Floor):
        return found
    keda = any(not isinstance(each.metric, Utilization) for each in tracked)
    kind = ("scaledobject" if keda else "hpa") if tracked else ""
    for action in scaling.actions:
        leave_out(workload, action, kind, found)
    return None


def _made(scaling: Scaling, tracked: list[Tracked], low: int, high: int, floor_: Floor | None) -> Autoscaling:
    target = scaling.target
    keda = floor_ is not None or any(not isinstance(each.metric, Utilization) for each in tracked)
    if low < 1 and not keda:
        note(target, "MinCapacity", "minimum-of-zero")
    suspended: AwsMap = target.get("SuspendedState", NOTHING)
    for key in ("DynamicScalingInSuspended", "DynamicScalingOutSuspended"):
        if suspended.get(key):
            note(suspended, key, "scaling-is-suspended", direction="in" if "In" in key else "out")
    configs: list[View] = [each.policy.view["TargetTrackingScalingPolicyConfiguration"] for each in tracked]
    kept = [bool(config.get("DisableScaleIn", False)) for config in configs]
    if any(kept) and not all(kept):
        for config in configs:
            if config.get("DisableScaleIn"):
                note(config, "DisableScaleIn", "scale-in-by-all-metrics")
    return Autoscaling(
        keda=keda,
        minimum=low if keda else max(1, low),
        maximum=high,
        tracked=tuple(tracked),
        window=max(_window(each) for each in tracked),
        scales_in=not all(kept) and not suspended.get("DynamicScalingInSuspended", False),
        scales_out=not suspended.get("DynamicScalingOutSuspended", False),
        floor=floor_,
    )


def _window(tracked: Tracked) -> int:
    """Seconds for which the metric must ask for fewer: the cooldown, or as long as the policy's lower alarm takes."""
    config = tracked.policy.view["TargetTrackingScalingPolicyConfiguration"]
    if "ScaleOutCooldown" in config:
        note(config, "ScaleOutCooldown", "cooldown-of-scale-out", seconds=config["ScaleOutCooldown"])
    cooldown = int(config.get("ScaleInCooldown", COOLDOWN))
    longest = max([cooldown, *(_evaluation(alarm) for alarm in tracked.policy.alarms)])
    if longest > LONGEST_WINDOW:
        key = "ScaleInCooldown" if "ScaleInCooldown" in config else "TargetValue"
        note(config, key, "window-longer-than-an-hour", seconds=longest)
    return min(longest, LONGEST_WINDOW)


def _evaluation(alarm: AwsMap) -> int:
    """Seconds that the alarm looks back before it scales in; 0 for one that scales out."""
    if not str(alarm.get("ComparisonOperator", "")).startswith("LessThan"):
        return 0
    return int(alarm.get("EvaluationPeriods", 1)) * int(alarm.get("Period", 60))
