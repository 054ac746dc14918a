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
from ecs2k8s.cutover.run.engine import carry
from ecs2k8s.cutover.run.shares import weights
from tests.cutover_world import NEW, OLD, OTHER, RULE, Quick, World, forward, of, ramp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ecs2k8s.cutover.plan import Plan, Request

PLANS: dict[str, Callable[[], Plan]] = {
    "one rule": ramp,
    "two rules": lambda: ramp((RULE, OTHER), (1, 0, 1, 100)),
}
TENTH = 10


@dataclass
class Kept(World):
    """A world that is there when the process is not: AWS, which keeps what was done to it."""

    file: Any = None

    def apply(self, request: Request) -> None:
        super().apply(request)
        self.file.write_bytes(pickle.dumps((self.states, self.done)))

    def again(self) -> Kept:
        """As the next process finds it."""
        states, done = pickle.loads(self.file.read_bytes()) if self.file.exists() else (of(self.plan), [])
        return Kept(self.plan, states, done=done, file=self.file, verdicts=self.verdicts, clock=self.clock)


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


def places(name: str, folder: Path, **verdicts: str) -> int:
    """How many places a run comes to."""
    plan = PLANS[name]()
    world = Kept(plan, of(plan), file=folder / "world", verdicts=verdicts)
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


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("verdicts", [{}, {"T13": "pass", "T02": "fail"}], ids=["to the end", "and back"])
def test_a_run_that_is_killed_anywhere_ends_right(
    name: str, verdicts: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest, seed: int
) -> None:
    (tmp_path / "count").mkdir()
    count = places(name, tmp_path / "count", **verdicts)
    wanted, code = ({OLD: 100, NEW: 0}, 6) if verdicts else ({OLD: 0, NEW: 100}, 0)
    done = None
    for at in chosen(count, request, seed):
        folder = tmp_path / str(at)
        folder.mkdir()
        plan = PLANS[name]()
        world = Kept(plan, of(plan), file=folder / "world", verdicts=verdicts)
        assert ended(world, folder, at) == -signal.SIGKILL
        assert ended(world, folder, 0) == code, at
        after = world.again()
        assert all(weights(after.states[mark.thing]) == wanted for mark in plan.fingerprints), at
        done = done or len(_undisturbed(name, tmp_path, verdicts).done)
        assert len(after.done) <= done + 1, at


def _undisturbed(name: str, folder: Path, verdicts: dict[str, str]) -> Kept:
    plan = PLANS[name]()
    (folder / "undisturbed").mkdir()
    world = Kept(plan, of(plan), file=folder / "undisturbed" / "world", verdicts=verdicts)
    _carried(world, folder / "undisturbed")
    return world


def test_a_run_that_is_killed_again_while_it_recovers_ends_right(
    tmp_path: Path, request: pytest.FixtureRequest, seed: int
) -> None:
    (tmp_path / "count").mkdir()
    count = places("one rule", tmp_path / "count")
    random = Random(seed)
    for number, at in enumerate(chosen(count, request, seed)):
        folder = tmp_path / str(number)
        folder.mkdir()
        plan = ramp()
        world = Kept(plan, of(plan), file=folder / "world")
        assert ended(world, folder, at) == -signal.SIGKILL
        second = ended(world, folder, random.randrange(1, 40))
        assert second in (-signal.SIGKILL, 0)
        assert second == 0 or ended(world, folder, 0) == 0, (at, second)
        assert weights(world.again().states[RULE]) == {OLD: 0, NEW: 100}


def test_an_edit_while_the_run_was_down_is_found_wherever_it_was_killed(
    tmp_path: Path, request: pytest.FixtureRequest, seed: int
) -> None:
    (tmp_path / "count").mkdir()
    count = places("one rule", tmp_path / "count")
    for at in chosen(count, request, seed):
        folder = tmp_path / str(at)
        folder.mkdir()
        plan = ramp()
        world = Kept(plan, of(plan), file=folder / "world")
        ended(world, folder, at)
        after = world.again()
        after.states[RULE] = forward((OLD, 41), (NEW, 13))
        (folder / "world").write_bytes(pickle.dumps((after.states, after.done)))
        journal = folder / "journal.jsonl"
        over = journal.exists() and b'"ev":"completed"' in journal.read_bytes()
        assert ended(world, folder, 0) == (0 if over else 4), at
        assert len(world.again().done) == len(after.done), at
