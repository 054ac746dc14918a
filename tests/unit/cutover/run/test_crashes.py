"""SIGKILL before and after every write of the journal and every call, and again while the run recovers (R1, R2)."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.cutover.journal import crash
from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.run.context import Asked
from ecs2k8s.cutover.run.engine import carry
from ecs2k8s.cutover.run.handing_back import HANDOVER
from ecs2k8s.cutover.run.shares import weights
from tests.claims import MEMORY
from tests.cutover_world import NEW, OLD, OTHER, RULE, Quick, World, forward, of, of_sample, ramp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ecs2k8s.cutover.plan import Plan, Request
    from tests.figures import Figure

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
TENTH = 10


@dataclass
class Kept(World):
    """A world that is there when the process is not: AWS, which keeps what was done to it."""

    file: Any = None
    goes_back: bool = False  # somebody asks for it while EKS is about to work

    def asked(self) -> Asked | None:
        """As long as work is with EKS in part, so that it is asked for again after a kill."""
        moves = (move for step in self.plan.steps if step.kind == HANDOVER for move in step.moves)
        on = (move for move in moves if move.thing.kind.startswith("kubernetes."))
        begun = self.goes_back and any(self.states.get(move.thing) == move.wanted for move in on)
        return Asked("rollback", "someone") if begun else None

    def apply(self, request: Request) -> None:
        super().apply(request)
        working = {thing.kind for thing, state in self.states.items() if WORKS.get(thing.kind, lambda _: False)(state)}
        assert len({kind.startswith("kubernetes.") for kind in working}) <= 1, "I3: both sides work"
        self.file.write_bytes(pickle.dumps((self.states, self.done)))

    def again(self) -> Kept:
        """As the next process finds it."""
        states, done = pickle.loads(self.file.read_bytes()) if self.file.exists() else (of(self.plan), [])
        return Kept(
            self.plan,
            states,
            done=done,
            file=self.file,
            verdicts=self.verdicts,
            clock=self.clock,
            goes_back=self.goes_back,
        )

    def right(self) -> bool:
        """Whether everything is where the plan leads, or back."""
        if any(weights(state) for state in self.states.values() if isinstance(state, dict)):
            wanted = {OLD: 100, NEW: 0} if self.verdicts else {OLD: 0, NEW: 100}
            return all(weights(self.states[mark.thing]) == wanted for mark in self.plan.fingerprints)
        steps = [step for step in self.plan.steps if step.kind == HANDOVER]
        ways = [step.back for step in reversed(steps)] if self.goes_back else [step.moves for step in steps]
        ends = {move.thing: move.wanted for moves in ways for move in moves}
        return all(self.states[thing] == state for thing, state in ends.items())


def ended(world: Kept, folder: Path, at: int) -> int:
    """Run in a process of its own that is killed at the *at*-th place; its exit code, negative for a signal."""
    child = os.fork()
    if not child:
        try:
            os.close(2)
            os.open(os.devnull, os.O_WRONLY)
            crash.at.last, crash.at.passed = at, 0
            os._exit(_carried(world.again(), folder))
        finally:
            os._exit(99)
    status = os.waitpid(child, 0)[1]
    return os.waitstatus_to_exitcode(status)


def _carried(world: Kept, folder: Path) -> int:
    there = (folder / "journal.jsonl").exists()
    if there:
        its = Journal.open(folder, world.clock, disk=Quick())
    else:
        its = Journal.create(folder, world.plan, "01J", world.clock, disk=Quick(), mode="execute", who="someone")
    with its:
        return carry(world.run(its), "someone").code


def kept(name: str, folder: Path, *, returns: bool = False) -> Kept:
    """The world of a plan that goes to its end, or *returns* because a trigger fires or somebody wants it."""
    plan = PLANS[name]()
    verdicts = {"T13": "pass", "T02": "fail"} if returns else {}
    return Kept(plan, of(plan), file=folder / "world", verdicts=verdicts, goes_back=returns)


def undisturbed(world: Kept, folder: Path) -> int:
    """How many places a run comes to that nobody kills."""
    folder.mkdir()
    world.file = folder / "world"
    crash.at.last, crash.at.passed = 10**9, 0
    try:
        _carried(world, folder)
        return crash.at.passed
    finally:
        crash.at.last = 0


def chosen(count: int, request: pytest.FixtureRequest, seed: int) -> Iterator[int]:
    """All places in the long suite, else a tenth, which others take at another time."""
    every = range(1, count + 1)
    long = not request.config.getoption("-m")
    return iter(every if long else sorted(Random(seed).sample(every, max(1, count // TENTH))))


@pytest.fixture
def seed() -> int:
    found = int.from_bytes(os.urandom(4))
    sys.stdout.write(f"seed {found}\n")
    return found


@pytest.mark.claim("R1", MEMORY)
@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("returns", [False, True], ids=["to the end", "and back"])
def test_a_run_that_is_killed_anywhere_ends_right(
    name: str, returns: bool, tmp_path: Path, request: pytest.FixtureRequest, seed: int, figure: Figure
) -> None:
    alone = kept(name, tmp_path, returns=returns)
    count = undisturbed(alone, tmp_path / "alone")
    assert alone.right()
    points = repeated = 0
    for at in chosen(count, request, seed):
        folder = tmp_path / str(at)
        folder.mkdir()
        world = kept(name, folder, returns=returns)
        assert ended(world, folder, at) == -signal.SIGKILL
        assert ended(world, folder, 0) == (6 if returns else 0), at
        after = world.again()
        assert after.right(), at
        points, repeated = points + 1, max(repeated, len(after.done) - len(alone.done))
        assert repeated <= 1, at
    figure(points=points, repeated=repeated, seed=seed)


@pytest.mark.claim("R2", MEMORY)
@pytest.mark.parametrize("name", ["one rule", "a worker"])
def test_a_run_that_is_killed_again_while_it_recovers_ends_right(
    name: str, tmp_path: Path, request: pytest.FixtureRequest, seed: int, figure: Figure
) -> None:
    count = undisturbed(kept(name, tmp_path), tmp_path / "alone")
    random, pairs = Random(seed), 0
    for at in chosen(count, request, seed):
        folder = tmp_path / str(at)
        folder.mkdir()
        world = kept(name, folder)
        assert ended(world, folder, at) == -signal.SIGKILL
        second = random.randrange(1, 40)
        found = ended(world, folder, second)
        assert found in (-signal.SIGKILL, 0)
        assert found == 0 or ended(world, folder, 0) == 0, (at, second)
        assert world.again().right(), (at, second)
        pairs += found != 0
    figure(pairs=pairs, seed=seed)


def test_an_edit_while_the_run_was_down_is_found_wherever_it_was_killed(
    tmp_path: Path, request: pytest.FixtureRequest, seed: int
) -> None:
    count = undisturbed(kept("one rule", tmp_path), tmp_path / "alone")
    for at in chosen(count, request, seed):
        folder = tmp_path / str(at)
        folder.mkdir()
        world = kept("one rule", folder)
        ended(world, folder, at)
        after = world.again()
        after.states[RULE] = forward((OLD, 41), (NEW, 13))
        (folder / "world").write_bytes(pickle.dumps((after.states, after.done)))
        journal = folder / "journal.jsonl"
        over = journal.exists() and b'"ev":"completed"' in journal.read_bytes()
        assert ended(world, folder, 0) == (0 if over else 4), at
        assert len(world.again().done) == len(after.done), at
