"""What each leaf is about (mappings/risks.yaml), and what no known cause may hide (mappings/blockers.yaml)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import msgspec

from ecs2k8s.compare.changes import Risk
from ecs2k8s.compare.patterns import Patterns
from ecs2k8s.core.mappings import load_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.compare.patterns import Names
    from ecs2k8s.core.key_paths import Step

ANYTHING = "anything else"  # the row for kinds and shapes without one


class Blockers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """mappings/blockers.yaml."""

    classes: frozenset[Risk]
    places: dict[str, list[str]]


def risk(shape: str, path: Iterable[Step]) -> Risk:
    """The class of the leaf at *path* of a kind or of a shape of AWS. Every leaf has one."""
    return classes().covering(shape, names(path)) or classes().covering(ANYTHING, ()) or Risk.IDENTITY


def is_classed(shape: str, path: Iterable[Step]) -> bool:
    """Whether a row of the table was written for the leaf, or for the rest of its shape."""
    return classes().covering(shape, names(path)) is not None


def may_be_hidden(shape: str, path: Iterable[Step], about: Risk) -> bool:
    """Whether a known cause may take a difference there, which is *about* that, out of a reader's sight."""
    return about not in blockers().classes and not blocking().covering(shape, names(path))


def names(path: Iterable[Step]) -> Names:
    """*path* as the tables name places: without the steps to items of lists."""
    return tuple(step for step in path if isinstance(step, str))


@cache
def table() -> dict[str, dict[Risk, list[str]]]:
    return msgspec.convert(load_yaml("risks.yaml"), dict[str, dict[Risk, list[str]]])


@cache
def classes() -> Patterns[Risk]:
    return Patterns(
        (shape, place, risk) for shape, found in table().items() for risk, places in found.items() for place in places
    )


@cache
def blockers() -> Blockers:
    return msgspec.convert(load_yaml("blockers.yaml"), Blockers)


@cache
def blocking() -> Patterns[bool]:
    return Patterns((shape, place, True) for shape, places in blockers().places.items() for place in places)
