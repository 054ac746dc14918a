"""Whether a plan is what planning makes: nothing is sent, or shown to be typed, than what its states say.

Commands that no states lead to, checks and texts are held by the seal of the file, against edits in good faith.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import msgspec

from ecs2k8s import __version__
from ecs2k8s.core.documents import canonical
from ecs2k8s.core.errors import PlanError
from ecs2k8s.cutover.aws.calls import writes
from ecs2k8s.cutover.cluster.asking import PREFIX
from ecs2k8s.cutover.plan import digest, sealed
from ecs2k8s.cutover.things import KINDS, command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.cutover.plan import Move, Plan

ODD = (KeyError, IndexError, TypeError, AttributeError, ValueError)  # of states that no kind has


def trust(plan: Plan, where: str, *, execute: bool) -> None:
    """Raises `PlanError` with the first move that this version would not plan, or that no run may send."""
    for said in _objections(plan, execute=execute):
        other = f" (it is of version {plan.version})" if plan.version != __version__ else ""
        raise PlanError(f"{where}: {said}: plan again{other}")


def _objections(plan: Plan, *, execute: bool) -> Iterator[str]:
    for step in plan.steps:
        for way, moves in (("moves", step.moves), ("back", step.back)):
            for number, move in enumerate(moves):
                sends = execute and not step.guided
                if said := _odd(move) or _mistold(move, plan.region) or (_unsent(move) if sends else ""):
                    yield f"step {step.id}: {way}[{number}]: {said}"
    if plan.seal != sealed(plan).seal:
        yield "was edited after it was made"


def _odd(move: Move) -> str:
    kind = KINDS.get(move.thing.kind)
    if kind is None:
        return f"there is no kind of object {move.thing.kind!r}"
    try:
        request = kind.request(move.thing.id, move.before, move.wanted)
    except PlanError as error:
        return str(error)
    except ODD:
        return f"{move.thing.kind} has no such states"
    if digest(request) != digest(move.request):
        return f"{move.request.call} is not the request that leads from its state before to the one that is wanted"
    return ""


def _mistold(move: Move, region: str) -> str:
    told = _meant(move.command) == _meant(command(move.request, region))
    return "" if told else f"its command for people is not {move.request.call} as it is to be sent"


def _meant(told: str) -> list[list[str]] | None:
    """The options of a command with their values, in any order, as those of a file come; None where it is none."""
    try:
        words = shlex.split(told)
    except ValueError:
        return None
    found: list[list[str]] = [[]]
    for word in words:
        if word.startswith("--"):
            found.append([])
        found[-1].append(_value(word))
    return [found[0], *sorted(found[1:])]


def _value(word: str) -> str:
    try:
        return canonical(msgspec.json.decode(word)).decode()
    except msgspec.DecodeError:
        return word


def _unsent(move: Move) -> str:
    call = move.request.call
    row = writes().get(call)
    may = call.startswith(PREFIX) or (row is not None and row.mode == "execute")
    return "" if may else f"{call} is sent by people only, and the step is not guided"
