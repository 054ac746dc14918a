"""Files that are whole or not there, and that a power cut does not take back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ecs2k8s.core.errors import OutputError
from ecs2k8s.cutover.journal import crash

if TYPE_CHECKING:
    from pathlib import Path

NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


def put(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write beside, sync, rename, sync the folder: afterwards it is there for good. Raises `OutputError`."""
    beside = path.with_name(f".{path.name}.partial")
    try:
        _write(beside, data, mode)
        crash.at(f"{path.name}: written beside")
        beside.replace(path)
        crash.at(f"{path.name}: renamed")
        sync_folder(path.parent)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error


def make_folder(path: Path) -> None:
    """A folder for its owner only, where there is none; a link is none. Raises `OutputError`."""
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise OutputError(f"{path}: cannot be made ({error.strerror})") from error
    refuse_link(path)


def refuse_link(path: Path) -> None:
    if path.is_symlink():
        raise OutputError(f"{path}: is a link; nothing is written through it")


def sync_folder(folder: Path) -> None:
    """Raises `OSError`."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _write(path: Path, data: bytes, mode: int) -> None:
    fd = os.open(path, NEW, mode)
    try:
        crash.at(f"{path.name}: made")
        crash.at(f"{path.name}: half written", lambda: os.write(fd, data[: len(data) // 2]))
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
        os.fsync(fd)
    finally:
        os.close(fd)
