"""Scalable targets, scaling policies and scheduled actions, by the service whose tasks they count."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.core.arns import Arn
from ecs2k8s.core.tracking import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.core.tracking import View
    from ecs2k8s.resolve.index import Index, Tracked
    from ecs2k8s.resolve.workload import AwsMap, Workload

SHAPES = ("ScalableTarget", "ScalingPolicy", "ScheduledAction")
DIMENSION = "ecs:service:DesiredCount"


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A scaling policy with those of its alarms that were read."""

    item: Tracked
    alarms: tuple[AwsMap, ...]

    @property
    def view(self) -> View:
        return self.item.view


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """What Application Auto Scaling does to the desired count of one service. Policies and actions are in order."""

    targets: tuple[Tracked, ...]  # one, or none where only policies were read
    policies: tuple[Policy, ...]
    actions: tuple[Tracked, ...]

    @property
    def target(self) -> AwsMap:
        return self.targets[0].view if self.targets else NOTHING

    @property
    def items(self) -> tuple[Tracked, ...]:
        return (*self.targets, *(policy.item for policy in self.policies), *self.actions)


@dataclass(frozen=True, slots=True)
class Scalings:
    """All that was read, by `ResourceId` (`service/<cluster>/<service>`)."""

    documents: Mapping[str, list[Tracked]]
    alarms: Mapping[str, list[Tracked]]  # by name: a name is unique in one account and Region only

    @classmethod
    def of(cls, index: Index) -> Scalings:
        found: dict[str, list[Tracked]] = defaultdict(list)
        for shape in SHAPES:
            for item in index.of_shape(f"application-autoscaling.{shape}"):
                found[str(item.view.get("ResourceId", ""))].append(item)
        alarms: dict[str, list[Tracked]] = defaultdict(list)
        for item in index.of_shape("cloudwatch.MetricAlarm"):
            alarms[str(item.view.get("AlarmName", ""))].append(item)
        return cls(found, alarms)

    def of_service(self, workload: Workload) -> Scaling | None:
        """What scales *workload*; None where nothing was read that does."""
        name = str(workload.service.get("serviceName", workload.service.get("service", "")))
        resource = f"service/{workload.cluster_name or 'default'}/{name}"
        found = [item for item in self.documents.get(resource, ()) if _counts_tasks(item) and _beside(item, workload)]
        if not name or not found:
            return None
        groups = {shape: [i for i in found if i.document.shape.endswith(f".{shape}")] for shape in SHAPES}
        policies = tuple(Policy(item, tuple(self._alarms(item))) for item in groups["ScalingPolicy"])
        return Scaling(tuple(groups["ScalableTarget"][:1]), policies, tuple(groups["ScheduledAction"]))

    def _alarms(self, policy: Tracked) -> Iterable[AwsMap]:
        """The alarms that the policy names."""
        own = Arn.parse(policy.document.id)
        for alarm in policy.view.get("Alarms", []):
            for item in self.alarms.get(str(alarm.get("AlarmName", "")), ()):
                if _same_place(own, Arn.parse(item.document.id)):
                    yield item.view

    def leave_out_others(self, workloads: Iterable[Workload]) -> None:
        """Say of each document that scales none of *workloads* that it does not, and why."""
        used = {id(item) for w in workloads if w.scaling for item in w.scaling.items}
        for items in self.documents.values():
            for item in items:
                if id(item) in used:
                    continue
                view = item.view
                args = {key: str(view.get(key, "")) for key in ("ResourceId", "ServiceNamespace", "ScalableDimension")}
                slug = "scaling-without-service" if _counts_tasks(item) else "scaling-of-another-resource"
                item.leave_out(slug, resource=args["ResourceId"], dimension=args["ScalableDimension"])


def _counts_tasks(item: Tracked) -> bool:
    """Whether it is about the desired count of a service; what is not said is that, as nothing else is read of ECS."""
    view = item.view
    return bool(view.get("ServiceNamespace", "ecs") == "ecs" and view.get("ScalableDimension", DIMENSION) == DIMENSION)


def _beside(item: Tracked, workload: Workload) -> bool:
    return _same_place(Arn.parse(item.document.id), Arn.parse(workload.service_id))


def _same_place(one: Arn | None, other: Arn | None) -> bool:
    """Whether both lie in one account and Region, as far as ARNs say it."""
    return not one or not other or (one.account, one.region) == (other.account, other.region)
