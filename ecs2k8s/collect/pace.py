"""Keeps below the rates that the APIs document, so that others in the account are not throttled."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecs2k8s.collect.calls import Call, Pace, calls, paces

if TYPE_CHECKING:
    from collections.abc import Callable

SHARE = 0.8  # of a documented rate: other users share the account's buckets


@dataclass(slots=True)
class Bucket:
    """A token bucket. `take` gives the seconds to wait before the next request may be sent."""

    pace: Pace
    tokens: float
    filled: float
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, now: float) -> float:
        with self.lock:
            rate = self.pace.rate * SHARE
            self.tokens = min(self.pace.burst, self.tokens + (now - self.filled) * rate)
            self.filled = now
            self.tokens -= 1
            return max(0.0, -self.tokens / rate)


def bucket_of(row: Call) -> str:
    """The bucket that requests of *row* are counted in."""
    return row.service if row.pace == "default" else row.pace


class Pacer:
    """One bucket for each pace; requests of one account and Region share it."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.clock, self.sleep = clock, sleep
        now = clock()
        # A service without documented rates has a bucket of its own too.
        self.buckets = {
            bucket_of(row): Bucket(paces()[row.pace], paces()[row.pace].burst, now) for row in calls().values()
        }

    def wait(self, call: str) -> None:
        """Return when the next request of *call* may be sent; retries and pages count as well."""
        row = calls().get(call)
        if row and (delay := self.buckets[bucket_of(row)].take(self.clock())):
            self.sleep(delay)
