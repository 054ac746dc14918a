"""Namespaces: one per ECS cluster, unless the user chose otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.translate.balancing import gate_label, gated
from ecs2k8s.translate.tags import tag_annotation, tag_labels, tags_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Inventory, Workload

EXISTING = ("default", "kube-system", "kube-public", "kube-node-lease")


def namespaces(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[Placed]:
    """A Namespace for each one that a new cluster does not have, with the ECS cluster's tags.

    One that holds pods behind a target group asks for readiness gates: ECS counts a task only when the target group
    finds it healthy, and the label must be there before the pods are. Before a binding exists it does nothing.
    """
    waiting = {workload.namespace for workload in workloads if gated(workload)}
    for name, cluster in sorted(inventory.namespaces.items()):
        if name in EXISTING:
            continue
        tags = tags_of(cluster)
        arn = str(cluster.get("clusterArn", ""))
        lineage = {"ecs2k8s.io/cluster-arn": arn} if arn else {}
        gate = {gate_label(target): "enabled"} if name in waiting else {}
        metadata: dict[str, Any] = {
            "name": name,
            "labels": tag_labels(tags) | {"app.kubernetes.io/managed-by": "ecs2k8s"} | gate,
            "annotations": lineage | tag_annotation(tags) or None,
        }
        yield Placed(name, prune({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}))
