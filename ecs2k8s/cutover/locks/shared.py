"""The shared lock: over all traffic objects of a plan or over none, and renewed between any two acts of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ecs2k8s.core.errors import BusyError, Ecs2k8sError
from ecs2k8s.core.escape import escape
from ecs2k8s.cutover.world import RefusedError, UnreadableError, UnsureError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ecs2k8s.cutover.world import Clock

RENEW = 10  # seconds
AGAIN = 2  # seconds until a renewal that got no answer is tried again
PATIENCE = 35  # seconds in which a lease of 30 seconds is seen to be over
MARGIN = 5  # seconds that a lease must last when a call is sent


class LostLockError(Ecs2k8sError):
    """The lock is somebody else's, or nobody can tell: nothing more may be sent."""


class Holder(Protocol):
    """Who holds a traffic object."""

    @property
    def run(self) -> str: ...
    @property
    def ident(self) -> str: ...
    @property
    def info(self) -> Mapping[str, str]: ...


class KeyLock(Protocol):
    """The lock of one traffic object; a Lease is one."""

    @property
    def key(self) -> str: ...

    def acquire(self) -> Holder | None:
        """One attempt: None when it is ours, else who has it. Raises `UnreadableError`, `UnsureError`."""

    def left(self) -> float:
        """Seconds for which nobody else can have taken it."""

    def renew(self) -> None:
        """Raises `LostLockError`; `UnreadableError`, `RefusedError` and `UnsureError` where nobody tells."""

    def release(self) -> None: ...
    def paused(self) -> str:
        """Why all runs on this object are to wait; empty: they are not. Raises `UnreadableError`."""


class SharedLock:
    """The locks of all traffic objects of a plan, taken in the order of their names: two plans never wait in a ring."""

    def __init__(self, make: Callable[[str], KeyLock], keys: Sequence[str]) -> None:
        self.locks = tuple(make(key) for key in sorted(set(keys)))

    def acquire(self) -> None:
        """All of them or none. Raises `BusyError`, which names the holder and its lock."""
        taken: list[KeyLock] = []
        for lock in self.locks:
            try:
                held = lock.acquire()
            except Ecs2k8sError:
                _give_back([*taken, lock])
                raise
            if held is not None:
                _give_back(taken)
                raise BusyError(f"{lock.key}: {told(held)}")
            taken.append(lock)

    def take(self, clock: Clock, say: Callable[[str], None]) -> None:
        """`acquire`, with the patience that the locks of a run that was killed need.

        They are over when they were seen unchanged for as long as they last, one after the other: a process that looks
        once never gets them. Raises `BusyError` where they are still held then.
        """
        limit, waits = PATIENCE * len(self.locks), False
        until = clock.monotonic() + limit
        while True:
            try:
                return self.acquire()
            except BusyError as error:
                if clock.monotonic() >= until:
                    raise
                if not waits:
                    say(f"{error}; waits up to {limit} s to see whether it is still renewed")
                waits = True
            clock.sleep(AGAIN)

    def left(self) -> float:
        return min((lock.left() for lock in self.locks), default=float("inf"))

    def renew(self) -> None:
        for lock in self.locks:
            lock.renew()

    def release(self) -> None:
        _give_back(self.locks)

    def paused(self) -> str:
        """Why the run is to wait; the first reason of all objects."""
        return next((why for lock in self.locks if (why := lock.paused())), "")


def told(held: Holder) -> str:
    more = ", ".join(f"{name} {text}" for name, text in sorted(held.info.items()))
    return escape(f"run {held.run} holds it, lock {held.ident}" + (f" ({more})" if more else ""))


def _give_back(locks: Sequence[KeyLock]) -> None:
    """What cannot be given back is over by itself."""
    for lock in locks:
        try:
            lock.release()
        except (UnreadableError, RefusedError, UnsureError):
            continue


@dataclass(slots=True)
class Keeper:
    """Renews a lock while the run does other things. `lost` says why it is not ours any more, and stays said."""

    lock: SharedLock
    clock: Clock
    lost: str = ""
    _next: float = field(init=False)
    _renewed: float = field(init=False)  # by the clock that goes on while the machine sleeps
    _lasts: float = field(init=False)

    def __post_init__(self) -> None:
        self._hold()

    def step(self) -> None:
        """To be called every few seconds, and before each call: renews when it is time."""
        if self.lost or not self._is_due():
            return
        try:
            self.lock.renew()
            self._hold()
        except LostLockError as error:
            self.lost = str(error)
        except (UnreadableError, RefusedError, UnsureError) as error:
            self._next = self.clock.monotonic() + AGAIN
            if self._left() <= MARGIN:
                self.lost = f"it could not be renewed: {error}"

    def why_not(self) -> str:
        """Why nothing may be sent now; empty: nobody else can write. What is under way already is finished."""
        self.step()
        if not self.lost and self._left() <= MARGIN:
            self.lost = "it was not renewed in time"
        return self.lost

    def _hold(self) -> None:
        self._next = self.clock.monotonic() + RENEW
        self._renewed, self._lasts = self.clock.now(), self.lock.left()

    def _is_due(self) -> bool:
        return self.clock.monotonic() >= self._next or self.clock.now() >= self._renewed + RENEW

    def _left(self) -> float:
        """By both clocks: one stops while the machine sleeps, the other can be set."""
        return min(self.lock.left(), self._lasts - (self.clock.now() - self._renewed))
