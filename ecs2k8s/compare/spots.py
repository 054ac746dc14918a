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
    from collections.abc import Iterator

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


def spots(value: Any) -> Iterator[Spot]:
    """Each leaf in the order of `core.paths.leaves`."""
    yield from _spots(value, (), "", "", "", NOWHERE)


def _spots(  # noqa: PLR0913, PLR0917
    value: Any, path: Path, label: str, container: str, name: str, keys: frozenset[str]
) -> Iterator[Spot]:
    if isinstance(value, dict) and value:
        for key, child in value.items():
            yield from _spots(child, (*path, key), label + _key(str(key), first=not label), container, name, keys)
    elif isinstance(value, list) and value:
        of_containers = bool(path) and path[-1] in CONTAINERS
        for index, child in enumerate(value):
            called = _called(child)
            step = _item(*called) if called else f"[{index}]"
            if of_containers and isinstance(child, dict):
                inside = dns_label(str(child.get("name", "")))  # as it is called in manifests
                yield from _spots(child, (*path, index), label + step, inside, "", NOWHERE)
            elif isinstance(child, dict):
                inner = frozenset(text for each in child.values() if (text := text_of(each)) not in EVERYWHERE)
                yield from _spots(child, (*path, index), label + step, container, called[1] if called else "", inner)
            else:
                yield from _spots(child, (*path, index), label + step, container, name, keys)
    else:
        yield Spot(path, label, value, text_of(value), container, name, keys)


@lru_cache(maxsize=10_000)
def _key(key: str, *, first: bool) -> str:
    shown = show((key,))
    return shown if first or shown.startswith("[") else f".{shown}"


def _called(item: Any) -> tuple[str, str] | None:
    """By which key an item is known, and what it is called."""
    if not isinstance(item, dict):
        return None
    return next(((key, str(item[key])) for key in NAMES if isinstance(item.get(key), str | int)), None)


@lru_cache(maxsize=100_000)
def _item(key: str, name: str) -> str:
    return str(Item(((key, json.dumps(name)),)))


def text_of(value: Any) -> str:
    """A scalar as a manifest would write it; a map or a list as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) or not value else json.dumps(value, default=str)
