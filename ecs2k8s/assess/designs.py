"""How a workload can be shifted: A weights on the load balancer, B weights of DNS, C internal names, D no requests."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.assess.dependencies import Dependencies
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Workload

Design = Literal["A", "B", "C", "D"]
CLASSIC = "classic/"  # its listeners have no weights


def designs(workloads: Iterable[Workload], found: Dependencies, target: Target) -> dict[str, list[Design]]:
    """By `namespace/name`; empty for what takes no requests and does no work of its own: agents, unused definitions."""
    behind: dict[str, set[str]] = defaultdict(set)
    called = set()
    for edge in found.uses:
        called.add(edge.target)
        if "target-group" in edge.evidence and "environment" not in edge.evidence:
            behind[edge.target].add(edge.source)
    return {each.folder: _of(each, behind, target, called=each.folder in called) for each in workloads}


def _of(workload: Workload, behind: Mapping[str, set[str]], target: Target, *, called: bool) -> list[Design]:
    balancers = behind.get(workload.folder, set())
    made: list[Design] = []
    for balancer in sorted(balancers):
        letter: Design = "A" if target.binds_target_groups and not balancer.startswith(CLASSIC) else "B"
        made += [letter] if letter not in made else []
    if workload.registrations or (workload.connect and workload.connect.aliases) or (called and not balancers):
        made.append("C")
    if made or workload.is_job:
        return made or ["D"]
    ports = any(container.get("portMappings") for container in workload.containers)
    if not workload.service or (workload.kind == "DaemonSet" and not ports):
        return []
    return ["C"] if ports else ["D"]
