"""The one clock of the harness. A model second passes faster than a real one, so that an hour of ramp takes a minute.

Whatever is of seconds and minutes (propagation, draining, health checks, periods of metrics, bakes) is in model seconds.
Only the time that one request takes is in real seconds: Python needs a millisecond for it, which must not become 60.
"""

from __future__ import annotations

import asyncio
import time

START = 1_800_000_000.0  # a whole minute, so that the first period of 60 seconds is a full one


class Clock:
    """As `ecs2k8s.cutover.world.Clock` wants it."""

    def __init__(self, scale: float = 60.0) -> None:
        self.scale = scale
        self._began = time.monotonic()

    def now(self) -> float:
        return START + self.monotonic()

    def monotonic(self) -> float:
        return (time.monotonic() - self._began) * self.scale

    def sleep(self, seconds: float) -> None:
        time.sleep(max(seconds, 0) / self.scale)

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0) / self.scale)

    def real(self, seconds: float) -> float:
        """How long *seconds* of the model last."""
        return seconds / self.scale
