"""The objects as they lie in a migration directory, edited or not, in each of its formats."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from ecs2k8s.compare.changes import Action, Change
from ecs2k8s.compare.differ import rows
from ecs2k8s.compare.edited import BY_HAND, Edit
from ecs2k8s.compare.lying_documents import objects_in, text_in, values_in
from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.core.yaml_lines import line_of, template_lines, yaml_lines
from ecs2k8s.render import FORMATS, PLACES
from ecs2k8s.render.helm import CHART, TEMPLATES
from ecs2k8s.render.helm_read import rendered
from ecs2k8s.render.helm_values import takes_values
from ecs2k8s.render.settle import digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path as File

    from ecs2k8s.core.formats import Format
    from ecs2k8s.core.manifests import Bundle, Manifest, Placed
    from ecs2k8s.core.paths import Path
    from ecs2k8s.core.yaml_lines import Lines

    Objects = list[tuple[ObjectRef, Manifest]]

SUFFIXES = frozenset({".yaml", ".yml", ".json"})  # what `kubectl apply -R -f` reads
TREES = ("manifests", "traffic", "monitoring")
KUSTOMIZATION, VALUES = "kustomization.yaml", "values.yaml"
AROUND = (KUSTOMIZATION, VALUES, CHART)  # files that hold no object
OF_CHART = f"/{TEMPLATES}/"
STALE = "The last export wrote it so; it would write it otherwise now: target.yaml or ecs2k8s is another."
REMOVED = "Its file was removed by hand."
RENAMED = "Its file holds no object of this name any more."
UNTOLD = "was edited so that only Helm can tell what it holds; it is not compared"
ADDED = "Added by hand."
TWICE = "It stands in this file more than once: kustomize refuses that, kubectl takes the last one."
LINK = "is a link, which is not followed; what it leads to is not compared"
NO_FILE = "is no file; what an export wrote there is not compared"
UNSEEN = "was edited; what it does to the objects is not compared"


@dataclass
class LyingObjects:
    """The files of the trees, beside what an export would write now."""

    place: File
    bundle: Bundle
    form: Format
    hashes: Mapping[str, str]  # of what the last export wrote, by path below the directory
    undecided: list[str] = field(default_factory=list)
    _bytes: dict[str, bytes | None] = field(default_factory=dict)
    _lines: dict[str, list[Lines]] = field(default_factory=dict)
    _objects: dict[str, Objects] = field(default_factory=dict)

    def __post_init__(self) -> None:
        around = [path for path in self.made if path.endswith((KUSTOMIZATION, CHART))]
        self.undecided += [f"{self.place / path}: {UNSEEN}" for path in around if not self._as_made(path)]
        self.undecided += [f"{self.place / path}: {why}" for path, why in self._odd.items()]

    @cached_property
    def made(self) -> Mapping[str, str]:
        """Path to text."""
        return FORMATS[self.form](self.bundle)

    @cached_property
    def refs(self) -> frozenset[tuple[str, ObjectRef]]:
        """The objects that an export would write, with their files."""
        return frozenset((PLACES[self.form](p), ObjectRef.of(p.manifest)) for p in self.bundle.everything)

    def origin(self, placed: Placed, path: Path) -> str:
        """File and line of a leaf of an object."""
        file = PLACES[self.form](placed)
        if file not in self.made:
            return ""
        return self._at(file, 0 if self._as_made(file) else self._find(file, placed)[0], path)

    def _find(self, file: str, placed: Placed) -> tuple[int, Manifest | None]:
        """Which document of a file an object is, and as what it lies there."""
        ref = ObjectRef.of(placed.manifest)
        return next(((at, item) for at, (known, item) in enumerate(self._in(file)) if known == ref), (0, None))

    def edit(self, placed: Placed) -> Edit | None:
        """The object as it lies, where that is another one."""
        file = PLACES[self.form](placed)
        if file not in self.made or self._as_made(file) or file in self._odd:
            return None
        if self._read(file) is None:
            return Edit(None, partial(self._at, file, 0), REMOVED)
        at, manifest = self._find(file, placed)
        if manifest is None:
            return None if self._text(file) is None else Edit(None, partial(self._at, file, 0), RENAMED)
        return None if manifest == placed.manifest else Edit(manifest, partial(self._at, file, at), self._why(file))

    def added(self, *, show_values: bool) -> Iterator[Change]:
        """Objects that no export would write: in files of people, or beside a generated one in its file."""
        for file in self._files():
            if file in self.made and self._as_made(file):
                continue
            before: set[ObjectRef] = set()
            for at, (ref, manifest) in enumerate(self._in(file)):
                if (file, ref) not in self.refs or ref in before:
                    place = partial(self._at, file, at)
                    found = rows(None, manifest, ref.kind, origin_after=place, show_values=show_values)
                    by_hand = tuple(replace(row, because=ADDED) for row in found)
                    said = f"{self.place / file}: {ADDED}{f' {TWICE}' if ref in before else ''}"
                    yield Change(str(ref), Action.CREATE, by_hand, said=(said,))
                before.add(ref)

    @cached_property
    def _odd(self) -> Mapping[str, str]:
        """What lies in the trees and cannot be read as a file: path to why."""
        below = [each for tree in TREES for each in (self.place / tree).rglob("*")]
        links = {each: LINK for each in below if each.is_symlink()}
        made = {each: NO_FILE for each in map(self.place.joinpath, self.made) if each.exists() and not each.is_file()}
        found = sorted((made | links).items())
        return {each.relative_to(self.place).as_posix(): why for each, why in found}

    def _files(self) -> list[str]:
        below = [file for tree in TREES for file in (self.place / tree).rglob("*") if file.suffix in SUFFIXES]
        found = [
            file.relative_to(self.place).as_posix()
            for file in below
            if file.name not in AROUND and not file.is_symlink() and file.is_file()
        ]
        return sorted(file for file in found if self.form != "helm" or OF_CHART in file)

    def _in(self, file: str) -> Objects:
        """The objects of one file. Raises `OutputError` naming it where it holds none."""
        if file not in self._objects:
            place, text = self.place / file, self._text(file)
            documents = objects_in(text or "", place)
            if text is None:
                self.undecided.append(f"{place}: {UNTOLD}")
            self._objects[file] = [(ObjectRef.of(item), item) for item in documents if item is not None]
        return self._objects[file]

    def _text(self, file: str) -> str | None:
        """The text that holds objects; of a template of Helm what Helm makes of it, None where only Helm can tell."""
        text = text_in(self.place / file) if self._read(file) is not None else ""
        if self.form != "helm":
            return text
        values = _values(file)
        held = text_in(self.place / values) if self._read(values) is not None else ""
        return rendered(text, values_in(held, self.place / values))

    def _read(self, path: str) -> bytes | None:
        """The file as it lies; None where there is none. A link is not followed."""
        if path not in self._bytes:
            file = self.place / path
            self._bytes[path] = file.read_bytes() if file.is_file() and not file.is_symlink() else None
        return self._bytes[path]

    def _as_made(self, file: str) -> bool:
        """Whether it lies as an export would write it, and the values that it takes too."""
        same = self._read(file) == self.made[file].encode()
        return same and not (takes_values(self.made[file]) and not self._as_made(_values(file)))

    def _why(self, file: str) -> str:
        files = [file, _values(file)] if takes_values(self.made[file]) else [file]
        exported = all(digest(self._read(each) or b"") == self.hashes.get(each) for each in files)
        return STALE if exported else BY_HAND

    def _at(self, file: str, document: int, path: Path) -> str:
        if file not in self._lines:
            self._lines[file] = self._lines_of(file)
        lines = self._lines[file]
        return (
            f"{self.place / file}:{line_of(lines[document], path)}" if document < len(lines) else str(self.place / file)
        )

    def _lines_of(self, file: str) -> list[Lines]:
        """None of a template into which a person wrote more than values."""
        text = (self._read(file) or b"").decode()
        try:
            return template_lines(text) if self.form == "helm" else yaml_lines(text)
        except ValueError:
            return []


def _values(file: str) -> str:
    """The values of the chart that a template belongs to."""
    return f"{file.partition(OF_CHART)[0]}/{VALUES}"
