"""Lists whose items have keys: those of mappings/equality.yaml, by the name that a list stands under."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.equality import Rule, rules

if TYPE_CHECKING:
    from collections.abc import Hashable

SETS = frozenset(
    {"resources", "components", "configurations", "crds", "finalizers"}
)  # kustomize's own, and of metadata


@cache
def _by_name() -> dict[str, list[Rule]]:
    found: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules().values():
        names = {place.rpartition(".")[2] for places in rule.places.values() for place in places}
        for name in names if rule.by else ():
            found[name].append(rule)
    return dict(found)


def keyed(name: str, items: list[Any]) -> dict[Hashable, Any] | None:
    """The items of the list called *name* by what tells them apart, in order; None where nothing does."""
    if name in SETS and all(isinstance(item, str) for item in items):
        found = {item: item for item in items}
        return found if len(found) == len(items) else None
    for rule in _by_name().get(name, ()):
        named = {_key(item, rule): item for item in items}
        if None not in named and len(named) == len(items):
            return dict(named)
    return None


def _key(item: Any, rule: Rule) -> Hashable:
    """None where the item has not even the first key, or one that is no scalar."""
    if not isinstance(item, dict) or rule.by[0] not in item:
        return None
    values = [item.get(key, rule.defaults.get(key, "")) for key in rule.by]
    if any(isinstance(value, dict | list) for value in values):
        return None
    return values[0] if len(values) == 1 else tuple(values)
