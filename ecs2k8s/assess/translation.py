"""What a snapshot becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.assess.dependencies import NONE

if TYPE_CHECKING:
    from ecs2k8s.assess.cluster_check import Check
    from ecs2k8s.assess.cost import Costs
    from ecs2k8s.assess.dependencies import Dependencies
    from ecs2k8s.assess.reachability import Reachability
    from ecs2k8s.assess.routing import Proof
    from ecs2k8s.assess.schedules import ScheduleProof
    from ecs2k8s.assess.verdict import Verdict
    from ecs2k8s.assess.waves import Wave
    from ecs2k8s.core.aws_objects import AwsChange, AwsResource
    from ecs2k8s.core.aws_steps import AwsStep
    from ecs2k8s.core.findings import Finding
    from ecs2k8s.core.ledger import Ledger
    from ecs2k8s.core.manifests import Bundle
    from ecs2k8s.core.pipelines import Workflow
    from ecs2k8s.resolve.workload import Inventory, Workload


@dataclass(frozen=True, slots=True)
class Translation:
    """The objects, an account of every field, and what a person must know.

    `refused`: ECS would reject them too. `proofs`: one for each ALB that forwards to a workload.
    """

    inventory: Inventory
    bundle: Bundle
    ledger: Ledger
    findings: tuple[Finding, ...]
    refused: tuple[Workload, ...]
    proofs: tuple[Proof, ...] = ()
    checks: tuple[Check, ...] = ()  # of the EKS cluster
    fit: tuple[Verdict, ...] = ()  # of both fleets side by side
    costs: Costs | None = None  # of both fleets, where prices were given
    reach: Reachability | None = None  # who reached whom, and who does then
    dependencies: Dependencies = NONE  # who depends on whom
    waves: tuple[Wave, ...] = ()  # in which order units move
    resources: tuple[AwsResource, ...] = ()  # new objects of AWS
    changes: tuple[AwsChange, ...] = ()  # objects of AWS that must become others
    schedules: tuple[ScheduleProof, ...] = ()  # one for each CronJob
    handover_steps: tuple[AwsStep, ...] = ()  # how schedules stop in AWS and begin in Kubernetes
    pipelines: tuple[Workflow, ...] = ()  # that deploy to EKS now
    steps: tuple[AwsStep, ...] = ()  # on the AWS side, in the order in which a person takes them
    unread: tuple[Finding, ...] = ()  # what could not be read; they are among the findings too

    @property
    def translated(self) -> list[Workload]:
        return [workload for workload in self.inventory.workloads if workload not in self.refused]
