"""Many operators and one Lease, in every order that a scheduler picks: never two who hold it at a time.

2,000 interleavings in `make test-long`, a tenth with a fresh seed in `make test`. A failure prints its seed.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.cutover.cluster.lease import SECONDS, LeaseLock, flag
from ecs2k8s.cutover.locks.shared import LostLockError
from ecs2k8s.cutover.world import RefusedError, UnsureError
from tests.claims import MEMORY, SERVER
from tests.cluster_objects import Objects
from tests.cluster_twin import Twin
from tests.control_plane import control_plane
from tests.lease_stores import HandClock, MemoryStore, lost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.cutover.cluster.leases import Store
    from tests.figures import Figure

STEPS = 120  # of one history
OPERATORS = 3
ROOT = Path(__file__).parents[1]


class Crashed(BaseException):
    """The process is gone: nothing of it is carried out any more."""


@dataclass
class Operator:
    """One process: a thread that goes on by one request when it is told to, and stands still otherwise."""

    history: History
    name: str
    clock: HandClock
    turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    done: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    fate: str = ""  # of the request that is next: `lost` or `crash`
    over: bool = False
    failure: Exception | None = None

    def __post_init__(self) -> None:
        store: Store = MemoryStore(self.history.objects, lambda _: self.between("request"))
        self.lock = LeaseLock(store, self.clock, "a rule", "run", self.name)
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def between(self, when: str) -> None:
        self.done.release()
        self.awaited(when)

    def awaited(self, when: str) -> None:
        self.turn.acquire()
        fate, self.fate = self.fate, ""
        if fate == "crash":
            raise Crashed
        if fate == "lost" and when == "request":
            lost(when)

    def work(self) -> None:
        chance = random.Random(self.name)
        try:
            self.awaited("begin")
            while True:
                self.act(chance)
                self.between("rest")
        except Crashed:
            pass
        except Exception as error:  # noqa: BLE001 (of the test itself: the history tells it)
            self.failure = error
        finally:
            self.over = True
            self.done.release()

    def act(self, chance: random.Random) -> None:
        try:
            if self.lock.left() <= 0 or chance.random() < 0.05:
                assert self.lock.acquire() is not None or self.lock._ours, "told that it is ours, and it is not"
            elif chance.random() < 0.15:
                self.lock.release()
            elif chance.random() < 0.1:
                flag(self.lock.store, "a rule", chance.choice(["", "wait"]))
            else:
                self.lock.renew()
        except (LostLockError, RefusedError, UnsureError):
            pass

    def go(self, fate: str = "") -> None:
        """One request further."""
        self.fate = fate
        self.turn.release()
        assert self.done.acquire(timeout=60), "an operator stands still"
        if self.failure:
            raise self.failure

    @property
    def holds(self) -> bool:
        return not self.over and self.lock.left() > 0


class History:
    """What a scheduler with this seed makes of some operators, their clocks and their crashes."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.seed = seed
        self.objects = Objects()
        self.processes = 0
        self.operators = [self.started() for _ in range(OPERATORS)]
        self.held: list[str] = []

    def started(self) -> Operator:
        self.processes += 1
        # Nobody's clock says the same: what it began with is of no meaning to others.
        return Operator(self, f"{self.seed}-{self.processes}", HandClock(self.chance.uniform(0, 1_000)))

    def step(self) -> None:
        at = self.chance.randrange(OPERATORS)
        if self.chance.random() < 0.25:
            seconds = self.chance.choice([0.5, 5, 10, SECONDS - 0.5, SECONDS, 2 * SECONDS])
            for operator in self.operators:
                operator.clock.at += seconds
        fate = self.chance.choices(["", "lost", "crash"], [90, 7, 3])[0]
        self.operators[at].go(fate)
        if self.operators[at].over:
            self.operators[at] = self.started()
        holding = [operator.name for operator in self.operators if operator.holds]
        assert len(holding) <= 1, f"seed {self.seed}: {holding} hold one lock"
        self.held += [name for name in holding if name not in self.held]

    def run(self) -> int:
        """How many processes held it, one after the other."""
        try:
            for _ in range(STEPS):
                self.step()
        finally:
            for operator in self.operators:
                operator.go("crash")
                operator.thread.join()
        return len(self.held)


def histories_of(seeds: range) -> list[int]:
    return [History(seed).run() for seed in seeds]


