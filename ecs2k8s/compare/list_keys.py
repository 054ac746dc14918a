"""Lists whose items have keys, by the place of a list: the kind of its object and the keys that lead there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.equality import Rule, patterns, rule

if TYPE_CHECKING:
    from collections.abc import Hashable

    from ecs2k8s.compare.patterns import Names

KUSTOMIZATION = "Kustomization"
SETS = {("resources",), ("components",), ("configurations",), ("crds",)}  # of kustomize: each item stands once
FINALIZERS = ("metadata", "finalizers")


@dataclass(frozen=True, slots=True)
class Place:
    """`names`: keys of maps alone, as in mappings/equality.yaml; an item of a list stands where the list does."""

    kind: str = ""
    names: Names = ()
    beside: str = ""  # the name that stands beside the value, as that of a variable does

    @classmethod
    def of(cls, *documents: Any) -> Place:
        """The root of an object: its kind is that of the first of *documents* that has one."""
        kinds = (each.get("kind") for each in documents if isinstance(each, dict))
        return cls(next((kind for kind in kinds if isinstance(kind, str)), ""))

    def below(self, name: Any, beside: str = "") -> Place:
        return replace(self, names=(*self.names, str(name)), beside=beside)

    def keyed(self, items: list[Any]) -> dict[Hashable, Any] | None:
        """The items of the list here by what tells them apart, in order; None where nothing does."""
        if self._is_set and all(isinstance(item, str) for item in items):
            found: dict[Hashable, Any] = {item: item for item in items}
        else:
            by = _rule(self.kind, self.names)
            found = {_key(item, by): item for item in items} if by else {None: None}
        return found if None not in found and len(found) == len(items) else None

    @property
    def _is_set(self) -> bool:
        return self.names == FINALIZERS or (self.kind == KUSTOMIZATION and self.names in SETS)


@lru_cache(maxsize=10_000)
def _rule(kind: str, names: Names) -> Rule | None:
    """The rule of the list there, where its items have keys."""
    cursor = patterns().root(kind)
    for name in names:
        cursor = patterns().child(cursor, name)
    found = rule(cursor, "items")
    return found[1] if found and found[1].by else None


def _key(item: Any, rule: Rule) -> Hashable:
    """None where the item has not even the first key, or one that is no scalar."""
    if not isinstance(item, dict) or rule.by[0] not in item:
        return None
    values = [item.get(key, rule.defaults.get(key, "")) for key in rule.by]
    if any(isinstance(value, dict | list) for value in values):
        return None
    return values[0] if len(values) == 1 else tuple(values)
