"""Tells what a decoded value is by its top-level keys and the types of their values, never by the file's name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.collect.hints import hint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.paths import Path


@dataclass(frozen=True, slots=True)
class Found:
    """A document at `path` of its file, not yet held against its shape. `bare`: no key of an answer stood around it."""

    shape: str
    data: Any
    path: Path
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Snapshotted:
    """The content of a snapshot.json."""

    data: dict[str, Any]
    path: Path


@dataclass(frozen=True, slots=True)
class Said:
    """What the answer says about itself, as a finding of this slug about the file."""

    slug: str
    path: Path
    args: dict[str, str]


@dataclass(frozen=True, slots=True)
class Strange:
    """None of the known things; `probably` says what it looks like."""

    path: Path
    probably: str


Part = Found | Snapshotted | Said | Strange

KEYS: dict[str, tuple[type, str]] = {
    "taskDefinition": (dict, "ecs.TaskDefinition"),
    "services": (list, "ecs.Service"),
    "service": (dict, "ecs.Service"),
    "clusters": (list, "ecs.Cluster"),
    "cluster": (dict, "ecs.Cluster"),
    "capacityProviders": (list, "ecs.CapacityProvider"),
    "capacityProvider": (dict, "ecs.CapacityProvider"),
    "tasks": (list, "ecs.Task"),
    "TargetGroups": (list, "elbv2.TargetGroup"),
    "LoadBalancers": (list, "elbv2.LoadBalancer"),
    "Listeners": (list, "elbv2.Listener"),
    "Rules": (list, "elbv2.Rule"),
    "SecurityGroups": (list, "ec2.SecurityGroup"),
    "Subnets": (list, "ec2.Subnet"),
    "Role": (dict, "iam.Role"),
    "Roles": (list, "iam.Role"),
    "ScalableTargets": (list, "application-autoscaling.ScalableTarget"),
    "ScalingPolicies": (list, "application-autoscaling.ScalingPolicy"),
}
OWNERS = {"TargetGroupArn": "elbv2.TargetGroupAttributes", "LoadBalancerArn": "elbv2.LoadBalancerAttributes"}
MORE = ("nextToken", "NextToken", "NextMarker", "Marker")
ASIDE = {"ResponseMetadata", "IsTruncated", "$schema", *MORE}
SERVICE_MARKS = {
    *("networkConfiguration", "deploymentConfiguration", "desiredCount", "launchType", "loadBalancers"),
    *("schedulingStrategy", "capacityProviderStrategy", "serviceRegistries", "deploymentController"),
    *("serviceConnectConfiguration", "platformVersion", "enableECSManagedTags", "enableExecuteCommand"),
    *("placementStrategy", "placementConstraints", "healthCheckGracePeriodSeconds", "forceNewDeployment"),
}
SERVICE_HINTS = {"cluster", "clusterArn", "taskDefinition", "serviceArn", *SERVICE_MARKS}
TOOL_KEYS = {"service_definition", "task_definition"}  # ecspresso's and ecs-cli's own configuration
LOOKED_FOR = (
    f"none of what is read: what the AWS CLI prints ({', '.join(KEYS)}), a task definition (containerDefinitions), "
    "a service (serviceName), a list of container definitions, a snapshot.json"
)


def recognise(value: Any, path: Path = ()) -> Iterator[Part]:
    """What lies in *value*. One `Strange` and nothing else where it is none of the known things."""
    if isinstance(value, dict):
        yield from _map(value, path)
    elif isinstance(value, list):
        yield from _list(value, path)
    else:
        yield Strange(path, hint(value))


def _map(value: dict[str, Any], path: Path) -> Iterator[Part]:
    if isinstance(value.get("documents"), list) and isinstance(value.get("format"), str):
        yield Snapshotted(value, path)
        return
    keys = [key for key, (kind, _) in KEYS.items() if _holds(value.get(key), kind)]
    attributes = _holds(value.get("Attributes"), list) and not keys
    failures = _holds(value.get("failures"), list)
    if keys or attributes or (failures and value["failures"]):
        yield from _answer(value, keys, path)
    elif "containerDefinitions" in value:
        yield Found("ecs.TaskDefinition", value, path, bare=True)
    elif _is_service(value):
        yield Found("ecs.Service", value, path, bare=True)
    else:
        yield Strange(path, hint(value))


def _holds(value: Any, kind: type) -> bool:
    """A list of names is what a request holds, not an answer."""
    if kind is dict or not isinstance(value, list):
        return isinstance(value, kind)
    return not value or any(isinstance(item, dict) for item in value)


def _answer(value: dict[str, Any], keys: list[str], path: Path) -> Iterator[Part]:
    for key in keys:
        kind, shape = KEYS[key]
        if kind is list:
            yield from (Found(shape, item, (*path, key, index)) for index, item in enumerate(value[key]))
        else:
            yield Found(shape, _tagged(value, key), (*path, key))
    known = {*keys, *ASIDE, *(("tags",) if "taskDefinition" in keys else ())}
    if "Attributes" in value and not keys:
        yield _attributes(value, path)
        known |= {"Attributes", *OWNERS}
    if isinstance(value.get("failures"), list):
        yield from _failures(value["failures"], (*path, "failures"))
        known.add("failures")
    for key in MORE:
        if isinstance(value.get(key), str) and value[key]:
            yield Said("more-pages", (*path, key), {})
    yield from (Said("key-ignored", (*path, key), {"key": key}) for key in value if key not in known)


def _tagged(value: dict[str, Any], key: str) -> Any:
    """`describe-task-definition` prints the tags beside the task definition."""
    tagged = key == "taskDefinition" and value.get("tags") is not None and "tags" not in value[key]
    return {**value[key], "tags": value["tags"]} if tagged else value[key]


def _attributes(value: dict[str, Any], path: Path) -> Part:
    owner = next((key for key in OWNERS if isinstance(value.get(key), str)), None)
    if owner is None:
        return Said("attributes-without-owner", (*path, "Attributes"), {})
    return Found(OWNERS[owner], {owner: value[owner], "Attributes": value["Attributes"]}, path)


def _failures(failures: list[Any], path: Path) -> Iterator[Part]:
    for index, failure in enumerate(failures):
        said = failure if isinstance(failure, dict) else {}
        args = {name: str(said.get(name) or "")[:200] for name in ("arn", "reason", "detail")}
        yield Said("aws-failure", (*path, index), args)


def _is_service(value: dict[str, Any]) -> bool:
    if TOOL_KEYS & value.keys():
        return False
    named = isinstance(value.get("serviceName"), str) or isinstance(value.get("service"), str)
    return bool(named and SERVICE_HINTS & value.keys() - {"cluster"}) or len(SERVICE_MARKS & value.keys()) > 1


def _list(value: list[Any], path: Path) -> Iterator[Part]:
    """Container definitions, or several of the other things (`--output yaml-stream` prints a list of pages)."""
    if _are_containers(value):
        yield Found("ecs.TaskDefinition", {"containerDefinitions": value}, path, bare=True)
        return
    parts = [part for index, item in enumerate(value) if isinstance(item, dict) for part in _map(item, (*path, index))]
    if not parts or all(isinstance(part, Strange) for part in parts):
        yield Strange(path, hint(value))
    else:
        yield from parts


def _are_containers(value: list[Any]) -> bool:
    maps = [item for item in value if isinstance(item, dict)]
    return any("name" in item and "image" in item for item in maps) and not any("imageUri" in item for item in maps)
