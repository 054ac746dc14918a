"""Documents by ARN and by name, as ECS itself resolves references."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.arns import last
from ecs2k8s.core.tracking import Trace, View

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.core.documents import Document


@dataclass(frozen=True, slots=True)
class Tracked:
    """A document with the trace that all readers of it share."""

    document: Document
    trace: Trace

    @classmethod
    def of(cls, document: Document) -> Tracked:
        return cls(document, Trace())

    @property
    def view(self) -> View:
        return View(self.document.data, self.trace)

    def leave_out(self, slug: str, /, **args: object) -> None:
        """Say that the document as a whole was left out, and why."""
        self.trace.skipped = (slug, tuple(sorted((name, str(value)) for name, value in args.items())))


@dataclass(frozen=True, slots=True)
class Index:
    """All documents of a snapshot, by what refers to them."""

    tracked: tuple[Tracked, ...]
    shapes: Mapping[str, list[Tracked]]
    definitions: Mapping[str, Tracked]  # by ARN, `family:revision` and, for the highest active revision, `family`
    clusters: Mapping[str, Tracked]  # by name
    taken: str = ""  # when AWS was read, in RFC 3339, where that is known

    @classmethod
    def of(cls, documents: Iterable[Document], taken: str = "") -> Index:
        tracked = tuple(Tracked.of(document) for document in documents)
        clusters = {last(item.document.id): item for item in tracked if item.document.shape == "ecs.Cluster"}
        shapes: dict[str, list[Tracked]] = defaultdict(list)
        for item in tracked:
            shapes[item.document.shape].append(item)
        return cls(tracked, shapes, _definitions(tracked), clusters, taken)

    def of_shape(self, shape: str) -> list[Tracked]:
        return self.shapes.get(shape, [])

    def views(self, shape: str) -> dict[str, View]:
        return {item.document.id: item.view for item in self.of_shape(shape)}


def revision(data: Mapping[str, Any]) -> int:
    """The revision; 0 for the input of `register-task-definition`, which has none yet."""
    return int(data.get("revision") or 0)


def is_active(data: Mapping[str, Any]) -> bool:
    return data.get("status") in (None, "ACTIVE")


def _definitions(tracked: Iterable[Tracked]) -> dict[str, Tracked]:
    found: dict[str, Tracked] = {}
    definitions = [item for item in tracked if item.document.shape == "ecs.TaskDefinition"]
    for item in sorted(definitions, key=lambda item: (is_active(item.document.data), revision(item.document.data))):
        data = item.document.data
        found[item.document.id] = item
        found[f"{data.get('family')}:{revision(data)}"] = item
        found[str(data.get("family"))] = item
    return found
