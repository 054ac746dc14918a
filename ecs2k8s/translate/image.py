"""The image and when it is pulled."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecs2k8s.core.placeholders import PLACEHOLDER
from ecs2k8s.core.tracking import note

if TYPE_CHECKING:
    from ecs2k8s.resolve.workload import AwsMap, Workload

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def image(workload: Workload, container: AwsMap) -> dict[str, str | None]:
    """The digest that runs where a task shows it, else the tag, pulled each time as the ECS agent tries to."""
    given = str(container.get("image", ""))
    if not given:
        note(container, "image" if "image" in container else "name", "image-missing")
        return {"image": None, "imagePullPolicy": "Always"}
    if PLACEHOLDER.search(given):
        note(container, "image", "template-placeholder", value=given)
    if "@sha256:" in given:
        return {"image": given, "imagePullPolicy": "IfNotPresent"}
    digest = _digest(workload, container)
    if digest and container.get("versionConsistency", "enabled") == "enabled":
        return {"image": f"{repository(given)}@{digest}", "imagePullPolicy": "IfNotPresent"}
    note(container, "image", "image-not-pinned")
    return {"image": given, "imagePullPolicy": "Always"}


def _digest(workload: Workload, container: AwsMap) -> str:
    """The one digest that all running tasks of this task definition use; empty where they differ or none is known."""
    digests = {
        str(item.get("imageDigest", ""))
        for task in workload.tasks
        if task.get("taskDefinitionArn") == workload.definition_id
        for item in task.get("containers", [])
        if item.get("name") == container["name"]
    }
    digests = {digest for digest in digests if DIGEST.fullmatch(digest)}
    return digests.pop() if len(digests) == 1 else ""


def repository(reference: str) -> str:
    """*reference* without its tag; a colon before a slash belongs to the registry's port."""
    head, colon, tail = reference.rpartition(":")
    return head if colon and "/" not in tail else reference


def registry(reference: str) -> str:
    """The registry host, Docker Hub's own spelling where the reference names none."""
    first = reference.split("/", 1)[0]
    named = "/" in reference and ("." in first or ":" in first or first == "localhost")
    return first if named and first not in ("docker.io", "index.docker.io") else "https://index.docker.io/v1/"
