"""Two JSON values of one shape, and the leaves that differ between them: docs/diffs.md says how.

Both sides are read into trees in which equal things have equal texts (`canonical`). `==` settles whether anything
differs; only then it is looked where (`pairs`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from ecs2k8s.compare.canonical import DEEPEST, PAIRS, Reader
from ecs2k8s.compare.changes import Leaf, Masked, Row, Status
from ecs2k8s.compare.equality import rules
from ecs2k8s.compare.masking import Mask, Sealed
from ecs2k8s.compare.pairs import ORDER, differing
from ecs2k8s.compare.reasons import reason
from ecs2k8s.compare.risks import risk
from ecs2k8s.core.key_paths import Item, KeyPath, Step, show_keys
from ecs2k8s.core.shell_secrets import line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecs2k8s.compare.pairs import Sides
    from ecs2k8s.core.paths import Path

    Origin = Callable[[Path], str]

NAMING = {name for name, _ in PAIRS}
HIDDEN = Masked(same=False)  # rows are of what differs


def nowhere(_: Path) -> str:
    """The origin of values that come from no file."""
    return ""


def rows(  # noqa: PLR0913 (two sides)
    before: Any,
    after: Any,
    shape: str,
    *,
    origin_before: Origin = nowhere,
    origin_after: Origin = nowhere,
    show_values: bool = False,
) -> tuple[Row, ...]:
    """The leaves that differ, by risk, then by path. None: there is no such object on that side.

    *shape*: a kind (`Deployment`), or a shape of AWS (`ecs.TaskDefinition`). An origin tells where the value at a path
    of its side stands.
    """
    if written_alike(before, after):
        return ()
    reader = Reader(shape, Mask(show_values))
    one, other = without_equal(before, after)
    found = [
        _row(shape, path, sides, (origin_before, origin_after))
        for path, sides in differing(reader.read(one), reader.read(other))
    ]
    return tuple(sorted(found, key=lambda row: (row.risk.rank, row.path)))


def written_alike(before: Any, after: Any) -> bool:
    """Whether two values are the same to the letter. To Python alone `1`, `1.0` and `True` are equal."""
    try:
        if before != after:
            return False
        one, other = (msgspec.json.encode(side, order="sorted") for side in (before, after))
    except (TypeError, ValueError, OverflowError, RecursionError):  # what is no JSON is looked at more closely
        return False
    return one == other


def without_equal(before: Any, after: Any, depth: int = 0) -> tuple[Any, Any]:
    """Both maps without what is written alike in both; a name stays, because it says what stands beside it."""
    if not (isinstance(before, dict) and isinstance(after, dict)) or depth == DEEPEST:
        return before, after
    alike = {key for key in before.keys() & after.keys() - NAMING if written_alike(before[key], after[key])}
    one = {key: value for key, value in before.items() if key not in alike}
    other = {key: value for key, value in after.items() if key not in alike}
    for key in one.keys() & other.keys():
        one[key], other[key] = without_equal(one[key], other[key], depth + 1)
    return one, other


def _row(shape: str, path: KeyPath, sides: Sides, origins: tuple[Origin, Origin]) -> Row:
    before, after = sides
    status = Status.ADDED if before is None else Status.REMOVED if after is None else Status.CHANGED
    names = next(side.names for side in sides if side)
    values, why = _shown(sides)
    why = why or reason(values[0], values[1], forms=_forms(sides))
    leaves = [
        Leaf(value, origin(side.at)) if side else None
        for side, value, origin in zip(sides, values, origins, strict=True)
    ]
    place = path[:-1] if path[-1:] == (ORDER,) else path
    text = show_keys(tuple(map(_open, place)))
    return Row(text, status, risk(shape, names), leaves[0], leaves[1], because=why)


def _forms(sides: Sides) -> frozenset[str]:
    return frozenset(rules()[ident].value for side in sides if side for ident in side.rules)


def _open(step: Step) -> Step:
    """A step that shows no secret, should a key hold one."""
    if isinstance(step, Item):
        return Item(tuple((line(key), _open_value(value)) for key, value in step.keys), step.nth)
    return line(step) if isinstance(step, str) else step


def _open_value(text: str) -> str:
    value = json.loads(text)
    return json.dumps(line(value)) if isinstance(value, str) else text


def _shown(sides: Sides) -> tuple[list[Any], str]:
    """What is shown of both sides, and why not more. If one is not shown the other one is not: they may be close."""
    values = [side.plain() if side else None for side in sides]
    why = next(_reasons(values), "")
    if not why:
        return values, ""
    if all(isinstance(value, list) for value, side in zip(values, sides, strict=True) if side and side.form == "leaf"):
        return _lists(values), why
    return [HIDDEN if side else None for side in sides], why


def _reasons(value: Any) -> Iterator[str]:
    """Why something in *value* is not shown."""
    if isinstance(value, Sealed):
        yield value.why
    elif isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _reasons(child)


def _lists(values: list[Any]) -> list[Any]:
    """Lists of scalars, such as commands, without the items that are not shown, nor those that face them."""
    lists = [value or [] for value in values]
    seals = [{item.seal for item in items if isinstance(item, Sealed)} for items in lists]
    starts = {at for items in lists for at, item in enumerate(items) if isinstance(item, Sealed)}
    ends = {len(items) - at for items in lists for at, item in enumerate(items) if isinstance(item, Sealed)}
    return [
        None
        if value is None
        else [
            _marker(item, others) if at in starts or len(value) - at in ends else item for at, item in enumerate(value)
        ]
        for value, others in zip(values, reversed(seals), strict=True)
    ]


def _marker(item: Any, others: set[str]) -> str:
    return str(Masked(same=isinstance(item, Sealed) and item.seal in others))
