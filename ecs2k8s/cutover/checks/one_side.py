"""T19: of each consumer and schedule that the plan hands over, exactly one side is on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.checks.scene import Said, told
from ecs2k8s.cutover.verdicts import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ecs2k8s.cutover.checks.scene import Scene
    from ecs2k8s.cutover.plan import Plan, State, Step, Thing

# Whether an object in a state does work.
ON_ECS: Mapping[str, Callable[[State], bool]] = {
    "ecs.service": lambda state: bool(state) and bool(state.get("desiredCount") or state.get("running")),
    "events.rule": lambda state: bool(state) and str(state.get("State", "")).startswith("ENABLED"),
    "events.targets": bool,
    "scheduler.schedule": lambda state: bool(state) and state.get("State", "ENABLED") == "ENABLED",
}
ON_EKS: Mapping[str, Callable[[State], bool]] = {
    "kubernetes.scale": lambda state: bool(state) and bool(state.get("replicas") or state.get("pods")),
    "kubernetes.cron-job": lambda state: bool(state) and not state.get("suspend"),
}


def one_side(scene: Scene, step: Step) -> Result:
    """Both off is right only between the two steps; at a check it means that nobody works."""
    del step
    found = handovers(scene.plan)
    if not found:
        return Result("T19", scene.plan.unit, "not_applicable", "the plan hands nothing over")
    return told("T19", scene.plan.unit, [_side(scene, name, *sides) for name, sides in found.items()])


def handovers(plan: Plan) -> dict[str, tuple[list[Thing], list[Thing]]]:
    """By `namespace/name`: what does the work on ECS, and what on EKS. The ids of steps end in both names."""
    moves = [(step, move.thing) for step in plan.steps for move in step.moves]
    names = dict.fromkeys(thing.id for _, thing in moves if thing.kind in ON_EKS)
    found = {}
    for name in names:
        end = f".{name.replace('/', '.')}"
        ecs = dict.fromkeys(thing for step, thing in moves if thing.kind in ON_ECS and step.id.endswith(end))
        eks = dict.fromkeys(thing for _, thing in moves if thing.kind in ON_EKS and thing.id == name)
        found[name] = (list(ecs), list(eks))
    return found


def _side(scene: Scene, name: str, ecs: list[Thing], eks: list[Thing]) -> Said:
    if not ecs:
        return Said("inconclusive", f"{name}: the plan does not say what does its work on ECS")
    on_ecs = any(ON_ECS[thing.kind](scene.read(thing)) for thing in ecs)
    on_eks = any(ON_EKS[thing.kind](scene.read(thing)) for thing in eks)
    if on_ecs and on_eks:
        return Said("fail", f"{name}: both sides work")
    if not on_ecs and not on_eks:
        return Said("fail", f"{name}: neither side works")
    return Said("pass", f"{name}: {'ECS' if on_ecs else 'EKS'} works alone")
