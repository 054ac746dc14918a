"""What a rehearsal takes back: of each object what the run itself did, to what it found there."""

from __future__ import annotations

from itertools import product
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
    """Of several objects in one file some were there. The journal masks names of secrets, so the digest decides."""
    choices = (product((ABSENT, state), (ref,)) for ref, state in move.before.items())
    for chosen in product(*choices):
        there = {ref for state, ref in chosen if state != ABSENT}
        if digest({ref: state for state, ref in chosen}) == first.before_sha256:
            wanted = {ref: state if ref in there else move.wanted[ref] for ref, state in move.before.items()}
            return _towards(run, move, wanted)
    return move  # it was as no file has it: who sends this sees that, and refuses


def _towards(run: Run, move: Move, wanted: State) -> Move | None:
    if wanted == move.before:
        return None
    request = KINDS[move.thing.kind].request(move.thing.id, move.before, wanted)
    return replace(move, wanted=wanted, request=request, command=command(request, run.plan.region))
