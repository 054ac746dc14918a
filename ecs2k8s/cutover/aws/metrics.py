"""Numbers of CloudWatch, and its alarms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import TYPE_CHECKING, Any

from ecs2k8s.cutover.world import Series, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.cutover.aws.reader import AwsReader

PERIOD = 60
NAMESPACE = "AWS/ApplicationELB"
NAMES = 100  # that DescribeAlarms takes
# What CloudWatch says of an answer that is not all there is.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataResult.html
FAILED = {"InternalError", "Forbidden"}


@dataclass(frozen=True, slots=True)
class CloudWatch:
    reader: AwsReader

    def series(self, metric: str, dimensions: dict[str, str], statistic: str, since: float, until: float) -> Series:
        """See `world.Metrics`. A period that began before *since* is left out even where it reaches into it."""
        first = ceil(since / PERIOD) * PERIOD
        if first >= until:
            return Series()
        namespace, _, name = metric.rpartition(" ")
        query = {
            "Id": "m",
            "MetricStat": {
                "Metric": {
                    "Namespace": namespace or NAMESPACE,
                    "MetricName": name,
                    "Dimensions": [{"Name": key, "Value": value} for key, value in sorted(dimensions.items())],
                },
                "Period": PERIOD,
                "Stat": statistic,
            },
        }
        asked = {"MetricDataQueries": [query], "StartTime": _moment(first), "EndTime": _moment(until)}
        answer = self.reader.plainly("cloudwatch.GetMetricData", asked) or {}
        return Series(tuple(sorted((at, its) for at, its in _points(metric, answer) if first <= at < until)))

    def alarms(self, names: Iterable[str]) -> dict[str, str]:
        """The state of each alarm that there is: `OK`, `ALARM` or `INSUFFICIENT_DATA`."""
        wanted, found = sorted(set(names)), dict[str, str]()
        for start in range(0, len(wanted), NAMES):
            some = wanted[start : start + NAMES]
            asked = {"AlarmNames": some, "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
            answer = self.reader.plainly("cloudwatch.DescribeAlarms", asked) or {}
            every = (*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ()))
            found |= {each["AlarmName"]: each["StateValue"] for each in every if each["AlarmName"] in some}
        return found


def _points(metric: str, answer: dict[str, Any]) -> Iterator[tuple[float, float]]:
    for result in answer.get("MetricDataResults", ()):
        if result.get("StatusCode") in FAILED:
            raise UnreadableError(f"cloudwatch.GetMetricData: {metric} was not read ({result['StatusCode']})")
        for moment, value in zip(result.get("Timestamps", ()), result.get("Values", ()), strict=True):
            yield datetime.fromisoformat(str(moment)).timestamp(), float(value)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
