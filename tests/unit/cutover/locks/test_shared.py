"""The shared lock: over all objects or none, renewed in time, and lost as soon as nobody can say that it is held."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecs2k8s.core.errors import BusyError
from ecs2k8s.cutover.locks.shared import Keeper, LostLockError, SharedLock
from ecs2k8s.cutover.world import UnreadableError
from tests.file_leases import lock_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[4]
LEASE = 30


@dataclass
class Clocks:
    """Both clocks by hand: the machine may sleep, and its time may be set."""

    wall: float = 1_795_687_200.0
    mono: float = 0.0

    def now(self) -> float:
        return self.wall

    def monotonic(self) -> float:
        return self.mono

    def sleep(self, seconds: float) -> None:
        self.wall += seconds
        self.mono += seconds


@dataclass
class Server:
    """One Lease on a server that may not answer, or may have given it to somebody else."""

    clock: Clocks
    key: str = "rule"
    fault: Exception | None = None
    renewals: list[float] = field(default_factory=list)

    def acquire(self) -> None:
        self.renewals.append(self.clock.mono)

    def left(self) -> float:
        return self.renewals[-1] + LEASE - self.clock.mono

    def renew(self) -> None:
        if self.fault:
            raise self.fault
        self.renewals.append(self.clock.mono)

    def release(self) -> None: ...
    def paused(self) -> str:
        return ""


def kept() -> tuple[Clocks, Server, Keeper]:
    clock = Clocks()
    server = Server(clock)
    lock = SharedLock(lambda _: server, ["rule"])
    lock.acquire()
    return clock, server, Keeper(lock, clock)


def test_a_lock_is_renewed_every_ten_seconds() -> None:
    clock, server, keeper = kept()
    for _ in range(61):
        assert keeper.why_not() == ""
        clock.sleep(1)
    assert server.renewals == [0, 10, 20, 30, 40, 50, 60]


def test_a_lock_that_somebody_else_has_is_lost_at_once_and_stays_lost() -> None:
    clock, server, keeper = kept()
    server.fault = LostLockError("run B has it")
    clock.sleep(10)
    assert keeper.why_not() == "run B has it"
    server.fault = None
    clock.sleep(10)
    assert keeper.why_not() == "run B has it"
    assert server.renewals == [0]


def test_a_server_that_does_not_answer_is_asked_again_until_nobody_can_say_that_the_lock_is_held() -> None:
    clock, server, keeper = kept()
    server.fault = UnreadableError("no answer")
    held = []
    for _ in range(40):
        held.append(keeper.why_not() == "")
        clock.sleep(1)
    assert held == [True] * 25 + [False] * 15
    assert "no answer" in keeper.lost


def test_a_server_that_answers_in_time_leaves_the_lock_where_it_is() -> None:
    clock, server, keeper = kept()
    server.fault = UnreadableError("no answer")
    for _ in range(20):
        assert keeper.why_not() == ""
        clock.sleep(1)
    server.fault = None
    clock.sleep(2)
    assert keeper.why_not() == ""
    assert server.renewals == [0, 22]


def test_a_process_that_stood_still_beyond_its_lease_asks_before_it_sends() -> None:
    clock, server, keeper = kept()
    clock.sleep(600)
    assert keeper.why_not() == ""  # nobody wanted it meanwhile: the renewal says so
    clock.sleep(600)
    server.fault = LostLockError("run B has it")
    assert keeper.why_not() == "run B has it"


@pytest.mark.parametrize("seconds", [8 * 3600, 86_400])
def test_a_machine_that_slept_asks_before_it_sends(seconds: float) -> None:
    """The clock that only rises stands still while a machine sleeps; the other one tells."""
    clock, server, keeper = kept()
    server.fault = UnreadableError("no network yet")
    clock.wall += seconds
    assert "no network yet" in keeper.why_not()


def test_a_clock_that_is_set_back_does_not_keep_a_lock() -> None:
    clock, server, keeper = kept()
    clock.wall -= 86_400
    server.fault = UnreadableError("no answer")
    clock.sleep(26)
    assert "no answer" in keeper.why_not()


def test_a_run_without_traffic_objects_needs_no_shared_lock() -> None:
    clock = Clocks()
    lock = SharedLock(lambda key: Server(clock, key), [])
    lock.acquire()
    keeper = Keeper(lock, clock)
    clock.sleep(1000)
    assert keeper.why_not() == ""


def test_two_plans_that_share_a_rule_collide_and_the_second_takes_none(tmp_path: Path) -> None:
    first, second, third = (
        lock_of(tmp_path, name, LEASE, keys) for name, keys in (("A", ["r2", "r3"]), ("B", ["r1", "r2"]), ("C", ["r1"]))
    )
    first.acquire()
    with pytest.raises(BusyError, match=r"^r2: run A holds it, lock lock-A \(who A\)$"):
        second.acquire()
    third.acquire()
    first.release()
    with pytest.raises(BusyError, match="r1: run C holds it"):
        second.acquire()
    third.release()
    second.acquire()


@contextmanager
def operator(folder: Path, name: str, *keys: str, seconds: int = 2) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.file_leases", str(folder), name, str(seconds), *keys]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def said(process: subprocess.Popen[str], ask: str = "") -> str:
    assert process.stdin
    assert process.stdout
    if ask:
        process.stdin.write(f"{ask}\n")
        process.stdin.flush()
    return process.stdout.readline().rstrip("\n")


@pytest.mark.parametrize("fate", [signal.SIGKILL, signal.SIGSTOP])
def test_what_a_process_held_that_is_gone_or_stands_still_can_be_taken_after_the_lease(
    tmp_path: Path, fate: signal.Signals
) -> None:
    with operator(tmp_path, "A", "r1", "r2") as first:
        assert said(first) == "held"
        first.send_signal(fate)
        with operator(tmp_path, "B", "r2") as second:
            assert said(second) == "held"
            if fate == signal.SIGSTOP:
                first.send_signal(signal.SIGCONT)
                assert "run B holds it" in said(first, "may I?")


def test_what_is_given_back_can_be_taken_at_once(tmp_path: Path) -> None:
    with operator(tmp_path, "A", "r1", seconds=60) as first:
        assert said(first) == "held"
        first_left = said(first, "release")
        assert first_left != "may send"
        with operator(tmp_path, "B", "r1", seconds=60) as second:
            assert said(second) == "held"
