"""Step scaling has no counterpart: the table of its steps, and the trigger that comes nearest, for a person.

https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import NOTHING

if TYPE_CHECKING:
    from ecs2k8s.resolve.scaling import Policy
    from ecs2k8s.resolve.workload import AwsMap

CHANGES = {
    "ChangeInCapacity": "{0:+} tasks",
    "PercentChangeInCapacity": "{0:+} % of the tasks",
    "ExactCapacity": "{0} tasks in all",
}
SIGNS = {
    "GreaterThanOrEqualToThreshold": ">=",
    "GreaterThanThreshold": ">",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}


def leave_out_steps(policy: Policy) -> None:
    """Say of a step scaling policy what it does and which trigger tracks the same metric."""
    config: AwsMap = policy.view.get("StepScalingPolicyConfiguration", NOTHING)
    alarms = "; ".join(_when(alarm) for alarm in policy.alarms) or "its alarms were not read"
    suggestions = [_nearest(alarm) for alarm in policy.alarms if "MetricName" in alarm]
    policy.item.leave_out(
        "step-scaling-not-carried",
        when=alarms,
        steps=steps(config),
        nearest=suggestions[0] if suggestions else "a target on the metric of its alarm",
    )


def steps(config: AwsMap) -> str:
    """`0 to 400 over the threshold: +1 tasks`, one after another."""
    how = CHANGES.get(str(config.get("AdjustmentType", "")), "{0:+} (of a type that is not known)")
    found = []
    for step in config.get("StepAdjustments", []):
        low, high = step.get("MetricIntervalLowerBound"), step.get("MetricIntervalUpperBound")
        change = how.format(int(step.get("ScalingAdjustment", 0)))
        found.append(f"{_bound(low, 'less')} to {_bound(high, 'more')} from the threshold: {change}")
    least = config.get("MinAdjustmentMagnitude")
    return "; ".join(found or ["no steps"]) + (f"; at least {least} tasks at once" if least else "")


def _bound(value: float | None, without: str) -> str:
    return f"{without}" if value is None else f"{float(value):g}"


def _when(alarm: AwsMap) -> str:
    name = alarm.get("MetricName", "a computed metric")
    sign = SIGNS.get(str(alarm.get("ComparisonOperator")), "against")
    number, period = alarm.get("EvaluationPeriods", 1), alarm.get("Period", 60)
    return f"{name} {sign} {float(alarm.get('Threshold', 0)):g} for {number} x {period} s"


def _nearest(alarm: AwsMap) -> str:
    where = ", ".join(f"{d.get('Name')}={d.get('Value')}" for d in alarm.get("Dimensions", []))
    metric = f"{alarm.get('Namespace', '')} {alarm['MetricName']}"
    return f"target tracking of {metric} ({where or 'no dimension'}) at {float(alarm.get('Threshold', 0)):g}"
