"""Scalable targets of Application Auto Scaling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.replay import state_ecs
from ecs2k8s.replay.state import Asked, Item, only, refuse_unless

if TYPE_CHECKING:
    from ecs2k8s.replay.state import Account

KEYS = ("ServiceNamespace", "ResourceId", "ScalableDimension")
SHAPE = "application-autoscaling.ScalableTarget"
NONE_SUSPENDED = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}


def register_scalable_target(account: Account, asked: Asked) -> Item:
    """What is not named stays. A count outside the new bounds is moved into them, as the API reference says."""
    only(asked, *KEYS, "MinCapacity", "MaxCapacity", "RoleARN", "SuspendedState", "Tags")
    identity = {key: asked[key] for key in KEYS}
    service = _service(account, identity)
    found = account.estate.where(SHAPE, **identity)
    new = _wanted(account, asked, found[0] if found else {})
    words = "Minimum and maximum capacity are needed for a new scalable target"
    refuse_unless("MinCapacity" in new and "MaxCapacity" in new, "ValidationException", words)
    least, most = int(new["MinCapacity"]), int(new["MaxCapacity"])
    words = "Maximum capacity cannot be less than minimum capacity"
    refuse_unless(0 <= least <= most, "ValidationException", words)
    target = found[0] if found else account.put(SHAPE, new["ScalableTargetARN"], {})
    target.update(identity, **new)
    if not least <= service["desiredCount"] <= most:
        state_ecs.scale(account, service, min(max(service["desiredCount"], least), most))
    return {"ScalableTargetARN": target["ScalableTargetARN"]}


def _service(account: Account, identity: Item) -> Item:
    kind, _, rest = identity["ResourceId"].partition("/")
    is_service = (identity["ServiceNamespace"], identity["ScalableDimension"]) == ("ecs", "ecs:service:DesiredCount")
    refuse_unless(is_service and kind == "service", "ValidationException", "Only ECS services are modelled")
    cluster, _, name = rest.partition("/")
    found = [
        each
        for each in account.estate.where("ecs.Service", serviceName=name)
        if each["clusterArn"].rpartition("/")[2] == cluster
    ]
    refuse_unless(bool(found), "ValidationException", f"ECS service doesn't exist: {identity['ResourceId']}")
    return found[0]


def _wanted(account: Account, asked: Asked, before: Item) -> Item:
    usual: Item = {
        "ScalableTargetARN": account.arn("application-autoscaling", f"scalable-target/{account.new_id(34)}"),
        "CreationTime": account.moment(),
        "SuspendedState": NONE_SUSPENDED,
        "RoleARN": account.arn(
            "iam",
            "role/aws-service-role/ecs.application-autoscaling.amazonaws.com/"
            "AWSServiceRoleForApplicationAutoScaling_ECSService",
            region="",
        ),
    }
    given: Item = {key: asked[key] for key in ("MinCapacity", "MaxCapacity", "RoleARN") if key in asked}
    kept: Item = {**usual, **before, **given}
    suspended: Item = kept["SuspendedState"]
    kept["SuspendedState"] = suspended | asked.get("SuspendedState", {})
    return kept


def deregister_scalable_target(account: Account, asked: Asked) -> Item:
    """Its policies and scheduled actions go with it; the service keeps its count."""
    only(asked, *KEYS)
    identity = {key: asked[key] for key in KEYS}
    words = f"No scalable target registered for service namespace: ecs, resource ID: {asked['ResourceId']}"
    refuse_unless(bool(account.estate.where(SHAPE, **identity)), "ObjectNotFoundException", words)
    for shape in ("ScalableTarget", "ScalingPolicy", "ScheduledAction"):
        for found in account.estate.where(f"application-autoscaling.{shape}", **identity):
            account.remove(f"application-autoscaling.{shape}", found)
    return {}


def describe_scalable_targets(account: Account, asked: Asked) -> Item:
    only(asked, "ServiceNamespace", "ResourceIds", "ScalableDimension", "MaxResults", "NextToken")
    found = account.estate.where(SHAPE, ServiceNamespace=asked["ServiceNamespace"])
    ids, dimension = asked.get("ResourceIds"), asked.get("ScalableDimension")
    found = [each for each in found if not ids or each["ResourceId"] in ids]
    return {"ScalableTargets": [each for each in found if dimension in {None, each["ScalableDimension"]}]}
