"""MANIFEST.sha256 of a run's folder, and the proof that the folder is still what it says. No network, no clock."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ecs2k8s.core.errors import Ecs2k8sError, OutputError
from ecs2k8s.core.escape import escape
from ecs2k8s.cutover.durable import put
from ecs2k8s.cutover.folder import PLAN
from ecs2k8s.cutover.journal import read as journal
from ecs2k8s.cutover.journal.fold import fold
from ecs2k8s.cutover.locks import local
from ecs2k8s.cutover.plan import load
from ecs2k8s.cutover.run import operator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.cutover.journal.lines import Line

FILE = "MANIFEST.sha256"
# Who is at work now, and what somebody asks of them, is no part of what was done.
APART = {FILE, local.FILE, operator.FILE}


@dataclass(frozen=True, slots=True)
class Verification:
    """`ident` is the hash of the manifest: whoever wrote it down elsewhere knows this very folder by it."""

    ident: str
    files: int
    lines: int
    problems: tuple[str, ...]


def manifest(folder: Path) -> bytes:
    """The hash of each file, by path; `sha256sum -c` reads it. Raises `OutputError` for a link or a device."""
    return b"".join(f"{digest}  {_shown(path)}\n".encode() for path, digest in sorted(_files(folder)))


def _shown(path: str) -> str:
    """No two names look the same: one may have the backslash with which another's hidden character is shown."""
    return escape(path.replace("\\", "\\\\"))


def write(folder: Path) -> str:
    """Write the manifest; its hash."""
    data = manifest(folder)
    put(folder / FILE, data)
    return hashlib.sha256(data).hexdigest()


def verify(folder: Path) -> Verification:
    """Every hash, the chain of the journal and its tie to the plan, again."""
    try:
        stored = (folder / FILE).read_bytes()
        now = manifest(folder)
    except OSError as error:
        raise OutputError(f"{error.filename}: {error.strerror}") from error
    lines, wrong = _journal(folder)
    problems = (*_differences(stored, now), *wrong)
    return Verification(hashlib.sha256(stored).hexdigest(), now.count(b"\n"), lines, problems)


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    for top, folders, names in os.walk(folder, onerror=_raise):
        for name in [*folders, *names]:
            place = Path(top, name)
            if place.is_symlink() or not (place.is_dir() or place.is_file()):
                raise OutputError(f"{place}: is neither a file nor a folder, and no part of a run")
        for name in names:
            path = Path(top, name).relative_to(folder).as_posix()
            if path not in APART:
                yield path, _digest(Path(top, name))


def _raise(error: OSError) -> None:
    raise error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _differences(stored: bytes, now: bytes) -> Iterator[str]:
    """By file; where no file differs, but the bytes do, it is the manifest itself that was changed."""
    if stored == now:
        return
    was, is_ = (dict(map(_entry, data.splitlines())) for data in (stored, now))
    named = [
        f"{escape(path)}: {_difference(path, was, is_)}"
        for path in sorted(was.keys() | is_.keys())
        if was.get(path) != is_.get(path)
    ]
    yield from named or [f"{FILE}: is not as it was written"]


def _difference(path: str, was: dict[str, str], is_: dict[str, str]) -> str:
    if path not in is_:
        return "is missing"
    return "was changed" if path in was else "was added"


def _entry(line: bytes) -> tuple[str, str]:
    digest, _, path = line.decode(errors="replace").partition("  ")
    return path, digest


def _journal(folder: Path) -> tuple[int, list[str]]:
    """How many lines it has, and what is wrong with them."""
    try:
        reading = journal.read(folder)
        fold(reading.lines)
        return len(reading.lines), list(_untied(folder, reading.lines[0], reading.tail))
    except (Ecs2k8sError, OSError) as error:
        return 0, [str(error)]


def _untied(folder: Path, first: Line, tail: bytes) -> Iterator[str]:
    if tail:
        yield f"{journal.FILE}: its last line is not whole"
    data = (folder / PLAN).read_bytes()
    if load(data, PLAN).ident != first.head.plan or hashlib.sha256(data).hexdigest() != first.head.plan:
        yield f"{PLAN}: is not the plan that the journal began with"
