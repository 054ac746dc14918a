"""Masks values before they reach a file; secret values themselves are never requested."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.redacted import REDACTED, hidden, looks_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

PAIRS = (("name", "value"), ("Name", "Value"), ("key", "value"), ("Key", "Value"))  # environment, tags, attributes
MAPS = {"options", "driverOpts", "dockerLabels", "labels", "tags", "Tags"}  # what people call their own settings in


def mask(value: Any, key: str = "") -> Any:
    """*value*, any JSON below *key*, without what looks like a secret: by its name in pairs and maps, else by its form.

    The same secret gives the same constant everywhere, so masking twice changes nothing.
    """
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return list(_items(value))
    if isinstance(value, dict):
        return _pair(value) or {name: _member(name, child, key) for name, child in value.items()}
    return value


def _member(name: str, child: Any, key: str) -> Any:
    by_name = key in MAPS and isinstance(child, str) and looks_secret(name, child)
    return REDACTED if by_name else mask(child, name)


def _pair(value: dict[str, Any]) -> dict[str, Any] | None:
    for name, held in PAIRS:
        if isinstance(value.get(name), str) and isinstance(value.get(held), str):
            secret = looks_secret(value[name], value[held])
            return {**value, held: REDACTED if secret else _text(value[held])}
    return None


def _items(value: list[Any]) -> Iterator[Any]:
    """Arguments of a command follow their flags: `--password`, then the password."""
    for before, item in pairwise(["", *value]):
        flag = isinstance(before, str) and before.startswith("--") and isinstance(item, str)
        yield REDACTED if flag and looks_secret(before.lstrip("-"), item) else mask(item)


def _text(text: str) -> str:
    """JSON in a string, as schedules hold the overrides of a task, is looked into."""
    if text.startswith("{"):
        try:
            inner = json.loads(text)
        except (ValueError, RecursionError):
            return hidden(text)
        masked = mask(inner)
        return text if masked == inner else json.dumps(masked)
    return hidden(text)
