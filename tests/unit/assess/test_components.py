"""Circles, levels and reach in random graphs, against answers that are slow and plain."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ecs2k8s.assess.components import components, levels, reaching, without_circles

TraceFunction = Callable[[FrameType, str, Any], Any]
SIZE = 8
NODES = st.integers(0, SIZE - 1)
ARCS = st.lists(st.tuples(NODES, NODES), max_size=20)


def naive(arcs: list[tuple[int, int]]) -> list[set[int]]:
    """For each node all that a way of at least one arc leads to."""
    found = [{b for a, b in arcs if a == node} for node in range(SIZE)]
    for _ in range(SIZE):
        found = [its | {far for near in its for far in found[near]} for its in found]
    return found


@settings(max_examples=150)
@given(ARCS)
def test_a_component_is_what_reaches_each_other_and_arcs_lead_to_lower_numbers(arcs: list[tuple[int, int]]) -> None:
    number, reach = components(SIZE, arcs), naive(arcs)
    for one in range(SIZE):
        for other in range(SIZE):
            mutual = one == other or (other in reach[one] and one in reach[other])
            assert (number[one] == number[other]) == mutual
    assert all(number[one] >= number[other] for one, other in arcs)


@settings(max_examples=150)
@given(ARCS)
def test_reaching_is_all_that_a_way_leads_from(arcs: list[tuple[int, int]]) -> None:
    reach = naive(arcs)
    for node, bits in enumerate(reaching(SIZE, arcs)):
        assert {other for other in range(SIZE) if bits >> other & 1} == {a for a in range(SIZE) if node in reach[a]}


@settings(max_examples=150)
@given(ARCS, ARCS)
def test_later_layers_give_way_and_levels_rise_along_what_is_kept(
    first: list[tuple[int, int]], second: list[tuple[int, int]]
) -> None:
    kept = without_circles(SIZE, [first, second])
    reach = naive(kept)
    assert not any(node in reach[node] for node in range(SIZE))
    straight = naive(first)
    assert {arc for arc in first if arc[0] not in straight[arc[1]] and arc[0] != arc[1]} <= set(kept)
    both = naive([*(arc for arc in kept if arc in first), *second])
    assert {(a, b) for a, b in second if a != b and a not in both[b]} <= set(kept)
    level = levels(SIZE, kept, [1] * SIZE)
    assert all(level[one] < level[other] for one, other in kept)
    assert all(not at or any(level[a] == at - 1 and b == node for a, b in kept) for node, at in enumerate(level))


def test_a_long_chain_needs_no_deep_stack_and_work_grows_with_its_length() -> None:
    def lines_run(size: int) -> int:
        """Counted and not timed: the same on every machine, however busy it is."""
        arcs = [(node, node + 1) for node in range(size - 1)]
        random.Random(1).shuffle(arcs)
        count = 0

        def counting(_frame: FrameType, event: str, _argument: object) -> TraceFunction:
            nonlocal count
            count += event == "line"
            return counting

        before = sys.gettrace()
        sys.settrace(counting)
        try:
            number = components(size, arcs)
            level = levels(size, without_circles(size, [arcs]), [1] * size)
        finally:
            sys.settrace(before)
        assert (len(set(number)), level[-1]) == (size, size - 1)
        return count

    small, large = lines_run(2_000), lines_run(20_000)
    assert 0 < large < 12 * small  # their square would be 100
