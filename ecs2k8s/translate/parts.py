"""The bounds that the user gave for the autoscaling of parts, in place of those of the service."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.scalers import BOUNDS, scaled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.core.manifests import Placed
    from ecs2k8s.core.splits import Size
    from ecs2k8s.resolve.workload import Workload


def with_bounds(placed: Iterable[Placed], workloads: Iterable[Workload]) -> list[Placed]:
    """*placed* with each scaler of a workload that has bounds of its own between these; others stay as they are."""
    sizes = {(workload.namespace, workload.name): workload.size for workload in workloads}
    found = []
    for item in placed:
        size = sizes.get(scaled(item.manifest))
        if size and (size.min_replicas, size.max_replicas) != (None, None):
            spec = _bounded(item.manifest["spec"], BOUNDS[item.manifest["kind"]], size)
            found.append(replace(item, manifest=item.manifest | {"spec": spec}))
        else:
            found.append(item)
    return found


def _bounded(spec: dict[str, Any], keys: tuple[str, str], size: Size) -> dict[str, Any]:
    """Where the user gave one bound only, the service's other one gives way to it."""
    least, most = size.min_replicas, size.max_replicas
    if most is None:
        most = max(spec[keys[1]], least) if keys[1] in spec and least is not None else None
    if least is None:
        least = min(spec[keys[0]], most) if keys[0] in spec and most is not None else None
    return spec | {key: number for key, number in zip(keys, (least, most), strict=True) if number is not None}
