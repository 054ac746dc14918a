"""Rates: a bucket lets its burst through at once, and then four fifths of the documented rate."""

from __future__ import annotations

import pytest

from ecs2k8s.collect.calls import Pace, calls, paces
from ecs2k8s.collect.pace import SHARE, Bucket, Pacer, bucket_of


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def sent(call: str, count: int) -> tuple[float, Clock]:
    """Seconds that *count* requests take."""
    clock = Clock()
    pacer = Pacer(clock, clock.sleep)
    for _ in range(count):
        pacer.wait(call)
    return clock.now, clock


@pytest.mark.parametrize("call", sorted(calls()))
def test_no_second_sees_more_than_the_burst_and_the_rate(call: str) -> None:
    pace = paces()[calls()[call].pace]
    assert sent(call, pace.burst)[0] == 0
    seconds, _ = sent(call, pace.burst + 100)
    assert seconds == pytest.approx(100 / (pace.rate * SHARE))


def test_time_that_passes_fills_the_bucket_up_to_its_burst() -> None:
    bucket = Bucket(Pace(burst=2, rate=1), 2, 0.0)
    assert [bucket.take(0), bucket.take(0), bucket.take(0)] == [0, 0, pytest.approx(1 / SHARE)]
    assert [bucket.take(1000), bucket.take(1000), bucket.take(1000)] == [0, 0, pytest.approx(1 / SHARE)]


def test_operations_that_aws_counts_together_share_a_bucket() -> None:
    assert bucket_of(calls()["ecs.DescribeServices"]) == bucket_of(calls()["ecs.ListServices"])
    assert bucket_of(calls()["ecs.DescribeTasks"]) == bucket_of(calls()["ecs.ListTasks"])
    assert bucket_of(calls()["rds.DescribeDBClusters"]) != bucket_of(calls()["events.ListEventBuses"])


def test_what_is_not_in_the_table_does_not_wait() -> None:
    assert sent("sts.AssumeRole", 1000)[0] == 0
