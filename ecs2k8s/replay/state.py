"""An account that changes: documents, a clock that is given, what is still to happen, and what was asked of it."""

from __future__ import annotations

import copy
import hashlib
import heapq
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from ecs2k8s.replay.answers import Estate
from ecs2k8s.replay.wire import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ecs2k8s.core.documents import Document

    Clock = Callable[[], float]  # seconds since 1970

Item = dict[str, Any]
Asked = dict[str, Any]
Part = TypeVar("Part")
ALWAYS = float("-inf")  # since before the account was read


class NotModelledError(Exception):
    """The stand-in does not know what AWS would do: a defect of the test that asks, never an answer."""


@dataclass(slots=True)
class FakeClock:
    """A clock that a test sets: as the account wants it (`FakeClock().now`), and as `cutover.world.Clock`."""

    at: float = 1_792_000_000.0  # 2026-10-14T17:46:40Z

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


@dataclass(slots=True)
class Delays:
    """Seconds that AWS takes. Only `dns` is documented ("within 60 seconds"); the others are of the usual size."""

    task_start: float = 30.0
    task_stop: float = 30.0
    dns: float = 60.0
    discovery: float = 5.0
    first_checks: int = 1  # health checks until a target is first healthy: "it must pass one" (ALB user guide)


@dataclass(frozen=True, slots=True)
class Made:
    """A call that reached the account, and what became of it: `done`, or the code that it was refused with."""

    at: float
    call: str
    parameters: Item = field(hash=False)
    key: str = ""
    outcome: str = "done"
    policy: Item | None = field(default=None, hash=False)  # the session policy that it was made under
    changed: bool = False  # whether it is a write that took effect


@dataclass(order=True, slots=True)
class _Due:
    at: float
    turn: int
    effect: Callable[[], None] = field(compare=False)


@dataclass(slots=True)
class Account:
    """The documents of one account in one Region. Whoever reads or changes it holds the lock: `with account.open()`."""

    estate: Estate
    clock: Clock
    region: str
    delays: Delays = field(default_factory=Delays)
    made: list[Made] = field(default_factory=list)
    parts: dict[type, Any] = field(default_factory=dict)  # what services keep besides documents: `part`
    lock: threading.RLock = field(default_factory=threading.RLock)
    due: list[_Due] = field(default_factory=list)
    turn: int = 0
    at: float | None = None  # the moment of the effect that happens just now
    caller: str = ""  # the id of the key that the call at hand was signed with

    @classmethod
    def of(cls, documents: Iterable[Document], number: str, region: str, clock: Clock) -> Account:
        estate = Estate.of(documents, number)
        estate.shapes = copy.deepcopy(estate.shapes)
        return cls(estate, clock, region)

    @contextmanager
    def open(self) -> Iterator[Account]:
        """The account as it is now, for this thread alone."""
        with self.lock:
            self.settle()
            yield self

    def part(self, kind: type[Part]) -> Part:
        """What one service keeps besides documents; made when it is first asked for."""
        if kind not in self.parts:
            self.parts[kind] = kind()
        found: Part = self.parts[kind]
        return found

    def later(self, seconds: float, effect: Callable[[], None]) -> None:
        """*effect* happens when the clock has gone on so far, before anything is read or written after that."""
        self.turn += 1
        heapq.heappush(self.due, _Due(self.now() + seconds, self.turn, effect))

    def settle(self) -> None:
        """Let happen what is due, each at its own moment, however late anybody looks."""
        if self.at is not None:  # whoever is told of an effect looks around: the next one is for later
            return
        while self.due and self.due[0].at <= self.clock():
            due = heapq.heappop(self.due)
            self.at = due.at
            try:
                due.effect()
            finally:
                self.at = None

    def now(self) -> float:
        return self.clock() if self.at is None else self.at

    def moment(self, seconds: float | None = None) -> str:
        """RFC 3339, as the documents have it."""
        at = self.now() if seconds is None else seconds
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")

    def new_id(self, digits: int = 16) -> str:
        """Hexadecimal digits that no other id of this account has; the same in every run."""
        self.turn += 1
        return hashlib.sha256(f"id {self.turn}".encode()).hexdigest()[:digits]

    def arn(self, service: str, rest: str, region: str | None = None) -> str:
        where = self.region if region is None else region
        return f"arn:{self.partition}:{service}:{where}:{self.estate.account}:{rest}"

    @property
    def partition(self) -> str:
        special = {"cn": "aws-cn", "us-gov": "aws-us-gov"}
        return next((name for start, name in special.items() if self.region.startswith(f"{start}-")), "aws")

    def put(self, shape: str, identity: str, data: Item) -> Item:
        self.estate.shapes.setdefault(shape, {})[identity] = data
        return data

    def drop(self, shape: str, identity: str) -> None:
        self.estate.shapes.get(shape, {}).pop(identity, None)

    def remove(self, shape: str, data: Item) -> None:
        """The document itself, under whichever id it lies."""
        kept = self.estate.shapes.get(shape, {})
        self.estate.shapes[shape] = {key: its for key, its in kept.items() if its is not data}


def only(asked: Asked, *known: str) -> None:
    """Raises `NotModelledError` for parameters that nothing here looks at: they would be lost without a word."""
    if unknown := sorted(set(asked) - set(known)):
        raise NotModelledError(f"not modelled: {', '.join(unknown)}")


def refuse_unless(holds: bool, code: str, message: str, status: int = 400) -> None:  # noqa: FBT001
    if not holds:
        raise Refusal(code, message, status)
