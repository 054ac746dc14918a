"""What becomes of one file: what was generated then, what lies there, what is generated now, and who wants what."""

from __future__ import annotations

import stat
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import TYPE_CHECKING

from ecs2k8s.core.edits import Edit
from ecs2k8s.render.earlier import REPORTS
from ecs2k8s.render.masked_text import masked_text
from ecs2k8s.render.merge import merge_file

if TYPE_CHECKING:
    from pathlib import Path

    from ecs2k8s.render.earlier import Earlier

GONE = "is no longer generated, and was edited by hand"
OWN = "was there before it was generated"
REMOVED = "was removed by hand"
REMOVED_AND_CHANGED = "was removed by hand, and what is generated has changed since"
REPORT = "was edited by hand, and does not show this export"
NO_TEXT = "was edited by hand, and what it was merged with is not known"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user said about edits: files to write as generated, and files whose conflicts are settled as they lie.

    `is_whole`: everything could be read, so what is not generated now is not generated any more.
    """

    overwrite: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    is_whole: bool = True
    redacts: bool = False  # what looks like a secret is to be in no file but in those that people wrote it into
    place: str = ""  # the directory: its name in front of a path is what a shell completes

    def overwrites(self, path: str) -> bool:
        return any(self.means(glob, path) for glob in self.overwrite)

    def keeps(self, path: str) -> bool:
        return any(self.means(glob, path) for glob in self.keep)

    def means(self, glob: str, path: str) -> bool:
        return fnmatchcase(path, glob) or fnmatchcase(f"{self.place}/{path}", glob)


@dataclass(frozen=True, slots=True)
class Lying:
    """What is at a path: a file with data, nothing, or something `odd`, which nobody can merge."""

    data: bytes | None = None
    odd: str = ""
    can_be_replaced: bool = True

    @property
    def digest(self) -> str:
        return digest(self.data) if self.data is not None else ""


@dataclass(frozen=True, slots=True)
class Settled:
    """`data`: what is to lie there, None for nothing. `base`: hash of what it is merged with, None: not ours any more.

    `text`: the base itself, where it is known and people may edit the file.
    """

    path: str
    lying: Lying
    data: bytes | None
    base: str | None
    text: str | None = None
    edits: tuple[Edit, ...] = ()
    is_removed: bool = False
    is_generated: bool = True
    is_forced: bool = False
    is_left: bool = False  # it may be generated when all can be read

    @property
    def writes(self) -> bool:
        if self.lying.odd or self.is_removed:
            return self.is_forced
        return self.data != self.lying.data

    @property
    def is_gone(self) -> bool:
        """Whether nothing is left of it, and nobody asks for it again."""
        return self.data is None and self.base is None and not self.lying.odd

    @property
    def is_edited(self) -> bool:
        """Whether something of people lies there."""
        if self.lying.odd:
            return not self.is_forced
        return self.data is not None and self.base is not None and digest(self.data) != self.base


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def look(place: Path) -> Lying:
    """Never raises, follows no link and opens nothing that could wait for a writer."""
    try:
        mode = place.lstat().st_mode
        if stat.S_ISREG(mode):
            return Lying(place.read_bytes())
    except FileNotFoundError:
        return Lying()
    except NotADirectoryError:
        return Lying(None, "has a file where its folder is to be", can_be_replaced=False)
    except OSError as error:
        return Lying(odd=f"cannot be read: {error.strerror}")
    if stat.S_ISLNK(mode):
        return Lying(odd="is a link")
    return Lying(None, "is a folder" if stat.S_ISDIR(mode) else "is no file", can_be_replaced=False)


def settle(path: str, now: bytes, lying: Lying, earlier: Earlier, wanted: Wanted) -> Settled:
    """Of a file that is generated."""
    text = None if path.startswith(REPORTS) else now.decode()
    written = Settled(path, lying, now, digest(now), text)
    if lying.data == now or _is_generated(path, lying, earlier):
        return written
    if wanted.overwrites(path) and lying.can_be_replaced:
        return replace(written, is_forced=True)
    if lying == Lying():
        is_removed = earlier.is_removed(path) and earlier.base(path, "")
        return _absent(written, earlier, wanted) if is_removed else written
    made = _edited(written, earlier, redacts=wanted.redacts)
    return _agreed(made, written) if wanted.keeps(path) else made


def _absent(written: Settled, earlier: Earlier, wanted: Wanted) -> Settled:
    base = earlier.base(written.path, "") or ""
    is_same = base == written.base or wanted.keeps(written.path)
    edit = Edit(written.path, because=REMOVED if is_same else REMOVED_AND_CHANGED, is_conflict=not is_same)
    made = replace(written, data=None, is_removed=True, edits=(edit,))
    if is_same:
        return made
    made = replace(made, base=base, text=earlier.text(written.path, base))
    return _masked(made) if wanted.redacts else made


def _edited(written: Settled, earlier: Earlier, *, redacts: bool) -> Settled:
    """Merged, or as a whole in conflict where there is nothing to merge it with."""
    path, lying, now = written.path, written.lying, written.text
    base = earlier.base(path, lying.digest)
    then = None if base is None or now is None else now if base == written.base else earlier.text(path, base)
    if then is None and earlier.was_cut_off and now is not None:  # cut off right before the end: one text is left
        base = earlier.begun.bases.get(path, base)
        then = earlier.text(path, base or "")
    if lying.data is not None and then is not None and now is not None:
        merged = merge_file(path, then, lying.data, now)
        if redacts and merged.base not in (None, now):  # the rest of what is said is of a base without secrets
            merged = merge_file(path, masked_text(merged.base or ""), merged.data, now)
        then = masked_text(then) if redacts else then
        made = replace(written, data=merged.data, edits=merged.edits)
        return made if merged.base == now else _based(made, merged.base if merged.base is not None else then)
    why = lying.odd or (OWN if not base else NO_TEXT if now is not None else REPORT)
    whole = Edit(path, because=why, is_conflict=base != written.base)
    made = replace(written, data=lying.data, edits=(whole,))
    return replace(made, base=base or "", text=then) if whole.is_conflict else made


def _masked(made: Settled) -> Settled:
    """Not merged with what is generated now: its text is of a run that may not have masked."""
    return made if made.text is None else _based(made, masked_text(made.text))


def _based(made: Settled, text: str) -> Settled:
    return replace(made, base=digest(text.encode()), text=text)


def _agreed(made: Settled, written: Settled) -> Settled:
    """People's state stands: what was in conflict is an edit, and its base moves on."""
    edits = tuple(replace(edit, is_conflict=False) for edit in made.edits)
    return replace(made, base=written.base, text=written.text, edits=edits)


