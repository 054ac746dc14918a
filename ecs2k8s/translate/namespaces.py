"""Namespaces: one per ECS cluster, unless the user chose otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.translate.tags import tag_annotation, tag_labels, tags_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.resolve.workload import Inventory

EXISTING = ("default", "kube-system", "kube-public", "kube-node-lease")


def namespaces(inventory: Inventory) -> Iterator[Placed]:
    """A Namespace for each one that a new cluster does not have, with the ECS cluster's tags."""
    for name, cluster in sorted(inventory.namespaces.items()):
        if name in EXISTING:
            continue
        tags = tags_of(cluster)
        arn = str(cluster.get("clusterArn", ""))
        lineage = {"ecs2k8s.io/cluster-arn": arn} if arn else {}
        metadata: dict[str, Any] = {
            "name": name,
            "labels": tag_labels(tags) | {"app.kubernetes.io/managed-by": "ecs2k8s"},
            "annotations": lineage | tag_annotation(tags) or None,
        }
        yield Placed(name, prune({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}))
