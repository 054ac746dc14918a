"""Which Region and account a workload runs in, as far as the input says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecs2k8s.core.arns import Arn
from ecs2k8s.core.partitions import of_region

if TYPE_CHECKING:
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Workload

ECR = re.compile(r"(?P<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.(?:amazonaws|on\.aws)\S*")


def region_of(workload: Workload, target: Target) -> str:
    """The Region of the ARNs, else the user's choice, else of the logs, else of an ECR image; empty: none says it."""
    if found := next((arn.region for arn in _arns(workload) if arn.region), target.region):
        return found
    if regions := _log_regions(workload):
        return regions[0]
    for container in workload.containers:
        if image := ECR.match(str(container.get("image", ""))):
            return image["region"]
    return ""


def region_is_of_logs(workload: Workload) -> bool:
    """Whether the Region is known from the log options: no ARN has one, and they have the same."""
    return not any(arn.region for arn in _arns(workload)) and workload.region in _log_regions(workload)


def account_of(workload: Workload, target: Target) -> str:
    """The account of the ARNs, else the user's choice; empty where none says it."""
    return next((arn.account for arn in _arns(workload) if arn.account), target.account)


def partition_of(workload: Workload) -> str:
    """`aws`, `aws-cn` or `aws-us-gov`: that of the ARNs, else the one that the Region belongs to."""
    for arn in _arns(workload):
        return arn.partition
    return of_region(workload.region)


def _log_regions(workload: Workload) -> list[str]:
    options = [container.get("logConfiguration", {}).get("options", {}) for container in workload.containers]
    found = [str(option.get("awslogs-region", "")) for option in options]
    return [region for region in found if re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region)]


def _arns(workload: Workload) -> list[Arn]:
    texts = (workload.definition_id, workload.service_id, str(workload.service.get("clusterArn", "")))
    return [arn for text in texts if (arn := Arn.parse(text))]
