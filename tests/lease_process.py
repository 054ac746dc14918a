"""One process that wants a lock, holds it for a while and gives it back, until it is ended: `test_lease_races.py`.

Prints when it had it, by the clock that all processes of a machine share: `tenure` and a time for each look.
"""

from __future__ import annotations

import random
import sys
import time
from uuid import uuid4

from ecs2k8s.compare.cluster import Patience
from ecs2k8s.cutover.cluster.connections import Context
from ecs2k8s.cutover.cluster.lease import LeaseLock
from ecs2k8s.cutover.locks.shared import LostLockError
from ecs2k8s.cutover.world import RefusedError, UnreadableError, UnsureError


class Clock:
    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)


def hold(lock: LeaseLock, until: float) -> None:
    while lock.left() > 0 and time.monotonic() < until:
        at = time.monotonic()
        if lock.left() > 0:  # as the engine asks before a call
            sys.stdout.write(f"{lock.ident} {at!r}\n")
            sys.stdout.flush()
        if lock.left() < lock.seconds * 0.7:
            lock.renew()
        time.sleep(0.01)


def main(kubeconfig: str, key: str) -> None:
    store = Context(kubeconfig, None, Patience(attempts=1, timeout=5)).locks()
    while True:
        lock = LeaseLock(store, Clock(), key, "run", uuid4().hex, seconds=1)
        try:
            while lock.acquire() is not None:
                time.sleep(0.02)
            hold(lock, time.monotonic() + random.uniform(0.05, 0.4))
            if random.random() < 0.7:  # else it is over by itself
                lock.release()
        except (LostLockError, RefusedError, UnreadableError, UnsureError):
            continue


main(*sys.argv[1:])
