"""The file of a journal: one writer, which adds to its end, and says so only when the disk has it."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, Self

import msgspec

from ecs2k8s import __version__
from ecs2k8s.core.errors import BusyError
from ecs2k8s.cutover.durable import put, sync_folder
from ecs2k8s.cutover.journal import crash
from ecs2k8s.cutover.journal.events import FORMAT, AnyEvent, Event, JournalError, Torn, event
from ecs2k8s.cutover.journal.fold import Folding, Run, fold
from ecs2k8s.cutover.journal.lines import Head, Line, decode, digest, encode
from ecs2k8s.cutover.journal.read import FILE, parse
from ecs2k8s.cutover.journal.redact import redacted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecs2k8s.cutover.plan import Plan
    from ecs2k8s.cutover.world import Clock

PARTIAL = f".{FILE}.partial"  # a journal that has no whole first line yet
OLD = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
NEW = OLD | os.O_CREAT


class Disk(Protocol):
    """The two calls that a disk can refuse; `os` has them."""

    def write(self, fd: int, data: bytes, /) -> int: ...
    def fsync(self, fd: int, /) -> None: ...


class Journal:
    """`lines` are on disk. Where a write or its sync fails, nothing is written any more, and nothing tried again.

    What the disk has then is known to nobody until the file is read anew.
    """

    def __init__(self, folder: Path, fd: int, clock: Clock, disk: Disk) -> None:
        """Use `create` or `open`."""
        self.folder = folder
        self._path = folder / FILE
        self._fd = fd
        self._clock = clock
        self._disk = disk
        self._lines: list[Line] = []
        self._folding = Folding()
        self._stopped = ""

    @classmethod
    def create(cls, folder: Path, plan: Plan, run: str, clock: Clock, *, disk: Disk = os, **start: Any) -> Self:
        """A journal with its first line, under its name only when that is on disk.

        *start*: fields of `events.RunStart` that the plan does not tell. Raises `JournalError` and `BusyError`.
        """
        of_plan = {"unit": plan.unit, "purpose": plan.purpose}
        first = event("run_start", {"format": FORMAT, "version": __version__} | of_plan | start)
        journal = cls(folder, _taken(folder / PARTIAL, NEW), clock, disk)
        with journal._closed_when_it_fails():
            if (folder / FILE).exists():
                raise JournalError(f"{folder / FILE}: is there already")
            os.ftruncate(journal._fd, 0)
            journal._put(first, run, plan.ident)
            (folder / PARTIAL).replace(folder / FILE)
            crash.at("journal: renamed")
            sync_folder(folder)
        return journal

    @classmethod
    def open(cls, folder: Path, clock: Clock, *, disk: Disk = os) -> Self:
        """The journal as it is; the tail of an interrupted write is cut off, and kept in a file beside it."""
        journal = cls(folder, _taken(folder / FILE, OLD), clock, disk)
        with journal._closed_when_it_fails():
            journal._read()
        return journal

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(self._lines)

    @property
    def run(self) -> Run:
        return fold(self._lines) if self._stopped else self._folding.run()

    def append(self, ev: str | AnyEvent, /, **fields: Any) -> Line:
        """Write one event, given as a value or by its name and fields; it is on disk when this returns.

        Raises `TransitionError` where it cannot follow, and `JournalError` where it cannot be written.
        """
        head = self._lines[-1].head
        return self._put(event(ev, fields) if isinstance(ev, str) else ev, head.run, head.plan)

    def _put(self, said: Event, run: str, plan: str) -> Line:
        if self._stopped:
            raise JournalError(f"{self._path}: {self._stopped}: start again, so that it is read anew")
        before = self._lines[-1] if self._lines else None
        head = Head(
            seq=before.head.seq + 1 if before else 1,
            prev_sha256=before.sha256 if before else plan,
            ts_wall=self._clock.now(),
            ts_mono=self._clock.monotonic(),
            run=run,
            plan=plan,
        )
        raw = encode(head, _body(said))
        line = decode(raw)
        self._folding.take(line)
        self._write(raw + b"\n")
        self._lines.append(line)
        return line

    def _write(self, data: bytes) -> None:
        self._stopped = "a write to it was interrupted"  # also by a signal
        crash.at("journal: before a line")
        crash.at("journal: half a line", lambda: self._disk.write(self._fd, data[: len(data) // 2]))
        try:
            written = self._disk.write(self._fd, data)
            crash.at("journal: line written")
            self._disk.fsync(self._fd)
        except OSError as error:
            self._stopped = f"cannot be written ({error.strerror})"
            raise JournalError(f"{self._path}: {self._stopped}: nothing more is done") from error
        if written != len(data):
            self._stopped = "cannot be written (the disk took a part of a line)"
            raise JournalError(f"{self._path}: {self._stopped}: nothing more is done")
        crash.at("journal: line synced")
        self._stopped = ""

    def _read(self) -> None:
        data = b"".join(iter(lambda: os.read(self._fd, 1 << 20), b""))
        reading = parse(data, str(self._path))
        for line in reading.lines:
            self._folding.take(line)
        self._lines = list(reading.lines)
        if reading.tail:
            copy = f"{FILE}.torn-{digest(reading.tail)[:12]}"  # the same when this is interrupted and done again
            put(self.folder / copy, reading.tail)
            os.ftruncate(self._fd, len(data) - len(reading.tail))
            crash.at("journal: tail cut off")
            self.append(Torn(size=len(reading.tail), copy=copy))

    @contextmanager
    def _closed_when_it_fails(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                raise JournalError(f"{self._path}: {error.strerror}: nothing is done") from error
            raise

    def close(self) -> None:
        """Another process may open it then."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
            self._stopped = "is closed"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _taken(path: Path, flags: int) -> int:
    """The open file, which no other process has open for writing."""
    try:
        fd = os.open(path, flags, 0o600)
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror}") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        same = os.path.samestat(os.fstat(fd), path.lstat())  # else whoever had the lock gave it its name meanwhile
    except OSError:
        same = False
    if not same:
        os.close(fd)
        raise BusyError(f"{path}: another process writes it")
    return fd


def _body(said: Event) -> dict[str, Any]:
    """What the line has of the event: JSON, without secrets."""
    fields = json.loads(json.dumps(msgspec.to_builtins(said, str_keys=True)))
    return {"step": said.step, "ev": fields.pop("ev")} | redacted(fields)
