"""T04: percentiles of both sides, minute by minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.checks.places import group_dimension
from ecs2k8s.cutover.checks.scene import PERIOD, Said, told
from ecs2k8s.cutover.checks.traffic import REQUESTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecs2k8s.cutover.checks.places import Pair
    from ecs2k8s.cutover.checks.scene import Scene
    from ecs2k8s.cutover.plan import Step
    from ecs2k8s.cutover.verdicts import Result

# Percentile, and the requests in a minute below which it is not judged.
PERCENTILES = (("p50", 20), ("p90", 100), ("p99", 1_000))
PERIODS, BAD = 5, 3


def latency(scene: Scene, step: Step) -> Result:
    """Undecided where no percentile has three minutes with enough requests on both sides."""
    del step
    parts = [said for pair in scene.pairs for said in _pair(scene, pair)]
    return told("T04", scene.plan.unit, parts, threshold=scene.threshold("latency-ratio", 1.5))


def _pair(scene: Scene, pair: Pair) -> Iterator[Said]:
    if len(pair.eks) != 1 or len(pair.ecs) != 1:
        yield Said("inconclusive", f"{pair.subject}: percentiles of several groups have no common value")
        return
    found = [said for percentile, least in PERCENTILES if (said := _percentile(scene, pair, percentile, least))]
    if not found:
        yield Said("inconclusive", f"{pair.subject}: too few requests in {BAD} of {PERIODS} minutes")
    yield from found


def _percentile(scene: Scene, pair: Pair, percentile: str, least: int) -> Said | None:
    """None where it cannot be judged."""
    eks, ecs = (_minutes(scene, pair, groups, percentile, least) for groups in (pair.eks, pair.ecs))
    judged = sorted(eks.keys() & ecs.keys())[-PERIODS:]
    if len(judged) < BAD:
        return None
    ratio, seconds = scene.threshold("latency-ratio", 1.5), scene.threshold("latency-seconds", 0.1)
    bad = [m for m in judged if eks[m] > ratio * ecs[m] and eks[m] - ecs[m] > seconds]
    hard = scene.threshold("latency-ratio-hard", 3.0)
    far = sum(eks[m] > hard * ecs[m] for m in bad) >= BAD
    last = judged[-1]
    said = f"{pair.subject}: {percentile} {eks[last] * 1000:.0f} ms on EKS, {ecs[last] * 1000:.0f} ms on ECS"
    said += f"; {len(bad)} of {len(judged)} minutes are worse" + (f", more than {hard:g} times" if far else "")
    return Said("fail" if len(bad) >= BAD else "pass", said, grave=far)


def _minutes(scene: Scene, pair: Pair, groups: Sequence[str], percentile: str, least: int) -> dict[float, float]:
    """The percentile of the minutes with enough requests."""
    dimensions = {"LoadBalancer": pair.balancer, "TargetGroup": group_dimension(scene.arn(groups[0]))}
    begin = max(scene.since, scene.until - PERIODS * PERIOD)
    counts = dict(scene.series(REQUESTS, dimensions, "Sum", begin).points)
    values = scene.series("TargetResponseTime", dimensions, percentile, begin).points
    return {start: value for start, value in values if counts.get(start, 0) >= least}
