"""T12: how fast the error budget of an objective goes.

Pairs of a long and a short window, both of which have to burn: the long one says that it matters, the short one that it
still goes on. Windows and factors are those of the SRE workbook: 14.4 in an hour is 2 % of the budget of 30 days, 6 in
six hours 5 %. https://sre.google/workbook/alerting-on-slos/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.cutover import statistics
from ecs2k8s.cutover.checks.scene import Said, told
from ecs2k8s.cutover.checks.traffic import ERRORS, counted
from ecs2k8s.cutover.verdicts import Result

if TYPE_CHECKING:
    from ecs2k8s.cutover.checks.places import Pair
    from ecs2k8s.cutover.checks.scene import Scene
    from ecs2k8s.cutover.checks.traffic import Counted
    from ecs2k8s.cutover.plan import Step
    from ecs2k8s.cutover.statistics import Rate

WHOLE = 100.0  # per cent
UNDECLARED = "no objective is declared: target.yaml says one under `slos`, as `shop/web: 99.9`, before the plan is made"


@dataclass(frozen=True, slots=True)
class Burn:
    """Two windows in seconds, and the threshold of a plan with its usual value."""

    name: str
    usual: float
    long: float
    short: float


FAST = Burn("burn-fast", 14.4, 3_600, 300)
SLOW = Burn("burn-slow", 6.0, 21_600, 1_800)


@dataclass(frozen=True, slots=True)
class Burning:
    """What one place says. `factor`: how many times too fast it goes in both windows of an hour at least."""

    said: Said
    factor: float = 0.0
    requests: int = 0


def budget(scene: Scene, step: Step) -> Result:
    """Of the service as a whole, since what users see is the sum of both sides."""
    del step
    if not scene.plan.objectives:
        return Result("T12", scene.plan.unit, "not_applicable", UNDECLARED)
    found = [_place(scene, pair, objective) for pair in scene.pairs if (objective := _objective(scene, pair))]
    least = round(scene.threshold("burn-requests", statistics.FAIL_LEAST))
    lacks = max((least - each.requests for each in found), default=0)
    return told(
        "T12",
        scene.plan.unit,
        [each.said for each in found],
        value=max((round(each.factor, 1) for each in found), default=None),
        threshold=scene.threshold(FAST.name, FAST.usual),
        n=sum(each.requests for each in found),
        missing=f"{lacks:,} more requests" if lacks > 0 else "",
    )


def _objective(scene: Scene, pair: Pair) -> float:
    return max((scene.plan.objectives.get(group, 0.0) for group in pair.ecs), default=0.0)


def _place(scene: Scene, pair: Pair, objective: float) -> Burning:
    since = scene.at(scene.until - SLOW.long)
    eks, ecs = (counted(since, pair, groups, ERRORS) for groups in (pair.eks, pair.ecs))
    allowed = (WHOLE - objective) / WHOLE
    fast, slow = (_factor(scene, burn, allowed, eks, ecs) for burn in (FAST, SLOW))
    hour, last = (_both(scene, window, eks, ecs) for window in (FAST.long, FAST.short))
    said = f"{pair.subject}: {hour.value:.2%} of {hour.requests:,} requests failed in an hour, {allowed:.2%} may"
    if hour.requests < scene.threshold("burn-requests", statistics.FAIL_LEAST) or not last.requests:
        return Burning(
            Said("inconclusive", f"{said}; {last.requests:,} came in the last five minutes"), fast, hour.requests
        )
    if fast > scene.threshold(FAST.name, FAST.usual):
        worse = _within(scene, FAST.short, eks).value >= _within(scene, FAST.short, ecs).value
        words = f"{said}: {fast:.1f} times too fast" + ("" if worse else ", and ECS fails more than EKS does")
        return Burning(Said("fail", words, grave=worse), fast, hour.requests)
    if slow > scene.threshold(SLOW.name, SLOW.usual):
        return Burning(Said("fail", f"{said}: {slow:.1f} times too fast for six hours"), fast, hour.requests)
    return Burning(Said("pass", f"{said}: {fast:.1f} times as fast as planned"), fast, hour.requests)


def _factor(scene: Scene, burn: Burn, allowed: float, eks: Counted, ecs: Counted) -> float:
    """That both windows have at least."""
    return min(_both(scene, window, eks, ecs).value for window in (burn.long, burn.short)) / allowed


def _both(scene: Scene, window: float, eks: Counted, ecs: Counted) -> Rate:
    return _within(scene, window, eks) + _within(scene, window, ecs)


def _within(scene: Scene, window: float, side: Counted) -> Rate:
    """The last *window* seconds. A minute without requests has no errors that anybody met."""
    return side.rate(minute for minute in side.requests if minute >= scene.until - window)
