"""ServiceAccounts: the task role by IRSA, never the execution role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.core.tracking import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Workload
    from ecs2k8s.translate.pod import Pod


def service_account(workload: Workload, _pod: Pod, _target: Target) -> Iterator[Placed]:
    """One ServiceAccount per workload, so that trust conditions can name it exactly; several may carry one role."""
    role = _role(workload)
    metadata = workload.metadata()
    irsa = {"eks.amazonaws.com/role-arn": role, "eks.amazonaws.com/sts-regional-endpoints": "true"} if role else {}
    metadata["annotations"] = (metadata["annotations"] or {}) | irsa or None
    manifest = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata,
        "automountServiceAccountToken": False,
    }
    yield Placed(workload.folder, prune(manifest))


def _role(workload: Workload) -> str:
    """The task role's ARN. A bare name becomes an ARN where the account is known."""
    overrides: AwsMap = workload.task.get("overrides", {})
    view = overrides if "taskRoleArn" in overrides else workload.definition
    if view is overrides and "taskRoleArn" in workload.definition:
        note(workload.definition, "taskRoleArn", "overridden-by-task")
    text = str(view.get("taskRoleArn", ""))
    if not text:
        note(workload.definition, "family", "no-task-role")
        return ""
    note(view, "taskRoleArn", "oidc-issuer-unknown", namespace=workload.namespace, account_name=workload.name)
    if text.startswith("arn:"):
        return text
    if not workload.account:
        note(view, "taskRoleArn", "role-without-account", role=text)
        return ""
    return f"arn:{workload.partition}:iam::{workload.account}:role/{text}"
