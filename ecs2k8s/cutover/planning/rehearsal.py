"""A rehearsal of a plan: everything up to the first request for EKS, and then all of it taken back (cutover.md §2.2).

It is made of the plan that people read, and of nothing else: the same objects, the same calls. What it made, it takes
back in the opposite order, so that pods leave their group before the group leaves the action, and then goes.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ecs2k8s.core.errors import PlanError
from ecs2k8s.core.listing import listed
from ecs2k8s.cutover.aws.calls import Place
from ecs2k8s.cutover.plan import REVIEWED, Move, Plan, Step, sealed
from ecs2k8s.cutover.planning.moves import with_commands
from ecs2k8s.cutover.planning.objects import ABSENT, FILES
from ecs2k8s.cutover.planning.permissions import permissions
from ecs2k8s.cutover.planning.step_texts import step
from ecs2k8s.cutover.run.shares import is_eks, share, shifts, weights
from ecs2k8s.cutover.things import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.cutover.plan import Phase, State

DARK: tuple[Phase, ...] = ("P0", "P1", "P2", "P3", "P4")  # before anybody's requests or work
NAMESPACE = "Namespace/"
NAMED = 20  # objects in a sentence


def rehearsal(plan: Plan) -> Plan:
    """Raises `PlanError` where nothing of *plan* can be rehearsed, and where a step would shift requests."""
    if why := _why_not(plan):
        raise PlanError(f"the plan of {plan.unit} is not rehearsed: {why}")
    dark = (each for each in plan.steps if each.phase in DARK)
    forth = with_commands((replace(each, back=_ways_back(each)) for each in dark), plan.region)
    steps = (*forth, *(taken for each in reversed(forth) for taken in _back(each)))
    for each in steps:
        _stays_dark(each)
    place = Place(plan.partition, plan.region, plan.account)
    its = replace(
        plan,
        purpose="rehearse",
        inputs={REVIEWED: plan.ident},
        steps=steps,
        approvals=(),
        permissions=permissions(steps, plan.fingerprints, place),
        notes=(*plan.notes, *_notes(plan, forth)),
    )
    return sealed(its)


def _why_not(plan: Plan) -> str:
    if plan.purpose != "move":
        return "it deletes what a cutover left, and what is deleted cannot be put back as it was"
    designs = {design for its in plan.designs.values() for design in its}
    if not plan.executable:
        return (
            f"design {' and '.join(sorted(designs - {'A', 'D'}))} is carried out by people, and the program sees too "
            "little of it to say that all is as it was. The first steps of the run itself are dark: begin it with "
            "`cutover run`, stop before P6, and `cutover rollback` names what takes back what you typed"
        )
    return ""


def _back(of: Step) -> Iterator[Step]:
    """The step that takes *of* back; a check leaves nothing."""
    if of.back or (of.guided and of.undo):
        yield step(
            "take-back",
            f"back.{of.id}",
            {"title": of.title, "way": of.rollback},
            kind=of.kind,
            phase=of.phase,
            owner=of.owner,
            minutes=of.minutes,
            moves=of.back,
            checks=("L08",) if shifts(of) else (),
            share=of.share,
            guided=of.guided,
            commands=of.undo,
            takes_back=of.id,
        )


def _ways_back(of: Step) -> tuple[Move, ...]:
    """Its own, else those from what it made to what was there, where there are some."""
    return of.back or tuple(found for each in reversed(of.moves) if (found := _reverse(each)))


def _reverse(of: Move) -> Move | None:
    """Of objects of a cluster only: what the whole namespace or the whole unit shares has no way back in the plan."""
    if of.thing.kind != FILES:
        return None
    gone = {ref: state if ref.startswith(NAMESPACE) else ABSENT for ref, state in of.wanted.items()}
    if gone == of.wanted:
        return None
    return Move(of.thing, of.wanted, gone, KINDS[FILES].request(of.thing.id, of.wanted, gone), "")


def _stays_dark(of: Step) -> None:
    """Raises `PlanError` where *of* would give EKS requests or work, or share out those of others otherwise."""
    if of.kind in ("elb.weights", "work.handover") or of.share:
        raise PlanError(f"step {of.id} shifts requests or work: it is no part of a rehearsal")
    for move in (*of.moves, *of.back):
        if share(move.before) or share(move.wanted) or _parts(move.before) != _parts(move.wanted):
            raise PlanError(f"step {of.id} shifts requests at {move.thing.id}: it is no part of a rehearsal")


def _parts(state: State) -> dict[str, Fraction]:
    """What each group that is not of EKS gets of all requests; weights are shares of their sum."""
    found = weights(state) if isinstance(state, dict) else {}
    whole = sum(found.values())
    return {group: Fraction(weight, whole or 1) for group, weight in found.items() if not is_eks(group)}


def _notes(plan: Plan, forth: tuple[Step, ...]) -> Iterator[str]:
    """What a person has to know before it begins."""
    yield (
        f"A rehearsal of the plan {plan.short}: the weights of EKS stay 0, and what it makes it takes back. "
        "The plan is not used up."
    )
    if spaces := _namespaces(forth):
        yield f"Stay where this run makes them, since nothing else of theirs may go with them: {spaces}."
    if by_hand := [each for each in forth if each.guided and not each.moves]:
        yield "By hand, and seen by nobody but you: " + listed([_by_hand(each) for each in by_hand], NAMED) + "."
    if handed := [each for each in plan.steps if each.kind == "work.handover"]:
        yield f"Not rehearsed, since exactly one side works: {listed([each.title for each in handed], NAMED)}."


def _namespaces(forth: tuple[Step, ...]) -> str:
    files = (move.wanted for each in forth for move in each.moves if move.thing.kind == FILES)
    refs = {ref for wanted in files for ref in wanted if ref.startswith(NAMESPACE)}
    return listed([f"namespace {ref.removeprefix(NAMESPACE)}" for ref in sorted(refs)], NAMED)


def _by_hand(of: Step) -> str:
    return of.id if of.undo else f"{of.id} (stays: {of.rollback.rstrip('.')})"
