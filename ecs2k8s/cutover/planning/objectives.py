"""What the owners of the workloads of a unit promised: service level objectives, by the target group of ECS."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ecs2k8s.cutover.planning.places import sources

if TYPE_CHECKING:
    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.cutover.planning.ground import Ground


def objectives(ground: Ground, unit: Unit) -> dict[str, float]:
    """Of each group the strictest that `slos` of target.yaml has for its workload."""
    found = {arn: _objective(ground, workload) for arn, workload in sources(ground, unit).items()}
    return {arn: percent for arn, percent in found.items() if percent is not None}


def _objective(ground: Ground, workload: str) -> float | None:
    its = (percent for pattern, percent in ground.target.slos.items() if fnmatchcase(workload, pattern))
    return max(its, default=None)
