"""Which of the static checks a unit needs, by how it is shifted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

STATIC = tuple(f"S{number:02}" for number in range(1, 39))
ONLY = {"S24": "A", "S25": "A", "S26": "B", "S27": "D"}  # these are about one design


def static(designs: Iterable[str]) -> tuple[str, ...]:
    its = set(designs)
    return tuple(check for check in STATIC if ONLY.get(check, "") in ("", *its))
