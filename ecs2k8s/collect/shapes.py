"""Holds documents against botocore's own service models."""

from __future__ import annotations

from functools import cache
from typing import Any

from ecs2k8s.collect.checks import SCALARS, Check, Coerced, Log, Problem, list_of, map_of, plain, size, structure
from ecs2k8s.collect.kinds import kinds

# Members that AWS or its CLI prints otherwise than the model says.
INSTEAD: dict[str, dict[str, Check]] = {
    "ecs.TaskDefinition": {"cpu": size, "memory": size},
    # Strings in the model, decoded by botocore.
    "iam.Role": {"AssumeRolePolicyDocument": plain},
    "iam.RolePolicy": {"PolicyDocument": plain},
    "iam.PolicyVersion": {"PolicyVersion": plain},
}


def members(shape: str) -> dict[str, Any]:
    """The members that documents of *shape* can have, with botocore's shape of each."""
    service = shape.partition(".")[0]
    found: dict[str, Any] = {}
    for name in reversed(kinds()[shape].model):
        found |= model(service).shape_for(name).members
    return found


@cache
def model(service: str) -> Any:
    from botocore.model import ServiceModel  # noqa: PLC0415

    return ServiceModel(_loader().load_service_model(service, "service-2"), service)


@cache
def _loader() -> Any:
    """One for all services: each looks through the folders of every service that botocore knows."""
    from botocore.loaders import Loader  # noqa: PLC0415

    # Not ~/.aws/models: what a file means must not depend on whose machine reads it.
    return Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)


def _compile(shape: Any, above: tuple[str, ...] = ()) -> Check:
    if shape.name in above:
        return plain  # a shape inside itself, as statements of web ACLs are
    above = (*above, shape.name)
    match shape.type_name:
        case "structure":
            open_ended = shape.is_document_type or not shape.members
            return plain if open_ended else structure({k: _compile(m, above) for k, m in shape.members.items()})
        case "list":
            return list_of(_compile(shape.member, above))
        case "map":
            return map_of(_compile(shape.value, above))
        case kind:
            return SCALARS[kind]


@cache
def _checker(shape: str) -> Check:
    if shape not in kinds():
        return plain
    checks = {name: _compile(member) for name, member in members(shape).items()}
    return structure(checks | INSTEAD.get(shape, {}))


def validate(value: Any, shape: str) -> tuple[Any, list[Problem], list[Coerced]]:
    """*value* with its types as *shape* (`ecs.Service`) has them, what forbids taking it, and what was converted.

    Unknown keys and nulls stay. A shape that mappings/documents.yaml does not have allows any JSON.
    """
    log = Log()
    return _checker(shape)(value, (), log), log.problems, log.coerced
