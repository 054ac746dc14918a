"""Which parts of two trees face each other, and where they differ.

The same items face each other whichever side is called the first, so that a diff turned round is the diff of the sides
turned round.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from ecs2k8s.compare.trees import Node
from ecs2k8s.core.key_paths import Item, KeyPath, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Sides = tuple[Node | None, Node | None]
Tree = dict[Step, "Tree"] | str  # what `==` and deepdiff look at: steps, and the texts of leaves
ORDER = Item((), -1)  # the step under which the order of a keyed list stands


def differing(before: Node | None, after: Node | None) -> Iterator[tuple[KeyPath, Sides]]:
    """Each leaf that differs, with its path; where a leaf faces a map or a list, both as they are."""
    if before is None or after is None:
        yield from _one_sided((), (before, after))
        return
    faced: dict[KeyPath, Sides] = {}
    one, other = _trees(before, after, (), faced)
    if one == other:
        return
    for path in unequal(one, other):
        yield from _one_sided(path, faced[path])


def unequal(one: Tree, other: Tree) -> list[KeyPath]:
    """The paths at which two trees that are not equal differ."""
    if isinstance(one, str) or isinstance(other, str):
        return [()]
    from deepdiff import DeepDiff  # noqa: PLC0415 (a quarter of a second)

    found = DeepDiff(one, other, view="tree", ignore_private_variables=False, threshold_to_diff_deeper=0)
    return [tuple(level.path(output_format="list")) for levels in found.values() for level in levels]


def _one_sided(path: KeyPath, sides: Sides) -> Iterator[tuple[KeyPath, Sides]]:
    """The leaves of what only one side has."""
    before, after = sides
    if before and after:
        yield path, sides
    elif before:
        yield from (((*path, *inner), (leaf, None)) for inner, leaf in before.leaves())
    elif after:
        yield from (((*path, *inner), (None, leaf)) for inner, leaf in after.leaves())


def _trees(one: Node, other: Node, path: KeyPath, faced: dict[KeyPath, Sides]) -> tuple[Tree, Tree]:
    """What is not equal of two nodes that face each other; *faced* gets all that do."""
    faced[path] = one, other
    one, other = _of_one_form(one, other)
    if (one.form, one.written) != (other.form, other.written) or one.form == "leaf":
        return one.compared(), other.compared()
    left: dict[Step, Tree] = {}
    right: dict[Step, Tree] = {}
    for step, mine, its in _facing(one, other):
        if mine and its:
            below = _trees(mine, its, (*path, step), faced)
            if below[0] != below[1]:
                left[step], right[step] = below
            continue
        faced[*path, step] = mine, its
        if mine:
            left[step] = ""
        else:
            right[step] = ""
    return left, right


def _of_one_form(one: Node, other: Node) -> tuple[Node, Node]:
    """An empty list has no form of its own."""
    if one.value == [] and other.form in ("ordered", "set"):
        return replace(one, form=other.form), other
    if other.value == [] and one.form in ("ordered", "set"):
        return one, replace(other, form=one.form)
    return one, other


def _facing(one: Node, other: Node) -> Iterator[tuple[Step, Node | None, Node | None]]:
    if one.form == "ordered":
        yield from _by_place(list(one.children.values()), list(other.children.values()))
    elif one.form == "set":
        yield from _by_content(one, other)
    else:
        steps = dict.fromkeys((*one.children, *other.children))
        yield from ((step, one.children.get(step), other.children.get(step)) for step in steps)
        yield from _orders(one, other)


def _by_place(one: Sequence[Node], other: Sequence[Node]) -> Iterator[tuple[Step, Node | None, Node | None]]:
    """Without what is equal at the start and at the end, so that one more item is one difference."""
    mine, its = [node.compared() for node in one], [node.compared() for node in other]
    start = _alike(zip(mine, its, strict=False))
    end = _alike(zip(reversed(mine[start:]), reversed(its[start:]), strict=False))
    middle = zip_longest(one[start : len(one) - end], other[start : len(other) - end])
    yield from ((index, *sides) for index, sides in enumerate(middle, start))


def _alike(pairs: Iterable[tuple[str, str]]) -> int:
    count = 0
    for mine, its in pairs:
        if mine != its:
            break
        count += 1
    return count


def _by_content(one: Node, other: Node) -> Iterator[tuple[Step, Node | None, Node | None]]:
    """Those without an equal on the other side, by what can be seen of them."""
    rest = zip_longest(_without_equal(one, other), _without_equal(other, one))
    yield from ((Item((), nth), *sides) for nth, sides in enumerate(rest))


def _without_equal(one: Node, other: Node) -> list[Node]:
    equals = Counter(child.compared() for child in other.children.values())
    left = []
    for child in one.children.values():
        text = child.compared()
        if equals[text]:
            equals[text] -= 1
        else:
            left.append(child)
    return sorted(left, key=lambda node: node.compared(unsealed=True))


def _orders(one: Node, other: Node) -> Iterator[tuple[Step, Node, Node]]:
    """The order of what both have, as a leaf of its own, where it means something."""
    if not (one.in_order or other.in_order):
        return
    mine, its = [_order(node, common) for node, common in ((one, other.children), (other, one.children))]
    if mine.text != its.text:
        yield ORDER, mine, its


def _order(node: Node, common: dict[Step, Node]) -> Node:
    steps = [str(step) for step in node.children if step in common]
    return Node("leaf", node.at, node.names, steps, json.dumps(steps))
