"""JSON values as trees in which equal things have equal texts: the form that a diff compares.

A leaf keeps what stood there, or the seal of it; a list that is known by keys is a map from steps; a text that holds a
document is that document.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote

from ecs2k8s.compare import equality
from ecs2k8s.compare.masking import Sealed, treatment
from ecs2k8s.compare.trees import Node
from ecs2k8s.compare.values import PARSED, text_of
from ecs2k8s.core.key_paths import Item, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.compare.equality import Named, Rule
    from ecs2k8s.compare.masking import Mask, Treatment
    from ecs2k8s.compare.patterns import Cursor, Names
    from ecs2k8s.core.paths import Path

# What has its name beside it: variables, tags, attributes, headers.
PAIRS = (
    *(("name", "value"), ("Name", "Value"), ("key", "value"), ("Key", "Value"), ("HeaderName", "HeaderValue")),
    *(("name", "values"), ("HttpHeaderName", "Values")),
)
DEEPEST = 64  # levels; what lies deeper is one leaf


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader is, and the rules that hold there."""

    cursor: Cursor[Named]
    at: Path = ()
    names: Names = ()
    name: str = ""  # what people call the value: the variable's name, the key of a map
    paired: bool = False  # the name stands beside the value
    listed: bool = False  # it is an item of the list that the place is about
    depth: int = 0
    document: Literal["", "json", "policy"] = ""  # what it lies in: a text that was parsed
    rules: tuple[str, ...] = ()

    def child(self, name: str, called: str = "") -> Place:
        at = self.at if self.document else (*self.at, name)
        cursor = equality.patterns().child(self.cursor, name)
        names = (*self.names, name)
        return Place(cursor, at, names, called or name, bool(called), depth=self.depth + 1, document=self.document)

    def item(self, index: int) -> Place:
        at = self.at if self.document else (*self.at, index)
        return replace(self, at=at, listed=True, depth=self.depth + 1)

    def rule(self, aspect: equality.Aspect) -> Rule | None:
        found = equality.rule(self.cursor, aspect)
        return found[1] if found else None

    def by(self, *aspects: equality.Aspect) -> tuple[str, ...]:
        """The ids of the rules that were used."""
        found = [equality.rule(self.cursor, aspect) for aspect in aspects]
        return tuple(dict.fromkeys(each[0] for each in found if each))

    def inner(self, document: Literal["json", "policy"]) -> Place:
        """The same place, of what its text holds."""
        return replace(self, depth=self.depth + 1, document=document)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the values of one shape."""

    shape: str
    mask: Mask

    def read(self, value: Any) -> Node | None:
        """*value* as a tree; None where there is nothing."""
        return None if value is None else self._read(value, Place(equality.patterns().root(self.shape)))

    def _read(self, value: Any, place: Place) -> Node:
        form = rule.value if (rule := place.rule("value")) else ""
        if form in PARSED and isinstance(value, str) and not place.document:
            parsed = document(value, form)
            if parsed is not None:
                return self._parsed(parsed, place, "policy" if form == "policy" else "json")
        if place.depth >= DEEPEST and isinstance(value, dict | list):
            return self._scalar(json.dumps(value, sort_keys=True), place)
        if isinstance(value, list) or (place.rule("one") and not place.listed):
            return self._list(value if isinstance(value, list) else [value], place)
        return self._map(value, place) if isinstance(value, dict) else self._scalar(value, place)

    def _parsed(self, value: Any, place: Place, form: Literal["json", "policy"]) -> Node:
        node = self._read(value, place.inner(form))
        node.written = form == "json"  # where the API server wants a text it takes no map
        node.rules = (*place.by("value"), *node.rules)
        return node

    def _map(self, value: dict[Any, Any], place: Place) -> Node:
        children: dict[Step, Node] = {}
        rules: list[str] = []
        beside = dict(called(value))
        for name in sorted(value, key=str):
            below = place.child(str(name), beside.get(name, ""))
            if not _absent(value[name], below):
                children[str(name)] = self._read(value[name], below)
            elif value[name] is not None:
                rules += below.by("empty")
        return Node("map", place.at, place.names, children=children, rules=tuple(rules))

    def _list(self, value: list[Any], place: Place) -> Node:
        rule = place.rule("items")
        form = rule.items if rule and rule.items else "ordered"
        scalars = not any(isinstance(item, dict | list) for item in value)
        rules = place.by("items", "value", "one")
        if rule and form == "keyed":
            children = self._keyed(value, place, rule)
            return Node("keyed", place.at, place.names, children=children, in_order=_in_order(value, rule), rules=rules)
        if scalars:
            return self._scalars(value, place, in_order=form == "ordered")
        items: dict[Step, Node] = {index: self._read(item, place.item(index)) for index, item in enumerate(value)}
        return Node("ordered" if form == "ordered" else "set", place.at, place.names, children=items, rules=rules)

    def _keyed(self, value: list[Any], place: Place, rule: Rule) -> dict[Step, Node]:
        """Items by their keys, those with equal keys counted; what has none of the keys by its place among such."""
        children: dict[Step, Node] = {}
        seen: Counter[tuple[tuple[str, str], ...]] = Counter()
        for index, item in enumerate(value):
            keys = tuple(_keys(item, rule))
            step = Item(keys, seen[keys]) if keys else seen[keys]
            seen[keys] += 1
            children[step] = self._read(item, place.item(index))
        return children

    def _scalars(self, value: list[Any], place: Place, *, in_order: bool) -> Node:
        """A list of scalars as one leaf: a command, a set of names."""
        how = self._treatment(place)
        whys = self.mask.reasons(value) if how is None else [self.mask.reason(item, how, place.name) for item in value]
        form = rule.value if (rule := place.rule("value")) else ""
        read = [
            self._sealed(as_json(item), _text(item, form, place), why) for item, why in zip(value, whys, strict=True)
        ]
        one = place.rule("one")
        if not in_order:
            # Sealed ones last, in the order in which they stood: a seal orders nothing.
            read.sort(key=lambda pair: ("~",) if isinstance(pair[0], Sealed) else ("", pair[1]))
        texts = [text for _, text in read] if in_order else sorted(text for _, text in read)
        texts = list(dict.fromkeys(texts)) if one else texts
        rules, text = place.by("items", "value", "one"), json.dumps(["list", *texts])
        return Node("leaf", place.at, place.names, [item for item, _ in read], text, rules=rules)

    def _scalar(self, value: Any, place: Place) -> Node:
        form = rule.value if (rule := place.rule("value")) else ""
        how = self._treatment(place)
        held, text = self._sealed(as_json(value), _text(value, form, place), self.mask.reason(value, how, place.name))
        return Node("leaf", place.at, place.names, held, text, rules=place.by("value"))

    def _treatment(self, place: Place) -> Treatment | None:
        named = place.paired or place.document == "json"
        return treatment(self.shape, place.names) or ("named" if named else None)

    def _sealed(self, value: Any, text: str, why: str) -> tuple[Any, str]:
        if not why:
            return value, text
        sealed = self.mask.seal(text, why)
        return sealed, f"sealed {sealed.seal}"


def document(text: str, form: str) -> Any:
    """The map or list that a text holds; None where it holds none. IAM answers policies in the encoding of URLs."""
    text = unquote(text) if form == "policy" and text.startswith("%7B") else text
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list) else None


def _text(value: Any, form: str, place: Place) -> str:
    """In a text of JSON 1.0 is not 1: Go reads no whole number out of it."""
    return f"float {value!r}" if place.document == "json" and isinstance(value, float) else text_of(value, form)


def as_json(value: Any) -> Any:
    """*value*, or its text where JSON has no such thing: a date of YAML, infinity."""
    finite = not isinstance(value, float) or isfinite(value)
    return value if value is None or (isinstance(value, str | int | float) and finite) else str(value)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A key that stands twice makes a text that no two readers agree on: it is compared as it is written."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _absent(value: Any, place: Place) -> bool:
    """Whether *value* says nothing: null, outside of texts; an empty list or map where a rule says so."""
    if value is None:
        return place.document != "json"
    return place.rule("empty") is not None and _says_nothing(value, place)


def _says_nothing(value: Any, place: Place) -> bool:
    if isinstance(value, dict):
        return place.document != "json" and all(child is None for child in value.values())
    return isinstance(value, list) and not value


def called(value: dict[Any, Any]) -> Iterator[tuple[str, str]]:
    """Keys whose values have a name beside them: of `{name: TOKEN, value: …}` the second."""
    for name, held in PAIRS:
        if isinstance(value.get(name), str) and held in value:
            yield held, value[name]


def _keys(item: Any, rule: Rule) -> Iterator[tuple[str, str]]:
    if not isinstance(item, dict):
        return
    for key in rule.by:
        value = item.get(key, rule.defaults.get(key) if key in rule.defaults else None)
        if value is not None and not isinstance(value, dict | list):
            yield key, json.dumps(as_json(value))


def _in_order(value: list[Any], rule: Rule) -> bool:
    items = [item for item in value if isinstance(item, dict)]
    if rule.order == "references":
        return any("$(" in str(item.get("value", "")) for item in items)
    if rule.order == "hooks":
        return any("postStart" in hooks for item in items if isinstance(hooks := item.get("lifecycle"), dict))
    if rule.order == "spellings":
        names = [str(item.get(rule.by[0])).lower() for item in items]
        return len(set(names)) < len(names)
    return rule.order == "always"
