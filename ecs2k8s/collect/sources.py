"""Turns the paths that a user gave into files, and files into bytes, without ever waiting or leaving a directory."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ecs2k8s.core.errors import SnapshotError
from ecs2k8s.core.escape import escape

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT = 64 * 1024 * 1024  # bytes of one file
SUFFIXES = (".json", ".yaml", ".yml")
STANDARD_INPUT = "-"
TOO_LONG = f"is larger than {LIMIT // 1024 // 1024} MiB: split it"


class Unreadable(Exception):  # noqa: N818
    """Why a file gives no values, in one line. `another` says that it is plainly no file of ours."""

    def __init__(self, reason: str, *, another: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.another = another


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read. `subject` is its name in messages, `listed` whether the user named it himself."""

    path: str
    subject: str
    listed: bool
    skipped: str = ""  # why it is not read

    @property
    def stem(self) -> str:
        if self.path == STANDARD_INPUT:
            return "stdin"
        return escape(os.path.splitext(os.path.basename(self.path))[0])  # noqa: PTH119, PTH122


def sources(path: str) -> list[Source]:
    """The file at *path*, or the files in the directory there, sorted. Raises `SnapshotError` where none is."""
    if path == STANDARD_INPUT:
        return [Source(path, "stdin", listed=True)]
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116
    except (OSError, ValueError) as error:
        raise SnapshotError(f"{escape(path)}: {_why(error)}: name a file or directory that can be read") from error
    if stat.S_ISDIR(mode):
        return sorted(_inside(path), key=lambda source: Path(source.path).parts)
    return [Source(path, escape(path), listed=True)]


def _why(error: OSError | ValueError) -> str:
    return (error.strerror or "cannot be read").lower() if isinstance(error, OSError) else "is no path"


def _inside(top: str) -> Iterator[Source]:
    """Each file of a directory once. A link is followed where its end lies in the directory too."""
    home = os.path.realpath(top)
    seen = {home}
    todo = [top]
    while todo:
        folder = todo.pop(0)
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            yield Source(folder, escape(folder), listed=True, skipped=f"{_why(error)}: its files are not read")
            continue
        # A link is looked at last, so that its end is named as itself.
        for entry in sorted(entries, key=os.DirEntry.is_symlink):
            if entry.name.startswith("."):
                continue
            real = os.path.realpath(entry.path)
            folder_like = os.path.isdir(real)  # noqa: PTH112
            if not folder_like and not entry.name.lower().endswith(SUFFIXES):
                continue
            if os.path.commonpath([home, real]) != home:
                reason = "is a link that leads outside the directory: name its target with --from"
                yield Source(entry.path, escape(entry.path), listed=False, skipped=reason)
            elif real not in seen:
                seen.add(real)
                if folder_like:
                    todo.append(entry.path)
                else:
                    yield Source(entry.path, escape(entry.path), listed=False)


def read_bytes(path: str) -> bytes:
    """The bytes of a regular file of at most `LIMIT` bytes. Raises `Unreadable`."""
    try:
        # Without O_NONBLOCK, opening a FIFO waits for its writer.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise Unreadable(_why(error)) from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Unreadable("is no regular file: send a stream to standard input, with `--from -`")
    with os.fdopen(handle, "rb") as file:
        try:
            return bounded(file.read(LIMIT + 1))
        except OSError as error:
            raise Unreadable(_why(error)) from error


def bounded(data: bytes) -> bytes:
    """*data*, or `Unreadable` where it is longer than a file may be."""
    if len(data) > LIMIT:
        raise Unreadable(TOO_LONG)
    return data
