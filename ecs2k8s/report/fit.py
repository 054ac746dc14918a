"""The part of report.md about whether everything fits: nodes, addresses, load balancers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.assess.packing import SYSTEM_CPU, SYSTEM_MEMORY, SYSTEM_PODS
from ecs2k8s.report.escape_markdown import plain

if TYPE_CHECKING:
    from ecs2k8s.assess.translation import Translation

HEAD = f"""## Does it fit

Both fleets run side by side during the move. Pods are counted at their peak: the upper limit of their scaling, and what
a rollout adds. On each node the daemons of the cluster are taken to need {SYSTEM_CPU}m CPU, {SYSTEM_MEMORY} MiB and
{SYSTEM_PODS} pods beside the DaemonSets in `manifests/`: measure yours. GPUs, node labels other than architecture and
capacity provider, and pods that run in the cluster already are not counted. Pods per node are those without prefix
delegation.

| Question | Of | Verdict | Numbers |
|---|---|---|---|"""


def lines(translation: Translation) -> list[str]:
    """Markdown: a row for each verdict; nothing without a workload."""
    if not translation.translated:
        return []
    rows = [
        f"| {each.question} | {plain(each.subject)} | {each.outcome} | {plain(each.numbers)} |"
        for each in translation.fit
    ]
    return [*HEAD.splitlines(), *rows, ""]
