"""What was in ECS beside what it becomes, for each workload."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.assess.decisions import own_documents
from ecs2k8s.compare.translated import Owner, as_made, nowhere, translated
from ecs2k8s.core.tracking import View

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.compare.changes import Change
    from ecs2k8s.compare.translated import Lies
    from ecs2k8s.compare.translated_rows import Origin
    from ecs2k8s.core.documents import Document
    from ecs2k8s.resolve.workload import Workload

NOT_ITS_OWN = frozenset({"parts", "size"})


def translated_changes(
    translation: Translation, *, origin: Origin = nowhere, lies: Lies = as_made, show_values: bool = False
) -> tuple[Change, ...]:
    """Every leaf of the input and of the objects, with its status; `lies` tells of objects that people edited."""
    about = (translation.ledger, translation.bundle, owners(translation))
    return translated(*about, origin=origin, lies=lies, show_values=show_values)


def by_workload(changes: tuple[Change, ...]) -> dict[str, tuple[Change, ...]]:
    """`namespace/name` to its objects and documents; a document of several stands with each. The rest stands at ``."""
    found: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        for name in change.workload.split(", "):
            found[name].append(change)
    return {name: tuple(members) for name, members in sorted(found.items())}


def owners(translation: Translation) -> list[Owner]:
    """The workloads that were translated, with the documents whose views they hold."""
    documents = {id(item.trace): item.document for item in translation.inventory.index.tracked}
    names: dict[str, list[str]] = defaultdict(list)
    for document in documents.values():
        names[document.id].append(f"{document.shape} {document.id}")
    return [
        Owner(
            workload.folder,
            frozenset(_documents(workload, documents)).union(*(names[ident] for ident in own_documents(workload))),
        )
        for workload in translation.translated
    ]


def _documents(workload: Workload, documents: Mapping[int, Document]) -> Iterator[str]:
    """Its own documents, and of those that it may look up the ones that they name."""
    own: dict[int, Document] = {}
    tables: list[Mapping[str, Any]] = []
    for item in fields(workload):
        value = getattr(workload, item.name)
        if isinstance(value, dict):
            tables.append(value)
        elif item.name not in NOT_ITS_OWN:
            own |= {id(view.trace): documents[id(view.trace)] for view in _views(value) if id(view.trace) in documents}
    named = {text for document in own.values() for text in _texts(document.data)}
    for table in tables:  # target groups come before the load balancers that these name
        found = [documents[id(view.trace)] for key in table.keys() & named for view in _views(table[key])]
        own |= {id(document): document for document in found}
        named |= {text for document in found for text in _texts(document.data)}
    yield from (f"{document.shape} {document.id}" for document in own.values())


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from _texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child)


def _views(value: Any) -> Iterator[View]:
    """The views of documents in a field of a workload."""
    if isinstance(value, View):
        yield value
    elif isinstance(value, list | tuple):
        for child in value:
            yield from _views(child)
    elif is_dataclass(value) and not isinstance(value, type):
        for item in fields(value):
            yield from _views(getattr(value, item.name))
