"""Alarms that stay in CloudWatch, on the metrics of the pods and of new target groups."""

from __future__ import annotations

import json
from shlex import quote
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.aws_objects import AwsResource, logical_id
from ecs2k8s.core.aws_steps import AwsStep, aws
from ecs2k8s.core.manifests import prune
from ecs2k8s.core.names import suffixed
from ecs2k8s.translate.alarms import balancer_alarms, service_alarms
from ecs2k8s.translate.insights import insights_metric
from ecs2k8s.translate.target_group_steps import ARN_ONLY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.alarms import Alarm
    from ecs2k8s.resolve.workload import Inventory, Workload
    from ecs2k8s.translate.alarms import BalancerAlarm, ServiceAlarm

LONGEST = 255  # characters in the name of an alarm
ENDING = "-eks"
ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
KEPT = (
    "AlarmDescription",
    "ActionsEnabled",
    "Threshold",
    "ComparisonOperator",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "TreatMissingData",
)
OF_METRIC = ("Namespace", "MetricName", "Statistic", "ExtendedStatistic", "Period", "Unit")
LOW_SAMPLES = "EvaluateLowSampleCountPercentile"
SLOT = "the new target group"  # where the shell puts what the group is called in metrics


def insights_alarms(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[AwsResource]:
    """One new alarm for each on an ECS service: with another name, because the old one stays until ECS is gone."""
    if target.monitoring == "cloudwatch":
        for each in service_alarms(inventory, workloads, target):
            yield _resource(each, target)


def _resource(each: ServiceAlarm, target: Target) -> AwsResource:
    alarm = each.alarm
    alarm.view.get("AlarmArn")
    properties = _kept(alarm) | insights_metric(alarm, each.workload, target)
    return AwsResource(logical_id("alarm", alarm.name), "AWS::CloudWatch::Alarm", properties)


def _kept(alarm: Alarm) -> dict[str, Any]:
    """What does not depend on the metric."""
    most = LONGEST - len(ENDING)
    name = alarm.name if len(alarm.name) <= most else suffixed(alarm.name, alarm.name, most)
    found: dict[str, Any] = {"AlarmName": f"{name}{ENDING}"}
    found |= {key: alarm.view.get(key) for key in KEPT}
    return prune(found | {key: alarm.actions(key) or None for key in ACTIONS}) or {}


def alarm_steps(inventory: Inventory, workloads: list[Workload], target: Target) -> list[AwsStep]:
    """One step for each alarm on a target group: a copy on the new one, when that is there.

    https://docs.aws.amazon.com/cli/latest/reference/cloudwatch/put-metric-alarm.html
    """
    return [_step(each) for each in balancer_alarms(inventory, workloads, target)]


def _step(each: BalancerAlarm) -> AwsStep:
    alarm, group = each.alarm, each.binding.group
    wanted = _kept(alarm) | {key: alarm.view.get(key) for key in (*OF_METRIC, LOW_SAMPLES) if key in alarm.view}
    others = [{"Name": key, "Value": value} for key, value in alarm.dimensions.items() if key != "TargetGroup"]
    start, end = json.dumps([*others, {"Name": "TargetGroup", "Value": SLOT}]).rsplit(SLOT, 1)
    put = aws("cloudwatch", "put-metric-alarm", "--cli-input-json", json.dumps(wanted, sort_keys=True))
    delete = aws("cloudwatch", "delete-alarms", "--cli-input-json", json.dumps({"AlarmNames": [wanted["AlarmName"]]}))
    find = aws("elbv2", "describe-target-groups", "--names", group.name, *ARN_ONLY)
    return AwsStep(
        subject=str(alarm.view.get("AlarmArn", alarm.item.document.id)),
        title=f"Alarm {wanted['AlarmName']} on the new target group {group.name}",
        why="The old one watches the targets of ECS, and stays until they are gone; delete it with them.",
        command=f'NEW=$({find})\n{put} \\\n  --dimensions {quote(start)}"${{NEW##*:}}"{quote(end)}',
        back=delete,
    )
