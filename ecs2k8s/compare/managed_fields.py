"""Who owns which field of an object: its `metadata.managedFields`, read against the object itself.

The keys of fieldsV1: `f:name` is a field, `k:{…}` the item of a list that has these keys, `v:…` the item that is this
value, `i:0` the item at this place, and `.` what holds them. The API server names fields of a conflict with the same
steps in another spelling. Source of both: https://github.com/kubernetes-sigs/structured-merge-diff, the package
`fieldpath` (serialize-pe.go, element.go).
"""

from __future__ import annotations

import json
import re
from ast import literal_eval
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.core.paths import Path

QUOTED = r'"(?:[^"\\\n]|\\.)*"'  # a string as Go's %q writes it, which Python reads too
SCALAR = rf"(?:{QUOTED}|[^\s\"=,\]]+)"
KEYS = re.compile(rf"\[(\w+={SCALAR}(?:,\w+={SCALAR})*)\]")
KEY = re.compile(rf"(\w+)=({SCALAR})")
ITEM = re.compile(rf"\[=({SCALAR})\]")
INDEX = re.compile(r"\[(\d{1,9})\]")


@dataclass(frozen=True, slots=True, order=True)
class Manager:
    """Who wrote fields, and how: one name that applies and updates is two managers."""

    name: str
    operation: str = "Update"
    subresource: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.subresource})" if self.subresource else self.name


@dataclass(frozen=True, slots=True)
class Owners:
    """Managers by path: of a place with all that is below it (`whole`), and of a map or an item alone (`alone`)."""

    whole: Mapping[Path, tuple[Manager, ...]] = field(default_factory=dict)
    alone: Mapping[Path, tuple[Manager, ...]] = field(default_factory=dict)

    def of(self, path: Path) -> tuple[Manager, ...]:
        above = (self.whole.get(path[:depth], ()) for depth in range(len(path) + 1))
        return tuple(sorted({*self.alone.get(path, ()), *(manager for found in above for manager in found)}))


def owners(live: Manifest) -> Owners:
    """Who owns what in *live*. Entries that are not in the documented form own nothing."""
    whole: dict[Path, tuple[Manager, ...]] = {}
    alone: dict[Path, tuple[Manager, ...]] = {}
    metadata = live.get("metadata")
    entries = metadata.get("managedFields") if isinstance(metadata, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict):
            continue
        manager = Manager(*(str(entry.get(key) or "") for key in ("manager", "operation", "subresource")))
        for path, is_whole in _owned(entry.get("fieldsV1"), live, ()):
            held = whole if is_whole else alone
            held[path] = (*held.get(path, ()), manager)
    return Owners(whole, alone)


def _owned(fields: Any, value: Any, path: Path) -> Iterator[tuple[Path, bool]]:
    """The places of *value* that *fields* name, and whether each is owned with all that is below it."""
    if not isinstance(fields, dict):
        return
    if path and (not fields or "." in fields):
        yield path, not fields
    for key, below in fields.items():
        step = _step(key, value)
        if step is not None:
            yield from _owned(below, value[step], (*path, step))


def _step(key: str, value: Any) -> str | int | None:
    """Where a key of fieldsV1 leads in *value*; None where it is not there."""
    sort, _, text = key.partition(":")
    if sort == "f":
        return text if isinstance(value, dict) and text in value else None
    if sort not in {"k", "v", "i"} or not isinstance(value, list):
        return None
    try:
        wanted = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if sort == "i":
        return wanted if type(wanted) is int and 0 <= wanted < len(value) else None
    return _with_keys(value, wanted) if sort == "k" else _equal(value, wanted)


def _with_keys(items: list[Any], keys: Any) -> int | None:
    """The item that has *keys*. A key that the server fills in by default may be missing in what people wrote."""
    if not isinstance(keys, dict):
        return None
    maps = [(index, item) for index, item in enumerate(items) if isinstance(item, dict)]
    for found in (
        [index for index, item in maps if all(_same(item.get(key), wanted) for key, wanted in keys.items())],
        [index for index, item in maps if all(_same(item.get(key, wanted), wanted) for key, wanted in keys.items())],
    ):
        if found:
            return found[0]
    return None


def _equal(items: list[Any], wanted: Any) -> int | None:
    return next((index for index, item in enumerate(items) if _same(item, wanted)), None)


def _same(one: Any, other: Any) -> bool:
    """Equality of JSON, where true is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def located(text: str, value: Any) -> Path | None:
    """The place in *value* of a field as a conflict names it: `.spec.containers[name="web"].image`.

    Names are not quoted there, so that `.metadata.labels.app.kubernetes.io/name` is found by what *value* holds.
    """
    if not text:
        return ()
    for step, rest in _steps(text, value):
        below = located(rest, value[step])
        if below is not None:
            return (step, *below)
    return None


def _steps(text: str, value: Any) -> Iterator[tuple[str | int, str]]:
    """Each step that *text* may begin with in *value*, and the rest of the text."""
    if isinstance(value, dict) and text.startswith("."):
        for name in value:
            rest = text[1 + len(name) :]
            if text.startswith(name, 1) and rest[:1] in {"", ".", "["}:
                yield name, rest
    elif isinstance(value, list):
        for pattern, find in FINDERS:
            match = pattern.match(text)
            index = find(value, match[1]) if match else None
            if match and index is not None:
                yield index, text[match.end() :]


def _read(text: str) -> Any:
    """A scalar as structured-merge-diff writes it."""
    try:
        return literal_eval(text) if text.startswith('"') else json.loads(text)
    except (SyntaxError, ValueError):
        return text


def _by_keys(items: list[Any], text: str) -> int | None:
    return _with_keys(items, {key: _read(value) for key, value in KEY.findall(text)})


def _by_value(items: list[Any], text: str) -> int | None:
    return _equal(items, _read(text))


def _by_index(items: list[Any], text: str) -> int | None:
    return int(text) if int(text) < len(items) else None


FINDERS = ((KEYS, _by_keys), (ITEM, _by_value), (INDEX, _by_index))
