"""One normal form for lists of rules: two lists with the same form send every request to the same place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.assess.parts import is_taken, met

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecs2k8s.assess.parts import Met
    from ecs2k8s.translate.routes import Route


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbours that do the same, taken apart: their order decides nothing."""

    deed: tuple[object, ...]
    parts: frozenset[Met]


Form = tuple[tuple[Block, ...], tuple[object, ...]]


def normal_form(rules: Sequence[Route], default: Route, *, dual_stack: bool = False) -> Form:
    """The rules in blocks without what decides nothing, and what the default does.

    Left out: conditions that always hold, parts of a rule that an earlier rule takes whole or another one of the same
    block, and a last block that does what the default does. Of globs and regular expressions nothing is assumed: what
    is equal here is equal to the load balancer, not the other way round.
    """
    blocks: list[Block] = []
    taken: list[Met] = []
    for route in rules:
        alive = frozenset(part for part in met(route, dual_stack=dual_stack) if not is_taken(part, taken))
        if not alive:
            continue
        taken += alive
        joined = blocks.pop().parts if blocks and blocks[-1].deed == _deed(route) else frozenset()
        blocks.append(Block(_deed(route), joined | alive))
    if blocks and blocks[-1].deed == _deed(default):
        blocks.pop()
    return tuple(Block(block.deed, _widest(block.parts)) for block in blocks), _deed(default)


def _widest(found: frozenset[Met]) -> frozenset[Met]:
    return frozenset(part for part in found if not any(other < part for other in found))


def _deed(route: Route) -> tuple[object, ...]:
    return route.normal[1:]
