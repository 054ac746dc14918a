"""Writes a migration directory: each file whole at any moment, people's edits kept, the ledger last."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from ecs2k8s.core.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping
    from pathlib import Path

LEDGER = "report/ledger.json"
NEXT = "report/ledger.json.next"  # written first, renamed last: while it is there the export was interrupted
PARTIAL = "snapshot.partial.jsonl"  # what an interrupted reading of AWS had got
ACCOUNTS = "report/accounts.json"  # the mark of a folder that holds a directory for each account and Region
OURS = (LEDGER, NEXT, "snapshot.json", "target.yaml", PARTIAL, ACCOUNTS)


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did: files that people had edited (kept) and files that are no longer generated (removed)."""

    kept: tuple[str, ...]
    removed: tuple[str, ...]


def check(directory: Path, *, several: bool = False) -> None:
    """Raises `OutputError` where *directory* holds something that is not ours, or ours of the other kind.

    *several*: it is to hold a directory for each account and Region.
    """
    if directory.exists() and not directory.is_dir():
        raise OutputError(f"{directory}: is no directory")
    marks = (place for name in OURS for place in (directory / name, _beside(directory / name)))
    foreign = directory.is_dir() and any(not place.is_dir() for place in directory.rglob("*"))
    if foreign and not any(place.is_file() for place in marks):
        raise OutputError(f"{directory}: is not empty and no migration directory; choose another one with -o")
    if several and (directory / "snapshot.json").is_file():
        raise OutputError(f"{directory}: holds the migration of one account and Region; choose another one with -o")
    if not several and (directory / ACCOUNTS).is_file():
        raise OutputError(f"{directory}: holds several accounts or Regions; choose another one with -o")


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def write(
    directory: Path, files: Mapping[str, bytes], snapshot: bytes, ledger: bytes, left: Container[str] = ()
) -> Written:
    """Write all *files*, `snapshot.json` (mode 0600) and last the *ledger*, which names each file's hash.

    Files of earlier exports that are not among them are removed, but for those *left*.

    A file whose content is neither what an earlier export wrote nor what this one writes was edited: it stays.
    """
    _folder.cache_clear()
    known = _known(directory)
    _put(directory, NEXT, ledger)
    _put(directory, "snapshot.json", snapshot, mode=0o600)
    kept = [path for path, data in sorted(files.items()) if not _replace(directory, path, data, known)]
    removed = []
    for path in sorted(path for path in known.keys() - files.keys() if path not in left):
        place = _inside(directory, path)
        _beside(place).unlink(missing_ok=True)  # of a write that was interrupted
        if _is_generated(directory, path, known):
            place.unlink()
            removed.append(path)
        elif place.is_file():
            kept.append(path)
        _remove_empty(directory, place.parent)
    (directory / NEXT).replace(directory / LEDGER)
    return Written(tuple(sorted(kept)), tuple(removed))


def leftovers(directory: Path, files: Container[str]) -> dict[str, str]:
    """Files of earlier exports, as those wrote them, that are not among *files*: path to hash."""
    _folder.cache_clear()
    known = _known(directory)
    found = (path for path in sorted(known) if path not in files and _is_generated(directory, path, known))
    return {path: digest(_inside(directory, path).read_bytes()) for path in found}


def interrupted(directory: Path) -> bool:
    """Whether an export was cut off, so that files and ledger do not belong together."""
    return (directory / NEXT).exists() or not (directory / LEDGER).exists()


def _known(directory: Path) -> dict[str, set[str]]:
    """Path to the hashes that earlier exports, finished or interrupted, gave it."""
    found: dict[str, set[str]] = {}
    for name in (LEDGER, NEXT):
        try:
            listed = json.loads((directory / name).read_bytes()).get("files", {})
        except (OSError, ValueError, AttributeError, RecursionError):
            continue
        for path, value in listed.items() if isinstance(listed, dict) else ():
            found.setdefault(str(path), set()).add(str(value))
    return found


def _inside(directory: Path, path: str) -> Path:
    """The file below *directory*; the ledger on disk may have been tampered with, so its paths are not trusted."""
    folder, _, name = path.rpartition("/")
    if not name or name == ".." or "\0" in path or "\\" in path:
        raise OutputError(f"{directory / LEDGER}: names a file outside the directory: {path!r}")
    return _folder(directory, folder) / name


@lru_cache(maxsize=100_000)  # a folder holds several files, and each is looked at more than once
def _folder(directory: Path, folder: str) -> Path:
    step = directory
    for part in folder.split("/") if folder else ():
        if part in ("", ".", ".."):
            raise OutputError(f"{directory / LEDGER}: names a file outside the directory: {folder!r}")
        step = step / part
        if step.is_symlink():
            raise OutputError(f"{step}: is a link; remove it and export again")
    return step


def _is_generated(directory: Path, path: str, known: Mapping[str, set[str]]) -> bool:
    place = _inside(directory, path)
    return place.is_file() and not place.is_symlink() and digest(place.read_bytes()) in known.get(path, ())


def _replace(directory: Path, path: str, data: bytes, known: Mapping[str, set[str]]) -> bool:
    place = _inside(directory, path)
    if place.exists() or place.is_symlink():
        current = place.read_bytes() if place.is_file() else None
        if current == data:
            return True
        if current is None or digest(current) not in known.get(path, ()):
            return False
    _put(directory, path, data)
    return True


def put(directory: Path, path: str, data: bytes) -> None:
    """Write one file, whole at any moment."""
    _folder.cache_clear()
    _put(directory, path, data)


def _put(directory: Path, path: str, data: bytes, mode: int = 0o644) -> None:
    """Write beside and rename: a reader sees the old file or the new one. A link is replaced, never followed."""
    place = _inside(directory, path)
    beside = _beside(place)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    try:
        handle = os.open(beside, flags, mode)
    except FileNotFoundError:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(beside, flags, mode)
    with os.fdopen(handle, "wb") as file:  # buffered: a raw one may write a part and say how much
        file.write(data)
    os.replace(beside, place)  # noqa: PTH105 (half the cost of Path.replace, ten thousand times)


def _beside(place: Path) -> Path:
    """Where a file is until it is whole."""
    return place.parent / f".{place.name}.partial"


def _remove_empty(directory: Path, folder: Path) -> None:
    while folder != directory:
        if folder.is_dir():
            if any(folder.iterdir()):
                return
            folder.rmdir()
        folder = folder.parent


def hashes(files: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    return {path: digest(data) for path, data in sorted(files)}
