"""T14: clients that a cookie or a connection keeps at ECS, whatever the weights are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.cutover.checks.places import balancer_arn
from ecs2k8s.cutover.checks.scene import Said, told
from ecs2k8s.cutover.checks.traffic import REQUESTS, minutes
from ecs2k8s.cutover.run.shares import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.cutover.checks.places import Pair
    from ecs2k8s.cutover.checks.scene import Scene
    from ecs2k8s.cutover.plan import Step
    from ecs2k8s.cutover.verdicts import Result

CONNECTIONS = "ActiveConnectionCount"
KEEP_ALIVE = "client_keep_alive.seconds"
USUAL = {
    KEEP_ALIVE: 3_600,
    "stickiness.lb_cookie.duration_seconds": 86_400,
    "stickiness.app_cookie.duration_seconds": 86_400,
}


def staying(scene: Scene, step: Step) -> Result:
    """In the longest time for which one stays, none came."""
    del step
    return told("T14", scene.plan.unit, [_pair(scene, pair) for pair in scene.pairs])


def _pair(scene: Scene, pair: Pair) -> Said:
    kept = dict(_kept(scene, pair))
    longest = max(kept.values())
    words = ", ".join(f"{what} {seconds:,} s" for what, seconds in kept.items())
    since = scene.until - longest
    ours = round(sum(minutes(scene, pair, pair.ecs, REQUESTS, since).values()))
    dimensions = {"LoadBalancer": pair.balancer}
    whole = scene.series(REQUESTS, dimensions, "Sum", since).points
    open_now = scene.series(CONNECTIONS, dimensions, "Sum", scene.until - 300).points
    said = f"{pair.subject}: {words}; {ours:,} requests came to ECS in that time"
    said += f"; {open_now[-1][1]:,.0f} connections are open at the load balancer" if open_now else ""
    if ours:
        return Said("fail", said)
    return Said("pass" if whole else "inconclusive", said if whole else f"{said}, and nobody measured")


def _kept(scene: Scene, pair: Pair) -> Iterator[tuple[str, int]]:
    """For how many seconds what keeps a client."""
    answer = scene.asked("elbv2.DescribeLoadBalancerAttributes", LoadBalancerArn=balancer_arn(pair))
    yield "connections", _number(_attributes(answer), KEEP_ALIVE)
    state = scene.read(pair.place) or {}
    for action in (action for key in KEYS for action in state.get(key, ())):
        config = (action.get("ForwardConfig") or {}).get("TargetGroupStickinessConfig") or {}
        if config.get("Enabled"):
            yield "the action", int(config.get("DurationSeconds", 0))
    for group in pair.ecs:
        found = _attributes(scene.asked("elbv2.DescribeTargetGroupAttributes", TargetGroupArn=scene.arn(group)))
        if found.get("stickiness.enabled") == "true":
            kind = "app" if found.get("stickiness.type") == "app_cookie" else "lb"
            yield "cookies of ECS", _number(found, f"stickiness.{kind}_cookie.duration_seconds")


def _attributes(answer: Any) -> dict[str, str]:
    return {str(each["Key"]): str(each["Value"]) for each in (answer or {}).get("Attributes", ())}


def _number(found: dict[str, str], key: str) -> int:
    return int(found.get(key) or USUAL[key])
