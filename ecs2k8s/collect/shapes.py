"""Holds documents against botocore's own service models."""

from __future__ import annotations

from functools import cache
from typing import Any

from ecs2k8s.collect.checks import SCALARS, Check, Coerced, Log, Problem, list_of, map_of, plain, size, structure

# Our shape: the members of botocore's shapes together, the first that has a member decides.
SHAPES: dict[str, tuple[str, ...]] = {
    "ecs.TaskDefinition": ("TaskDefinition", "RegisterTaskDefinitionRequest"),
    "ecs.Service": ("Service", "CreateServiceRequest", "UpdateServiceRequest"),
    "ecs.Cluster": ("Cluster",),
    "ecs.CapacityProvider": ("CapacityProvider",),
    "ecs.Task": ("Task",),
    "ecs.Failure": ("Failure",),
    "elbv2.TargetGroup": ("TargetGroup",),
    "elbv2.LoadBalancer": ("LoadBalancer",),
    "elbv2.Listener": ("Listener",),
    "elbv2.Rule": ("Rule",),
    "elbv2.TargetGroupAttributes": ("ModifyTargetGroupAttributesInput",),
    "elbv2.LoadBalancerAttributes": ("ModifyLoadBalancerAttributesInput",),
    "ec2.SecurityGroup": ("SecurityGroup",),
    "ec2.Subnet": ("Subnet",),
    "iam.Role": ("Role",),
    "application-autoscaling.ScalableTarget": ("ScalableTarget",),
    "application-autoscaling.ScalingPolicy": ("ScalingPolicy",),
}
# Members that AWS or its CLI prints otherwise than the model says.
INSTEAD: dict[str, dict[str, Check]] = {
    "ecs.TaskDefinition": {"cpu": size, "memory": size},
    "iam.Role": {"AssumeRolePolicyDocument": plain},  # a string in the model, decoded by botocore
}


@cache
def _model(service: str) -> Any:
    from botocore.loaders import Loader  # noqa: PLC0415
    from botocore.model import ServiceModel  # noqa: PLC0415

    # Not ~/.aws/models: what a file means must not depend on whose machine reads it.
    loader = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    return ServiceModel(loader.load_service_model(service, "service-2"), service)


def _compile(shape: Any) -> Check:
    match shape.type_name:
        case "structure":
            open_ended = shape.is_document_type or not shape.members
            return plain if open_ended else structure({k: _compile(m) for k, m in shape.members.items()})
        case "list":
            return list_of(_compile(shape.member))
        case "map":
            return map_of(_compile(shape.value))
        case kind:
            return SCALARS[kind]


@cache
def _checker(shape: str) -> Check:
    if shape not in SHAPES:
        return plain
    service = shape.partition(".")[0]
    members: dict[str, Any] = {}
    for name in reversed(SHAPES[shape]):
        members |= _model(service).shape_for(name).members
    return structure({name: _compile(member) for name, member in members.items()} | INSTEAD.get(shape, {}))


def validate(value: Any, shape: str) -> tuple[Any, list[Problem], list[Coerced]]:
    """*value* with its types as *shape* (`ecs.Service`) has them, what forbids taking it, and what was converted.

    Unknown keys and nulls stay. A shape that is not in `SHAPES` allows any JSON.
    """
    log = Log()
    return _checker(shape)(value, (), log), log.problems, log.coerced
