"""The one clock of the harness. A model second passes faster than a real one, so that an hour of ramp takes a minute.

Whatever is of seconds and minutes (propagation, draining, health checks, periods of metrics, bakes) is in model seconds.
Only the time that one request takes is in real seconds: Python needs a millisecond for it, which must not become 60.

A machine that is busy elsewhere may not run this process for half a second, which would be half a minute of the model.
So its time is that of the event loop, and the loop's stands still meanwhile: what is due sooner happens sooner.
"""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

T = TypeVar("T")
START = 1_800_000_000.0  # a whole minute, so that the first period of 60 seconds is a full one
FAREWELL = 0.02  # real seconds in which connections that were told to end do so
LONGEST_STEP = 0.05  # real seconds; something of the harness is always due within less


class SteadyLoop(asyncio.SelectorEventLoop):
    """A loop whose time goes on by at most LONGEST_STEP from one look at it to the next."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._seen, self._time = time.monotonic(), 0.0

    def time(self) -> float:
        with self._lock:
            now = time.monotonic()
            self._time += min(now - self._seen, LONGEST_STEP)
            self._seen = now
            return self._time


def run(work: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` on a steady loop."""
    with asyncio.Runner(loop_factory=SteadyLoop) as runner:
        try:
            return runner.run(work)
        finally:
            runner.run(asyncio.sleep(FAREWELL))


class Clock:
    """As `ecs2k8s.cutover.world.Clock` wants it; any thread may ask, and sleep. It begins at *start*."""

    def __init__(self, loop: asyncio.AbstractEventLoop, scale: float = 60.0, start: float = START) -> None:
        self.scale, self.start = scale, start
        self._loop = loop
        self._began = loop.time()

    def now(self) -> float:
        return self.start + self.monotonic()

    def monotonic(self) -> float:
        return (self._loop.time() - self._began) * self.scale

    def sleep(self, seconds: float) -> None:
        """Never in the thread of the loop."""
        until = self.monotonic() + seconds
        while (left := until - self.monotonic()) > 0:
            time.sleep(min(self.real(left), LONGEST_STEP / 2))

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0) / self.scale)

    def real(self, seconds: float) -> float:
        """How long *seconds* of the model last."""
        return seconds / self.scale
