"""The lock of a run's folder: the kernel gives it back when its holder ends, however that ends."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING, Self

import msgspec

from ecs2k8s.core.errors import BusyError, OutputError
from ecs2k8s.cutover.locks.info import LockInfo

if TYPE_CHECKING:
    from pathlib import Path

FILE = "lock"
FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class FolderLock:
    """Held from `take` to `release`. What the file says afterwards is about the last holder."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    @classmethod
    def take(cls, folder: Path, info: LockInfo) -> Self:
        """Raises `BusyError`, which names the holder."""
        try:
            fd = os.open(folder / FILE, FLAGS, 0o600)
        except OSError as error:
            raise OutputError(f"{folder / FILE}: {error.strerror}") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(fd, 0)
            os.write(fd, msgspec.json.encode(info))
            os.fsync(fd)
        except BlockingIOError as error:
            os.close(fd)
            held = holder(folder)
            raise BusyError(f"{folder}: held by {held.told(info.when) if held else 'another process'}") from error
        except OSError as error:
            os.close(fd)
            raise OutputError(f"{folder / FILE}: {error.strerror}") from error
        return cls(fd)

    def release(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def holder(folder: Path) -> LockInfo | None:
    """Whoever took the lock last, for people; None where the file does not tell."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=LockInfo)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def is_held(folder: Path) -> bool:
    """Whether a process holds it now."""
    try:
        fd = os.open(folder / FILE, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False
