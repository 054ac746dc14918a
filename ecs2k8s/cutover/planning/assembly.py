"""Steps as a whole plan: in order, with gates and commands, and with what a run must know beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, get_args

from ecs2k8s import __version__
from ecs2k8s.cutover.aws.calls import Place as Where
from ecs2k8s.cutover.plan import FORMAT, Phase, Plan, sealed
from ecs2k8s.cutover.planning.approvals import asked, with_gates
from ecs2k8s.cutover.planning.fingerprints import fingerprints
from ecs2k8s.cutover.planning.moves import with_commands
from ecs2k8s.cutover.planning.owners import with_owners
from ecs2k8s.cutover.planning.permissions import permissions
from ecs2k8s.cutover.planning.thresholds import thresholds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.cutover.plan import Purpose, Step, Writer
    from ecs2k8s.cutover.planning.ground import Ground
    from ecs2k8s.cutover.planning.places import Place

PHASES: tuple[Phase, ...] = get_args(Phase)
VALID = timedelta(hours=24)
EXECUTABLE = frozenset({"A", "D"})  # designs that the program may carry out itself


@dataclass(frozen=True, slots=True)
class Refused:
    """A unit that has no plan, and why."""

    unit: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Around:
    """What a run must know beside the steps. `traffic`: what it holds alone, beside the places."""

    places: tuple[Place, ...] = ()
    writers: tuple[Writer, ...] = ()
    traffic: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    objectives: Mapping[str, float] = field(default_factory=dict)


def assembled(ground: Ground, unit: Unit, purpose: Purpose, steps: Iterable[Step], around: Around) -> Plan:
    """*steps* of one phase stay as they come."""
    account, partition, region = ground.whose
    approvals = asked(purpose, unit.designs)
    in_order = sorted(steps, key=lambda each: PHASES.index(each.phase))
    done = with_commands(with_owners(with_gates(in_order, approvals), unit), region)
    prints = fingerprints(ground, unit, done, around.places)
    made = Plan(
        format=FORMAT,
        version=__version__,
        unit=unit.name,
        purpose=purpose,
        designs={ident: list(ground.designs[ident]) for ident in unit.workloads},
        account=account,
        partition=partition,
        region=region,
        eks_cluster=ground.target.eks_cluster,
        taken=ground.taken,
        expires=expires(ground.taken),
        inputs=dict(ground.inputs),
        steps=done,
        fingerprints=prints,
        writers=around.writers,
        approvals=approvals,
        traffic=tuple(sorted({*(place.thing.id for place in around.places), *around.traffic})),
        permissions=permissions(done, prints, Where(partition, region, account)),
        schedule=ground.schedule.name if purpose == "move" else "none",
        thresholds=thresholds(),
        objectives=dict(around.objectives),
        notes=around.notes + _edited(ground),
        executable=set(unit.designs) <= EXECUTABLE,
    )
    return sealed(made)


def expires(taken: str) -> str:
    """A day after the snapshot was taken."""
    return (datetime.fromisoformat(taken) + VALID).strftime("%Y-%m-%dT%H:%M:%SZ")


def _edited(ground: Ground) -> tuple[str, ...]:
    count = len(ground.edited)
    return (f"Edited since the export: {count} files. What lies there is applied.",) if count else ()
