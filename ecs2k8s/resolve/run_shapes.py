"""Whether JSON in a text has the types that RunTask takes: AWS checks that only when it starts the task.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SIZE = range(10**8)
PAIR = {"name": str, "value": str}
DEVICE = {"type": str, "value": str}
CONTAINER: dict[str, Any] = {
    "name": str,
    "command": [str],
    "environment": [PAIR],
    "environmentFiles": [{"type": str, "value": str}],
    "cpu": SIZE,
    "memory": SIZE,
    "memoryReservation": SIZE,
    "resourceRequirements": [DEVICE],
}
OVERRIDES: dict[str, Any] = {
    "containerOverrides": [CONTAINER],
    "cpu": (str, int),
    "memory": (str, int),
    "taskRoleArn": str,
    "executionRoleArn": str,
    "ephemeralStorage": {"sizeInGiB": range(20, 201)},
}
VPC = {"subnets": [str], "securityGroups": [str], "assignPublicIp": str}
REQUEST: dict[str, Any] = {
    "cluster": str,
    "taskDefinition": str,
    "count": range(1, 11),
    "launchType": str,
    "group": str,
    "propagateTags": str,
    "enableECSManagedTags": bool,
    "platformVersion": str,
    "networkConfiguration": {"awsvpcConfiguration": VPC},
    "capacityProviderStrategy": [{"capacityProvider": str, "weight": int, "base": int}],
    "placementConstraints": [{"type": str, "expression": str}],
    "placementStrategy": [{"type": str, "field": str}],
    "tags": [{"key": str, "value": str}],
    "overrides": OVERRIDES,
    "volumeConfigurations": [{"name": str, "managedEBSVolume": {}}],
}


def wrong(value: Any, shape: Any, path: str = "") -> str:
    """Where *value* first differs from *shape*; empty where it does not. Keys may begin with a capital."""
    if value is None:
        return ""
    if isinstance(shape, Mapping):
        return _in_map(value, shape, path) if isinstance(value, Mapping) else path or "the whole text"
    if isinstance(shape, list):
        return _in_list(value, shape[0], f"{path}[]") if isinstance(value, list) else path
    if isinstance(value, bool) and shape is not bool:
        return path
    fits = isinstance(value, int) and value in shape if isinstance(shape, range) else isinstance(value, shape)
    return "" if fits else path


def _in_map(value: Mapping[str, Any], shape: Mapping[str, Any], path: str) -> str:
    known = {key[:1].lower() + key[1:]: key for key in value}
    found = (wrong(value[known[key]], its, f"{path}.{known[key]}") for key, its in shape.items() if key in known)
    return next((place.lstrip(".") for place in found if place), "")


def _in_list(value: list[Any], shape: Any, path: str) -> str:
    found = (path if each is None else wrong(each, shape, path) for each in value)
    return next((place for place in found if place), "")
