"""A move, the one that takes it back, and the command of each for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ecs2k8s.cutover.plan import Move
from ecs2k8s.cutover.things import KINDS, command

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.cutover.plan import State, Step, Thing


def move(thing: Thing, before: State, wanted: State) -> Move:
    """Without its command, which `with_commands` adds. Raises `PlanError` where no single call leads to *wanted*."""
    return Move(thing, before, wanted, KINDS[thing.kind].request(thing.id, before, wanted), "")


def back(moves: Iterable[Move]) -> tuple[Move, ...]:
    """In the opposite order, from what each has made to what was there."""
    return tuple(move(each.thing, each.wanted, each.before) for each in reversed(tuple(moves)))


def with_commands(steps: Iterable[Step], region: str) -> tuple[Step, ...]:
    def told(moves: Iterable[Move]) -> tuple[Move, ...]:
        return tuple(msgspec.structs.replace(each, command=command(each.request, region)) for each in moves)

    return tuple(msgspec.structs.replace(step, moves=told(step.moves), back=told(step.back)) for step in steps)
