"""What changed between two plans: `diff plan`.

A plan is JSON whose lists keep their order and whose items are known by names of their own: a step by its `id`, a unit
by its `name`. What a plan holds beyond that is not looked into, so a new field needs nothing here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from ecs2k8s.compare.changes import Action, Change, Diff, Risk
from ecs2k8s.compare.differ import rows
from ecs2k8s.core.key_paths import Item, parse_keys, show_keys
from ecs2k8s.core.mappings import load_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecs2k8s.compare.changes import Row

WAVES = "ecs2k8s/waves/v1"
SHAPE = "ecs2k8s.Plan"
ORDER = "ecs2k8s:order"  # the key under which the order of a list stands while two plans are compared
REORDERED = "the same items in another order"


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """mappings/plans.yaml."""

    formats: dict[str, str]
    keys: tuple[tuple[str, ...], ...]
    risks: dict[Risk, tuple[str, ...]]


@cache
def known() -> Known:
    return msgspec.convert(load_yaml("plans.yaml"), Known)


@dataclass(frozen=True, slots=True)
class Plans:
    """One file of a plan on both sides, by what it is called; None where a side has none."""

    name: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def plan_diff(left: str, right: str, plans: Sequence[Plans], *, show_values: bool = False) -> Diff:
    """What differs, file by file."""
    changes = (_change(each, show_values=show_values) for each in plans)
    return Diff("plan", left, right, tuple(change for change in changes if change.rows))


def _change(plans: Plans, *, show_values: bool) -> Change:
    before, after = (_unsealed(_by_unit(side)) for side in (plans.before, plans.after))
    one, other = _keyed(before, after)
    found = rows(one, other, SHAPE, show_values=show_values)
    ordered = sorted(map(_named, found), key=lambda row: (row.risk.rank, row.path))
    return Change(plans.name, _action(plans), tuple(ordered))


def _action(plans: Plans) -> Action:
    if plans.before is None:
        return Action.CREATE
    return Action.UPDATE if plans.after is not None else Action.DELETE


def _unsealed(plan: Any) -> Any:
    """A seal is another one wherever anything else is."""
    return {key: value for key, value in plan.items() if key != "seal"} if isinstance(plan, dict) else plan


def _by_unit(plan: Mapping[str, Any] | None) -> Any:
    """Of the waves each unit with the number of its wave: one that moved to another wave is one change.

    Units of a wave may move in any order.
    """
    if plan is None or plan.get("format") != WAVES or not isinstance(plan.get("waves"), list):
        return plan
    waves = [wave for wave in plan["waves"] if isinstance(wave, dict)]
    units = [
        {**unit, "wave": wave.get("number")}
        for wave in waves
        for unit in wave.get("units") or ()
        if isinstance(unit, dict)
    ]
    rest = [{key: value for key, value in wave.items() if key != "units"} for wave in waves]
    return {**plan, "waves": rest, "units": sorted(units, key=lambda unit: str(unit.get("name")))}


def _keyed(one: Any, other: Any) -> tuple[Any, Any]:
    """Both with lists that are known by keys as maps from them; an order that differs stands beside its items."""
    if isinstance(one, list) and isinstance(other, list) and (key := _key(one, other)):
        return _maps(_items(one, key), _items(other, key))
    if isinstance(one, dict) and isinstance(other, dict):
        faced = {name: _keyed(one.get(name), other.get(name)) for name in (*one, *other)}
        return {name: faced[name][0] for name in one}, {name: faced[name][1] for name in other}
    return _alone(one), _alone(other)


def _alone(value: Any) -> Any:
    """A value that faces nothing of its kind."""
    if isinstance(value, list) and (key := _key(value)):
        return {name: _alone(item) for name, item in _items(value, key).items()}
    return {name: _alone(item) for name, item in value.items()} if isinstance(value, dict) else value


def _maps(one: dict[str, Any], other: dict[str, Any]) -> tuple[Any, Any]:
    faced = {name: _keyed(one.get(name), other.get(name)) for name in (*one, *other)}
    left = {name: faced[name][0] for name in one}
    right = {name: faced[name][1] for name in other}
    orders = [name for name in one if name in other], [name for name in other if name in one]
    if orders[0] != orders[1]:
        left[ORDER], right[ORDER] = ([name.strip("[]") for name in order] for order in orders)
    return left, right


def _key(*lists: list[Any]) -> tuple[str, ...]:
    """What the items of all *lists* are known by; empty where nothing tells them apart."""
    if not any(lists):
        return ()
    fits = (key for key in known().keys if all(_tells_apart(key, each) for each in lists))
    return next(fits, ())


def _tells_apart(key: tuple[str, ...], items: list[Any]) -> bool:
    names = [tuple(item.get(part) for part in key) if isinstance(item, dict) else None for item in items]
    plain = all(name and all(isinstance(part, str | int) for part in name) for name in names)
    return plain and len(set(names)) == len(names)


def _items(items: list[Any], key: tuple[str, ...]) -> dict[str, Any]:
    return {str(Item.of(**{part: item[part] for part in key})): item for item in items}


def _named(row: Row) -> Row:
    """*row* with the path and the class that it has in a plan."""
    steps = parse_keys(row.path)
    names = [step for step in steps if isinstance(step, str) and not step.startswith("[")]
    reordered = names[-1:] == [ORDER]
    path = tuple(_step(step) for step in steps if step != ORDER)
    return replace(row, path=show_keys(path), risk=_risk(names), because=REORDERED if reordered else row.because)


def _step(step: Any) -> Any:
    return parse_keys(step)[0] if isinstance(step, str) and step.startswith("[") else step


def _risk(names: list[str]) -> Risk:
    """By the deepest name that is listed."""
    classes = {name: risk for risk, listed in known().risks.items() for name in listed}
    return next((classes[name] for name in reversed(names) if name in classes), Risk.LIFECYCLE)
