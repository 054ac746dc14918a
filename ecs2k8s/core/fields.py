"""Field tables: one row for each leaf that AWS can send, and what becomes of it."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from ecs2k8s.core.errors import MappingError
from ecs2k8s.core.fidelity import Fidelity
from ecs2k8s.core.mappings import load_yaml
from ecs2k8s.core.mappings import tables as table_names
from ecs2k8s.core.units import CONVERTERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.core.paths import Path

Pattern = tuple[str, ...]  # ("containerDefinitions", "[]", "options", "*")


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row as it stands in the file."""

    fidelity: Fidelity | dict[str, Fidelity]
    to: str | list[str] = []
    via: str = ""
    by: str = ""
    default: Any = msgspec.UNSET
    because: str = ""
    action: str = ""
    see: str = ""
    unread: str = ""
    state: bool = False
    notes: list[str] = []


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    shape: str
    at: list[str]
    fields: dict[str, Any]
    to: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """What becomes of one field.

    `to` holds the places in the manifests (`Pod.spec.containers.workingDir`, no list indices; `Pod` is the pod template
    of a Deployment, DaemonSet or Job). A row without `to` changes no manifest. `via` names the converter that carries a
    direct field, `by` the function that carries an entangled one, `notes` the slugs that code can say about the leaf.
    `default` is what AWS assumes: a leaf that holds it asks for nothing. `unread` says why a leaf asks for nothing
    where nothing reads it: only for what other documents must refer to first. Without it an unread leaf is a defect.
    `state`: it changes while the account runs, though nobody changed anything.
    """

    table: str
    shape: str
    source: str
    fidelity: Fidelity | Mapping[str, Fidelity]
    to: tuple[str, ...] = ()
    via: str = ""
    by: str = ""
    default: Any = msgspec.UNSET
    because: str = ""
    action: str = ""
    see: str = ""
    unread: str = ""
    state: bool = False
    notes: tuple[str, ...] = ()

    def verdict(self, chosen: frozenset[str]) -> Fidelity:
        """The best case under the user's choices (`Target.chosen`)."""
        if isinstance(self.fidelity, Fidelity):
            return self.fidelity
        return next(verdict for choice, verdict in self.fidelity.items() if choice in chosen or choice == "else")

    @property
    def name(self) -> str:
        """The last name of the source, for a direct field the key that is read."""
        return self.source.rsplit(".", 1)[-1]


@dataclass(slots=True)
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    row: Row | None = None


@dataclass(frozen=True, slots=True)
class FieldTable:
    """All rows for one document shape, found by path."""

    shape: str
    root: _Node
    rows: Mapping[Pattern, Row]
    memo: dict[Path, tuple[Row | None, bool]] = field(default_factory=dict)

    def find(self, path: Path) -> tuple[Row | None, bool]:
        """The row of the leaf at *path*, and whether the path is known at all (a row, or the inside of one)."""
        if path not in self.memo:
            self.memo[path] = self._walk(tuple("[]" if isinstance(step, int) else step for step in path))
        return self.memo[path]

    def _walk(self, key: Pattern) -> tuple[Row | None, bool]:
        node, below = self.root, None
        for step in key:
            below = node.children.get("**", below)
            child = node.children.get(step) or (node.children.get("*") if step != "[]" else None)
            if child is None:
                return (below.row, True) if below else (None, False)
            node = child
        if node.row is None and (everything := node.children.get("**", below)):
            return everything.row, True
        return node.row, True


def pattern(text: str) -> Pattern:
    """`a[].b.*` as steps."""
    return tuple(itertools.chain.from_iterable(_steps(part) for part in text.split(".") if part))


def _steps(part: str) -> Iterator[str]:
    name = part.rstrip("[]")
    if name:
        yield name
    yield from itertools.repeat("[]", part.count("[]"))


