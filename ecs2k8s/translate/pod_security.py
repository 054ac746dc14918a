"""Labels by which a namespace says which Pod Security level its pods meet."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from ecs2k8s.core.manifests import TEMPLATES
from ecs2k8s.core.pod_security import level, weakest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.core.manifests import Manifest, Placed
    from ecs2k8s.core.pod_security import Level, Spec
    from ecs2k8s.core.target import Target

PREFIX = "pod-security.kubernetes.io"


def with_pod_security(placed: Iterable[Placed], target: Target) -> list[Placed]:
    """*placed*, where each Namespace enforces the level of its weakest pod, and warns of what is not restricted.

    The version is pinned, so that an upgrade of the cluster alone refuses no pod.
    """
    given = list(placed)
    found: dict[str, list[Level]] = defaultdict(list)
    for item in given:
        if spec := pod_spec(item.manifest):
            found[item.manifest["metadata"]["namespace"]].append(level(spec, target.kubernetes_version))
    return [_labelled(item, found[item.manifest["metadata"]["name"]], target) for item in given]


def pod_spec(manifest: Manifest) -> Spec | None:
    """The pod's spec of a workload object; None for other kinds."""
    if manifest["kind"] not in TEMPLATES:
        return None
    inner = manifest
    for step in (*TEMPLATES[manifest["kind"]], "spec"):
        inner = inner[step]
    return inner


def _labelled(item: Placed, levels: list[Level], target: Target) -> Placed:
    if item.manifest["kind"] != "Namespace" or not levels:
        return item
    labels = {
        f"{PREFIX}/enforce": weakest(levels),
        f"{PREFIX}/enforce-version": f"v{target.kubernetes_version}",
        f"{PREFIX}/warn": "restricted",
        f"{PREFIX}/audit": "restricted",
    }
    metadata = item.manifest["metadata"]
    labelled = metadata | {"labels": metadata.get("labels", {}) | labels}
    return replace(item, manifest=item.manifest | {"metadata": labelled})
