"""Workloads: a service, a one-off task or a task definition, with everything that it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ecs2k8s.core.arns import Arn, last
from ecs2k8s.core.splits import Size
from ecs2k8s.core.tracking import NOTHING

if TYPE_CHECKING:
    from datetime import datetime

    from ecs2k8s.resolve.balancers import Balancers
    from ecs2k8s.resolve.discovery import Connect, Registration
    from ecs2k8s.resolve.index import Index
    from ecs2k8s.resolve.networks import Networks
    from ecs2k8s.resolve.roles import Roles
    from ecs2k8s.resolve.scaling import Scaling
    from ecs2k8s.resolve.schedule import Schedule

Kind = Literal["Deployment", "DaemonSet", "Job", "CronJob"]
AwsMap = Mapping[str, Any]
AS_IT_IS = Size()


@dataclass(frozen=True, slots=True, eq=False)
class Workload:
    """The unit of translation. All maps are recording views of AWS documents.

    `configuration` holds what the service runs with now: the service itself, or its PRIMARY task set where CodeDeploy
    or an external controller keeps the configuration there. `launched` is the PRIMARY deployment, the only place where
    DescribeServices returns Service Connect, volume and Lattice configuration. A part of a workload (`resolve.parts`)
    is one too, with the documents of the whole.
    """

    name: str
    namespace: str
    kind: Kind
    definition: AwsMap
    definition_id: str
    service: AwsMap = NOTHING
    service_id: str = ""
    configuration: AwsMap = NOTHING
    launched: AwsMap = NOTHING
    cluster: AwsMap = NOTHING
    task: AwsMap = NOTHING  # of a one-off or scheduled task: what it is run with
    schedule: Schedule | None = None  # what starts it
    read: datetime | None = None  # when AWS was read, where that is known
    tasks: tuple[AwsMap, ...] = ()  # running tasks of the service
    target_groups: Mapping[str, AwsMap] = field(default_factory=dict)  # by ARN, where read
    target_group_attributes: Mapping[str, AwsMap] = field(default_factory=dict)  # by the target group's ARN, where read
    load_balancers: Mapping[str, AwsMap] = field(default_factory=dict)  # by ARN, where read
    environment_files: Mapping[str, AwsMap] = field(default_factory=dict)  # by ARN, where given
    capacity_providers: Mapping[str, AwsMap] = field(default_factory=dict)  # by name, where read
    connect: Connect | None = None  # its part in Service Connect
    registrations: tuple[Registration, ...] = ()  # in Cloud Map
    scaling: Scaling | None = None  # what changes its desired count
    memberships: tuple[str, ...] = ()  # ids of its security groups that become NetworkPolicies, sorted
    whole: str = ""  # the name of the workload that is split, in its parts and in what is left of it
    part: str = ""  # the name of this part of it; empty for what is left, and for all else
    paths: frozenset[str] = frozenset()  # of a part: the values of path conditions that lead to it
    parts: tuple[Workload, ...] = ()  # of a workload that is split: its parts, by name
    size: Size = AS_IT_IS
    region: str = ""
    account: str = ""
    partition: str = "aws"

    @property
    def containers(self) -> list[AwsMap]:
        return list(self.definition["containerDefinitions"])

    @property
    def selector(self) -> dict[str, str]:
        """Immutable in Kubernetes: never a revision, tag or version."""
        return {"app.kubernetes.io/name": self.name, "app.kubernetes.io/instance": self.namespace}

    @property
    def membership_labels(self) -> dict[str, str]:
        """One label for each security group: a rule that names a group then means every pod with its label."""
        return {f"sg.ecs2k8s.io/{group}": "member" for group in self.memberships}

    @property
    def service_selector(self) -> dict[str, str]:
        """Of every Service in front of the pods.

        The VPC CNI admits a Service's address only where a policy's peer matches the Service's own selector
        (https://github.com/aws/amazon-network-policy-controller-k8s/issues/147).
        """
        return self.selector | self.membership_labels

    @property
    def labels(self) -> dict[str, str]:
        whole = {"app.kubernetes.io/part-of": self.whole} if self.whole else {}
        return self.selector | whole | {"app.kubernetes.io/managed-by": "ecs2k8s"}

    @property
    def lineage(self) -> dict[str, str]:
        """The annotation that says where an object comes from: the ARN of schedule, service or task definition."""
        if self.schedule:
            return {"ecs2k8s.io/source-schedule": self.schedule.id}
        if Arn.parse(self.service_id):
            return {"ecs2k8s.io/service-arn": self.service_id}
        if Arn.parse(self.definition_id):
            return {"ecs2k8s.io/task-definition-arn": self.definition_id}
        return {}

    @property
    def source(self) -> str:
        """The id of the document that it is first of all: schedule, service, or task definition."""
        return self.schedule.document if self.schedule else self.service_id or self.definition_id

    @property
    def documents(self) -> tuple[str, ...]:
        """Ids of the documents that it is made from."""
        of_schedule = (self.schedule.document, self.schedule.ident) if self.schedule else ()
        return (self.definition_id, self.service_id, *of_schedule)

    @property
    def folder(self) -> str:
        return f"{self.namespace}/{self.name}"

    def metadata(self, name: str = "") -> dict[str, Any]:
        """Metadata of an object of this workload, called *name* (else as the workload)."""
        return {
            "name": name or self.name,
            "namespace": self.namespace,
            "labels": self.labels,
            "annotations": dict(self.lineage) or None,
        }

    @property
    def is_job(self) -> bool:
        """Whether it is to end: a one-off or a scheduled task."""
        return self.kind in ("Job", "CronJob")

    @property
    def run(self) -> AwsMap:
        """What its tasks are run with: the service, or the parameters of the schedule's target."""
        return self.service or (self.configuration if self.schedule else NOTHING)

    @property
    def is_windows(self) -> bool:
        family = self.definition.get("runtimePlatform", NOTHING).get("operatingSystemFamily", "")
        return bool(family.startswith("WINDOWS")) or self.platform_family.lower().startswith("windows")

    @property
    def platform_family(self) -> str:
        return str(self.configuration.get("platformFamily", ""))

    @property
    def is_fargate(self) -> bool:
        """Whether it runs on ECS Fargate: the launch type decides, then the capacity providers, then the definition."""
        launch = self.configuration.get("launchType") or self.task.get("launchType")
        if launch:
            return bool(launch == "FARGATE")
        providers = [
            item.get("capacityProvider", "") for item in self.configuration.get("capacityProviderStrategy", [])
        ]
        if providers:
            return all(provider.startswith("FARGATE") for provider in providers)
        compatible = self.definition.get("requiresCompatibilities", [])
        return "FARGATE" in compatible and not set(compatible) & {"EC2", "EXTERNAL", "MANAGED_INSTANCES"}

    @property
    def network_mode(self) -> str:
        """`bridge` where nothing is said: the default on EC2 (Fargate requires awsvpc)."""
        return str(self.definition.get("networkMode", "awsvpc" if self.is_fargate else "bridge"))

    @property
    def cluster_name(self) -> str:
        return last(str(self.service.get("clusterArn", self.service.get("cluster", self.task.get("clusterArn", "")))))


@dataclass(frozen=True, slots=True, eq=False)
class Inventory:
    """All workloads, sorted by namespace and name, and the clusters that became namespaces."""

    workloads: tuple[Workload, ...]
    namespaces: Mapping[str, AwsMap]  # name to the cluster's view (empty where the cluster was not read)
    balancers: Balancers
    networks: Networks
    index: Index
    roles: Roles
