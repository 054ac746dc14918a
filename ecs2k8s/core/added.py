"""Places in manifests that no field of AWS asked for, and why they are written."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ecs2k8s.core.mappings import load_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def added() -> Mapping[str, str]:
    """mappings/added.yaml: place (`*` for every kind) to reason."""
    found: dict[str, str] = load_yaml("added.yaml")
    return found


def covers(place: str, steps: tuple[str, ...]) -> bool:
    """Whether the leaf at *steps* (kind first) lies at or below *place*. Keys of maps may hold dots."""
    text = ".".join(steps)
    if place == "*":
        return True
    if place.startswith("*."):
        return (text.partition(".")[2] + ".").startswith(place[2:] + ".")
    return (text + ".").startswith(place + ".")
