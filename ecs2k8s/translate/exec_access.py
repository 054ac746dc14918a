"""ECS Exec: a Role for `kubectl exec` in each namespace where ECS allowed it. It is bound to nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.core.tracking import note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Workload

NAME = "pod-exec"
# kubectl opens a WebSocket with GET, older ones a stream with POST; from 1.35 on the API server asks for `create` too.
# https://kubernetes.io/blog/2024/08/20/websockets-transition/
RULES: tuple[dict[str, Any], ...] = (
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
    {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create", "get"]},
)


def exec_roles(workloads: Iterable[Workload], _target: Target) -> Iterator[Placed]:
    """One Role per namespace, made where a service or a one-off task has ECS Exec on.

    Who may use ECS Exec is said by IAM policies of people, which are not read: so nobody is given the Role.
    """
    spaces: dict[str, dict[str, str]] = {}
    for workload in workloads:
        for view in (workload.service, workload.task):
            if view.get("enableExecuteCommand", False):
                note(view, "enableExecuteCommand", "exec-bound-to-nobody", namespace=workload.namespace)
                cluster = str(workload.cluster.get("clusterArn", ""))
                spaces[workload.namespace] = {"ecs2k8s.io/cluster-arn": cluster} if cluster else {}
    for namespace, lineage in sorted(spaces.items()):
        metadata = {
            "name": NAME,
            "namespace": namespace,
            "labels": {"app.kubernetes.io/managed-by": "ecs2k8s"},
            "annotations": lineage or None,
        }
        rules = [dict(rule) for rule in RULES]
        api = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role"}
        yield Placed(f"{namespace}/shared", prune(api | {"metadata": metadata, "rules": rules}))