def settle_old(path: str, lying: Lying, earlier: Earlier, wanted: Wanted) -> Settled:
    """Of a file that an earlier export generated and this one does not."""
    base = earlier.base(path, lying.digest)
    text = earlier.text(path, base) if base and not path.startswith(REPORTS) else None
    gone = Settled(path, lying, None, None, is_generated=False)
    stays = replace(gone, data=lying.data, base=base, text=text)
    is_generated = _is_generated(path, lying, earlier)
    if wanted.redacts:
        stays = _masked(stays)
        is_ours = is_generated and stays.text is not None and not wanted.is_whole
        stays = replace(stays, data=stays.text.encode()) if is_ours and stays.text is not None else stays
    if lying == Lying():
        return replace(stays, is_removed=True) if earlier.is_removed(path) and base else gone
    if not wanted.is_whole:
        return replace(stays, is_generated=True, is_left=True)
    if is_generated:
        return gone
    if wanted.overwrites(path) and lying.can_be_replaced:
        return replace(gone, is_forced=True)
    if wanted.keeps(path) or not base:
        return replace(gone, data=lying.data)
    return replace(stays, edits=(Edit(path, because=GONE, is_conflict=True),))


def _is_generated(path: str, lying: Lying, earlier: Earlier) -> bool:
    """Whether it lies as an earlier export generated it."""
    return lying.data is not None and lying.digest in earlier.known.get(path, ())
