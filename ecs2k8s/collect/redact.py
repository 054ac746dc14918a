"""Masks values before they reach the snapshot; secret values themselves are never requested."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.redacted import REDACTED, looks_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.documents import Document


def mask(document: Document) -> Document:
    """*document* without the plain environment values and driver options that look secret."""
    if document.shape not in {"ecs.TaskDefinition", "ecs.Task"}:
        return document
    return replace(document, data=_masked(document.data))


def _masked(value: Any, key: str = "") -> Any:
    if isinstance(value, list):
        items = [_masked(item) for item in value]
        return [_environment(item) for item in items] if key == "environment" else items
    if not isinstance(value, dict):
        return value
    masked = {name: _masked(child, name) for name, child in value.items()}
    if key in {"options", "driverOpts"}:
        return dict(_options(masked))
    return masked


def _environment(item: Any) -> Any:
    if not isinstance(item, dict) or not isinstance(item.get("value"), str):
        return item
    return {**item, "value": REDACTED} if looks_secret(str(item.get("name", "")), item["value"]) else item


def _options(options: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in options.items():
        yield name, REDACTED if isinstance(value, str) and looks_secret(name, value) else value
