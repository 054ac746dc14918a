"""The role of the log agent: it may write to the log groups of the containers, and to nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.translate.eks_cluster import provider
from ecs2k8s.translate.grants import allow, role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.aws_objects import AwsResource
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Inventory, Workload

# The service account of the CloudWatch Observability add-on, whose Fluent Bit has it too.
AGENT = ("amazon-cloudwatch", "cloudwatch-agent")
ACTIONS = ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
WHY = "Log groups that containers write to on ECS. For the log agent of the cluster."


def log_agent_role(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[AwsResource]:
    """AWS::IAM::Role for Fluent Bit. On EKS Fargate the router has the role of the profile, which is not ours."""
    known = provider(inventory)
    groups = {arn for workload in workloads for arn in _groups(workload)}
    if known and groups and target.compute != "fargate" and target.logging == "cloudwatch":
        yield role("logs", WHY, known, AGENT, [allow(ACTIONS, groups)])


def _groups(workload: Workload) -> Iterator[str]:
    for container in workload.containers:
        log = container.get("logConfiguration", {})
        options = log.get("options", {})
        region = options.get("awslogs-region") or workload.region
        group = options.get("awslogs-group")
        if log.get("logDriver") == "awslogs" and group and region and workload.account:
            yield f"arn:{workload.partition}:logs:{region}:{workload.account}:log-group:{group}:*"
