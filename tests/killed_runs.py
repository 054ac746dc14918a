"""Runs in processes that end by SIGKILL at a place of one's choice, and a world that is there when they are not.

A process is a fork: what it may leave behind is what it wrote into its folder, which is its journal, and what it did to
the world.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec import to_builtins

from ecs2k8s.core.exits import ExitCode
from ecs2k8s.cutover.journal import crash
from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.run.context import Asked
from ecs2k8s.cutover.run.engine import carry
from ecs2k8s.cutover.run.handing_back import HANDOVER
from ecs2k8s.cutover.run.shares import weights
from tests.cutover_world import NEW, OLD, OTHER, RULE, Quick, World, of, of_sample, ramp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ecs2k8s.cutover.plan import Plan, Request

PLANS: dict[str, Callable[[], Plan]] = {
    "one rule": ramp,
    "two rules": lambda: ramp((RULE, OTHER), (1, 0, 1, 100)),
    "a worker": lambda: of_sample("shop-worker"),
    "a schedule": lambda: of_sample("shop-shop-close-day"),
}
WORKS: dict[str, Callable[[Any], bool]] = {
    "ecs.service": lambda state: state["desiredCount"] > 0,
    "events.rule": lambda state: state["State"] == "ENABLED",
    "kubernetes.scale": lambda state: state["replicas"] > 0,
    "kubernetes.cron-job": lambda state: not state["suspend"],
}
HEARD = "heard"  # a file: whoever paused the run wants it to go on


@cache
def plan_of(name: str) -> Plan:
    return PLANS[name]()


@dataclass(frozen=True)
class Story:
    """A plan, and whether it is paused and resumed half-way, and goes back because a trigger fires or somebody asks."""

    name: str
    pauses: bool = False
    returns: bool = False

    def __str__(self) -> str:
        return f"{self.name}{', paused' * self.pauses}, {'and back' if self.returns else 'to the end'}"

    @property
    def plan(self) -> Plan:
        return plan_of(self.name)

    @property
    def design(self) -> str:
        [[design]] = {tuple(designs) for designs in self.plan.designs.values()}
        return design

    @property
    def code(self) -> int:
        return ExitCode.ROLLED_BACK if self.returns else ExitCode.CLEAN

    def in_folder(self, folder: Path) -> Kept:
        folder.mkdir(exist_ok=True)
        verdicts = {"T13": "pass", "T02": "fail"} if self.returns else {}
        return Kept(self.plan, of(self.plan), verdicts=verdicts, story=self, folder=folder)


@dataclass
class Kept(World):
    """AWS and the cluster, which keep what was done to them. What must never be is looked for at each call."""

    story: Story = field(kw_only=True)
    folder: Path = field(kw_only=True)

    def asked(self) -> Asked | None:
        """As long as work is with EKS in part, so that it is asked for again after a kill."""
        half = len(self.done) >= sum(len(step.moves) for step in self.plan.steps) // 2
        if self.story.pauses and half and not (self.folder / HEARD).exists():
            return Asked("pause", "someone")
        moves = (move for step in self.plan.steps if step.kind == HANDOVER for move in step.moves)
        on = (move for move in moves if move.thing.kind.startswith("kubernetes."))
        begun = self.story.returns and any(self.states.get(move.thing) == move.wanted for move in on)
        return Asked("rollback", "someone") if begun else None

    def apply(self, request: Request) -> None:
        super().apply(request)
        working = {thing.kind for thing, state in self.states.items() if WORKS.get(thing.kind, lambda _: False)(state)}
        assert len({kind.startswith("kubernetes.") for kind in working}) <= 1, "I3: both sides work"
        self.write()

    def write(self) -> None:
        (self.folder / "world").write_bytes(pickle.dumps((self.states, self.done)))

    def again(self) -> Kept:
        """As the next process finds it."""
        found = self.story.in_folder(self.folder)
        if (self.folder / "world").exists():
            found.states, found.done = pickle.loads((self.folder / "world").read_bytes())
        return found

    def right(self) -> bool:
        """Whether everything is where the plan leads, or back."""
        if any(weights(state) for state in self.states.values() if isinstance(state, dict)):
            wanted = {OLD: 100, NEW: 0} if self.story.returns else {OLD: 0, NEW: 100}
            return all(weights(self.states[mark.thing]) == wanted for mark in self.plan.fingerprints)
        steps = [step for step in self.plan.steps if step.kind == HANDOVER]
        ways = [step.back for step in reversed(steps)] if self.story.returns else [step.moves for step in steps]
        ends = {move.thing: move.wanted for moves in ways for move in moves}
        return all(self.states[thing] == state for thing, state in ends.items())

    def calls(self) -> Counter[str]:
        return Counter(json.dumps(to_builtins(each), sort_keys=True) for each in self.done)


def ended(world: Kept, at: int) -> int:
    """Run in a process of its own that is killed at the *at*-th place; its exit code, negative for a signal."""
    child = os.fork()
    if not child:
        gc.disable()  # looking for garbage touches, and so copies, all that the parent has
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            crash.at.last, crash.at.passed = at, 0
            os._exit(carried(world))
        finally:
            os._exit(99)
    status = os.waitpid(child, 0)[1]
    return os.waitstatus_to_exitcode(status)


def carried(world: Kept) -> int:
    """Begin, or go on, as often as it takes: a run that was paused ends, and is resumed."""
    code = _once(world.again())
    if code == ExitCode.PARTIAL and world.story.pauses:
        (world.folder / HEARD).touch()
        code = _once(world.again())
    return code


def _once(world: Kept) -> int:
    if (world.folder / "journal.jsonl").exists():
        its = Journal.open(world.folder, world.clock, disk=Quick())
    else:
        its = Journal.create(world.folder, world.plan, "01J", world.clock, disk=Quick(), mode="execute", who="someone")
    with its:
        return carry(world.run(its), "someone").code


class Noted(crash.Places):
    """Ends nothing, and keeps the names of all places."""

    def __init__(self) -> None:
        super().__init__("")
        self.names: list[str] = []

    def __call__(self, place: str, half: Callable[[], object] | None = None) -> None:  # noqa: ARG002 (nothing ends)
        self.names.append(place)


def places(world: Kept) -> list[str]:
    """Those that a run comes to that nobody kills, in their order."""
    usual, crash.at = crash.at, Noted()
    try:
        assert carried(world) == world.story.code
        return crash.at.names
    finally:
        crash.at = usual
