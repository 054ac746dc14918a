"""S31, L08, T20: whether objects are as they were planned, or as the run saw them last."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ecs2k8s.cutover.checks.scene import Said, told
from ecs2k8s.cutover.plan import digest
from ecs2k8s.cutover.run.shares import PLACES, weights

if TYPE_CHECKING:
    from ecs2k8s.cutover.checks.scene import Scene
    from ecs2k8s.cutover.plan import State, Step, Thing
    from ecs2k8s.cutover.verdicts import Result


def fresh(scene: Scene, step: Step) -> Result:
    """S31. What the run itself changed since is compared with what it left."""
    del step
    left = scene.verified()
    parts = [_same(scene, mark.thing, left.get(mark.thing, mark.state)) for mark in scene.plan.fingerprints]
    if not left:
        parts.append(_age(scene))
    return told("S31", scene.plan.unit, parts)


def _age(scene: Scene) -> Said:
    """The expiry bars only the start of a run (cutover.md §2.1)."""
    expires = datetime.fromisoformat(scene.plan.expires)
    late = scene.clock.now() - expires.timestamp()
    said = f"the snapshot is of {scene.plan.taken}, and serves until {scene.plan.expires}"
    return Said("fail" if late > 0 else "pass", said)


def _same(scene: Scene, thing: Thing, wanted: State) -> Said:
    live = scene.read(thing)
    same = digest(live) == digest(wanted)
    said = "as it was" if same else "is gone" if live is None else _differs(wanted, live)
    return Said("pass" if same else "fail", f"{thing.kind} {thing.id}: {said}")


def _differs(wanted: State, live: State) -> str:
    """The names of the members that differ; their values may be secret."""
    if not isinstance(wanted, dict) or not isinstance(live, dict):
        return "is another"
    names = sorted(key for key in wanted.keys() | live.keys() if wanted.get(key) != live.get(key))
    return f"{', '.join(names)} changed"


def weights_read_back(scene: Scene, step: Step) -> Result:
    """L08: what the step wants, else what was verified last, else what the plan found."""
    found: dict[Thing, State] = {m.thing: m.state for m in scene.plan.fingerprints if m.thing.kind in PLACES}
    found |= {thing: state for thing, state in scene.verified().items() if thing.kind in PLACES}
    found |= {move.thing: move.wanted for move in step.moves if move.thing.kind in PLACES}
    return told("L08", scene.plan.unit, [_weights(scene, thing, wanted) for thing, wanted in found.items()])


def _weights(scene: Scene, thing: Thing, wanted: State) -> Said:
    live = scene.read(thing)
    if digest(live) == digest(wanted):
        return Said("pass", f"{thing.id}: {_words(live)}")
    return Said("fail", f"{thing.id}: {_words(live)} instead of {_words(wanted)}, or another part of it changed")


def _words(state: State) -> str:
    return (
        ", ".join(f"{group.rpartition('/')[0] or group} {weight}" for group, weight in weights(state).items())
        or "no group"
    )


def no_drift(scene: Scene, step: Step) -> Result:
    """T20: every object that the run verified, and what the plan relies on beside."""
    del step
    relied = {mark.thing: mark.state for mark in scene.plan.fingerprints}
    wanted = relied | dict(scene.verified())
    return told("T20", scene.plan.unit, [_same(scene, thing, state) for thing, state in wanted.items()])
