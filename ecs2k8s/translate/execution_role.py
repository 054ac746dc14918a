"""The execution role taken apart: on EKS the nodes, the log agent and the secrets operator have what it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.arns import Arn
from ecs2k8s.core.iam import listed
from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.resolve.region import ECR
from ecs2k8s.translate.eks_cluster import cluster_arn
from ecs2k8s.translate.identity import task_role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.core.paths import Path
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.roles import Policy
    from ecs2k8s.resolve.workload import Inventory, Workload

ROLE = "executionRoleArn"
# Who has on EKS what the execution role has on ECS, by the beginnings of actions.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
GOES_TO = {
    "ecr:": "permission-of-nodes",
    "ecr-public:": "permission-of-nodes",
    "logs:": "permission-of-log-agent",
    "secretsmanager:": "permission-of-secrets-operator",
    "ssm:getparameter": "permission-of-secrets-operator",
    "kms:decrypt": "permission-of-secrets-operator",
    "s3:getobject": "permission-for-environment-files",
    "s3:getbucketlocation": "permission-for-environment-files",
}


def say_execution_roles(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[Any]:
    """Makes nothing. Says of each permission of an execution role who has it on EKS."""
    roles = inventory.roles
    of_pods = {task_role(inventory, workload) for workload in workloads}
    known = {policy.view for role in of_pods for policy in roles.policies(role)}
    for workload in workloads:
        _say_images(inventory, workload, target)
        view, role = execution_role(workload)
        if role and role in of_pods:
            note(view, ROLE, "role-shared-with-execution", role=role)
        for policy in roles.policies(role) if role not in of_pods else ():
            for at, statement in policy.statements if policy.view not in known else ():
                _say_actions(policy, at, statement)
    return iter(())


def execution_role(workload: Workload) -> tuple[Mapping[str, Any], str]:
    """What names the execution role, and its ARN: empty without one, and where the account of a name is not known."""
    overrides = workload.task.get("overrides", NOTHING)
    view = overrides if ROLE in overrides else workload.definition
    text = str(view.get(ROLE, ""))
    if text and not Arn.parse(text):
        text = f"arn:{workload.partition}:iam::{workload.account}:role/{text}" if workload.account else ""
    return view, text


def _say_actions(policy: Policy, at: Path, statement: Mapping[str, Any]) -> None:
    if statement.get("Effect") != "Allow":
        return
    given = statement.get("Action")
    for index, action in enumerate(listed(given)):
        text = str(action).lower()
        slug = next((goes for start, goes in GOES_TO.items() if text.startswith(start)), "permission-of-nobody")
        place = (*at, "Action", index) if isinstance(given, list) else (*at, "Action")
        note(policy.view, place, slug, action=action)


def _say_images(inventory: Inventory, workload: Workload, target: Target) -> None:
    """A repository of another account names who may pull, and nodes are others than execution roles."""
    cluster = cluster_arn(inventory.networks.cluster, target)
    own = cluster.account if cluster else workload.account
    for container in workload.containers:
        image = ECR.match(str(container.get("image", "")))
        if image and own and image["account"] != own:
            note(container, "image", "image-of-another-account", account=image["account"])