@pytest.mark.claim("R8", MEMORY)
@pytest.mark.parametrize("histories", [200, pytest.param(2_000, marks=pytest.mark.long)])
def test_never_two_hold_it(histories: int, figure: Figure) -> None:
    seed = random.SystemRandom().randrange(10**9)
    sys.stdout.write(f"seed {seed}: {histories} histories of {OPERATORS} operators\n")
    held = histories_of(range(seed, seed + histories))
    assert sum(held) > histories  # it changed hands in most of them, or nothing was tried
    figure(interleavings=histories, held=sum(held), seed=seed)


def test_a_lock_that_trusts_the_clocks_of_others_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """That the histories can fail: a takeover without having watched."""
    monkeypatch.setattr(LeaseLock, "_is_over", lambda *_: True)
    with pytest.raises(AssertionError, match="hold one lock"):
        histories_of(range(50))


@pytest.mark.parametrize("name", ["create", "replace"])
def test_a_store_without_optimistic_concurrency_is_found_out(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def careless(self: MemoryStore, lease: Any) -> Any:
        metadata = {key: value for key, value in lease["metadata"].items() if key != "resourceVersion"}
        at = f"/apis/coordination.k8s.io/v1/namespaces/default/leases/{lease['metadata']['name']}"
        method = "PUT" if at in self.objects.kept else "POST"
        path = at if method == "PUT" else at.rpartition("/")[0]
        return self._written(method, path, lease | {"metadata": metadata})

    monkeypatch.setattr(MemoryStore, name, careless)
    with pytest.raises(AssertionError, match="hold one lock"):
        histories_of(range(300))


# Processes of the machine


class Racers:
    """Processes that want one lock. They are stopped for longer than a lease lasts, killed, and others begin."""

    def __init__(self, kubeconfig: Path, folder: Path) -> None:
        self.command = [sys.executable, str(ROOT / "tests" / "lease_process.py"), str(kubeconfig), folder.name]
        self.folder = folder
        self.running: list[subprocess.Popen[bytes]] = []
        self.logs: list[Path] = []

    def start(self) -> None:
        self.logs.append(self.folder / f"{len(self.logs)}.log")
        with self.logs[-1].open("wb") as out:
            environment = os.environ | {"PYTHONPATH": str(ROOT)}
            self.running.append(subprocess.Popen(self.command, stdout=out, env=environment))

    def end(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()

    def disturb(self) -> None:
        """Stop one for longer than its lease, and kill another."""
        stopped, killed = random.sample(self.running, 2)
        stopped.send_signal(signal.SIGSTOP)
        killed.kill()
        killed.wait()
        self.running.remove(killed)
        self.start()
        time.sleep(1.3)
        stopped.send_signal(signal.SIGCONT)

    def await_tenures(self, count: int) -> None:
        until = time.monotonic() + 60
        while len(self.tenures()) < count:
            assert time.monotonic() < until, "nobody gets the lock any more"
            time.sleep(0.05)

    def tenures(self) -> list[tuple[float, float, str]]:
        """From when to when each one saw that it had it."""
        seen: dict[str, list[float]] = {}
        for log in self.logs:
            for line in log.read_text().splitlines():
                name, _, at = line.partition(" ")
                seen.setdefault(name, []).append(float(at))
        return sorted((min(times), max(times), name) for name, times in seen.items())


IN_TIERS = [
    pytest.param("in memory", marks=pytest.mark.claim("R8-processes", MEMORY)),
    pytest.param("real", marks=pytest.mark.claim("R8-processes", SERVER)),
]


@pytest.fixture(params=IN_TIERS)
def racers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Racers]:
    with ExitStack() as ending:
        if request.param == "in memory":
            twin = Twin(tmp_path)
            ending.callback(twin.close)
            file = twin.kubeconfig()
        else:
            file = ending.enter_context(control_plane(tmp_path)).kubeconfig()
        made = Racers(file, tmp_path)
        ending.callback(made.end)
        yield made


@pytest.mark.parametrize("rounds", [1, pytest.param(20, marks=pytest.mark.long)])
def test_never_two_processes_hold_it(racers: Racers, rounds: int, figure: Figure) -> None:
    for _ in range(2 if rounds == 1 else OPERATORS):
        racers.start()
    racers.await_tenures(2)
    for _ in range(rounds):
        before = len(racers.tenures())
        racers.disturb()
        racers.await_tenures(before + 2)
    racers.end()
    found = racers.tenures()
    for (_, ended, one), (began, _, other) in itertools.pairwise(found):
        assert ended < began, f"{one} and {other} held it at a time"
    figure(tenures=len(found))
