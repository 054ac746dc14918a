"""Whether JSON in a text has the types that RunTask takes: AWS checks that only when it starts the task.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PAIR = {"name": str, "value": str}
DEVICE = {"type": str, "value": str}
CONTAINER: dict[str, Any] = {
    "name": str,
    "command": [str],
    "environment": [PAIR],
    "environmentFiles": [{"type": str, "value": str}],
    "cpu": int,
    "memory": int,
    "memoryReservation": int,
    "resourceRequirements": [DEVICE],
}
OVERRIDES: dict[str, Any] = {
    "containerOverrides": [CONTAINER],
    "cpu": (str, int),
    "memory": (str, int),
    "taskRoleArn": str,
    "executionRoleArn": str,
    "ephemeralStorage": {"sizeInGiB": int},
}
VPC = {"subnets": [str], "securityGroups": [str], "assignPublicIp": str}
REQUEST: dict[str, Any] = {
    "cluster": str,
    "taskDefinition": str,
    "count": int,
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
        if not isinstance(value, Mapping):
            return path or "the whole text"
        known = {key[:1].lower() + key[1:]: key for key in value}
        found = (wrong(value[known[key]], its, f"{path}.{known[key]}") for key, its in shape.items() if key in known)
        return next((place.lstrip(".") for place in found if place), "")
    if isinstance(shape, list):
        if not isinstance(value, list):
            return path
        return next((place for each in value if (place := wrong(each, shape[0], f"{path}[]"))), "")
    fits = isinstance(value, shape) and (shape is bool or not isinstance(value, bool))
    return "" if fits else path
