"""How few and how many tasks a service may have, and which scaling is suspended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.arns import Arn
from ecs2k8s.core.errors import PlanError
from ecs2k8s.cutover.plan import Request
from ecs2k8s.cutover.things.kind import Kind, NotInSnapshotError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.cutover.plan import State
    from ecs2k8s.cutover.things.kind import Ask, Documents

IDENTITY = ("ServiceNamespace", "ResourceId", "ScalableDimension")
SUSPENDED = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")


def target_id(resource: str, namespace: str = "ecs", dimension: str = "ecs:service:DesiredCount") -> str:
    """The id of the scalable target of *resource*, such as `service/shop/web`."""
    return f"{namespace}/{resource}/{dimension}"


def _identity(ident: str) -> dict[str, str]:
    namespace, _, rest = ident.partition("/")
    resource, _, dimension = rest.rpartition("/")
    return dict(zip(IDENTITY, (namespace, resource, dimension), strict=True))


def _is(target: Mapping[str, Any], identity: Mapping[str, str]) -> bool:
    return all(target[name] == its for name, its in identity.items())


def _state(target: Mapping[str, Any]) -> State:
    suspended = target.get("SuspendedState") or {}
    return {
        "MinCapacity": target["MinCapacity"],
        "MaxCapacity": target["MaxCapacity"],
        "SuspendedState": {name: bool(suspended.get(name)) for name in SUSPENDED},
    }


def _then(documents: Documents, ident: str) -> State:
    """None for a service that the snapshot has without a scalable target."""
    identity = _identity(ident)
    targets = (data for (shape, _), data in documents.items() if shape == "application-autoscaling.ScalableTarget")
    if found := next((data for data in targets if _is(data, identity)), None):
        return _state(found)
    services = (Arn.parse(arn) for shape, arn in documents if shape == "ecs.Service")
    if not any(arn and arn.resource == identity["ResourceId"] for arn in services):
        raise NotInSnapshotError(f"{ident}: the snapshot has neither the service nor its scaling: export again")
    return None


def _now(ask: Ask, ident: str) -> State:
    identity = _identity(ident)
    asked = {name: its for name, its in identity.items() if name != "ResourceId"}
    answer = ask("application-autoscaling.DescribeScalableTargets", {**asked, "ResourceIds": [identity["ResourceId"]]})
    found = [each for each in (answer or {}).get("ScalableTargets", ()) if _is(each, identity)]
    return _state(found[0]) if found else None


def _request(ident: str, before: State, wanted: State) -> Request:
    if wanted is None and before is None:
        raise PlanError(f"{ident}: does not exist and is not to")
    if wanted is None:
        return Request("application-autoscaling.DeregisterScalableTarget", dict(_identity(ident)))
    return Request("application-autoscaling.RegisterScalableTarget", {**_identity(ident), **wanted})


TARGET = Kind("autoscaling.target", _then, _now, _request)
