"""Whether pods behind a target group get a readiness gate, and what that asks of the order of steps."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ecs2k8s.core.findings import Finding
from ecs2k8s.translate.balancing import gate_label, gated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.manifests import Bundle
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Workload


def readiness_gates(workloads: Iterable[Workload], bundle: Bundle, target: Target) -> Iterator[Finding]:
    """One finding for each namespace of *workloads* with pods behind a target group."""
    waiting: dict[str, list[str]] = defaultdict(list)
    for workload in workloads:
        if gated(workload):
            waiting[workload.namespace].append(workload.name)
    label = gate_label(target)
    asking = {
        manifest["metadata"]["name"]
        for manifest in bundle.manifests
        if manifest["kind"] == "Namespace" and manifest["metadata"]["labels"].get(label) == "enabled"
    }
    for namespace, names in sorted(waiting.items()):
        args = {"namespace": namespace, "workloads": ", ".join(sorted(names))}
        if namespace in asking:
            yield Finding.of("readiness-gate-order", f"Namespace/{namespace}", **args)
        else:
            yield Finding.of("readiness-gate-not-asked", f"Namespace/{namespace}", label=label, **args)
