"""IAM policy documents as values: what one and many look like, and when two statements say the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Statement = Mapping[str, Any]


def listed(value: Any) -> list[Any]:
    """A list where IAM takes one value or a list of them; empty for what is not there."""
    return [] if value is None else list(value) if isinstance(value, list) else [value]


def statements(document: Mapping[str, Any]) -> list[Statement]:
    """The statements of a policy document, one or many; what is no map is none."""
    return [each for each in listed(document.get("Statement")) if isinstance(each, Mapping)]


def normal(value: Any, *, action: bool = False) -> Any:
    """One form for all that IAM takes as equal: single values as lists, lists sorted, actions in lower case."""
    if isinstance(value, Mapping):
        return {key: normal(child, action=key in {"Action", "NotAction"}) for key, child in sorted(value.items())}
    texts = [each if isinstance(each, str) else json.dumps(each, sort_keys=True) for each in listed(value)]
    return sorted({text.lower() for text in texts} if action else set(texts))


def same(one: Statement, other: Statement) -> bool:
    """Whether both say the same, whatever they are called (`Sid`)."""
    return bool(normal(_unnamed(one)) == normal(_unnamed(other)))


def _unnamed(statement: Statement) -> dict[str, Any]:
    return {key: value for key, value in statement.items() if key != "Sid"}


def size(document: Mapping[str, Any]) -> int:
    """The characters that IAM counts: white space between the parts is none of them.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    return len(json.dumps(document, separators=(",", ":"), ensure_ascii=False))
