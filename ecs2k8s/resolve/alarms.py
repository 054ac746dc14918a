"""CloudWatch alarms, and what each of them watches."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Literal

from ecs2k8s.core.tracking import NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.resolve.index import Index, Tracked
    from ecs2k8s.resolve.workload import AwsMap, Workload

OF_SERVICES = ("AWS/ECS", "ECS/ContainerInsights")
OF_BALANCERS = ("AWS/ApplicationELB", "AWS/NetworkELB", "AWS/GatewayELB")
OPERATORS = {
    "GreaterThanOrEqualToThreshold": ">=",
    "GreaterThanThreshold": ">",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}
STATISTICS = ("Average", "Maximum", "Minimum", "Sum", "SampleCount")
MISSING = ("missing", "notBreaching", "breaching", "ignore")
SCALING = re.compile(r"arn:[^:]*:autoscaling:[^:]*:[^:]*:scalingPolicy:.*", re.DOTALL)
MOST = 2**360  # no value of a metric is larger
LONGEST = 7 * 24 * 3600  # seconds that the evaluation of an alarm looks back at most
Subject = Literal["service", "cluster", "target-group", "balancer", "other"]


@dataclass(frozen=True, slots=True, eq=False)
class Alarm:
    """A metric alarm as it was read."""

    item: Tracked

    @property
    def view(self) -> AwsMap:
        return self.item.view

    @property
    def name(self) -> str:
        return str(self.view.get("AlarmName", self.item.document.id))

    @property
    def metric(self) -> tuple[str, str]:
        """Namespace and name."""
        return str(self.view.get("Namespace", "")), str(self.view.get("MetricName", ""))

    @property
    def dimensions(self) -> Mapping[str, str]:
        return {str(item.get("Name", "")): str(item.get("Value", "")) for item in self.view.get("Dimensions", [])}

    @property
    def subject(self) -> Subject:
        """What the dimensions name."""
        namespace, names = self.metric[0], set(self.dimensions)
        if namespace in OF_SERVICES:
            return "service" if names == {"ClusterName", "ServiceName"} else "cluster"
        if namespace in OF_BALANCERS and names:
            return "target-group" if "TargetGroup" in names else "balancer"
        return "other"

    def actions(self, key: str) -> list[str]:
        """The ARNs under *key*, without those of scaling policies."""
        return [str(arn) for arn in self.view.get(key, []) if not SCALING.fullmatch(str(arn))]

    @property
    def only_scales(self) -> bool:
        """Whether all that it does is run scaling policies: it belongs to them."""
        keys = ("AlarmActions", "OKActions", "InsufficientDataActions")
        everything = [str(arn) for key in keys for arn in self.view.get(key, [])]
        return bool(everything) and all(SCALING.fullmatch(arn) for arn in everything)

    @property
    def statistic(self) -> str:
        return str(self.view.get("Statistic", ""))

    @property
    def period(self) -> int:
        """Seconds."""
        return _whole(self.view.get("Period"))

    @property
    def periods(self) -> int:
        return _whole(self.view.get("EvaluationPeriods"))

    @property
    def datapoints(self) -> int:
        """How many of the periods must breach; all of them where nothing is said."""
        return _whole(self.view.get("DatapointsToAlarm", self.periods))

    @property
    def threshold(self) -> float:
        value = self.view.get("Threshold")
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MOST:
            return float(value)
        return float("nan")

    @property
    def operator(self) -> str:
        return OPERATORS.get(str(self.view.get("ComparisonOperator", "")), "")

    @property
    def missing(self) -> str:
        return str(self.view.get("TreatMissingData", "missing"))

    @property
    def is_valid(self) -> bool:
        """Whether the values are such as CloudWatch takes; a masked one is not."""
        times = self.period > 0 and 0 < self.datapoints <= self.periods and self.period * self.periods <= LONGEST
        return times and isfinite(self.threshold) and bool(self.operator) and self.missing in MISSING


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def metric_alarms(index: Index) -> list[Alarm]:
    return [Alarm(item) for item in index.of_shape("cloudwatch.MetricAlarm")]


def by_service(workloads: list[Workload]) -> Mapping[tuple[str, str], list[Workload]]:
    """(cluster, service) to its workload, or to several where it is split."""
    found: dict[tuple[str, str], list[Workload]] = defaultdict(list)
    for workload in workloads:
        if workload.service is not NOTHING:
            name = workload.service.get("serviceName", workload.service.get("service", ""))
            found[workload.cluster_name, str(name)].append(workload)
    return found
