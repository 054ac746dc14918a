"""How pods get the task role: ServiceAccounts that name it (IRSA), or associations (EKS Pod Identity)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ecs2k8s.core.arns import Arn
from ecs2k8s.core.aws_objects import AwsResource, logical_id
from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.translate.eks_cluster import cluster_arn, cluster_name, provider

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Inventory, Workload

Mechanism = Literal["irsa", "pod-identity"]
ROLE = "taskRoleArn"


def service_accounts(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[Placed]:
    """One ServiceAccount per workload, so that trust conditions can name it exactly; several may carry one role."""
    for workload in workloads:
        role = task_role(inventory, workload)
        _say(inventory, workload, role, target)
        metadata = workload.metadata()
        metadata["annotations"] = (metadata["annotations"] or {}) | _irsa(inventory, workload, role, target) or None
        manifest = {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": metadata,
            "automountServiceAccountToken": False,
        }
        yield Placed(workload.folder, prune(manifest))


def _irsa(inventory: Inventory, workload: Workload, role: str, target: Target) -> dict[str, str]:
    if not role or mechanism(inventory.networks.cluster, workload, target) == "pod-identity":
        return {}
    return {"eks.amazonaws.com/role-arn": role, "eks.amazonaws.com/sts-regional-endpoints": "true"}


def role_view(workload: Workload) -> AwsMap:
    """What names the task role: the overrides of a one-off task, else the task definition."""
    overrides: AwsMap = workload.task.get("overrides", NOTHING)
    return overrides if ROLE in overrides else workload.definition


def task_role(inventory: Inventory, workload: Workload) -> str:
    """The task role's ARN, empty where there is none. A bare name becomes an ARN where the account is known."""
    text = str(role_view(workload).get(ROLE, ""))
    if not text or text.startswith("arn:"):
        return text
    if not workload.account:
        return ""
    read = inventory.roles.named(text, workload.account)
    return str(read.get("Arn", f"arn:{workload.partition}:iam::{workload.account}:role/{text}"))


def mechanism(cluster: AwsMap, workload: Workload, target: Target) -> Mechanism:
    """The choice, or IRSA where Pod Identity cannot serve the pod."""
    return "irsa" if target.identity == "irsa" or why_irsa(cluster, workload, target) else "pod-identity"


def why_irsa(cluster: AwsMap, workload: Workload, target: Target) -> str:
    """Why EKS Pod Identity cannot give this pod its role; empty where it can.

    https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html#pod-id-restrictions
    """
    role, own = Arn.parse(str(role_view(workload).get(ROLE, ""))), cluster_arn(cluster, target)
    reasons = {
        "its agent does not run on EKS Fargate": target.compute == "fargate",
        "it does not serve Windows pods": workload.is_windows,
        "pods with security groups of their own may not reach its agent": target.security_group_policies,
        "the role is in another account than the cluster": bool(role and own and role.account != own.account),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _say(inventory: Inventory, workload: Workload, role: str, target: Target) -> None:
    view = role_view(workload)
    if view is not workload.definition and ROLE in workload.definition:
        note(workload.definition, ROLE, "overridden-by-task")
    if ROLE not in view:
        note(workload.definition, "family", "no-task-role")
        if not workload.is_fargate:
            note(workload.definition, "family", "instance-role-lost")
    elif not role:
        note(view, ROLE, "role-without-account", role=view[ROLE])
    else:
        _say_mechanism(inventory, workload, target)


def _say_mechanism(inventory: Inventory, workload: Workload, target: Target) -> None:
    view, cluster = role_view(workload), inventory.networks.cluster
    if target.identity == "pod-identity" and (why := why_irsa(cluster, workload, target)):
        note(view, ROLE, "pod-identity-not-possible", why=why)
    if mechanism(cluster, workload, target) == "pod-identity":
        if cluster_arn(cluster, target) is None:
            note(view, ROLE, "eks-cluster-unknown")
    elif provider(inventory) is None:
        note(view, ROLE, "oidc-issuer-unknown", namespace=workload.namespace, account_name=workload.name)


def pod_identity_associations(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[AwsResource]:
    """AWS::EKS::PodIdentityAssociation for each workload with a role that Pod Identity serves.

    One that exists is left alone: a service account has one at most, and it wins over the annotation of IRSA
    (https://github.com/aws/amazon-eks-pod-identity-webhook).
    """
    cluster = inventory.networks.cluster
    existing = _associated(inventory)
    for workload in workloads:
        role = task_role(inventory, workload)
        chosen = mechanism(cluster, workload, target)
        account = (workload.namespace, workload.name)
        if role and account in existing:
            slug = "pod-identity-association-exists" if chosen == "pod-identity" else "association-before-annotation"
            note(role_view(workload), ROLE, slug, namespace=workload.namespace, account_name=workload.name)
        elif role and chosen == "pod-identity" and (name := cluster_name(cluster, target)):
            properties = {
                "ClusterName": name,
                "Namespace": workload.namespace,
                "ServiceAccount": workload.name,
                "RoleArn": role,
            }
            ident = logical_id("Identity", *account)
            yield AwsResource(ident, "AWS::EKS::PodIdentityAssociation", properties)


def _associated(inventory: Inventory) -> set[tuple[str, str]]:
    """Namespace and name of the service accounts that have an association already."""
    views = inventory.index.views("eks.PodIdentityAssociations").values()
    found = (each for view in views for each in view.get("associations", []))
    return {(str(each.get("namespace", "")), str(each.get("serviceAccount", ""))) for each in found}
