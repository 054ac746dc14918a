"""Recorded datapoints, by the service and the metric that they are of."""

from __future__ import annotations

import bisect
import itertools
import math
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecs2k8s.resolve.index import Index
    from ecs2k8s.resolve.workload import Workload

COUNTS = ("RunningTaskCount", "DesiredTaskCount")  # of Container Insights: how many tasks there were
STATISTICS = ("Average", "Sum", "Maximum", "Minimum", "SampleCount")


@dataclass(frozen=True, slots=True)
class Series:
    """Values by time (seconds since 1970), in order. `period`: seconds between two of them, mostly."""

    label: str
    points: tuple[tuple[int, float], ...]

    @property
    def period(self) -> int:
        gaps = Counter(later - now for (now, _), (later, _) in itertools.pairwise(self.points))
        return min(gaps, key=lambda gap: (-gaps[gap], gap)) if gaps else 0

    def at(self, time: int) -> float | None:
        """The newest value up to *time*."""
        index = bisect.bisect_right(self.points, (time, math.inf))
        return self.points[index - 1][1] if index else None


@dataclass(frozen=True, slots=True)
class Recorded:
    """All series by label: `<resource id> <metric>` as in `service/shop/web CPUUtilization`, or the metric alone."""

    series: Mapping[str, Series]

    @classmethod
    def of(cls, index: Index) -> Recorded:
        found: dict[str, dict[int, float]] = {}
        for item in index.of_shape("cloudwatch.MetricData"):
            data = item.document.data
            _add(found, data, zip(data.get("Timestamps") or (), data.get("Values") or (), strict=False))
        for item in index.of_shape("cloudwatch.MetricStatistics"):
            _add(found, item.document.data, _statistics(item.document.data.get("Datapoints") or ()))
        return cls({label: Series(label, tuple(sorted(points.items()))) for label, points in sorted(found.items())})

    def find(self, workload: Workload, metric: str, asking: int) -> Series | None:
        """The series of *metric* of *workload*. One that names no service counts where *asking* workloads are one."""
        service = str(workload.service.get("serviceName", workload.service.get("service", "")))
        named = self.series.get(f"service/{workload.cluster_name}/{service} {metric}")
        return named or (self.series.get(metric) if asking == 1 else None)


def _add(found: dict[str, dict[int, float]], data: Mapping[str, Any], points: Iterable[tuple[Any, Any]]) -> None:
    known = found.setdefault(str(data.get("Label", "")).strip(), {})
    for stamp, value in points:
        moment = seconds(stamp)
        if moment is not None and isinstance(value, int | float):
            known[moment] = float(value)


def _statistics(points: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Any, Any]]:
    """Each datapoint with the statistic that it has: the first of them in a fixed order."""
    for point in points:
        value = next((point[name] for name in STATISTICS if point.get(name) is not None), None)
        yield point.get("Timestamp"), value


def seconds(stamp: Any) -> int | None:
    """A time of the AWS CLI (ISO 8601, or seconds since 1970) as seconds since 1970; None where it is neither."""
    if isinstance(stamp, int | float) and not isinstance(stamp, bool):
        return int(stamp)
    try:
        moment = datetime.fromisoformat(str(stamp))
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
