"""Writes a migration directory: each file whole at any moment, people's edits kept, the ledger last."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

from ecs2k8s.core.errors import OutputError
from ecs2k8s.render.earlier import LEDGER, NEXT, NEXT_TEXTS, TEXTS, Earlier
from ecs2k8s.render.settle import look, settle, settle_old

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ecs2k8s.render.settle import Settled, Wanted

PARTIAL = "snapshot.partial.jsonl"  # what an interrupted reading of AWS had got
ACCOUNTS = "report/accounts.json"  # the mark of a folder that holds a directory for each account and Region
OURS = (LEDGER, NEXT, "snapshot.json", "target.yaml", PARTIAL, ACCOUNTS)


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


def settled(
    directory: Path, paths: Iterable[str], files: Mapping[str, bytes], earlier: Earlier, wanted: Wanted
) -> list[Settled]:
    """What becomes of each of *paths*, which are generated now (*files*) or were before. Nothing is written yet."""
    _folder.cache_clear()
    found = []
    for path in sorted(paths):
        lying = look(_inside(directory, path))
        now = files.get(path)
        one = settle_old(path, lying, earlier, wanted) if now is None else settle(path, now, lying, earlier, wanted)
        found.append(one)
    return found


def write(directory: Path, files: Iterable[Settled], snapshot: bytes, ledger: bytes, texts: bytes) -> None:
    """Write *files*, `snapshot.json` (mode 0600), the *texts* that the next export merges with, and last the *ledger*.

    The new ledger and texts lie beside the old ones before the first file is touched: at any moment both are there.
    """
    _folder.cache_clear()
    _put(directory, NEXT, ledger)
    _put(directory, "snapshot.json", snapshot, mode=0o600)
    _put(directory, NEXT_TEXTS, texts, mode=0o600)  # it holds environments, as manifests do, and is for nobody to read
    for each in files:
        place = _inside(directory, each.path)
        if each.writes:
            _settle(directory, place, each)
        if each.is_gone:
            _beside(place).unlink(missing_ok=True)  # of a write that was interrupted
            _remove_empty(directory, place.parent)
    (directory / NEXT_TEXTS).replace(directory / TEXTS)
    (directory / NEXT).replace(directory / LEDGER)


def _settle(directory: Path, place: Path, each: Settled) -> None:
    """Raises `OutputError` where somebody was faster; what they did is found by the next run."""
    if look(place) != each.lying:
        raise OutputError(f"{place}: was changed while this ran: run it again")
    if each.data is None:
        place.unlink()
    else:
        _put(directory, each.path, each.data)


def interrupted(directory: Path) -> bool:
    """Whether an export was cut off, so that files and ledger do not belong together."""
    return (directory / NEXT).exists() or not (directory / LEDGER).exists()


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
