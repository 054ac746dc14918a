"""Sends the cases: three calls each, in mixed order, no faster than allowed, by few threads at once."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Event, Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ecs2k8s.cutover.probes.client import Answer, ask
from ecs2k8s.cutover.probes.counting import Call
from ecs2k8s.cutover.probes.fields import Looking

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.cutover.probes.cases import Case, Probes, Side
    from ecs2k8s.cutover.world import Clock

    Send = Callable[[Probes, Side, Case, float], Answer]


@dataclass(frozen=True, slots=True)
class Pace:
    """`rate`: calls a second, of all threads and sides together. `goes_on` is asked every few seconds."""

    rounds: int = 5
    rate: float = 10.0
    at_once: int = 4
    timeout: float = 30.0
    goes_on: Callable[[], bool] = lambda: True


@dataclass(slots=True)
class _Gate:
    """Lets a call through when its time has come."""

    clock: Clock
    rate: float
    next: float
    lock: Lock

    def wait(self) -> None:
        with self.lock:
            begin = max(self.next, self.clock.monotonic())
            self.next = begin + 1 / self.rate
        if (left := begin - self.clock.monotonic()) > 0:
            self.clock.sleep(left)


class StoppedError(Exception):
    """Somebody else needs the run: what was sent until then says nothing."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn once for a run: the order of its calls, and the key of its hashes."""

    seed: int
    key: bytes


def calls(probes: Probes, pace: Pace, clock: Clock, drawn: Drawn, send: Send = ask) -> list[Call]:
    """Every case in every round, cases and the three calls of each in an order of chance.

    Raises `StoppedError` where it does not go on, once what is under way has ended.
    """
    chances = random.Random(drawn.seed)  # noqa: S311 (an order that must be repeatable)
    looking = Looking(drawn.key, probes.arrays, str(urlsplit(probes.base).hostname))
    gate, stop = _Gate(clock, pace.rate, clock.monotonic(), Lock()), Event()
    planned = [(case, chances.sample(range(3), 3)) for _ in range(pace.rounds) for case in probes.to_compare]
    chances.shuffle(planned)

    def call(work: tuple[Case, list[int]]) -> Call:
        case, order = work
        answers: list[Answer] = [Answer(0)] * 3
        for at in order:
            gate.wait()
            if stop.is_set():
                raise StoppedError
            answers[at] = send(probes, probes.eks if at == EKS else probes.ecs, case, pace.timeout)
        ecs, again, eks = (looking.fields(answer) for answer in answers)
        one, other, last = (answer.seconds for answer in answers)
        return Call(case, ecs, again, eks, (one, other, last))

    with ThreadPoolExecutor(pace.at_once) as threads:
        made = [threads.submit(call, work) for work in planned]
        while wait(made, LOOK).not_done:
            if not pace.goes_on():
                stop.set()
                threads.shutdown(cancel_futures=True)
                raise StoppedError
    return [each.result() for each in made]


LOOK = 2.0  # seconds between two questions whether to go on
EKS = 2  # of the three calls: ECS, ECS again, EKS
