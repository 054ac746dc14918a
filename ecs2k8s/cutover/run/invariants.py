"""What holds before every call that changes who gets requests (cutover.md §2.5); each function names what is broken."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from ecs2k8s.cutover.plan import Thing
from ecs2k8s.cutover.run.shares import HEALTH, is_eks, share, weights
from ecs2k8s.cutover.run.watching import now

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from ecs2k8s.cutover.plan import Move, Step
    from ecs2k8s.cutover.run.context import Run

HEADROOM = 1.2


def broken(run: Run, step: Step, move: Move) -> Iterator[str]:
    """The invariants that *move* would break, in words; none for a way back (I12)."""
    yield from _shrinks(run, step, move)
    yield from _leads_to_eks(run, move)
    if not weights(move.wanted):
        return
    healthy = {group: _healthy(run, step, group) for group in weights(move.wanted)}
    yield from _nobody_answers(move, healthy)
    yield from _too_few(move, healthy)
    yield from _alone(move)


def _healthy(run: Run, step: Step, group: str) -> Counter[str]:
    """Healthy targets by zone."""
    from collections import Counter  # noqa: PLC0415 (the name is a type above)

    found = now(run, step, Thing(HEALTH, group)) or []
    return Counter(target["Zone"] for target in found if target["State"] == "healthy")


def _leads_to_eks(run: Run, move: Move) -> Iterator[str]:
    if run.plan.purpose == "rehearse" and share(move.wanted):
        yield f"a rehearsal sends no request to EKS, and {move.thing.id} would"


def _nobody_answers(move: Move, healthy: dict[str, Counter[str]]) -> Iterator[str]:
    if not any(weight and healthy[group].total() for group, weight in weights(move.wanted).items()):
        yield f"I1: no group with a weight in {move.thing.id} would have a healthy target"


def _too_few(move: Move, healthy: dict[str, Counter[str]]) -> Iterator[str]:
    """A rise needs the targets of EKS that its share needs, in every zone that ECS serves from.

    What is needed is what ECS has: its healthy targets carry all requests today. More than that is never asked.
    """
    after = share(move.wanted)
    if after <= share(move.before):
        return
    ours, theirs = _sum(healthy, eks=True), _sum(healthy, eks=False)
    for zone, count in sorted(theirs.items()):
        needed = max(1, min(count, ceil(count * after * HEADROOM)))
        if ours[zone] < needed:
            yield (
                f"I2: {ours[zone]} healthy targets of EKS in {zone or 'the zone that is not named'}, "
                f"and {after:.0%} of the requests need {needed} beside {count} of ECS"
            )
    if not theirs and not ours.total():
        yield "I2: neither side has a healthy target"


def _sum(healthy: dict[str, Counter[str]], *, eks: bool) -> Counter[str]:
    from collections import Counter  # noqa: PLC0415

    found: Counter[str] = Counter()
    for group, counts in healthy.items():
        if is_eks(group) == eks:
            found += counts
    return found


def _alone(move: Move) -> Iterator[str]:
    """I7: one call has the weights of both sides."""
    found = weights(move.wanted)
    if any(is_eks(group) for group in found) and all(is_eks(group) for group in found):
        yield f"I7: {move.thing.id} would lose the group of ECS: that is a plan of its own"


def _shrinks(run: Run, step: Step, move: Move) -> Iterator[str]:
    """I3: what serves requests on ECS stays as large as it is until its own plan, consumers apart."""
    if run.plan.purpose not in ("move", "rehearse") or step.kind == "work.handover" or move.thing.kind != "ecs.service":
        return
    before, after = (int((state or {}).get("desiredCount", 0)) for state in (move.before, move.wanted))
    if after < before:
        yield f"I3: {move.thing.id} would shrink from {before} to {after}"
