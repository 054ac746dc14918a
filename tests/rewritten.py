"""Rewrites of manifests and documents that change no meaning, and edits that change one leaf, for the tests of diffs.

What is rewritten where stands in mappings/equality.yaml; how is written here, from the documents that its rows cite.
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare import equality
from ecs2k8s.core.key_paths import Item, Step
from tests.equal_values import SPELLINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from ecs2k8s.compare.equality import Named, Rule
    from ecs2k8s.compare.patterns import Cursor
    from ecs2k8s.core.paths import Path

FORMS_WITH_SPELLINGS: dict[str, Callable[[Any], Any]] = {
    "ecs-cpu": lambda value: f"{int(value) / 1024} vCPU" if str(value).isdigit() else value,
    "ecs-memory": lambda value: f"{int(value) / 1024} GB" if str(value).isdigit() else value,
    "boolean": lambda value: str(value).lower() if isinstance(value, bool) else value,
    "lower": lambda value: value.upper() if isinstance(value, str) else value,
    "words": lambda value: {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value,
    "pairs": lambda value: " , ".join(reversed(value.split(","))),
    "commas": lambda value: ", ".join(reversed(value.split(","))),
    "image": lambda value: f"{value}:latest" if "@" not in value and ":" not in value.rpartition("/")[2] else value,
    "policy": lambda value: json.dumps(value, indent=2) if isinstance(value, dict) else value,
}


@dataclass(slots=True)
class Rewriter:
    """Rewrites all that may be written differently, as chance has it. `used` are the rows that it went by."""

    random: Random
    used: set[str] = field(default_factory=set)

    def rewrite(self, value: Any, shape: str) -> Any:
        return self._value(deepcopy(value), equality.patterns().root(shape))

    def _value(self, value: Any, cursor: Cursor[Named], *, item: bool = False) -> Any:
        if isinstance(value, dict):
            value = self._map(value, cursor)
        elif isinstance(value, list):
            value = self._list([self._value(each, cursor, item=True) for each in value], cursor)
        one = None if item else equality.rule(cursor, "one")
        if one and isinstance(value, list) and len(value) == 1 and self.random.random() < 0.5:
            self.used.add(one[0])
            value = value[0]
        held = equality.rule(cursor, "value")
        if held and not isinstance(value, list | None.__class__):
            return self._respelt(value, *held)
        return value

    def _map(self, value: dict[str, Any], cursor: Cursor[Named]) -> dict[str, Any]:
        pairs = [(key, self._value(child, equality.patterns().child(cursor, key))) for key, child in value.items()]
        self.random.shuffle(pairs)
        if self.random.random() < 0.2:
            pairs.append(("absentField", None))
        return dict(pairs)

    def _list(self, value: list[Any], cursor: Cursor[Named]) -> list[Any]:
        found = equality.rule(cursor, "items")
        if found and _may_be_shuffled(value, found[1]):
            self.used.add(found[0])
            self.random.shuffle(value)
        return value

    def _respelt(self, value: Any, ident: str, rule: Rule) -> Any:
        for group in SPELLINGS[rule.value]:
            if any(type(each) is type(value) and each == value for each in group):
                self.used.add(ident)
                return self.random.choice(group)
        if rule.value not in FORMS_WITH_SPELLINGS:
            return value
        made = FORMS_WITH_SPELLINGS[rule.value](value)
        if made != value or type(made) is not type(value):
            self.used.add(ident)
        return made


def _may_be_shuffled(value: list[Any], rule: Rule) -> bool:
    if rule.items != "keyed":
        return rule.items == "bag"
    signs = {"references": "$(", "hooks": "postStart"}
    if rule.order == "always" or (rule.order in signs and signs[rule.order] in json.dumps(value)):
        return False
    keys = [tuple(str(item.get(key)) for key in rule.by) if isinstance(item, dict) else ("",) for item in value]
    return len(set(keys)) == len(keys) and all(isinstance(item, dict) and rule.by[0] in item for item in value)


def _respelt_quantity(value: Any) -> Any:
    text = str(value)
    for unit, smaller, factor in (("Gi", "Mi", 1024), ("Mi", "Ki", 1024), ("Ki", "", 1024)):
        if text.endswith(unit) and text.removesuffix(unit).isdigit():
            return f"{int(text.removesuffix(unit)) * factor}{smaller}"
    return f"{text}000m" if text.isdigit() else value


def _respelt_json(value: Any) -> Any:
    try:
        found = json.loads(value)
    except (TypeError, ValueError):
        return value
    return json.dumps(found, indent=1, sort_keys=True) if isinstance(found, dict | list) else value


FORMS_WITH_SPELLINGS |= {"quantity": _respelt_quantity, "json": _respelt_json}


@dataclass(frozen=True, slots=True)
class Spot:
    """A leaf: where it is, how a diff names the place, and whether it is one of the keys of its item."""

    at: Path
    shown: tuple[Step, ...]
    is_key: bool
    rule: str  # the form of its value


def spots(value: Any, shape: str) -> list[Spot]:
    """The leaves of *value* as a diff has them: a list of scalars is one."""
    return list(_spots(value, equality.patterns().root(shape), (), (), ""))


def _spots(
    value: Any, cursor: Cursor[Named], at: Path, shown: tuple[Step, ...], keys: str | tuple[str, ...]
) -> Iterator[Spot]:
    held = equality.rule(cursor, "value")
    listed = equality.rule(cursor, "items")
    keyed = listed[1] if listed and listed[1].items == "keyed" else None
    if isinstance(value, dict) and value:
        for key, child in value.items():
            below = equality.patterns().child(cursor, key)
            if equality.rule(below, "one") and isinstance(child, dict):
                continue  # a list of one: its path has a step that is not there
            for spot in _spots(child, below, (*at, key), (*shown, key), ()):
                yield replace(spot, is_key=spot.is_key or (key in keys and spot.at == (*at, key)))
    elif isinstance(value, list) and (any(isinstance(item, dict | list) for item in value) or (keyed and value)):
        seen: dict[Item, int] = {}
        for index, item in enumerate(value):
            step: Step = index
            if keyed:
                if not isinstance(item, dict) or keyed.by[0] not in item:
                    return
                named = {key: item.get(key, keyed.defaults.get(key)) for key in keyed.by}
                plain = Item.of(**{key: each for key, each in named.items() if each is not None})
                step = Item(plain.keys, seen.get(plain, 0))
                seen[plain] = step.nth + 1
            elif listed and listed[1].items == "bag":
                step = Item()
            yield from _spots(item, cursor, (*at, index), (*shown, step), keyed.by if keyed else ())
    else:
        yield Spot(at, shown, is_key=False, rule=held[1].value if held else "")


def put(value: Any, path: Path, made: Any) -> Any:
    """A copy of *value* with *made* at *path*."""
    step, *rest = path
    copy = value.copy()
    copy[step] = put(value[step], tuple(rest), made) if rest else made
    return copy


def without(value: Any, path: Path) -> Any:
    """A copy of *value* that lacks what is at *path*."""
    step, *rest = path
    copy = value.copy()
    if rest:
        copy[step] = without(value[step], tuple(rest))
    else:
        del copy[step]
    return copy


def get(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value
