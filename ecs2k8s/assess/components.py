"""Order in directed graphs whose nodes are 0, 1, 2, …: what is in a circle, and who comes after whom."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Arc = tuple[int, int]  # from, to


def components(size: int, arcs: Iterable[Arc]) -> list[int]:
    """The number of each node's strongly connected component; arcs between two lead to the lower number.

    Tarjan (1972), without recursion: a chain of calls may be long.
    """
    onward = _onward(size, arcs)
    number = [0] * size  # when it was first seen, from 1
    low = [0] * size
    found = [-1] * size
    open_nodes: list[int] = []
    seen = count = 0
    for root in range(size):
        work = [] if number[root] else [(root, iter(onward[root]))]
        if work:
            seen += 1
            number[root] = low[root] = seen
            open_nodes.append(root)
        while work:
            node, rest = work[-1]
            for after in rest:
                if not number[after]:
                    seen += 1
                    number[after] = low[after] = seen
                    open_nodes.append(after)
                    work.append((after, iter(onward[after])))
                    break
                if found[after] < 0:
                    low[node] = min(low[node], number[after])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == number[node]:
                    count = _close(open_nodes, node, found, count)
    return found


def _close(open_nodes: list[int], root: int, found: list[int], count: int) -> int:
    """The component that *root* was seen first of is complete."""
    while True:
        node = open_nodes.pop()
        found[node] = count
        if node == root:
            return count + 1


def without_circles(size: int, layers: Sequence[Iterable[Arc]]) -> list[Arc]:
    """The arcs of *layers*, but for those that would close a circle with arcs of their own layer or of earlier ones.

    The first layer has none. What closes a circle gives way as a whole: which of its arcs did would be arbitrary.
    """
    kept: list[Arc] = []
    for layer in layers:
        arcs = sorted(set(layer))
        component = components(size, chain(kept, arcs))
        kept += [(one, other) for one, other in arcs if component[one] != component[other]]
    return kept


def levels(size: int, arcs: Iterable[Arc], weights: Sequence[int]) -> list[int]:
    """How much weight of others comes before each node, on the heaviest way there; *arcs* have no circle."""
    onward = _onward(size, arcs)
    missing = [0] * size
    for after in chain.from_iterable(onward):
        missing[after] += 1
    found = [0] * size
    ready = [node for node in range(size) if not missing[node]]
    while ready:
        node = ready.pop()
        for after in onward[node]:
            found[after] = max(found[after], found[node] + weights[node])
            missing[after] -= 1
            if not missing[after]:
                ready.append(after)
    return found


def reaching(size: int, arcs: Iterable[Arc]) -> list[int]:
    """For each node, as bits, all nodes from which a way leads to it; itself only if it is in a circle."""
    listed = list(arcs)
    component = components(size, listed)
    members: dict[int, int] = defaultdict(int)
    for node, number in enumerate(component):
        members[number] |= 1 << node
    before: dict[int, set[int]] = defaultdict(set)
    circular: set[int] = set()
    for one, other in listed:
        if component[one] == component[other]:
            circular.add(component[one])
        else:
            before[component[other]].add(component[one])
    bits: dict[int, int] = {}
    for number in sorted(members, reverse=True):  # arcs lead to lower numbers
        bits[number] = members[number] if number in circular else 0
        for earlier in before[number]:
            bits[number] |= bits[earlier] | members[earlier]
    return [bits[number] for number in component]


def _onward(size: int, arcs: Iterable[Arc]) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(size)]
    for one, other in arcs:
        found[one].append(other)
    return found
