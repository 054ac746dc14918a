"""Metrics and alarms, through real clients."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.replay import series
from ecs2k8s.replay.series import Series, computed
from ecs2k8s.replay.state import NotModelledError
from tests.standing import Stand, refused, sample, stand

START = 1_792_000_020.0  # a whole minute


def asked(stat: str, period: int = 60, minutes: int = 5, metric: str = "RequestCount") -> dict[str, Any]:
    name = {
        "Namespace": "AWS/ApplicationELB",
        "MetricName": metric,
        "Dimensions": [{"Name": "TargetGroup", "Value": "web"}],
    }
    query = {"Id": "a", "MetricStat": {"Metric": name, "Period": period, "Stat": stat}}
    span = (datetime.fromtimestamp(at, UTC) for at in (START, START + 60 * minutes))
    return {"MetricDataQueries": [query], **dict(zip(("StartTime", "EndTime"), span, strict=True))}


def points(aws: Stand, request: dict[str, Any], **more: Any) -> list[tuple[float, float]]:
    found = aws.client("cloudwatch").get_metric_data(**request, **more)["MetricDataResults"][0]
    return [(at.timestamp() - START, value) for at, value in zip(found["Timestamps"], found["Values"], strict=True)]


def put(aws: Stand, minute: int, *values: float, metric: str = "RequestCount") -> None:
    aws.account.part(Series).put(metric, {"TargetGroup": "web"}, START + 60 * minute + 7, values)


def test_sums_are_given_by_period_the_last_one_first_and_what_was_not_is_absent() -> None:
    aws = stand()
    for minute, value in ((0, 10.0), (1, 20.0), (3, 5.0)):
        put(aws, minute, value)
    assert points(aws, asked("Sum")) == [(180, 5), (60, 20), (0, 10)]
    assert points(aws, asked("Sum"), ScanBy="TimestampAscending") == [(0, 10), (60, 20), (180, 5)]
    assert points(aws, asked("Sum", minutes=3)) == [(60, 20), (0, 10)]
    assert points(aws, asked("Sum", metric="HTTPCode_Target_5XX_Count")) == []


def test_longer_periods_and_percentiles_are_made_of_all_values() -> None:
    aws = stand()
    put(aws, 0, *(at / 100 for at in range(1, 101)), metric="TargetResponseTime")
    put(aws, 1, 9.0, metric="TargetResponseTime")
    assert points(aws, asked("p99", metric="TargetResponseTime")) == [(60, 9.0), (0, 0.99)]
    start = START // 300 * 300 - START
    assert points(aws, asked("Maximum", period=300, metric="TargetResponseTime", minutes=9)) == []
    span = asked("Maximum", period=300, metric="TargetResponseTime") | {
        "StartTime": datetime.fromtimestamp(START + start, UTC)
    }
    assert points(aws, span) == [(start, 9.0)]


def test_what_cloudwatch_refuses_is_refused() -> None:
    aws = stand()
    with refused("ValidationError"):
        points(aws, asked("Sum", minutes=0))
    with refused("ValidationError"):
        points(aws, asked("Sum", period=90))
    with refused("ValidationError"):
        points(aws, {**asked("Sum"), "MetricDataQueries": asked("Sum")["MetricDataQueries"] * 501})
    with pytest.raises(NotModelledError):
        points(aws, {**asked("Sum"), "MetricDataQueries": [{"Id": "a", "Expression": "SUM(METRICS())"}]})
    put(aws, 0, 1.0)
    with pytest.raises(NotModelledError):
        points(aws, asked("TM(10%:90%)"))


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 100))
def test_a_percentile_is_a_value_that_so_many_are_not_above(values: list[float], percent: float) -> None:
    found = computed(f"p{percent}", random.sample(values, len(values)))
    assert found in values
    assert sum(value <= found for value in values) >= math.floor(percent / 100 * len(values))
    assert sum(value < found for value in values) <= math.ceil(percent / 100 * len(values))


def test_alarms_change_their_state_and_are_found_by_it() -> None:
    aws = sample("three-tier")
    cloudwatch, name = aws.client("cloudwatch"), aws.all("cloudwatch.MetricAlarm")[0]["AlarmName"]
    series.set_alarm(aws.account, name, "ALARM", "for a test")
    found = cloudwatch.describe_alarms(AlarmNames=[name], StateValue="ALARM")["MetricAlarms"]
    assert [(each["AlarmName"], each["StateReason"]) for each in found] == [(name, "for a test")]
    assert cloudwatch.describe_alarms(AlarmNames=[name], StateValue="OK")["MetricAlarms"] == []
