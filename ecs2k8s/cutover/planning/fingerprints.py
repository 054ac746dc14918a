"""The state of every object that a plan touches or relies on, as the snapshot has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.plan import Fingerprint, Thing
from ecs2k8s.cutover.planning.groups import ATTRIBUTES, GROUP
from ecs2k8s.cutover.planning.preparation import TARGET, scalable, services
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.cutover.things.kind import NAMED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.cutover.plan import Step
    from ecs2k8s.cutover.planning.ground import Ground
    from ecs2k8s.cutover.planning.places import Place

DEPLOYMENT = "ecs.service-deployment"  # without the number of tasks, which scales by itself
CLUSTER = "kubernetes."  # kinds that no snapshot of AWS knows


def fingerprints(ground: Ground, unit: Unit, steps: Iterable[Step], places: Iterable[Place]) -> tuple[Fingerprint, ...]:
    """Each object once, sorted."""
    found = {*_touched(steps), *_relied_on(ground, unit, places)}
    return tuple(Fingerprint(thing, KINDS[thing.kind].then(ground.documents, thing.id)) for thing in sorted(found))


def _touched(steps: Iterable[Step]) -> Iterator[Thing]:
    """Attributes of a group that the plan makes are none of them: there is nothing before the group is there."""
    for thing in (move.thing for step in steps for move in step.moves):
        if not thing.kind.startswith(CLUSTER) and not (thing.kind == ATTRIBUTES and thing.id.startswith(NAMED)):
            yield thing


def _relied_on(ground: Ground, unit: Unit, places: Iterable[Place]) -> Iterator[Thing]:
    for place in places:
        yield place.thing
        for arn, _ in place.sources:
            yield from (Thing(GROUP, arn), Thing(ATTRIBUTES, arn))
    for workload in services(ground, unit):
        yield Thing(DEPLOYMENT, workload.service_id)
        if ident := scalable(workload):
            yield Thing(TARGET, ident)
