"""The objects that change how many pods a workload has, and where they keep their bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.core.manifests import Manifest

# Kind to the least and the most below `spec`.
BOUNDS: Mapping[str, tuple[str, str]] = {
    "HorizontalPodAutoscaler": ("minReplicas", "maxReplicas"),
    "ScaledObject": ("minReplicaCount", "maxReplicaCount"),
}


def scaled(manifest: Manifest) -> tuple[str, str]:
    """Namespace and name of what a scaler changes; empty texts where *manifest* is none."""
    if manifest["kind"] not in BOUNDS:
        return "", ""
    return str(manifest["metadata"].get("namespace", "")), str(
        manifest["spec"].get("scaleTargetRef", {}).get("name", "")
    )
