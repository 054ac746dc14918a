"""Masks what looks like a secret before it reaches the journal."""

from __future__ import annotations

from typing import Any

from ecs2k8s.collect.redact import NEUTRAL, mask
from ecs2k8s.core.redacted import REDACTED, looks_secret

OF_SECRETS = {"data", "stringData"}  # of a Kubernetes Secret: every value, whatever it looks like


def redacted(fields: dict[str, Any]) -> dict[str, Any]:
    """*fields* of an event: JSON, in lists and maps. The names of the fields are ours, those below them are not."""
    return {name: _strict(mask(value, name), "") for name, value in fields.items()}


def _strict(value: Any, key: str) -> Any:
    """A journal is shown to more people than what it tells of: here the name of any member gives a secret away."""
    if isinstance(value, list):
        return [_strict(item, key) for item in value]
    if isinstance(value, dict):
        hides = OF_SECRETS if value.get("kind") == "Secret" else ()
        return {name: _all(child) if name in hides else _strict(child, name) for name, child in value.items()}
    named = isinstance(value, str) and looks_secret(key, NEUTRAL) and looks_secret(key, value)
    return REDACTED if named else value


def _all(value: Any) -> Any:
    return dict.fromkeys(value, REDACTED) if isinstance(value, dict) else REDACTED
