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
NAMES = {"image"}  # `shop/token:1.2` is a name and a tag


def mask(value: Any, key: str = "") -> Any:
    """*value*, any JSON below *key*, without what looks like a secret: by its name in pairs and maps, else by its form.

    The same secret gives the same constant everywhere, so masking twice changes nothing.
    """
    return _masked(value, key, by_name=False)


def _masked(value: Any, key: str, *, by_name: bool) -> Any:
    """*by_name*: the members of maps have names that people chose."""
    if isinstance(value, str):
        return value if key in NAMES else _text(value)
    if isinstance(value, list):
        return list(_items(value, key, by_name=by_name))
    if isinstance(value, dict):
        named = by_name or key in MAPS
        return _pair(value) or {name: _member(name, child, named, by_name) for name, child in value.items()}
    return value


def _member(name: str, child: Any, named: bool, by_name: bool) -> Any:  # noqa: FBT001 (of one caller)
    if named and isinstance(child, str) and looks_secret(name, child):
        return REDACTED
    return _masked(child, name, by_name=by_name)


def _pair(value: dict[str, Any]) -> dict[str, Any] | None:
    for name, held in PAIRS:
        if isinstance(value.get(name), str) and isinstance(value.get(held), str):
            secret = looks_secret(value[name], value[held])
            return {**value, held: REDACTED if secret else _text(value[held])}
    return None


def _items(value: list[Any], key: str, *, by_name: bool) -> Iterator[Any]:
    """Arguments of a command follow their flags: `--password`, then the password."""
    for before, item in pairwise(["", *value]):
        flag = isinstance(before, str) and before.startswith("--") and isinstance(item, str)
        yield REDACTED if flag and looks_secret(before.lstrip("-"), item) else _masked(item, key, by_name=by_name)


def _text(text: str) -> str:
    """JSON in a string, as schedules hold the overrides of a task, is looked into."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            inner = json.loads(text)
        except (ValueError, RecursionError):
            return hidden(text)
        masked = _masked(inner, "", by_name=True)
        return text if masked == inner else json.dumps(masked)
    return hidden(text)
