"""Secrets in the clear in what rules and schedules hand to tasks; those of task definitions are told in translation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.collect.estate import inner
from ecs2k8s.core.escape import escape
from ecs2k8s.core.findings import Finding
from ecs2k8s.core.paths import show
from ecs2k8s.core.redacted import REDACTED, looks_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.documents import Document
    from ecs2k8s.core.paths import Path

SHAPES = {"events.RuleTargets", "scheduler.Schedule"}


def plain_secrets(document: Document) -> Iterator[Finding]:
    """One finding for each variable, by its name, never by its value; masked ones count too, since AWS has them."""
    if document.shape in SHAPES:
        for path, name in _variables(document.data, ()):
            where = escape(show(path))
            yield Finding.of("plain-secret-in-overrides", document.id, where, name=escape(name))


def _variables(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Names of variables with such values, wherever a list of names and values stands; JSON in a text is one place."""
    if isinstance(value, str):
        if value.lstrip().startswith("{"):
            yield from ((path, name) for _, name in _variables(inner(value), ()))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _variables(item, (*path, index))
    elif isinstance(value, dict):
        pair = {key.lower(): child for key, child in value.items()}
        name, held = pair.get("name"), pair.get("value")
        if isinstance(name, str) and isinstance(held, str) and (held == REDACTED or looks_secret(name, held)):
            yield path, name
        for key, child in value.items():
            yield from _variables(child, (*path, key))
