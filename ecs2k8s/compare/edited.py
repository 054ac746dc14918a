"""What people changed in a generated object, among the rows that say where its leaves come from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.changes import Leaf, Row
from ecs2k8s.compare.differ import rows as differing
from ecs2k8s.core.paths import parse, show

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.core.paths import Path

BY_HAND = "Edited by hand."
AS_EXPORTED = "as exported"


@dataclass(frozen=True, slots=True)
class Edit:
    """An object as it lies in the directory; None where it was removed. `why`: how it came to be another."""

    manifest: Manifest | None
    origin: Callable[[Path], str]
    why: str


def edited(made: Manifest, rows: Mapping[Path, Row], edit: Edit, *, show_values: bool = False) -> dict[Any, Row]:
    """*rows* of the object as it was made, by path; those of leaves that were edited give way to what lies there."""
    found = differing(
        made,
        edit.manifest,
        made["kind"],
        origin_before=show,
        origin_after=edit.origin,
        show_values=show_values,
    )
    left: dict[Any, Row] = dict(rows)
    for row in found:
        before = [left.pop(path) for path in _below(left, row.before)]
        source = before[0].before.origin if len(before) == 1 and before[0].before else ""
        left[row.path, row.status] = _by_hand(row, source, edit.why)
    return left


def _below(rows: Mapping[Any, Row], leaf: Leaf | None) -> list[Path]:
    """The leaves of the object as it was made that a row is about: one, or those of a list."""
    if leaf is None:
        return []
    at = parse(leaf.origin)
    return [path for path in rows if path[: len(at)] == at]


def _by_hand(row: Row, source: str, why: str) -> Row:
    origin = f"{AS_EXPORTED}, from {source}" if source else AS_EXPORTED
    before = Leaf(row.before.value, origin) if row.before else None
    because = f"{why} {row.because[0].upper()}{row.because[1:]}." if row.because else why
    return replace(row, before=before, because=because)
