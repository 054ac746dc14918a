"""Series of metrics: what tests and load balancers put in, and what GetMetricData answers of it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ecs2k8s.replay.state import Asked, Item, NotModelledError, only, refuse_unless

if TYPE_CHECKING:
    from ecs2k8s.replay.state import Account

PERIOD = 60
QUERIES = 500  # in one request; https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
Name = tuple[str, str, frozenset[tuple[str, str]]]  # namespace, metric, dimensions
Values = Sequence[float]

STATISTICS: dict[str, Callable[[Values], float]] = {
    "Sum": math.fsum,
    "Average": lambda values: math.fsum(values) / len(values),
    "Minimum": min,
    "Maximum": max,
    "SampleCount": lambda values: float(len(values)),
}


@dataclass(slots=True)
class Series:
    """Values by metric and by the second at which their minute began. A minute without values is not there."""

    values: dict[Name, dict[int, list[float]]] = field(default_factory=lambda: defaultdict(dict))

    def put(self, metric: str, dimensions: dict[str, str], period: float, values: Values) -> None:
        """More values of AWS/ApplicationELB in the minute of *period*."""
        self.put_in("AWS/ApplicationELB", metric, dimensions, period, values)

    def put_in(self, namespace: str, metric: str, dimensions: dict[str, str], period: float, values: Values) -> None:
        minute = int(period // PERIOD * PERIOD)
        if values:
            self.values[namespace, metric, frozenset(dimensions.items())].setdefault(minute, []).extend(values)

    def points(self, name: Name, statistic: str, period: int, since: float, until: float) -> dict[int, float]:
        """The statistic of each period that began in [since, until)."""
        found: dict[int, list[float]] = {}
        for minute, values in self.values.get(name, {}).items():
            if since <= (start := minute // period * period) < until:
                found.setdefault(start, []).extend(values)
        return {start: computed(statistic, found[start]) for start in sorted(found)}


def computed(statistic: str, values: Values) -> float:
    """One of STATISTICS, or a percentile as `p99`: the smallest value that so many are not above."""
    if found := STATISTICS.get(statistic):
        return found(values)
    try:
        percent = float(statistic.removeprefix("p"))
    except ValueError:
        percent = math.nan
    if not statistic.startswith("p") or not 0 <= percent <= 100:  # noqa: PLR2004
        raise NotModelledError(f"not modelled: the statistic {statistic}")
    in_order = sorted(values)
    return in_order[max(math.ceil(percent / 100 * len(in_order)) - 1, 0)]


def get_metric_data(account: Account, asked: Asked) -> Item:
    only(asked, "MetricDataQueries", "StartTime", "EndTime", "ScanBy")
    queries = asked["MetricDataQueries"]
    refuse_unless(
        len(queries) <= QUERIES,
        "ValidationError",
        "The collection MetricDataQueries must not have a size greater than 500.",
    )
    since, until = _seconds(asked["StartTime"]), _seconds(asked["EndTime"])
    refuse_unless(since < until, "ValidationError", "The parameter StartTime must be less than the parameter EndTime.")
    backwards = asked.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    with_account = account.part(Series)
    found = [_result(account, with_account, each, (since, until), backwards=backwards) for each in queries]
    return {"MetricDataResults": [each for each in found if each], "Messages": []}


def _result(account: Account, series: Series, query: Item, span: tuple[float, float], *, backwards: bool) -> Item:
    only(query, "Id", "MetricStat", "Label", "ReturnData")
    stat = query["MetricStat"]
    period = int(stat["Period"])
    refuse_unless(period > 0 and not period % PERIOD, "ValidationError", "Period must be a multiple of 60")
    metric = stat["Metric"]
    dimensions = frozenset((each["Name"], each["Value"]) for each in metric.get("Dimensions", ()))
    name = (metric["Namespace"], metric["MetricName"], dimensions)
    points = list(series.points(name, stat["Stat"], period, *span).items())
    if backwards:
        points.reverse()
    return {
        "Id": query["Id"],
        "Label": query.get("Label", metric["MetricName"]),
        "Timestamps": [account.moment(start) for start, _ in points],
        "Values": [value for _, value in points],
        "StatusCode": "Complete",
    }


def _seconds(moment: Any) -> float:
    if isinstance(moment, datetime):
        return moment.timestamp()
    return float(moment) if isinstance(moment, int | float) else datetime.fromisoformat(str(moment)).timestamp()


def describe_alarms(account: Account, asked: Asked) -> Item:
    """By names, prefix and state; without AlarmTypes only alarms on metrics are given."""
    only(asked, "AlarmNames", "AlarmNamePrefix", "AlarmTypes", "StateValue", "MaxRecords", "NextToken")
    kinds = asked.get("AlarmTypes") or ["MetricAlarm"]
    answer: Item = {"MetricAlarms": [], "CompositeAlarms": []}
    for kind in kinds:
        found = account.estate.all(f"cloudwatch.{kind}")
        answer[f"{kind}s"] = [each for each in found if _asked_for(each, asked)]
    return answer


def _asked_for(alarm: Item, asked: Asked) -> bool:
    named = "AlarmNames" not in asked or alarm["AlarmName"] in asked["AlarmNames"]
    begins = alarm["AlarmName"].startswith(asked.get("AlarmNamePrefix", ""))
    return named and begins and asked.get("StateValue", alarm.get("StateValue")) == alarm.get("StateValue")


def set_alarm(account: Account, name: str, state: str, reason: str = "") -> None:
    """An alarm changes its state: `OK`, `ALARM` or `INSUFFICIENT_DATA`."""
    with account.open():
        for kind in ("MetricAlarm", "CompositeAlarm"):
            for alarm in account.estate.where(f"cloudwatch.{kind}", AlarmName=name):
                alarm |= {"StateValue": state, "StateReason": reason, "StateUpdatedTimestamp": account.moment()}
                return
        raise LookupError(f"there is no alarm {name}")
