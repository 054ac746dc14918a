"""Instances of a Cloud Map service that a plan registers. ECS owns its own, and they come and go with its tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.errors import PlanError
from ecs2k8s.cutover.plan import Request
from ecs2k8s.cutover.things.kind import Kind

if TYPE_CHECKING:
    from ecs2k8s.cutover.plan import State
    from ecs2k8s.cutover.things.kind import Ask, Documents

OURS = "ecs2k8s-"  # how the ids of our instances begin


def _then(_: Documents, __: str) -> State:
    """A snapshot has no instances; that none of ours is there is what a plan says, and what a run looks at."""
    return {}


def _now(ask: Ask, ident: str) -> State:
    answer = ask("servicediscovery.ListInstances", {"ServiceId": ident})
    if answer is None:
        return None
    return {each["Id"]: dict(each["Attributes"]) for each in answer["Instances"] if each["Id"].startswith(OURS)}


def _request(ident: str, before: State, wanted: State) -> Request:
    changed = sorted(key for key in before.keys() | wanted.keys() if before.get(key) != wanted.get(key))
    if len(changed) != 1 or not changed[0].startswith(OURS):
        raise PlanError(f"{ident}: one call registers or deregisters one instance, whose id begins with {OURS}")
    which = {"ServiceId": ident, "InstanceId": changed[0]}
    if changed[0] not in wanted:
        return Request("servicediscovery.DeregisterInstance", which)
    return Request("servicediscovery.RegisterInstance", {**which, "Attributes": wanted[changed[0]]})


INSTANCES = Kind("servicediscovery.instances", _then, _now, _request)
