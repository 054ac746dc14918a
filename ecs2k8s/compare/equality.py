"""Which values count as equal where: mappings/equality.yaml."""

from __future__ import annotations

from functools import cache
from typing import Literal

import msgspec

from ecs2k8s.compare.patterns import Cursor, Patterns
from ecs2k8s.core.errors import MappingError
from ecs2k8s.core.mappings import rows

Order = Literal["never", "always", "references", "hooks", "spellings"]
ListForm = Literal["keyed", "bag", "ordered"]
Aspect = Literal["items", "value", "one", "empty"]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One row of mappings/equality.yaml: how the values of its places are compared, and who says so.

    `items`: how the items of a list find each other. `keyed`: by the keys `by`; `bag`: in any order; `ordered`: by
    place. Scalars that are not keyed are one leaf. `order`: whether the order of a keyed list means something too:
    where an item refers to others, has a hook that is waited for, or is named as another but for the case. `value`: a
    form of compare/values.py. `one`: a single value is a list of one. `empty`: an empty list or map says nothing.
    """

    text: str
    see: str
    places: dict[str, list[str]]
    items: ListForm | None = None
    by: tuple[str, ...] = ()
    defaults: dict[str, str] = {}
    order: Order = "never"
    value: str = ""
    one: bool = False
    empty: bool = False

    def __post_init__(self) -> None:
        if (self.items == "keyed") is not bool(self.by):
            raise ValueError("`by` goes with `items: keyed`, and with nothing else")
        if not (self.items or self.value or self.one or self.empty):
            raise ValueError("says nothing")


@cache
def rules() -> dict[str, Rule]:
    return rows("equality.yaml", Rule)


Named = tuple[tuple[str, Rule], ...]  # ids with rules: a place may have a rule for its list and one for its values


@cache
def patterns() -> Patterns[Named]:
    found: dict[tuple[str, str], Named] = {}
    for ident, rule in rules().items():
        for shape, places in rule.places.items():
            for place in places:
                found[shape, place] = (*found.get((shape, place), ()), (ident, rule))
    for (shape, place), named in found.items():
        _agree(f"{shape} {place}", named)
    return Patterns((shape, place, named) for (shape, place), named in found.items())


def _agree(place: str, named: Named) -> None:
    for aspect in ("items", "value", "one", "empty"):
        if sum(bool(getattr(rule, aspect)) for _, rule in named) > 1:
            raise MappingError(f"equality.yaml: {place} has two rules of `{aspect}`")


def rule(cursor: Cursor[Named], aspect: Aspect) -> tuple[str, Rule] | None:
    """The most specific rule here that speaks of *aspect*, with its id."""
    for node in cursor:
        for ident, found in node.value or ():
            if getattr(found, aspect):
                return ident, found
    return None
