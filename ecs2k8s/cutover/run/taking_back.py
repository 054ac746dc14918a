"""What a rehearsal takes back: of each object what the run itself did, to what it found there."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ecs2k8s.cutover.plan import digest
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.cutover.things.command import command
from ecs2k8s.cutover.things.kustomization import ABSENT, NAME

if TYPE_CHECKING:
    from ecs2k8s.cutover.journal.events import Intent
    from ecs2k8s.cutover.plan import Move, State
    from ecs2k8s.cutover.run.context import Run

MOST = 4_096  # ways in which what the journal masks may have been


def as_found(run: Run, taken: str, move: Move) -> Move | None:
    """*move*, which takes a move of the step *taken* back. None where the run found the object as it is: it stays."""
    sent = (each for each in run.journal.run.intents if (each.step, each.way) == (taken, "forth"))
    first = next((each for each in sent if each.thing == move.thing), None)
    if first is None:
        return None
    if move.thing.kind != NAME or first.before_sha256 == digest(move.wanted):
        return move
    return _partly(run, first, move)


def _partly(run: Run, first: Intent, move: Move) -> Move | None:
    """Of several objects in one path some were there, as the journal says; where it masks that, the digest decides."""
    shown = first.before if isinstance(first.before, dict) else {}
    choices = [_could_be(shown.get(ref), state) for ref, state in move.before.items()]
    if prod(map(len, choices)) <= MOST:
        for states in product(*choices):
            found = dict(zip(move.before, states, strict=True))
            if digest(found) == first.before_sha256:
                wanted = {ref: move.wanted[ref] if its == ABSENT else its for ref, its in found.items()}
                return _towards(run, move, wanted)
    return move  # it was as no file has it, or nobody knows: what another run labelled is not deleted (I11)


def _could_be(shown: str | None, applied: str) -> tuple[str, ...]:
    """What an object may have been of which the journal shows this."""
    return (shown,) if shown in (ABSENT, applied) else (ABSENT, applied)


def _towards(run: Run, move: Move, wanted: State) -> Move | None:
    if wanted == move.before:
        return None
    request = KINDS[move.thing.kind].request(move.thing.id, move.before, wanted)
    return replace(move, wanted=wanted, request=request, command=command(request, run.plan.region))
