"""The leaves of documents and manifests with what tells them apart: their container, and the item that they are in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.key_paths import Item
from ecs2k8s.core.names import label as dns_label
from ecs2k8s.core.paths import show

if TYPE_CHECKING:
    from ecs2k8s.core.paths import Path

CONTAINERS = frozenset({"containers", "initContainers", "containerDefinitions"})
NAMES = (
    "name",
    "Name",
    "mountPath",
    "containerPath",
    "containerPort",
    "port",
    "key",
    "Key",
    "secretKey",
    "topologyKey",
)
EVERYWHERE = frozenset({"", "0", "1", "true", "false", "tcp", "TCP", "HTTP", "/"})  # values that say nothing alone
NOWHERE: frozenset[str] = frozenset()
Around = tuple[str, str, frozenset[str]]  # the container, the name of the item, its scalars


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """One leaf. `keys` are the scalars of the innermost item of a list that it is in, below its container."""

    path: Path
    label: str  # its path, with items by what they are called
    value: Any
    text: str
    container: str = ""
    name: str = ""  # what its item is called
    keys: frozenset[str] = NOWHERE

    @property
    def call(self) -> str:
        """What people call the value: the name of its item, or its own key."""
        last = self.path[-1] if self.path else ""
        return self.name if last in {"value", "Value"} and self.name else str(last)


def spots(value: Any) -> list[Spot]:
    """Each leaf in the order of `core.paths.leaves`."""
    found: list[Spot] = []
    _put(found, value, (), "", ("", "", NOWHERE))
    return found


def _put(found: list[Spot], value: Any, path: Path, label: str, around: Around) -> None:
    if isinstance(value, dict) and value:
        for key, child in value.items():
            _put(found, child, (*path, key), label + _key(str(key), first=not label), around)
    elif isinstance(value, list) and value:
        of_containers = bool(path) and path[-1] in CONTAINERS
        for index, child in enumerate(value):
            step, inside = _item(index, child, around, of_containers=of_containers)
            _put(found, child, (*path, index), label + step, inside)
    else:
        found.append(Spot(path, label, value, text_of(value), *around))


def _item(index: int, item: Any, around: Around, *, of_containers: bool) -> tuple[str, Around]:
    """The step to an item of a list, and what is around the leaves in it."""
    if not isinstance(item, dict):
        return f"[{index}]", around
    called = _called(item)
    step = _shown(*called) if called else f"[{index}]"
    if of_containers:
        return step, (dns_label(str(item.get("name", ""))), "", NOWHERE)  # as it is called in manifests
    scalars = (text_of(each) for each in item.values() if not isinstance(each, dict | list))
    return step, (around[0], called[1] if called else "", frozenset(scalars) - EVERYWHERE)


@lru_cache(maxsize=10_000)
def _key(key: str, *, first: bool) -> str:
    shown = show((key,))
    return shown if first or shown.startswith("[") else f".{shown}"


def _called(item: dict[str, Any]) -> tuple[str, str] | None:
    """By which key an item is known, and what it is called."""
    return next(((key, str(item[key])) for key in NAMES if isinstance(item.get(key), str | int)), None)


@lru_cache(maxsize=100_000)
def _shown(key: str, name: str) -> str:
    return str(Item(((key, json.dumps(name)),)))


def text_of(value: Any) -> str:
    """A scalar as a manifest would write it; a map or a list as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) or not value else json.dumps(value, default=str)
