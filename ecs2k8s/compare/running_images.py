"""Which images run, by digest: the tag that a task definition names may lead to another one since."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.changes import Action, Change, Leaf, Risk, Row, Status
from ecs2k8s.core.arns import last

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.compare.drift import Both
    from ecs2k8s.core.documents import Document, Snapshot

IMAGE = "ecr.ImageDetail"


def other_images(both: Both, sides: tuple[Snapshot, Snapshot]) -> Iterator[Row]:
    """Of a service whose revision is the same: containers that run another image behind the same tag."""
    before, after = both.before, both.after
    if not before or not after or before.shape != "ecs.Service":
        return
    one, other = _digests(before, sides[0]), _digests(after, sides[1])
    for container in sorted(one.keys() & other.keys()):
        if one[container] != other[container]:
            path = f"tasks.containers[name={container}].imageDigest"
            values = [Leaf(", ".join(sorted(each[container])), f"{before.id} tasks") for each in (one, other)]
            yield Row(path, Status.CHANGED, Risk.IMAGE, values[0], values[1], "the tag leads to another image since")


def _digests(service: Document, snapshot: Snapshot) -> dict[str, set[str]]:
    """Container to the digests that its running tasks have."""
    found: dict[str, set[str]] = defaultdict(set)
    for task in snapshot.of("ecs.Task"):
        if is_of(task.data, service.data):
            for container in task.data.get("containers") or ():
                if container.get("imageDigest"):
                    found[str(container.get("name"))].add(str(container["imageDigest"]))
    return found


def is_of(task: dict[str, Any], service: dict[str, Any]) -> bool:
    """Whether the task belongs to the service."""
    clusters = [last(str(each.get("clusterArn", ""))) for each in (task, service)]
    return task.get("group") == f"service:{service.get('serviceName')}" and clusters[0] == clusters[1]


def moved_tags(before: Snapshot, after: Snapshot) -> Iterator[Change]:
    """Tags that lead to another digest than they did."""
    one, other = _tags(before), _tags(after)
    for tag in sorted(one.keys() & other.keys()):
        if one[tag] != other[tag]:
            row = Row("imageDigest", Status.CHANGED, Risk.IMAGE, Leaf(one[tag], tag), Leaf(other[tag], tag))
            yield Change(tag, Action.UPDATE, (row,), shape=IMAGE)


def _tags(snapshot: Snapshot) -> dict[str, str]:
    """`registry/repository:tag` to digest."""
    found: dict[str, str] = {}
    for document in snapshot.of(IMAGE):
        name = f"{document.data.get('registryId')}/{document.data.get('repositoryName')}"
        for tag in document.data.get("imageTags") or ():
            found[f"{name}:{tag}"] = str(document.data.get("imageDigest"))
    return found
