"""What a document is called: its ARN, else its own names, else the hash of what it says."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ecs2k8s.collect.kinds import kinds, label
from ecs2k8s.core.documents import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping


def identity(shape: str, data: Mapping[str, Any]) -> str:
    """The same for the same data, whatever file it came from."""
    called = label(shape)
    if shape not in kinds():
        return f"{called}/{data['name']}"
    kind = kinds()[shape]
    if kind.arn and data.get(kind.arn):
        return str(data[kind.arn])
    if shape == "ecs.Service":
        return _service(data)
    parts = [data.get(name) for name in kind.names]
    if not parts or not all(parts):
        return f"{called}/{sha256(canonical(data)).hexdigest()[:12]}"
    revision = f":{data['revision']}" if shape == "ecs.TaskDefinition" and data.get("revision") else ""
    return "/".join([called, *map(str, parts)]) + revision


def _service(data: Mapping[str, Any]) -> str:
    """The input of `update-service` may name the service by its ARN."""
    name = str(data.get("serviceName") or data.get("service"))
    if name.startswith("arn:"):
        return name
    cluster = str(data.get("clusterArn") or data.get("cluster") or "default").rpartition("/")[2]
    return f"service/{cluster}/{name}"
