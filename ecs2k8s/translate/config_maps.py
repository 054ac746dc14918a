"""The ConfigMap of environment files whose contents were given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.manifests import Placed, prune

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Workload
    from ecs2k8s.translate.pod import Pod


def config_map(workload: Workload, pod: Pod, _target: Target) -> Iterator[Placed]:
    """One per workload, keys `<container>.<NAME>`."""
    if pod.config:
        metadata = workload.metadata(f"{workload.name}-env")
        manifest = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata,
            "data": dict(sorted(pod.config.items())),
        }
        yield Placed(workload.folder, prune(manifest))
