"""A shift of traffic in the words of Argo Rollouts.

Source: https://argo-rollouts.readthedocs.io/en/stable/features/canary/ and …/features/bluegreen/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.translate.shift import FOR_EVER

if TYPE_CHECKING:
    from ecs2k8s.translate.shift import Shift

Step = dict[str, Any]
LEAST_DELAY = 30  # seconds that old pods stay at least, so that every node has heard of the new ones


def pause(minutes: int | None) -> list[Step]:
    """No step where nothing waits."""
    if minutes is None:
        return []
    return [{"pause": {} if minutes == FOR_EVER else {"duration": f"{minutes}m"}}]


def steps(shift: Shift, *, routed: bool) -> list[Step]:
    """The steps of a canary. *routed*: a load balancer sends the weights; else the number of pods approximates them."""
    if shift.kind == "blue-green":
        scaled: list[Step] = [{"setCanaryScale": {"weight": 100}}, *pause(shift.before)]
        return [*scaled, {"setWeight": 100}, *pause(shift.after), *pause(shift.bake)]
    weights = [shift.percent] if shift.kind == "canary" else list(range(shift.percent, 100, shift.percent))
    moving: list[Step] = [step for w in weights for step in ({"setWeight": w}, *pause(shift.interval or None))]
    return [*_before(shift, weights[0], routed=routed), *moving, *_bake(shift)]


def _before(shift: Shift, first: int, *, routed: bool) -> list[Step]:
    """A pause while the new version has no traffic: that needs somebody who sends none to its pods."""
    if shift.before is None or not routed:
        return []
    scaled: Step = {"setCanaryScale": {"weight": first}}
    return [scaled, *pause(shift.before), {"setCanaryScale": {"matchTrafficWeight": True}}]


def _bake(shift: Shift) -> list[Step]:
    return [{"setWeight": 100}, *pause(shift.bake)] if shift.bake is not None else []


def seconds(shift: Shift) -> int:
    """How long the old pods stay after the switch."""
    return max(LEAST_DELAY, 60 * max(0, shift.bake or 0))


def blue_green(shift: Shift, active: str, preview: str) -> dict[str, Any]:
    """The strategy that switches the selector of a Service. A wait of some minutes promotes by itself."""
    waits = shift.before if shift.before not in (None, FOR_EVER) else None
    return {
        "activeService": active,
        "previewService": preview,
        "autoPromotionEnabled": shift.before != FOR_EVER,
        "autoPromotionSeconds": 60 * waits if waits else None,
        "scaleDownDelaySeconds": seconds(shift),
    }
