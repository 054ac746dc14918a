"""What AWS said: documents and the snapshot that holds them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec

from ecs2k8s.core.errors import SnapshotError
from ecs2k8s.core.escape import escape_json
from ecs2k8s.core.paths import in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.core.findings import Finding

FORMAT = "ecs2k8s/snapshot/v1"


@dataclass(frozen=True, slots=True)
class Document:
    """One resource, as a read API describes it.

    `shape` is the service and botocore's shape name (`ecs.TaskDefinition`), `id` the ARN. Where AWS gave no ARN (the
    input of `register-task-definition`) the id is made of the document's own names: `task-definition/web:3`.
    """

    shape: str
    id: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All documents of one read, sorted by shape and id; what could not be read (`failures`) or only with a note.

    `live`: AWS was asked for everything, so that a list without items is empty, and not merely not given.
    """

    documents: tuple[Document, ...]
    failures: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()
    taken: str = ""  # RFC 3339 UTC; the only part that is no function of the input
    scope: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # options of the export that left things out
    live: bool = False

    def of(self, shape: str) -> list[Document]:
        return [document for document in self.documents if document.shape == shape]

    def in_order(self) -> Snapshot:
        """The same with sorted documents and keys."""
        documents = (Document(d.shape, d.id, in_order(d.data)) for d in self.documents)
        return replace(self, documents=tuple(sorted(documents, key=lambda d: (d.shape, d.id))))


@dataclass(frozen=True, slots=True)
class _Finding:
    slug: str
    subject: str
    path: str = ""
    args: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _File:
    format: str
    documents: list[Document]
    failures: list[_Finding] = field(default_factory=list)
    notes: list[_Finding] = field(default_factory=list)
    taken: str = ""
    scope: dict[str, tuple[str, ...]] = field(default_factory=dict)
    live: bool = False


def dump(snapshot: Snapshot) -> bytes:
    """snapshot.json: canonical JSON (keys sorted, two spaces, a final newline)."""
    return canonical(
        {
            "format": FORMAT,
            "taken": snapshot.taken,
            "documents": [{"shape": d.shape, "id": d.id, "data": d.data} for d in snapshot.documents],
            "failures": [finding.plain() for finding in snapshot.failures],
            "notes": [finding.plain() for finding in snapshot.notes],
            **({"scope": snapshot.scope} if snapshot.scope else {}),
            **({"live": True} if snapshot.live else {}),
        }
    )


def load(value: Any) -> Snapshot:
    """A snapshot from the decoded snapshot.json. Raises `SnapshotError` with the path of what is wrong."""
    from ecs2k8s.core.findings import Finding  # noqa: PLC0415

    try:
        file = msgspec.convert(value, _File)
    except msgspec.ValidationError as error:
        raise SnapshotError(f"not a snapshot: {error}") from error
    if file.format != FORMAT:
        raise SnapshotError(f"format {file.format!r} is not {FORMAT!r}: export again with this version")
    back = [[Finding.of(f.slug, f.subject, f.path, **f.args) for f in group] for group in (file.failures, file.notes)]
    return Snapshot(tuple(file.documents), tuple(back[0]), tuple(back[1]), file.taken, file.scope, file.live)


def in_lines(items: Iterable[Any]) -> bytes:
    """A JSON list with one item on each line, keys sorted: long lists that people search and compare by line."""
    lines = escape_json(b",\n".join(msgspec.json.encode(item, order="sorted") for item in items))
    return b"[\n" + lines + b"\n]" if lines else b"[]"


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, two spaces and a final newline: the same value gives the same bytes."""
    return escape_json(msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2)) + b"\n"
