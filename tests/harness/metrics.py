"""What CloudWatch shows of the load balancer: periods of 60 seconds, published late, and absent where nothing was.

Names and dimensions: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
What the load balancer itself answers (502, 503, 504) has no target group among its dimensions there, nor here.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ecs2k8s.cutover.world import Series
from ecs2k8s.replay import series as replay

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PERIOD = 60


class Sink(Protocol):
    def put(self, metric: str, dimensions: dict[str, str], period: float, values: Sequence[float]) -> None:
        """The values of the period that began at *period*: one sum for a count, each one for a duration."""


def dimension(arn: str) -> str:
    """`app/shop/50dc…` of a load balancer, `targetgroup/web/73e2…` of a target group."""
    return arn.rpartition(":")[2].removeprefix("loadbalancer/")


@dataclass(slots=True)
class Tally:
    """What happened at one target group, or in front of all, in the period that runs."""

    requests: int = 0
    codes: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    connection_errors: int = 0
    times: list[float] = field(default_factory=list)
    new_connections: int = 0

    def values(self) -> dict[str, list[float]]:
        """By the name of the metric; what did not happen is not there."""
        counts = {"RequestCount": self.requests, "TargetConnectionErrorCount": self.connection_errors}
        counts |= {"NewConnectionCount": self.new_connections}
        counts |= {f"HTTPCode_Target_{first}XX_Count": count for first, count in self.codes.items() if first < 10}
        counts |= {f"HTTPCode_ELB_{code}_Count": count for code, count in self.codes.items() if code >= 500}
        made = sum(count for code, count in self.codes.items() if code >= 500)
        counts |= {"HTTPCode_ELB_5XX_Count": made}
        found = {name: [float(count)] for name, count in counts.items() if count}
        return found | ({"TargetResponseTime": self.times} if self.times else {})


class Meter:
    """Counts for one load balancer, and hands each period over when it has ended."""

    def __init__(self, balancer: str, sink: Sink, now: float) -> None:
        self.balancer, self.sink = dimension(balancer), sink
        self.period = now // PERIOD * PERIOD
        self.whole = Tally()
        self.groups: dict[str, Tally] = defaultdict(Tally)

    def answered(self, group: str, status: int, seconds: float) -> None:
        """A target answered; the time is that from the request to the first byte of the answer."""
        for tally in (self.whole, self.groups[group]):
            tally.codes[status // 100] += 1
            tally.times.append(seconds)

    def sent(self, group: str) -> None:
        """A target was chosen: what is turned away before is no request in these counts."""
        self.whole.requests += 1
        self.groups[group].requests += 1

    def made(self, code: int) -> None:
        self.whole.codes[code] += 1

    def not_connected(self, group: str) -> None:
        self.whole.connection_errors += 1
        self.groups[group].connection_errors += 1

    def turn(self, now: float, healthy: Callable[[], dict[str, tuple[int, int]]]) -> None:
        """Publish the period that is over, if one is; *healthy* has the hosts of each group, healthy and not."""
        if now < self.period + PERIOD:
            return
        self._put({}, self.whole.values())
        for group, tally in self.groups.items():
            self._put({"TargetGroup": dimension(group)}, tally.values())
        for group, (up, down) in healthy().items():
            hosts = {"HealthyHostCount": [float(up)], "UnHealthyHostCount": [float(down)]}
            self._put({"TargetGroup": dimension(group)}, hosts)
        self.period = now // PERIOD * PERIOD
        self.whole, self.groups = Tally(), defaultdict(Tally)

    def _put(self, dimensions: dict[str, str], values: dict[str, list[float]]) -> None:
        for metric, found in values.items():
            self.sink.put(metric, {"LoadBalancer": self.balancer, **dimensions}, self.period, found)


class Store:
    """CloudWatch for tests without an account; `ecs2k8s.cutover.world.Metrics` reads it."""

    def __init__(self, now: Callable[[], float], late: float = 0.0) -> None:
        self.now, self.late = now, late
        self.kept = replay.Series()
        self._lock = threading.Lock()

    def put(self, metric: str, dimensions: dict[str, str], period: float, values: Sequence[float]) -> None:
        with self._lock:
            self.kept.put(metric, dimensions, period, values)

    def series(self, metric: str, dimensions: dict[str, str], statistic: str, since: float, until: float) -> Series:
        name = ("AWS/ApplicationELB", metric, frozenset(dimensions.items()))
        until = min(until, self.now() - PERIOD - self.late)
        with self._lock:
            return Series(tuple(self.kept.points(name, statistic, PERIOD, since, until).items()))
