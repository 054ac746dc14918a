"""Known causes: why a row may be left out of a reader's sight. Words and patterns are in mappings/causes.yaml."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from ecs2k8s.compare.changes import Masked, Name, Status
from ecs2k8s.compare.patterns import Patterns
from ecs2k8s.compare.risks import may_be_hidden, names
from ecs2k8s.core.key_paths import Item, parse_keys
from ecs2k8s.core.mappings import rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.compare.changes import Change, Diff, Leaf, Row
    from ecs2k8s.core.key_paths import KeyPath

# Statuses that say that two sides are not the same: only such a row can need an explanation. A conflict waits for a
# person, whatever it is about.
DIFFERING = {Status.CHANGED, Status.ADDED, Status.REMOVED}


class Cause(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One row of mappings/causes.yaml; what its fields mean stands there."""

    text: str
    see: str = ""
    test: str
    diffs: tuple[Name, ...]
    by: str = ""
    places: dict[str, list[str]] = {}
    keys: str = ""
    both: str = ""
    absent: bool = False

    def __post_init__(self) -> None:
        if bool(self.by) is bool(self.places):
            raise ValueError("either `by` or `places` says when it holds")
        if self.places and not (self.both and self.see):
            raise ValueError("`places` goes with `both` and `see`")

    def matches(self, row: Row, path: KeyPath) -> bool:
        """Whether the values of *row* are such, and the item that it lies in."""
        if self.keys and not any(re.fullmatch(self.keys, key) for key in _keys(path)):
            return False
        return all(self._matches(side) for side in (row.before, row.after))

    def _matches(self, side: Leaf | None) -> bool:
        if side is None:
            return self.absent
        return not isinstance(side.value, Masked | dict | list) and bool(
            re.fullmatch(self.both, str(side.value), re.DOTALL)
        )


@cache
def catalogue() -> Mapping[str, Cause]:
    """Id to cause, as they stand."""
    return rows("causes.yaml", Cause)


@cache
def patterns() -> Patterns[tuple[str, ...]]:
    """Places to the ids of the causes that may hold there."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for ident, cause in catalogue().items():
        for shape, places in cause.places.items():
            for place in places:
                found[shape, place] = (*found.get((shape, place), ()), ident)
    return Patterns((shape, place, idents) for (shape, place), idents in found.items())


def explained(diff: Diff) -> Diff:
    """*diff* with the cause of each row that has a known one.

    A cause that other code gave is taken back where it would hide what no cause may hide.
    """
    return replace(diff, changes=tuple(of_known_causes(diff.name, change) for change in diff.changes))


def counts(diff: Diff) -> dict[str, int]:
    """Explained rows by cause, for the summary line: the most frequent first."""
    found = Counter(row.cause for row in diff.rows if row.cause)
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def shape_of(change: Change) -> str:
    """The shape of a document, or the kind of an object, whose reference begins with it."""
    return change.shape or change.subject.partition("/")[0]


def of_known_causes(name: Name, change: Change) -> Change:
    """One change of a diff of that *name*, in the same way."""
    shape = shape_of(change)
    return replace(change, rows=tuple(_row(name, shape, row) for row in change.rows))


def _row(name: Name, shape: str, row: Row) -> Row:
    if row.status not in DIFFERING:
        return row
    try:
        path = parse_keys(row.path)
    except ValueError:  # a place as somebody else names it, such as the API server
        return row
    if not may_be_hidden(shape, path, row.risk):
        return replace(row, cause="") if row.cause and row.status is Status.CHANGED else row
    if row.cause:
        return row
    for ident in patterns().covering(shape, names(path)) or ():
        cause = catalogue()[ident]
        if name in cause.diffs and cause.matches(row, path):
            return replace(row, cause=ident, because=cause.text)
    return row


def _keys(path: KeyPath) -> list[str]:
    """What the items that *path* leads through are called."""
    return [_text(value) for step in path if isinstance(step, Item) for _, value in step.keys[:1]]


def _text(value: str) -> str:
    return str(msgspec.json.decode(value))
