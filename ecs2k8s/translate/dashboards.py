"""A dashboard of Grafana for each service, of the metrics that Prometheus has for certain.

Requests, errors and latency were measured by the load balancer, and stay in CloudWatch.
https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.core.names import digest
from ecs2k8s.translate.promql import INSIGHTS, METRICS, Query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Inventory, Workload

LABEL = {"grafana_dashboard": "1"}  # what the sidecar of the chart looks for
VERSION = 39  # of the schema of Grafana 10 and later
COLUMNS, WIDTH, HEIGHT = 2, 12, 8
WANTED = "wanted"  # nobody knows it of a Rollout
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True, slots=True)
class Panel:
    """`queries`: name in the legend to the metric of ECS that its query stands for."""

    title: str
    unit: str
    queries: tuple[tuple[str, tuple[str, str]], ...]


PANELS = (
    Panel("CPU (share of what is reserved)", "percent", (("CPU", ("AWS/ECS", "CPUUtilization")),)),
    Panel("Memory (share of what is reserved)", "percent", (("memory", ("AWS/ECS", "MemoryUtilization")),)),
    Panel(
        "Pods",
        "short",
        (
            ("available", (INSIGHTS, "RunningTaskCount")),
            (WANTED, (INSIGHTS, "DesiredTaskCount")),
            ("pending", (INSIGHTS, "PendingTaskCount")),
        ),
    ),
    Panel("Restarts", "short", (("restarts", (INSIGHTS, "RestartCount")),)),
    Panel(
        "Network (average pod)",
        "Bps",
        (("received", (INSIGHTS, "NetworkRxBytes")), ("sent", (INSIGHTS, "NetworkTxBytes"))),
    ),
)


def dashboards(_inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[Placed]:
    """A ConfigMap for each workload that runs on, where Prometheus was chosen."""
    for workload in workloads:
        if target.monitoring == "prometheus" and workload.kind in ("Deployment", "DaemonSet"):
            metadata = workload.metadata(f"{workload.name}-ecs-dashboard")
            text = json.dumps(dashboard(workload, target), indent=2, sort_keys=True) + "\n"
            manifest = {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": metadata | {"labels": metadata["labels"] | LABEL},
                "data": {f"{workload.namespace}-{workload.name}.json": text},
            }
            yield Placed(workload.folder, prune(manifest), "monitoring")


def dashboard(workload: Workload, target: Target) -> dict[str, Any]:
    return {
        "uid": f"ecs2k8s-{digest(workload.folder, 12)}",
        "title": f"{workload.namespace} / {workload.name}",
        "tags": ["ecs2k8s"],
        "schemaVersion": VERSION,
        "editable": True,
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]},
        "panels": [_panel(number, panel, Query(workload, target)) for number, panel in enumerate(PANELS)],
    }


def _panel(number: int, panel: Panel, query: Query) -> dict[str, Any]:
    targets = [
        {"refId": chr(ord("A") + index), "expr": METRICS[metric](query), "legendFormat": legend, "datasource": SOURCE}
        for index, (legend, metric) in enumerate(panel.queries)
        if not (query.target.rollouts and legend == WANTED)
    ]
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "datasource": SOURCE,
        "gridPos": {"x": number % COLUMNS * WIDTH, "y": number // COLUMNS * HEIGHT, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": targets,
    }
