"""Which images run, by digest: the tag that a task definition names may lead to another one since."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.changes import Action, Change, Leaf, Risk, Row, Status
from ecs2k8s.core.arns import last

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.compare.drift import Both
    from ecs2k8s.core.documents import Snapshot

IMAGE = "ecr.ImageDetail"


Images = dict[tuple[str, str], dict[str, set[str]]]  # cluster and group of tasks: container to digests


def running(snapshot: Snapshot) -> Images:
    """Which images the tasks of each service run."""
    found: Images = defaultdict(lambda: defaultdict(set))
    for task in snapshot.of("ecs.Task"):
        for container in task.data.get("containers") or ():
            if container.get("imageDigest"):
                found[group_of(task.data)][str(container.get("name"))].add(str(container["imageDigest"]))
    return dict(found)


def group_of(task: dict[str, Any]) -> tuple[str, str]:
    return last(str(task.get("clusterArn", ""))), str(task.get("group", ""))


def tasks_of(service: dict[str, Any]) -> tuple[str, str]:
    """The group that the tasks of a service have."""
    return last(str(service.get("clusterArn", ""))), f"service:{service.get('serviceName')}"


def other_images(both: Both, sides: tuple[Images, Images]) -> Iterator[Row]:
    """Of a service whose revision is the same: containers that run another image behind the same tag."""
    before, after = both.before, both.after
    if not before or not after or before.shape != "ecs.Service":
        return
    one, other = (side.get(tasks_of(each.data), {}) for side, each in zip(sides, (before, after), strict=True))
    for container in sorted(one.keys() & other.keys()):
        if one[container] != other[container]:
            path = f"tasks.containers[name={container}].imageDigest"
            values = [Leaf(", ".join(sorted(each[container])), f"{before.id} tasks") for each in (one, other)]
            yield Row(path, Status.CHANGED, Risk.IMAGE, values[0], values[1], "the tag leads to another image since")


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
