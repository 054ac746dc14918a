"""What each leaf is about: mappings/risks.yaml."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

import msgspec

from ecs2k8s.compare.changes import Risk
from ecs2k8s.compare.patterns import Patterns
from ecs2k8s.core.mappings import load_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecs2k8s.compare.patterns import Names
    from ecs2k8s.core.key_paths import Step

ANYWHERE = "anything else"  # the row for kinds and shapes without one


@cache
def table() -> dict[str, dict[str, Risk]]:
    """Shape to pattern to class; the pattern that is empty holds for the rest of the shape."""
    return msgspec.convert(load_yaml("risks.yaml"), dict[str, dict[str, Risk]])


@cache
def patterns() -> Patterns[Risk]:
    return Patterns((shape, pattern, risk) for shape, rows in table().items() for pattern, risk in rows.items())


def risk(shape: str, path: Sequence[Step]) -> Risk:
    """The class of the leaf at *path* of a kind or of a shape of AWS. Every leaf has one."""
    return _risk(shape, tuple(step for step in path if isinstance(step, str)))


@lru_cache(maxsize=100_000)
def _risk(shape: str, names: Names) -> Risk:
    return patterns().covering(shape, names) or table()[ANYWHERE][""]
