"""Why a difference between two readings may be left out: nobody changed anything, or nothing on EKS asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.causes import catalogue
from ecs2k8s.compare.risks import may_be_hidden
from ecs2k8s.core.arns import last
from ecs2k8s.core.fidelity import Fidelity
from ecs2k8s.core.fields import tables

if TYPE_CHECKING:
    from ecs2k8s.compare.changes import Row
    from ecs2k8s.compare.drift import Both
    from ecs2k8s.core import fields
    from ecs2k8s.core.documents import Document, Snapshot
    from ecs2k8s.core.paths import Path

STATE, NOTHING, SCALED, COMES_AND_GOES = "state", "asks-for-nothing", "scaled-within-bounds", "comes-and-goes"
STARTED = ("events-rule/", "chronos-schedule/", "ecs-svc/")  # who started a task, of those that start more
# What of a thing that is replaced by others like it makes it like them.
LIKENESS = {
    "ecs.ContainerInstance": ("capacityProviderName", "attributes"),
    "ec2.Instance": ("InstanceType", "SecurityGroups", "SubnetId", "InstanceLifecycle"),
    "ec2.NetworkInterface": ("InterfaceType", "RequesterManaged", "Groups", "SubnetId"),
}
COUNT = "ecs:service:DesiredCount"


@dataclass(frozen=True, slots=True)
class Causes:
    """The known causes of drift, asked in the order of their strength."""

    before: Snapshot
    after: Snapshot
    chosen: frozenset[str]
    kinds: tuple[set[str], ...] = field(init=False)

    def __post_init__(self) -> None:
        kinds = tuple({_kind(each) for each in side.documents if each.shape in LIKENESS} for side in self.sides)
        object.__setattr__(self, "kinds", kinds)

    @property
    def sides(self) -> tuple[Snapshot, Snapshot]:
        return self.before, self.after

    def explained(self, row: Row, path: Path, both: Both) -> Row:
        """*row* with its cause, where one is known. What no cause may hide stays, unless it is said elsewhere."""
        document = both.after if row.after and both.after else both.before or both.one
        if why := self._coming_and_going(both):
            return _because(row, COMES_AND_GOES, why)
        if _of_old_deployment(document, path) or _copy(document, path):
            return _because(row, STATE)
        if row.cause or not may_be_hidden(both.one.shape, path, row.risk):
            return row
        its = _field(both.one.shape, path)
        if its and (its.state or its.verdict(self.chosen) is Fidelity.NOT_APPLICABLE):
            return _because(row, STATE if its.state else NOTHING, its.because)
        return _because(row, SCALED) if path == ("desiredCount",) and self._scaled(both) else row

    def _coming_and_going(self, both: Both) -> str:
        """Why a task, an instance or an image is no change of anything; empty where it may be one."""
        document = both.one
        if document.shape == "ecr.ImageDetail":
            return "tags that moved are rows of their own"
        if document.shape == "ecs.Task":
            task = document.data
            of_service = str(task.get("group", "")).startswith("service:")
            return "a service, a rule or a schedule started it" if of_service or _is_started(task) else ""
        if document.shape == "ec2.NetworkInterface" and ":ecs:" in str(document.data.get("Description", "")):
            return "it belongs to a task"
        if document.shape in LIKENESS and not (both.before and both.after):
            there = self.kinds[0] if both.after else self.kinds[1]
            return "one like it is on the other side" if _kind(document) in there else ""
        return ""

    def _scaled(self, both: Both) -> bool:
        """Whether both counts lie within the bounds that automatic scaling had."""
        if not (both.before and both.after):
            return False
        return all(_within(each, side) for each, side in zip((both.before, both.after), self.sides, strict=True))


def _because(row: Row, cause: str, why: str = "") -> Row:
    return replace(row, cause=cause, because=row.because or why or catalogue()[cause].text)


def _is_started(task: dict[str, Any]) -> bool:
    return str(task.get("startedBy", "")).startswith(STARTED)


def _kind(document: Document) -> str:
    return repr([document.shape, *(document.data.get(name) for name in LIKENESS[document.shape])])


def _field(shape: str, path: Path) -> fields.Row | None:
    """The row of the field tables; a list of scalars is one leaf here, and each item one there."""
    table = tables().get(shape)
    return (table.find(path)[0] or table.find((*path, 0))[0]) if table else None


def _of_old_deployment(document: Document, path: Path) -> bool:
    """Whether it belongs to a deployment that is being replaced."""
    match path:
        case ("deployments" | "taskSets" as name, int() as index, *_) if document.shape == "ecs.Service":
            return bool(document.data[name][index].get("status") != "PRIMARY")
    return False


def _copy(document: Document, path: Path) -> bool:
    """Whether a deployment repeats what the service says itself."""
    match path:
        case ("deployments", int(), str() as name, *_) if document.shape == "ecs.Service":
            return name != "status" and document.data.get(name) is not None
    return False


def _within(service: Document, snapshot: Snapshot) -> bool:
    cluster = last(str(service.data.get("clusterArn", "")))
    resource = f"service/{cluster}/{service.data.get('serviceName')}"
    for target in snapshot.of("application-autoscaling.ScalableTarget"):
        if (target.data.get("ResourceId"), target.data.get("ScalableDimension")) == (resource, COUNT):
            least, most = target.data.get("MinCapacity"), target.data.get("MaxCapacity")
            count = service.data.get("desiredCount")
            return None not in {least, count, most} and bool(least <= count <= most)  # type: ignore[operator]
    return False
