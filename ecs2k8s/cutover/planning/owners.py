"""Who does a step: the team that the tags of the unit name, where the table says that it is theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.cutover.plan import Step

SERVICE = "service"
ROLES = {SERVICE: "owner of the service", "platform": "platform team", "network": "owner of the names"}


def with_owners(steps: Iterable[Step], unit: Unit) -> tuple[Step, ...]:
    roles = ROLES | ({SERVICE: ", ".join(unit.owners)} if unit.owners else {})
    return tuple(msgspec.structs.replace(step, owner=roles.get(step.owner, step.owner)) for step in steps)
