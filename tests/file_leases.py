"""Leases in files, for real processes: what the API server does with a version, `flock` does here.

As a program it is one operator: `python -m tests.file_leases FOLDER NAME SECONDS KEY...`. It takes the locks, says so,
and then, before each line that it is sent is answered, asks its keeper whether it may send.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ecs2k8s.core.errors import BusyError
from ecs2k8s.cutover.cluster.lease import LeaseLock
from ecs2k8s.cutover.cluster.leases import TakenError
from ecs2k8s.cutover.locks import shared
from ecs2k8s.cutover.locks.shared import Keeper, SharedLock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.manifests import Manifest


class RealClock:
    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)


@dataclass
class FileStore:
    folder: Path

    def get(self, name: str) -> Manifest | None:
        with self._alone(name) as path:
            return _read(path)

    def create(self, lease: Manifest) -> Manifest:
        with self._alone(lease["metadata"]["name"]) as path:
            if path.exists():
                raise TakenError("is there already")
            return _written(path, lease, 1)

    def replace(self, lease: Manifest) -> Manifest:
        with self._alone(lease["metadata"]["name"]) as path:
            found = _read(path)
            if not found or found["metadata"]["resourceVersion"] != lease["metadata"]["resourceVersion"]:
                raise TakenError("has another version")
            return _written(path, lease, int(found["metadata"]["resourceVersion"]) + 1)

    @contextmanager
    def _alone(self, name: str) -> Iterator[Path]:
        fd = os.open(self.folder / f"{name}.mutex", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield self.folder / f"{name}.json"
        finally:
            os.close(fd)


def _read(path: Path) -> Manifest | None:
    return json.loads(path.read_text()) if path.exists() else None


def _written(path: Path, lease: Manifest, version: int) -> Manifest:
    made = lease | {"metadata": lease["metadata"] | {"resourceVersion": str(version)}}
    path.with_suffix(".new").write_text(json.dumps(made))
    path.with_suffix(".new").replace(path)
    return made


def lock_of(folder: Path, name: str, seconds: int, keys: list[str]) -> SharedLock:
    store = FileStore(folder)
    return SharedLock(
        lambda key: LeaseLock(store, RealClock(), key, name, f"lock-{name}", {"who": name}, seconds), keys
    )


def main(folder: Path, name: str, seconds: int, keys: list[str]) -> None:
    """A lease of a few seconds is renewed, and its margin kept, in the same proportion as one of thirty."""
    shared.RENEW, shared.AGAIN, shared.MARGIN = seconds / 3, seconds / 15, seconds / 6  # type: ignore[assignment]
    lock = lock_of(folder, name, seconds, keys)
    while True:
        try:
            lock.acquire()
            break
        except BusyError as error:
            sys.stderr.write(f"{error}\n")
            time.sleep(0.05)
    keeper = Keeper(lock, RealClock())
    print("held", flush=True)  # noqa: T201
    for line in sys.stdin:
        if line == "release\n":
            lock.release()
        print(keeper.why_not() or "may send", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4:])
