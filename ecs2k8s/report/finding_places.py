"""Where a finding is shown in the files of an export: the line that came of the leaf, else of what holds it."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ecs2k8s.assess.decisions import own_documents
from ecs2k8s.core.manifests import ObjectRef, place
from ecs2k8s.core.names import label
from ecs2k8s.core.paths import leaves, parse, show
from ecs2k8s.core.yaml_lines import line_of, template_lines, yaml_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.findings import Finding
    from ecs2k8s.core.ledger import Entry
    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.core.paths import Path
    from ecs2k8s.core.yaml_lines import Lines

MAIN = ("Deployment", "Rollout", "DaemonSet", "CronJob", "Job", "Ingress", "Gateway", "Service")
REPORT = "report/report.md"
CHOICES = "target.yaml"
TEMPLATES = "/templates/"  # of Helm
LINEAGE = "ecs2k8s.io/"  # annotations that say what an object came from


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, from 1 on, with the columns of its text."""

    file: str
    line: int
    begin: int = 1
    end: int = 1


@dataclass(frozen=True)
class Places:
    """Of *findings*, with the generated files by path, and in which of them each object stands."""

    findings: Sequence[Finding]
    translation: Translation
    texts: Mapping[str, str]
    files: Mapping[ObjectRef, str]

    def of(self, finding: Finding) -> Place:
        """The leaf's line; else its container's; else the first of the main file; else the report's."""
        for manifest in self._objects_by_subject.get(finding.subject, ()):
            if path := self._leaf(manifest, _parsed(finding.path)):
                return self._at(manifest, path)
        entry = self._entries.get((finding.subject, finding.path))
        manifests = self._manifests_of(finding.subject)
        found = self._carried(entry, manifests) if entry else None
        if found:
            return self._at(*found)
        if manifests:
            return self._at(min(manifests, key=_importance), ())
        return self._in_report(finding)

    def _leaf(self, manifest: Manifest, path: Path) -> Path | None:
        """*path* where it lies in the manifest; all of it for an empty path."""
        value: Any = manifest
        try:
            for step in path:
                value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
        return path

    def _carried(self, entry: Entry, manifests: list[Manifest]) -> tuple[Manifest, Path] | None:
        """Where the leaf of *entry* was carried to; where nowhere, its container."""
        name = _container(entry)
        wanted = tuple(f"{to}." for to in entry.to or (entry.row.to if entry.row else ()))
        first = None
        for manifest in manifests:
            for path, dotted in self._dotted(manifest):
                if dotted.startswith(wanted):
                    if _container_at(manifest, path) in (name, ""):
                        return manifest, path
                    first = first or (manifest, path)
        return first or (self._pod_container(name, manifests) if name else None)

    def _pod_container(self, name: str, manifests: list[Manifest]) -> tuple[Manifest, Path] | None:
        for manifest in manifests:
            for path, _ in self._dotted(manifest):
                if _container_at(manifest, path) == name:
                    at = next(at for at, step in enumerate(path) if step in ("containers", "initContainers"))
                    return manifest, path[: at + 2]
        return None

    def _dotted(self, manifest: Manifest) -> list[tuple[Path, str]]:
        ref = ObjectRef.of(manifest)
        if ref not in self._known:
            kind = manifest["kind"]
            self._known[ref] = [(path, ".".join(place(kind, path)) + ".") for path, _ in leaves(manifest)]
        return self._known[ref]

    @cached_property
    def _known(self) -> dict[ObjectRef, list[tuple[Path, str]]]:
        return {}

    def _at(self, manifest: Manifest, path: Path) -> Place:
        file = self.files.get(ObjectRef.of(manifest), "")
        if file not in self.texts:
            return Place(REPORT, 1)
        return self._line(file, line_of(self._lines(file), path) if path else 1)

    def _lines(self, file: str) -> Lines:
        if file not in self._read:
            text = self.texts[file]
            found = template_lines(text) if TEMPLATES in file else yaml_lines(text)
            self._read[file] = found[0] if found else {}
        return self._read[file]

    @cached_property
    def _read(self) -> dict[str, Lines]:
        return {}

    def _line(self, file: str, number: int) -> Place:
        rows = self.texts[file].split("\n")
        text = rows[number - 1] if number <= len(rows) else ""
        return Place(file, number, len(text) - len(text.lstrip()) + 1, len(text) + 1)

    def _in_report(self, finding: Finding) -> Place:
        """target.yaml of a choice, which is there after any export; else the finding's own heading in the report."""
        if finding.subject == CHOICES:
            return Place(CHOICES, 1)
        return self._line(REPORT, self._headings.get(finding.slug, 1)) if REPORT in self.texts else Place(REPORT, 1)

    @cached_property
    def _headings(self) -> dict[str, int]:
        rows = enumerate(self.texts.get(REPORT, "").split("\n"), start=1)
        return {row.strip("`"): number for number, row in rows if row.startswith("`") and row.endswith("`")}

    @cached_property
    def _entries(self) -> dict[tuple[str, str], Entry]:
        wanted = {finding.subject for finding in self.findings}
        entries = (entry for entry in self.translation.ledger.entries if entry.document.id in wanted)
        return {(entry.document.id, show(entry.path)): entry for entry in entries}

    def _manifests_of(self, subject: str) -> list[Manifest]:
        """The objects that came of a document: of the first workload that it belongs to, else of its routing."""
        return self._objects_by_subject.get(subject) or self._by_document.get(subject, [])

    @cached_property
    def _objects_by_subject(self) -> dict[str, list[Manifest]]:
        found: dict[str, list[Manifest]] = defaultdict(list)
        for manifest in self.translation.bundle.manifests:
            found[str(ObjectRef.of(manifest))].append(manifest)
        return found

    @cached_property
    def _by_document(self) -> dict[str, list[Manifest]]:
        folders: dict[str, list[Manifest]] = defaultdict(list)
        found: dict[str, list[Manifest]] = {}
        for placed in self.translation.bundle.objects:
            folders[placed.folder].append(placed.manifest)
        for workload in self.translation.inventory.workloads:
            for ident in own_documents(workload):
                _add(found, ident, folders.get(workload.folder, ()))
        for proof in self.translation.proofs:
            manifests = [placed.manifest for placed in proof.routing.placed] if proof.holds else []
            for item in proof.routing.balancer.items:
                _add(found, item.document.id, manifests)
        for manifest in self.translation.bundle.manifests:
            for key, value in (manifest["metadata"].get("annotations") or {}).items():
                if key.startswith(LINEAGE):
                    _add(found, value, [manifest])
        return found


def _add(found: dict[str, list[Manifest]], ident: str, manifests: Iterable[Manifest]) -> None:
    """The first that an id belongs to is where its findings are shown."""
    if ident not in found and manifests:
        found[ident] = list(manifests)


def _parsed(text: str) -> Path:
    try:
        return parse(text)
    except ValueError:
        return ("",)  # of a finding whose place is words; no manifest has such a key


def _importance(manifest: Manifest) -> tuple[int, str]:
    kind = manifest["kind"]
    return (MAIN.index(kind) if kind in MAIN else len(MAIN), str(ObjectRef.of(manifest)))


def _container(entry: Entry) -> str:
    """The container's name in the manifests, of a leaf of a container definition; else empty."""
    path = entry.path
    if len(path) < 2 or path[0] != "containerDefinitions" or not isinstance(path[1], int):  # noqa: PLR2004
        return ""
    return label(str(entry.document.data["containerDefinitions"][path[1]].get("name", "")))


def _container_at(manifest: Manifest, path: Path) -> str:
    """The name of the container that *path* leads into."""
    value: Any = manifest
    for step, after in itertools.pairwise(path):
        value = value[step]
        if step in ("containers", "initContainers") and isinstance(after, int):
            return str(value[after].get("name", ""))
    return ""
