"""One of several processes that race for the locks of a run's folder and of traffic objects, and write down who got in.

Arguments: the folder, the name, the seed, and how often to get in. Inside, a file is made that must not be there; who
finds it there says so. It prints how often it got in and how often it was refused.
"""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

from ecs2k8s.core.errors import BusyError
from ecs2k8s.cutover.locks.info import LockInfo
from ecs2k8s.cutover.locks.local import FolderLock
from ecs2k8s.cutover.world import UnsureError
from tests.file_leases import lock_of

KEYS = ["r1", "r2", "r3"]
LEASE = 600  # nobody waits for one to be over


def inside(folder: Path, keys: list[str], chance: random.Random) -> None:
    """Alone at each of *keys*, or `FileExistsError`."""
    marks = [folder / f"inside-{key}" for key in keys]
    for mark in marks:
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
    time.sleep(chance.random() / 2000)
    for mark in marks:
        mark.unlink()


def of_folder(folder: Path, name: str, _: list[str]) -> FolderLock:
    known = {"run": name, "plan": "", "who": name, "host": "", "operation": "run", "version": ""}
    return FolderLock.take(folder, LockInfo(id=name, pid=os.getpid(), when=time.time(), keys=(), **known))


def main(folder: Path, name: str, seed: int, wanted: int) -> None:
    chance = random.Random(f"{seed} {name}")
    got = refused = 0
    while got < wanted:
        keys = chance.sample(KEYS, chance.randint(1, 3))
        try:
            if chance.random() < 0.5:
                held = of_folder(folder, name, keys)
                keys = ["folder"]
            else:
                shared = lock_of(folder, name, LEASE, keys)
                shared.acquire()
                held = shared  # type: ignore[assignment]
        except (BusyError, UnsureError):
            refused += 1
            time.sleep(chance.random() / 2000)
            continue
        inside(folder, keys, chance)
        held.release()
        got += 1
    sys.stdout.write(f"{got} {refused}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
