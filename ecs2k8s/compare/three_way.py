"""Merges three values: generated then, edited by people, generated now.

What only one side changed is taken from it. What both changed differently stays as people left it and is a conflict.
Lists whose items have a key, as the API server merges them, are merged item by item; all other lists are one value.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.canonical import called
from ecs2k8s.compare.list_keys import Place
from ecs2k8s.core.edits import ABSENT, Edit

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

Three = tuple[Any, Any, Any]  # then, edited, now
Path = tuple[str, ...]  # as it is shown
ORDER = " (order)"  # of what a list holds, behind its path: no key has a blank before a bracket without quotes


@dataclass(frozen=True, slots=True)
class Merged:
    """`value`: the merged one. `base`: what it was merged with, which is `now` but for what is in conflict.

    The base of a conflict does not move, so that it is found again until somebody settles it.
    """

    value: Any
    base: Any
    edits: tuple[Edit, ...] = ()

    @property
    def conflicts(self) -> list[Edit]:
        return [edit for edit in self.edits if edit.is_conflict]


def merge(then: Any, edited: Any, now: Any, file: str = "", place: Place | None = None) -> Merged:
    """The merge of three values; each may be `ABSENT`. *place* is theirs; None: they hold objects by their names."""
    merging = _Merging(file)
    value, base = merging.merge((then, edited, now), (), place)
    return Merged(value, base, tuple(merging.edits))


def same(left: Any, right: Any) -> bool:
    """Equality that tells 1, 1.0, True and "1" apart, as YAML does; the order of keys says nothing."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(child, right[key]) for key, child in left.items())
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def shown(path: Sequence[str]) -> str:
    """`spec.containers[web].image`."""
    return "".join(step if step.startswith("[") or not at else f".{step}" for at, step in enumerate(path))


@dataclass(slots=True)
class _Merging:
    file: str
    edits: list[Edit] = field(default_factory=list)

    def merge(self, three: Three, path: Path, place: Place | None) -> tuple[Any, Any]:
        """The merged value, and the base that the next merge starts from."""
        then, edited, now = three
        if same(edited, now):
            return edited, now
        if same(then, edited):
            return now, now
        maps = [each for each in three if each is not ABSENT]
        if ABSENT not in (edited, now) and all(isinstance(each, dict) for each in maps):
            return self.maps(three, path, place)
        if place and ABSENT not in (edited, now) and all(isinstance(each, list) for each in maps):
            keys = [place.keyed([] if each is ABSENT else each) for each in three]
            if all(each is not None for each in keys):
                return self.lists((keys[0], keys[1], keys[2]), path, place)
        return self.leaf(three, path, place or Place.of(now, then, edited))

    def leaf(self, three: Three, path: Path, place: Place) -> tuple[Any, Any]:
        then, edited, now = three
        edit = Edit(self.file, shown(path), then, now, edited, kind=place.kind, names=place.names, beside=place.beside)
        if same(then, now):
            self.edits.append(edit)
            return edited, now
        self.edits.append(replace(edit, is_conflict=True))
        return edited, then

    def maps(self, three: Three, path: Path, place: Place | None) -> tuple[Any, Any]:
        then, edited, now = three
        then = {} if then is ABSENT else then
        value, base = {}, {}
        beside = dict((*called(then), *called(now), *called(edited)))
        for key in dict.fromkeys((*edited, *now, *then)):
            its = (then.get(key, ABSENT), edited.get(key, ABSENT), now.get(key, ABSENT))
            below = place.below(key, beside.get(key, "")) if place else Place.of(its[2], its[0], its[1])
            value[key], base[key] = self.merge(its, (*path, _step(key)), below)
        return _present(value), _present({key: base[key] for key in dict.fromkeys((*now, *then, *base))})

    def lists(self, three: Three, path: Path, place: Place) -> tuple[Any, Any]:
        """Lists with keys, as maps from key to item, and then their order."""
        then, edited, now = three
        value, base = {}, {}
        for key in dict.fromkeys((*edited, *now, *then)):
            its = (then.get(key, ABSENT), edited.get(key, ABSENT), now.get(key, ABSENT))
            value[key], base[key] = self.merge(its, (*path, f"[{_name(key)}]"), place)
        value, base = _present(value), _present(base)
        orders = [[key for key in each if key in then and key in edited and key in now] for each in three]
        moved, moves = orders[1] != orders[0], orders[2] not in (orders[0], orders[1])
        if moved:
            first, second = edited, now
            order = [list(map(_name, each)) for each in orders]
            edit = Edit(self.file, f"{shown(path)}{ORDER}", order[0], order[2], order[1], kind=place.kind)
            if orders[1] != orders[2]:
                self.edits.append(replace(edit, is_conflict=moves))
        else:
            first, second = (edited, now) if orders[2] == orders[0] else (now, edited)
        ordered = arrange(list(first), list(second), set(value))
        based = arrange(list(then), list(now), set(base)) if moved and moves else arrange([*now], [*then], set(base))
        return [value[key] for key in ordered], [base[key] for key in based]


def arrange(first: list[Hashable], second: list[Hashable], members: set[Hashable]) -> list[Any]:
    """*members* in the order of *first*; those that only *second* has follow what they follow there."""
    found = [key for key in first if key in members]
    known = set(found)
    at = 0
    for key in second:
        if key in known:
            at = found.index(key) + 1
        elif key in members:
            found.insert(at, key)
            known.add(key)
            at += 1
    return found


def _step(key: Any) -> str:
    text = str(key)
    return f'["{text}"]' if "." in text or "[" in text or not text else text


def _name(key: Any) -> str:
    """What an item with that key is called."""
    return "/".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _present(found: dict[Any, Any]) -> dict[Any, Any]:
    return {key: value for key, value in found.items() if value is not ABSENT}
