"""Fields that another manager owns with another value: what the API server says of them, and an object without them."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.managed_fields import Manager, located

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.core.paths import Path

# https://github.com/kubernetes/apimachinery/blob/master/pkg/util/managedfields/internal/conflict.go
NAMED = re.compile(r'conflict with ("(?:[^"\\]|\\.)*")(?: with subresource ("(?:[^"\\]|\\.)*"))?')


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that another manager owns with another value, as the API server names both."""

    field: str
    manager: str


def conflicts(status: Mapping[str, Any]) -> tuple[Conflict, ...]:
    """Of the answer to an apply that was refused because of them; none where it was refused for another reason."""
    found = (cause for cause in causes(status) if cause.get("reason") == "FieldManagerConflict")
    return tuple(Conflict(str(cause.get("field", "")), _named(str(cause.get("message", "")))) for cause in found)


def causes(status: Mapping[str, Any]) -> list[dict[str, Any]]:
    details = status.get("details")
    listed = details.get("causes") if isinstance(details, dict) else None
    return [cause for cause in listed if isinstance(cause, dict)] if isinstance(listed, list) else []


def _named(message: str) -> str:
    found = NAMED.match(message)
    if not found:
        return message
    name, subresource = (part[1:-1] if part else "" for part in found.groups())
    return str(Manager(name, subresource=subresource))


def without(manifest: Manifest, found: Iterable[Conflict]) -> Manifest:
    """*manifest* with the fields in conflict left out: what is left can be asked for without forcing anything."""
    left = deepcopy(manifest)
    paths = {path for one in found if (path := located(one.field, left))}
    for path in sorted(paths, key=_sorting, reverse=True):  # items of a list from its end on
        del at(left, path[:-1])[path[-1]]
    return left


def _sorting(path: Path) -> list[tuple[int, str]]:
    return [(step, "") if isinstance(step, int) else (-1, step) for step in path]


def claimed(manifest: Manifest, made: Manifest, found: Iterable[Conflict]) -> Manifest:
    """*made* with the values that the file has for the fields in conflict."""
    claimed = deepcopy(made)
    for one in found:
        there, here = located(one.field, claimed), located(one.field, manifest)
        if there and here:
            at(claimed, there[:-1])[there[-1]] = at(manifest, here)
    return claimed


def at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def by_field(found: Iterable[Conflict]) -> list[tuple[str, str]]:
    """Each field with its managers, who may be several."""
    managers: dict[str, set[str]] = {}
    for one in found:
        managers.setdefault(one.field, set()).add(one.manager)
    return [(name, ", ".join(sorted(of))) for name, of in sorted(managers.items())]
