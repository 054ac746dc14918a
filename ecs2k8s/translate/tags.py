"""Tags as one annotation, and as labels where key and value are legal ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ecs2k8s.core.names import is_label_key, is_label_value
from ecs2k8s.core.tracking import note

if TYPE_CHECKING:
    from ecs2k8s.resolve.workload import AwsMap, Workload

OURS = ("kubernetes.io", "k8s.io", "ecs2k8s.io")


def tags_of(view: AwsMap) -> dict[str, str]:
    """The tags of one resource; those that AWS itself sets (`aws:`) stay behind."""
    found = {}
    for index, tag in enumerate(view.get("tags", [])):
        key, value = str(tag.get("key", "")), str(tag.get("value", ""))
        if key.startswith("aws:"):
            note(view, ("tags", index, "key"), "tag-of-aws")
            note(view, ("tags", index, "value"), "tag-of-aws")
        else:
            found[key] = value
    return found


def workload_tags(workload: Workload) -> dict[str, str]:
    """The tags of the task definition, under those of the service."""
    return tags_of(workload.definition) | tags_of(workload.configuration) | tags_of(workload.service)


def pod_tags(workload: Workload) -> dict[str, str]:
    """What ECS propagates to the tasks."""
    source = workload.run.get("propagateTags", "NONE")
    given = tags_of(workload.configuration) if workload.schedule else {}
    if source == "TASK_DEFINITION":
        return tags_of(workload.definition) | given
    if workload.schedule:
        return given
    return tags_of(workload.service) if source == "SERVICE" else {}


def tag_labels(tags: dict[str, str]) -> dict[str, str]:
    """The tags that are legal labels, but for keys of Kubernetes or of ours; never part of a selector."""
    return {
        key: value
        for key, value in sorted(tags.items())
        if is_label_key(key) and is_label_value(value) and not key.split("/")[0].endswith(OURS)
    }


def tag_annotation(tags: dict[str, str]) -> dict[str, str]:
    """All tags verbatim."""
    return {"ecs2k8s.io/tags": json.dumps(tags, sort_keys=True, ensure_ascii=False)} if tags else {}
