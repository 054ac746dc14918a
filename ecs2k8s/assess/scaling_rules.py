"""Scaling policies as the simulators want them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ecs2k8s.assess.scaling_simulators import Alarm, Rule, Step
from ecs2k8s.core.tracking import NOTHING

if TYPE_CHECKING:
    from ecs2k8s.assess.scaling_simulators import Load
    from ecs2k8s.resolve.scaling import Policy
    from ecs2k8s.resolve.workload import AwsMap

PREDEFINED = {
    "ECSServiceAverageCPUUtilization": "CPUUtilization",
    "ECSServiceAverageMemoryUtilization": "MemoryUtilization",
    "ECSServiceAverageCPUUtilizationHighResolution": "CPUUtilization",
    "ECSServiceAverageMemoryUtilizationHighResolution": "MemoryUtilization",
    "ALBRequestCountPerTarget": "RequestCountPerTarget",
}
SHARED = set(PREDEFINED.values())  # each task has its part of the load
HIGH, LOW = 3, 15  # minutes that the alarms of target tracking look back, where they were not read
BELOW = 0.9  # of the target: where the lower alarm stands then
COOLDOWN = 300


def metric_of(policy: Policy) -> str:
    """The name of the one metric that *policy* goes by; empty where there is none such."""
    config: AwsMap = policy.view.get("TargetTrackingScalingPolicyConfiguration", NOTHING)
    kind = str(config.get("PredefinedMetricSpecification", NOTHING).get("PredefinedMetricType", ""))
    if kind:
        return PREDEFINED.get(kind, "")
    name = str(config.get("CustomizedMetricSpecification", NOTHING).get("MetricName", ""))
    if name or policy.view.get("PolicyType") != "StepScaling":
        return name
    names = {str(alarm.get("MetricName", "")) for alarm in policy.alarms}
    return names.pop() if len(names) == 1 else ""


def rule(policy: Policy, period: int, load: Load) -> Rule | str:
    """*policy* with datapoints every *period* seconds, or why it cannot be replayed."""
    alarms = tuple(_alarm(alarm, period) for alarm in policy.alarms)
    shared = metric_of(policy) in SHARED
    if policy.view.get("PolicyType") == "StepScaling":
        config: AwsMap = policy.view.get("StepScalingPolicyConfiguration", NOTHING)
        if len(alarms) != 1:
            return "a step scaling policy has no alarm that was read, or several"
        cooldown = int(config.get("Cooldown", COOLDOWN))
        return Rule(
            load,
            shared,
            alarms,
            cooldown_out=cooldown,
            cooldown_in=cooldown,
            steps=tuple(_step(step) for step in config.get("StepAdjustments", [])),
            kind=str(config.get("AdjustmentType", "")),
            least=int(config.get("MinAdjustmentMagnitude", 0)),
        )
    tracking: AwsMap = policy.view.get("TargetTrackingScalingPolicyConfiguration", NOTHING)
    target = float(tracking.get("TargetValue", 0))
    if target <= 0:
        return "a policy has no target that is above 0"
    return Rule(
        load,
        shared,
        alarms or _assumed(target, period),
        target,
        scales_in=not tracking.get("DisableScaleIn", False),
        cooldown_out=int(tracking.get("ScaleOutCooldown", COOLDOWN)),
        cooldown_in=int(tracking.get("ScaleInCooldown", COOLDOWN)),
    )


def _alarm(alarm: AwsMap, period: int) -> Alarm:
    operator = str(alarm.get("ComparisonOperator", ""))
    whole = int(alarm.get("EvaluationPeriods", 1))
    evaluated = _datapoints(whole * int(alarm.get("Period", 60)), period)
    needed = math.ceil(evaluated * int(alarm.get("DatapointsToAlarm", whole)) / max(1, whole))
    threshold = float(alarm.get("Threshold", 0))
    return Alarm(threshold, operator.startswith("Greater"), evaluated, max(1, needed), "OrEqual" in operator)


def _assumed(target: float, period: int) -> tuple[Alarm, ...]:
    high, low = _datapoints(HIGH * 60, period), _datapoints(LOW * 60, period)
    upper = Alarm(target, above=True, evaluated=high, needed=high)
    return upper, Alarm(target * BELOW, above=False, evaluated=low, needed=low)


def _datapoints(seconds: int, period: int) -> int:
    return max(1, math.ceil(seconds / period))


def _step(step: AwsMap) -> Step:
    low, high = step.get("MetricIntervalLowerBound"), step.get("MetricIntervalUpperBound")
    return Step(
        -math.inf if low is None else float(low),
        math.inf if high is None else float(high),
        int(step.get("ScalingAdjustment", 0)),
    )
