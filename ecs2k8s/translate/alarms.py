"""Which CloudWatch alarms become something, and why the others do not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import note
from ecs2k8s.resolve.alarms import STATISTICS, Alarm, by_service, metric_alarms
from ecs2k8s.translate.insights import INSIGHTS_METRICS
from ecs2k8s.translate.promql import AGGREGATES, METRICS
from ecs2k8s.translate.resources import task_size
from ecs2k8s.translate.target_group_binding import bindings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Inventory, Workload
    from ecs2k8s.translate.target_group_binding import Binding

BAND = "ANOMALY_DETECTION_BAND"
SHARES = ("CPUUtilization", "MemoryUtilization")


@dataclass(frozen=True, slots=True, eq=False)
class ServiceAlarm:
    """An alarm on a metric of an ECS service that became a workload."""

    alarm: Alarm
    workload: Workload


@dataclass(frozen=True, slots=True, eq=False)
class BalancerAlarm:
    """An alarm on a target group beside which a new one for the pods is made."""

    alarm: Alarm
    binding: Binding


def service_alarms(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[ServiceAlarm]:
    """Those that the chosen monitoring can hold. Each other one is left out, and says why."""
    known = by_service(workloads)
    for alarm in metric_alarms(inventory.index):
        reason = _not_wanted(alarm, target)
        if reason:
            alarm.item.leave_out(reason)
        elif alarm.subject == "service":
            names = alarm.dimensions
            found = known.get((names["ClusterName"], names["ServiceName"]), [])
            if len(found) != 1:
                slug = "alarm-of-split-service" if found else "alarm-of-unknown-service"
                alarm.item.leave_out(slug, service=names["ServiceName"])
            elif slug := _not_said(alarm, found[0], target):
                alarm.item.leave_out(slug, metric=alarm.metric[1], statistic=_statistic(alarm))
            else:
                yield ServiceAlarm(alarm, found[0])
        elif alarm.subject == "cluster":
            alarm.item.leave_out("alarm-on-cluster")
        elif alarm.subject == "other":
            alarm.item.leave_out("alarm-on-other-metrics")


def balancer_alarms(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[BalancerAlarm]:
    """Those on target groups that pods get a new one for; they stay in CloudWatch. Others are left out."""
    alarms = [alarm for alarm in metric_alarms(inventory.index) if alarm.subject in ("target-group", "balancer")]
    wanted = [alarm for alarm in alarms if not _not_wanted(alarm, target)]
    ours: dict[str, list[Binding]] = defaultdict(list)
    for binding in bindings(inventory, workloads, target) if wanted else ():
        ours[_short(binding.group.source.arn)].append(binding)
    for alarm in wanted:
        its = ours.get(alarm.dimensions.get("TargetGroup", ""), [])
        if len(its) > 1:
            alarm.item.leave_out("alarm-of-split-service", service=its[0].service.workload.whole)
        elif its and alarm.is_valid:
            note(alarm.view, ("Dimensions",), "alarm-on-new-target-group", group=its[0].group.name)
            yield BalancerAlarm(alarm, its[0])
        else:
            alarm.item.leave_out(_of_balancer(alarm, inventory, target))


def say_composite_alarms(inventory: Inventory, target: Target) -> None:
    for item in inventory.index.of_shape("cloudwatch.CompositeAlarm"):
        if target.monitoring == "none":
            item.leave_out("alarm-not-wanted")
        else:
            item.leave_out("composite-alarm", rule=item.document.data.get("AlarmRule"))


def _not_wanted(alarm: Alarm, target: Target) -> str:
    if alarm.only_scales:
        return "alarm-of-scaling-policy"
    if target.monitoring == "none":
        return "alarm-not-wanted"
    if "EvaluationCriteria" in alarm.view:
        return "alarm-by-query"
    if "ThresholdMetricId" in alarm.view or _has_band(alarm):
        return "alarm-on-anomaly"
    return "alarm-metric-math" if "Metrics" in alarm.view else ""


def _has_band(alarm: Alarm) -> bool:
    return any(BAND in str(item.get("Expression", "")) for item in alarm.view.get("Metrics", []))


def _not_said(alarm: Alarm, workload: Workload, target: Target) -> str:
    """Why the metric, its statistic or the values cannot be had in the chosen monitoring; empty where they can."""
    if not alarm.is_valid:
        return "alarm-not-valid"
    if "ExtendedStatistic" in alarm.view:
        return "alarm-on-percentile"
    metrics = METRICS if target.monitoring == "prometheus" else INSIGHTS_METRICS
    if alarm.metric not in metrics or alarm.metric[1] in _uncounted(workload, target):
        return "alarm-metric-without-counterpart"
    if alarm.statistic not in AGGREGATES:
        return "alarm-statistic-without-counterpart" if alarm.statistic in STATISTICS else "alarm-not-valid"
    if target.monitoring == "cloudwatch":
        return _not_in_cloudwatch(alarm, workload, target)
    return ""


def _uncounted(workload: Workload, target: Target) -> set[str]:
    """Counts that nobody has: what a Rollout wants is no metric of kube-state-metrics or Container Insights."""
    if workload.kind == "DaemonSet":
        return {"DesiredTaskCount"} if target.monitoring == "cloudwatch" else set()
    if not target.rollouts:
        return set()
    return {"DesiredTaskCount", "RunningTaskCount"} if target.monitoring == "cloudwatch" else {"DesiredTaskCount"}


def _not_in_cloudwatch(alarm: Alarm, workload: Workload, target: Target) -> str:
    """Container Insights adds up the requests of containers, and knows none of a pod as a whole."""
    if target.compute == "fargate":
        return "alarm-metric-without-counterpart"
    if not target.eks_cluster:
        return "alarm-needs-cluster-name"
    whole = target.pod_level_resources and any(task_size(workload))
    return "alarm-without-requests" if whole and alarm.metric[1] in SHARES else ""


def _statistic(alarm: Alarm) -> str:
    return str(alarm.view.get("ExtendedStatistic", alarm.statistic))


def _of_balancer(alarm: Alarm, inventory: Inventory, target: Target) -> str:
    if not alarm.is_valid:
        return "alarm-not-valid"
    group = alarm.dimensions.get("TargetGroup", "")
    if group and group not in {_short(arn) for arn in inventory.balancers.served}:
        return "alarm-on-other-metrics"
    if not group and target.binds_target_groups:
        return "alarm-stays-on-balancer"
    return "alarm-on-new-balancer"


def _short(arn: str) -> str:
    """A target group as metrics name it: `targetgroup/name/id`."""
    return arn.rpartition(":")[2]
