"""S31, L08, T20: whether objects are as they were planned, or as the run saw them last."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ecs2k8s.cutover.checks.scene import Said, told
from ecs2k8s.cutover.journal.events import verified
from ecs2k8s.cutover.journal.redact import redacted
from ecs2k8s.cutover.plan import digest
from ecs2k8s.cutover.run.shares import PLACES, weights

if TYPE_CHECKING:
    from ecs2k8s.cutover.checks.scene import Scene
    from ecs2k8s.cutover.journal.events import Verified
    from ecs2k8s.cutover.plan import State, Step
    from ecs2k8s.cutover.verdicts import Result


def fresh(scene: Scene, step: Step) -> Result:
    """S31. What the run itself changed since is compared with what it left."""
    del step
    left = scene.verified()
    parts = [_same(scene, left.get(its.thing, its)) for its in _planned(scene)]
    if not left:
        parts.append(_age(scene))
    return told("S31", scene.plan.unit, parts)


def _age(scene: Scene) -> Said:
    """The expiry bars only the start of a run (cutover.md §2.1)."""
    expires = datetime.fromisoformat(scene.plan.expires)
    late = scene.clock.now() - expires.timestamp()
    said = f"the snapshot is of {scene.plan.taken}, and serves until {scene.plan.expires}"
    return Said("fail" if late > 0 else "pass", said)


def _planned(scene: Scene) -> list[Verified]:
    return [verified("", mark.thing, mark.state) for mark in scene.plan.fingerprints]


def _same(scene: Scene, wanted: Verified) -> Said:
    """By the hash: a journal masks what looks like a secret, and no live state is masked."""
    thing, live = wanted.thing, scene.read(wanted.thing)
    same = digest(live) == wanted.sha256
    said = "as it was" if same else "is gone" if live is None else _differs(wanted.state, live)
    return Said("pass" if same else "fail", f"{thing.kind} {thing.id}: {said}")


def _differs(wanted: State, live: State) -> str:
    """The names of the members that differ; their values may be secret."""
    if not isinstance(wanted, dict) or not isinstance(live, dict):
        return "is another"
    was, now = redacted(wanted), redacted(live)
    names = sorted(key for key in was.keys() | now.keys() if was.get(key) != now.get(key))
    return f"{', '.join(names) or 'what is masked'} changed"


def weights_read_back(scene: Scene, step: Step) -> Result:
    """L08: what the step wants, else what was verified last, else what the plan found."""
    wanted = (verified("", move.thing, move.wanted) for move in step.moves)
    found = {its.thing: its for its in (*_planned(scene), *scene.verified().values(), *wanted)}
    places = [its for thing, its in found.items() if thing.kind in PLACES]
    return told("L08", scene.plan.unit, [_weights(scene, its) for its in places])


def _weights(scene: Scene, wanted: Verified) -> Said:
    thing, live = wanted.thing, scene.read(wanted.thing)
    if digest(live) == wanted.sha256:
        return Said("pass", f"{thing.id}: {_words(live)}")
    said = f"{_words(live)} instead of {_words(wanted.state)}"
    return Said("fail", f"{thing.id}: {said}, or another part of it changed")


def _words(state: State) -> str:
    return (
        ", ".join(f"{group.rpartition('/')[0] or group} {weight}" for group, weight in weights(state).items())
        or "no group"
    )


def no_drift(scene: Scene, step: Step) -> Result:
    """T20: every object that the run verified, and what the plan relies on beside."""
    del step
    wanted = {its.thing: its for its in (*_planned(scene), *scene.verified().values())}
    return told("T20", scene.plan.unit, [_same(scene, its) for its in wanted.values()])
