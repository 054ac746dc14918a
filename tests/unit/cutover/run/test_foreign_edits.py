"""Somebody else edits any object that a plan moves, at any moment (R9): nothing more is sent once the run has looked.

A moment is a read or a call of a run. Nobody can see an edit between its last look at an object and a call that is
already on its way: then it is the call after that one which must not be sent. Where that very call writes over the
edit, as AWS has no precondition for it, nothing is left to be found; those are counted by themselves.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.run.engine import Outcome, carry
from tests.claims import MEMORY, whole
from tests.cutover_world import OTHER, RULE, Quick, World, of, of_sample, ramp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ecs2k8s.cutover.plan import Plan, Request, State, Step, Thing
    from tests.figures import Figure

PLANS: dict[str, Callable[[], Plan]] = {
    "one rule": ramp,
    "two rules": lambda: ramp((RULE, OTHER)),
    "a worker": lambda: of_sample("shop-worker"),
    "a schedule": lambda: of_sample("shop-shop-close-day"),
}


@dataclass
class Edited(World):
    """`thing` is edited at the moment *at*; `late` where it was looked at before, for the call that comes."""

    thing: Thing | None = None
    at: int = 0
    random: Random = field(default_factory=Random)
    moments: int = 0
    looked: set[Thing] = field(default_factory=set)
    touched: list[frozenset[Thing]] = field(default_factory=list)  # at each moment, what the run relies on
    late: bool = False
    after: int = 0  # calls after the edit
    overwritten: bool = False

    def read(self, thing: Thing) -> State:
        self._moment()
        self.looked.add(thing)
        return super().read(thing)

    def send(self, step: Step, request: Request) -> str:
        self._moment()
        self.overwritten |= self.edited and self.late and not self.after and self._is_about(request)
        self.after += self.edited
        self.looked.clear()
        return super().send(step, request)

    def _is_about(self, request: Request) -> bool:
        return any(
            move.thing == self.thing and move.request == request for step in self.plan.steps for move in step.moves
        )

    @property
    def edited(self) -> bool:
        return 0 < self.at <= self.moments

    def _moment(self) -> None:
        self.moments += 1
        self.touched.append(self._relied())
        if self.moments == self.at and self.thing:
            self.late = self.thing in self.looked
            self.states[self.thing] = changed(self.states.get(self.thing), self.random)

    def _relied(self) -> frozenset[Thing]:
        """What the plan was made of, and what the run has brought about."""
        moved = [move for step in self.plan.steps for move in step.moves]
        planned = {mark.thing for mark in self.plan.fingerprints} & {move.thing for move in moved}
        return frozenset(planned | {move.thing for move in moved if move.request in self.done})


def leaves(state: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = state.items() if isinstance(state, dict) else enumerate(state) if isinstance(state, list) else ()
    found = [each for key, value in inner for each in leaves(value, (*path, key))]
    yield from found or [path]


def changed(state: State, random: Random) -> State:
    """With one leaf that has another value, or gone altogether."""
    if state is None or random.random() < 0.1:
        return None if state is not None else {"made": "by somebody else"}
    its: Any = deepcopy(state)
    *path, last = random.choice(list(leaves(its)))
    place = its
    for key in path:
        place = place[key]
    value = place[last]
    place[last] = not value if isinstance(value, bool) else value + 1 if isinstance(value, int) else f"{value}x"
    return its


def carried(world: World, folder: Path) -> Outcome:
    folder.mkdir()
    with Journal.create(folder, world.plan, "01J", world.clock, disk=Quick(), mode="execute", who="ann") as journal:
        return carry(world.run(journal), "ann")


@pytest.mark.claim("R9", MEMORY)
@pytest.mark.parametrize("name", PLANS)
def test_an_edit_of_any_object_at_any_moment_is_found_before_the_next_call(
    name: str, tmp_path: Path, figure: Figure
) -> None:
    seed = SystemRandom().randrange(2**31)
    random = Random(seed)
    plan = PLANS[name]()
    alone = Edited(plan, of(plan))
    assert carried(alone, tmp_path / "alone").code == 0
    every = [(at, thing) for at, things in enumerate(alone.touched, 1) for thing in sorted(things)]
    edits = every if whole() else random.sample(every, len(every) // 10)
    missed, overwritten = [], 0
    for number, (at, thing) in enumerate(edits):
        world = Edited(plan, of(plan), thing=thing, at=at, random=random)
        outcome = carried(world, tmp_path / str(number))
        overwritten += world.overwritten
        if world.after > world.late and not world.overwritten:
            missed.append((at, thing, world.after, outcome.text))
    assert {thing for _, thing in every} == {move.thing for step in plan.steps for move in step.moves}
    figure(
        edits=len(edits),
        kinds=len({thing.kind for _, thing in edits}),
        missed=len(missed),
        overwritten=overwritten,
        seed=seed,
    )
    assert missed == [], seed
