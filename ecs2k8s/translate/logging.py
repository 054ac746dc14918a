"""Log drivers: a pod has none, so what they did becomes annotations and work for the node's log agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.names import LABEL, label_name
from ecs2k8s.core.tracking import note
from ecs2k8s.resolve.region import region_is_of_logs

if TYPE_CHECKING:
    from ecs2k8s.resolve.workload import AwsMap, Workload


def log_annotations(workload: Workload, containers: list[AwsMap]) -> dict[str, str]:
    """The awslogs group of each container, for the log agent and for people."""
    groups: dict[str, str] = {}
    for container in containers:
        config = container.get("logConfiguration", {})
        options = config.get("options", {})
        if workload.region and "awslogs-region" in options and not region_is_of_logs(workload):
            note(container, ("logConfiguration", "options", "awslogs-region"), "region-said-elsewhere")
        if config.get("logDriver") != "awslogs" and "awslogs-group" in options:
            note(container, ("logConfiguration", "options", "awslogs-group"), "option-of-another-driver")
        if config.get("logDriver") == "awslogs" and "awslogs-group" in options:
            groups[str(container["name"])] = str(options["awslogs-group"])
    if not groups:
        return {}
    if len(set(groups.values())) == 1 and len(groups) == len(containers):
        return {"ecs2k8s.io/log-group": next(iter(groups.values()))}
    longest = LABEL - len("log-group.")
    return {f"ecs2k8s.io/log-group.{label_name(name)[:longest]}": group for name, group in groups.items()}
