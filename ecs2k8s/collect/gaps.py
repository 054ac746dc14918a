"""Of which shapes a snapshot may lack documents, because something could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.collect.calls import calls, closure
from ecs2k8s.collect.kinds import kinds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.core.documents import Snapshot
    from ecs2k8s.core.findings import Finding

GONE = {("deleted-in-between", ""), ("aws-failure", "MISSING")}  # what AWS says is not there


def gaps(snapshot: Snapshot) -> frozenset[str]:
    """The shapes; empty where all was read."""
    failed = {_call(failure) for failure in snapshot.failures if not is_gone(failure)}
    if not failed:
        return frozenset()
    if "" in failed:
        return frozenset(kinds())
    # What a list is filtered by may be anything that was read.
    rows = (row for row in calls().values() if row.select or failed & {row.name, *closure(row.name)})
    return frozenset(shape for row in rows for shape in row.keep)


def read_live() -> frozenset[str]:
    """The shapes that are read from AWS; others are a person's files."""
    return frozenset(shape for row in calls().values() for shape in row.keep)


def missing_kinds(given: Snapshot, shapes: Iterable[str]) -> frozenset[str]:
    """Of *shapes* those that files have nothing of: that one is absent there means nothing."""
    return frozenset(shapes) - {document.shape for document in given.documents}


def is_gone(failure: Finding) -> bool:
    """Whether AWS answered, and said that there is no such thing."""
    args = dict(failure.args)
    return (failure.slug, args.get("reason", "")) in GONE


def _call(failure: Finding) -> str:
    """The operation that failed; empty where it was a file."""
    name = dict(failure.args).get("call", "")
    return name if name in calls() else ""
