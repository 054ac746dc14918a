"""Metrics of ECS services as those of Container Insights for EKS, and alarms on them.

A pod of a Deployment or a DaemonSet has the name of that as its dimension `PodName`.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-EKS.html and
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-enhanced-EKS.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.alarms import Alarm
    from ecs2k8s.resolve.workload import Workload

NAMESPACE = "ContainerInsights"
ECS, OF_ECS = "AWS/ECS", "ECS/ContainerInsights"


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A metric; with `divisor` 100 times it by that one, both shares of the node. `of_daemon_set`: where it differs."""

    metric: str
    divisor: str = ""
    of_daemon_set: str = ""


INSIGHTS_METRICS: Mapping[tuple[str, str], Counterpart] = {
    (ECS, "CPUUtilization"): Counterpart("pod_cpu_utilization", "pod_cpu_reserved_capacity"),
    (ECS, "MemoryUtilization"): Counterpart("pod_memory_utilization", "pod_memory_reserved_capacity"),
    (OF_ECS, "RunningTaskCount"): Counterpart(
        "status_replicas_available", of_daemon_set="daemonset_status_number_available"
    ),
    (OF_ECS, "DesiredTaskCount"): Counterpart("replicas_desired"),
    (OF_ECS, "NetworkRxBytes"): Counterpart("pod_network_rx_bytes"),
    (OF_ECS, "NetworkTxBytes"): Counterpart("pod_network_tx_bytes"),
}


def insights_metric(alarm: Alarm, workload: Workload, target: Target) -> dict[str, Any]:
    """The members of an AWS::CloudWatch::Alarm that say the metric."""
    found = INSIGHTS_METRICS[alarm.metric]
    if not found.divisor:
        name = found.of_daemon_set if found.of_daemon_set and workload.kind == "DaemonSet" else found.metric
        single = _metric(name, workload, target)
        return single | {"Statistic": alarm.statistic, "Period": alarm.period}
    items = [("m1", found.metric, alarm.statistic), ("m2", found.divisor, "Average")]
    return {
        "Metrics": [
            {"Id": "e1", "Expression": "100 * m1 / m2", "Label": alarm.metric[1], "ReturnData": True},
            *(_item(ident, _metric(name, workload, target), stat, alarm.period) for ident, name, stat in items),
        ]
    }


def _item(ident: str, metric: dict[str, Any], statistic: str, period: int) -> dict[str, Any]:
    stat = {"Metric": metric, "Period": period, "Stat": statistic}
    return {"Id": ident, "MetricStat": stat, "ReturnData": False}


def _metric(name: str, workload: Workload, target: Target) -> dict[str, Any]:
    values = {"ClusterName": target.eks_cluster, "Namespace": workload.namespace, "PodName": workload.name}
    dimensions = [{"Name": key, "Value": value} for key, value in values.items()]
    return {"Namespace": NAMESPACE, "MetricName": name, "Dimensions": dimensions}