def braces(text: str) -> Iterator[str]:
    """`a.{b,c}.d` as `a.b.d` and `a.c.d`."""
    found = re.search(r"\{([^{}]*)\}", text)
    if not found:
        yield text
        return
    for choice in found[1].split(","):
        yield from braces(text[: found.start()] + choice.strip() + text[found.end() :])


@cache
def tables() -> Mapping[str, FieldTable]:
    """Document shape (`ecs.TaskDefinition`) to its table. Raises `MappingError` with file and row."""
    rows: dict[str, dict[Pattern, Row]] = {}
    for name in table_names():
        for document, key, row in _read(name):
            known = rows.setdefault(document, {})
            if key in known:
                raise MappingError(f"{name}: {row.source}: {document} has this row already, in {known[key].table}")
            known[key] = row
    return {document: FieldTable(document, _trie(found), found) for document, found in sorted(rows.items())}


@cache
def rows_of(name: str) -> tuple[Row, ...]:
    """The rows of one file under mappings/, in order."""
    seen: dict[str, Row] = {row.source: row for _, _, row in _read(name)}
    return tuple(seen.values())


def _read(name: str) -> Iterator[tuple[str, Pattern, Row]]:
    try:
        file = msgspec.convert(load_yaml(name), _File)
    except msgspec.ValidationError as error:
        raise MappingError(f"{name}: {error}") from error
    for text, value in file.fields.items():
        for source in braces(text):
            row = _row(name, file, source, value)
            for place in file.at:
                document, _, prefix = place.partition(":")
                yield document, pattern(prefix) + pattern(source), row


def _row(name: str, file: _File, source: str, value: Any) -> Row:
    try:
        row = msgspec.convert(value, _Row)
    except msgspec.ValidationError as error:
        raise MappingError(f"{name}: {source}: {error}") from error
    places = (row.to,) if isinstance(row.to, str) else tuple(row.to)
    absolute = tuple(place if place == "*" or place[:1].isupper() else f"{file.to}.{place}" for place in places)
    wrong = _wrong(row)
    if wrong:
        raise MappingError(f"{name}: {source}: {wrong}")
    return Row(
        table=name,
        shape=file.shape,
        source=source,
        fidelity=row.fidelity,
        to=absolute,
        **{key: getattr(row, key) for key in ("via", "by", "default", "because", "action", "see", "unread", "state")},
        notes=tuple(row.notes),
    )


def _wrong(row: _Row) -> str:
    exact = row.fidelity is Fidelity.EXACT
    if row.via and row.by:
        return "both via and by"
    if row.via and row.via not in CONVERTERS:
        return f"via names no converter: {row.via}"
    if not exact and not row.because and not isinstance(row.fidelity, dict):
        return "because is missing"
    if row.fidelity is Fidelity.MANUAL and not row.action:
        return "action is missing"
    return ""


def _trie(rows: Mapping[Pattern, Row]) -> _Node:
    root = _Node()
    for key, row in rows.items():
        node = root
        for step in key:
            node = node.children.setdefault(step, _Node())
        node.row = row
    return root


def direct(name: str, view: Mapping[str, Any]) -> dict[str, Any]:
    """What the direct rows of table *name* (those with `to` and without `by`) carry from *view*, as a nested map."""
    out: dict[str, Any] = {}
    for row in _direct_rows(name):
        value = view.get(row.source)
        if value is None or value == row.default:
            continue
        for place in row.to:
            put(
                out,
                place.removeprefix(_prefix(name) + ".").split("."),
                CONVERTERS[row.via](value) if row.via else value,
            )
    return out


@cache
def _direct_rows(name: str) -> tuple[Row, ...]:
    return tuple(row for row in rows_of(name) if row.to and not row.by)


@cache
def _prefix(name: str) -> str:
    return str(load_yaml(name)["to"])


def put(out: dict[str, Any], keys: list[str], value: Any) -> None:
    """Set `out[k1][k2]…`, making the maps between."""
    for key in keys[:-1]:
        out = out.setdefault(key, {})
    out[keys[-1]] = value
