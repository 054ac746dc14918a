"""A plan, made of a snapshot and the choices in target.yaml alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.planning.assembly import Refused
from ecs2k8s.cutover.planning.decommission import decommission
from ecs2k8s.cutover.planning.removal import removal
from ecs2k8s.cutover.planning.units import plan
from ecs2k8s.cutover.things.kind import NotInSnapshotError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.cutover.plan import Plan, Purpose
    from ecs2k8s.cutover.planning.ground import Ground

PLANS: Mapping[Purpose, Callable[[Ground, Unit], Plan | Refused]] = {
    "move": plan,
    "decommission": decommission,
    "remove": removal,
}


def plan_for(purpose: Purpose, ground: Ground, unit: Unit) -> Plan | Refused:
    """What the snapshot does not say refuses the unit that needs it, and no other."""
    try:
        return PLANS[purpose](ground, unit)
    except NotInSnapshotError as error:
        return Refused(unit.name, (str(error),))
