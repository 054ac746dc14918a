"""What earlier exports wrote, by their ledgers, and the texts that edits of people are merged with.

While an export runs there are two ledgers and two files of texts: those of the last one that was finished, and those of
the one that is under way. A file that lies as the second left it was merged with the second's text, any other one with
the first's. So an export that was cut off at any moment can be done again, from the same AWS or from a changed one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ecs2k8s.render.settle import Settled

LEDGER = "report/ledger.json"
NEXT = "report/ledger.json.next"  # written first, renamed last: while it is there the export was interrupted
TEXTS = "generated.json"
NEXT_TEXTS = "generated.json.next"
REPORTS = "report/"  # below it nothing is merged: who reads it wants what holds now


class Account(msgspec.Struct, frozen=True):
    """The part of a ledger that says which files there are, each by its path."""

    files: dict[str, str] = {}  # hash of what was generated, and what the file as it lies was merged with
    merged: dict[str, str] = {}  # hash of the file as it was left, where that holds edits
    left: dict[str, str] = {}  # as `files`, of what was edited and is no longer generated
    removed: list[str] | None = None  # by people; None: the version that wrote it did not ask

    @property
    def bases(self) -> dict[str, str]:
        return self.left | self.files

    @classmethod
    def of(cls, files: Iterable[Settled]) -> Account:
        """Of an export that leaves *files* behind."""
        known = [each for each in files if each.base is not None]
        return cls(
            files={each.path: each.base for each in known if each.is_generated and each.base is not None},
            merged={each.path: sha256(each.data).hexdigest() for each in known if each.data and each.is_edited},
            left={each.path: each.base for each in known if not each.is_generated and each.base is not None},
            removed=[each.path for each in known if each.is_removed],
        )


@dataclass(frozen=True)
class Earlier:
    """`finished`: the last export that came to its end; `begun`: the one that did not."""

    directory: Path
    finished: Account
    begun: Account
    was_cut_off: bool
    _texts: list[Mapping[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, directory: Path) -> Earlier:
        begun = _account(directory / NEXT)
        return cls(directory, _account(directory / LEDGER) or Account(), begun or Account(), begun is not None)

    @cached_property
    def known(self) -> dict[str, set[str]]:
        """Path to the hashes of what was generated."""
        found: dict[str, set[str]] = {}
        for account in (self.finished, self.begun):
            for path, value in account.bases.items():
                found.setdefault(path, set()).add(value)
        return found

    def base(self, path: str, digest: str) -> str | None:
        """The hash of what the file, which now has *digest*, was merged with last; empty: with nothing yet."""
        if digest == self.begun.merged.get(path, self.begun.bases.get(path)):
            return self.begun.bases.get(path)
        return self.finished.bases.get(path, self.begun.bases.get(path))

    def text(self, path: str, digest: str) -> str | None:
        """The text of *path* with that hash, if it was kept."""
        if not self._texts:
            self._texts.extend(_read_texts(self.directory / name) for name in (TEXTS, NEXT_TEXTS))
        for texts in self._texts:
            text = texts.get(path)
            if text is not None and sha256(text.encode("utf-8", "surrogatepass")).hexdigest() == digest:
                return text
        return None

    def is_removed(self, path: str) -> bool:
        """Whether a person took away the file, which is not there."""
        if path in (self.finished.removed or ()) or path in (self.begun.removed or ()):
            return True
        asked = self.finished.removed is not None and path in self.finished.files
        return asked and (not self.was_cut_off or path in self.begun.files)


class _Texts(msgspec.Struct, frozen=True):
    files: dict[str, str]


def _account(file: Path) -> Account | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Account)
    except (OSError, msgspec.DecodeError, ValueError, RecursionError):
        return None


def _read_texts(file: Path) -> Mapping[str, str]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Texts).files
    except (OSError, msgspec.DecodeError, ValueError, RecursionError):
        return {}


def texts_json(files: Iterable[Settled]) -> bytes:
    """generated.json: one file on each line, so that its history can be read."""
    rows = (msgspec.json.encode(each.path) + b": " + msgspec.json.encode(each.text) for each in files if each.text)
    return b'{"files": {\n' + b",\n".join(rows) + b'\n}, "format": "ecs2k8s/generated/v1"}\n'
