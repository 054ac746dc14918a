"""Services of ECS: how many tasks they are to have, and of which deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.arns import Arn
from ecs2k8s.core.errors import PlanError
from ecs2k8s.cutover.plan import Request
from ecs2k8s.cutover.things.kind import Kind, differs_elsewhere, document, only_reads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.cutover.plan import State
    from ecs2k8s.cutover.things.kind import Ask, Documents

SHORT = 2  # parts of an ARN's resource before it had the cluster's name: `service/web`


def _service(service: Mapping[str, Any]) -> State:
    """`running` only where no task should: elsewhere tasks come and go, and nobody changed anything."""
    if service.get("status") == "INACTIVE":
        return None
    wanted = int(service.get("desiredCount", 0))
    running = {} if wanted else {"running": int(service.get("runningCount", 0)) + int(service.get("pendingCount", 0))}
    return {"desiredCount": wanted, **running, **_deployed(service)}


def _deployed(service: Mapping[str, Any]) -> State:
    """What a deployment, by whomever, changes. Scaling is none."""
    return {
        "taskDefinition": service.get("taskDefinition", ""),
        "deployments": sorted(each["id"] for each in service.get("deployments") or ()),
        "taskSets": sorted(each["id"] for each in service.get("taskSets") or ()),
    }


def _of(ask: Ask, ident: str) -> Mapping[str, Any] | None:
    answer = ask("ecs.DescribeServices", {"cluster": _cluster(ident), "services": [ident]})
    found = (each for each in (answer or {}).get("services", ()) if each["serviceArn"] == ident)
    return next(found, None)


def _cluster(ident: str) -> str:
    arn = Arn.parse(ident)
    parts = arn.resource.split("/") if arn else []
    if len(parts) <= SHORT:
        raise PlanError(f"{ident}: is no ARN of a service with its cluster's name")
    return parts[1]


def _now(ask: Ask, ident: str) -> State:
    found = _of(ask, ident)
    return _service(found) if found else None


def _deployed_now(ask: Ask, ident: str) -> State:
    found = _of(ask, ident)
    return _deployed(found) if found and found.get("status") != "INACTIVE" else None


def _request(ident: str, before: State, wanted: State) -> Request:
    """Only the number of tasks: nothing here starts a deployment."""
    cluster = _cluster(ident)
    if before is not None and wanted is None and not before["desiredCount"]:
        return Request("ecs.DeleteService", {"cluster": cluster, "service": ident})
    if before is None or wanted is None:
        raise PlanError(f"{ident}: a service is deleted when it has no tasks, and made by nobody here")
    if others := differs_elsewhere(before, wanted, "desiredCount", "running"):
        raise PlanError(f"{ident}: a plan changes the number of tasks only, and not {', '.join(others)}")
    return Request("ecs.UpdateService", {"cluster": cluster, "service": ident, "desiredCount": wanted["desiredCount"]})


def _stopping(before: State, wanted: State, live: State) -> bool:
    """Whether as many tasks are wanted as are to be, and the last of them end."""
    if before is None or wanted is None or live is None:
        return False
    asked = bool(live["desiredCount"] == wanted["desiredCount"])
    return asked and not differs_elsewhere(live, wanted, "running")


def scaled(state: State, count: int) -> State:
    """The state when *count* tasks are wanted, and where that is none, when none is left."""
    kept = {key: value for key, value in state.items() if key not in ("desiredCount", "running")}
    return {"desiredCount": count, **({} if count else {"running": 0}), **kept}


SERVICE = Kind(
    "ecs.service",
    lambda documents, ident: _service(document(documents, "ecs.Service", ident)),
    _now,
    _request,
    sets=("desiredCount", "running"),
    between=_stopping,
)


def _deployed_then(documents: Documents, ident: str) -> State:
    return _deployed(document(documents, "ecs.Service", ident))


# Of a service that scales by itself: its number of tasks is no foreign edit.
DEPLOYMENT = Kind("ecs.service-deployment", _deployed_then, _deployed_now, only_reads)
