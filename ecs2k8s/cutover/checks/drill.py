"""L21: the way back was walked with few requests, in time, and they came back with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.checks.scene import LacksError, Said, told
from ecs2k8s.cutover.checks.traffic import REQUESTS, minutes
from ecs2k8s.cutover.journal.events import Intent, Observed, RunStart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.cutover.checks.places import Pair
    from ecs2k8s.cutover.checks.scene import Scene
    from ecs2k8s.cutover.plan import Step
    from ecs2k8s.cutover.verdicts import Result

HELD = 60.0  # seconds until every node of a load balancer has the weights (run.context.Pace.hold)
LIMITS = {"execute": ("drill-seconds", 60.0), "guided": ("drill-seconds-guided", 600.0)}


def drilled(scene: Scene, step: Step) -> Result:
    """Of the step that takes the share back."""
    took, seen = _walked(scene, step)
    name, usual = LIMITS[_mode(scene)]
    limit = scene.threshold(name, usual)
    said = f"from the first call until the last rule was read back: {took:.1f} s, {limit:.0f} may be"
    parts = [Said("pass" if took <= limit else "fail", said)]
    parts += [said for pair in scene.pairs for said in _returned(scene, pair, seen + HELD)]
    return told("L21", scene.plan.unit, parts, value=round(took, 1), threshold=limit)


def _mode(scene: Scene) -> str:
    """Where a person types, that takes its time."""
    events = [line.event for line in scene.lines()]
    return "guided" if any(isinstance(each, RunStart) and each.mode == "guided" for each in events) else "execute"


def _walked(scene: Scene, step: Step) -> tuple[float, float]:
    """How long it took, and when it was seen to be done, as the journal has it."""
    own = [line for line in scene.lines() if line.step == step.id]
    sent = [line.head.ts_wall for line in own if isinstance(line.event, Intent)]
    seen = [line.head.ts_wall for line in own if isinstance(line.event, Observed) and line.event.found == "wanted"]
    if not sent or not seen:
        raise LacksError("the drill of a run: nothing was moved back in it")
    return max(seen) - min(sent), max(seen)


def _returned(scene: Scene, pair: Pair, since: float) -> Iterator[Said]:
    """No request of EKS in a whole minute in which ECS had some: that EKS has no data proves nothing alone."""
    eks, ecs = (minutes(scene, pair, groups, REQUESTS, since) for groups in (pair.eks, pair.ecs))
    left = round(sum(eks.values()))
    if left:
        yield Said("fail", f"{pair.subject}: {left:,} requests still came to EKS after the weights were back")
    elif not any(ecs.values()):
        yield Said("inconclusive", f"{pair.subject}: no whole minute with requests is measured since")
    else:
        yield Said("pass", f"{pair.subject}: ECS answers all {round(sum(ecs.values())):,} requests since")
