"""Answers as they come, in snapshot.partial.jsonl: what an interrupted run read is not asked for again."""

from __future__ import annotations

import fcntl
import json
import os
from typing import IO, TYPE_CHECKING, Any

from ecs2k8s.core.documents import canonical
from ecs2k8s.core.errors import BusyError

if TYPE_CHECKING:
    from pathlib import Path

    from ecs2k8s.collect.reading import Item

FILE = "snapshot.partial.jsonl"
FORMAT = "ecs2k8s/partial/v1"
FRESH = 3600  # seconds; older answers are asked for again


class Partial:
    """The file of one run. The first line says what the run reads: answers of another one are no use.

    Two runs in one directory would mix: the second raises `BusyError`.
    """

    def __init__(self, path: Path, header: Item, now: float) -> None:
        """*now* in seconds since 1970."""
        self.path = path
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        self.file: IO[bytes] = os.fdopen(handle, "r+b", buffering=0)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.file.close()
            raise BusyError(f"{path.parent}: another export is writing there; wait for it") from error
        self.taken, self.answers = _kept(self.file.read(), header, now)
        self.resumed = len(self.answers)
        if self.answers:
            self.file.write(b"\n")  # the last line may be cut off
        else:
            os.ftruncate(handle, 0)
            self._write({**header, "format": FORMAT, "taken": now})

    def find(self, call: str, parameters: Item) -> Item | None:
        """The answer that an earlier run got; None where there is none."""
        return self.answers.get(key(call, parameters))

    def add(self, call: str, parameters: Item, answer: Item) -> None:
        self._write({"call": call, "parameters": parameters, "answer": answer})

    def _write(self, value: Item) -> None:
        self.file.write(json.dumps(value).encode() + b"\n")

    def close(self) -> None:
        self.file.close()

    def done(self) -> None:
        """The snapshot is written: the file has served."""
        self.path.unlink(missing_ok=True)
        self.close()


def key(call: str, parameters: Item) -> str:
    """What tells requests apart."""
    return f"{call} {canonical(parameters).decode()}"


def _kept(text: bytes, header: Item, now: float) -> tuple[float, dict[str, Item]]:
    """When the interrupted run began, and its answers; now and nothing where it read something else or is too old."""
    lines = [found for line in text.splitlines() if (found := _decoded(line))]
    first = lines[0] if lines else {}
    taken = first.get("taken")
    same = first.get("format") == FORMAT and all(first.get(name) == value for name, value in header.items())
    if not same or not isinstance(taken, int | float) or not 0 <= now - taken < FRESH:
        return now, {}
    answers = (each for each in lines[1:] if {"call", "parameters", "answer"} <= each.keys())
    return taken, {key(each["call"], each["parameters"]): each["answer"] for each in answers}


def _decoded(line: bytes) -> Any:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
