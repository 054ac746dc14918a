"""Containers that expose metrics of Prometheus, by the Docker labels that scrapers of ECS read, as PodMonitors.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/ContainerInsights-Prometheus-Setup-autodiscovery-ecs.html
and https://github.com/teralytics/prometheus-ecs-discovery; `prometheus.io/` is a custom of annotations.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.escape import HIDDEN
from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.core.units import whole_number
from ecs2k8s.translate.lifecycle import arrange
from ecs2k8s.translate.ports import ports
from ecs2k8s.translate.prometheus_rules import RELEASE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Inventory, Workload

PORTS = ("ECS_PROMETHEUS_EXPORTER_PORT", "PROMETHEUS_EXPORTER_PORT", "prometheus.io/port")
PATHS = ("ECS_PROMETHEUS_METRICS_PATH", "PROMETHEUS_EXPORTER_PATH", "prometheus.io/path")
SCHEMES = ("PROMETHEUS_EXPORTER_SCHEME", "prometheus.io/scheme")
JOBS = ("ECS_PROMETHEUS_JOB_NAME", "PROMETHEUS_EXPORTER_JOB_NAME")
SWITCH = "prometheus.io/scrape"
PATH = re.compile(r"/[^\s?#]*")


def pod_monitors(_inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[Placed]:
    """One for each workload with such a container, where Prometheus was chosen."""
    for workload in workloads:
        endpoints = [
            found for slot in arrange(workload).slots for found in _endpoints(workload, slot.container, target)
        ]
        if endpoints:
            yield Placed(workload.folder, _manifest(workload, endpoints), "monitoring")


def _manifest(workload: Workload, endpoints: list[dict[str, Any]]) -> dict[str, Any]:
    metadata = workload.metadata()
    spec = {"selector": {"matchLabels": workload.selector}, "podMetricsEndpoints": endpoints}
    found: dict[str, Any] = prune(
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PodMonitor",
            "metadata": metadata | {"labels": metadata["labels"] | RELEASE},
            "spec": spec,
        }
    )
    return found


def _endpoints(workload: Workload, container: AwsMap, target: Target) -> Iterator[dict[str, Any]]:
    """None or one: what names no declared port or holds no path would be scraped at another place."""
    labels = container.get("dockerLabels", NOTHING)
    key = _first(labels, PORTS)
    if not key or str(labels.get(SWITCH, "true")).lower() == "false":
        return
    at = ("dockerLabels", key)
    number = whole_number(str(labels[key]))
    declared = {port.number for port in ports(workload, [container]) if port.protocol == "TCP"}
    path = str(labels.get(_first(labels, PATHS), "/metrics"))
    scheme = str(labels.get(_first(labels, SCHEMES), "http")).lower()
    if target.monitoring != "prometheus":
        note(container, at, "metrics-not-scraped", port=labels[key], path=path)
    elif number not in declared or workload.is_job:
        note(container, at, "metrics-port-not-declared", port=labels[key])
    elif not PATH.fullmatch(path) or HIDDEN.search(path) or scheme not in ("http", "https"):
        note(container, at, "metrics-place-illegal", path=path, scheme=scheme)
    else:
        found = {"portNumber": number, "path": path, "scheme": scheme if scheme != "http" else None}
        yield found | {"relabelings": _job(labels)}


def _job(labels: AwsMap) -> list[dict[str, str]] | None:
    """The name of the job stays, so that queries over it find the pods."""
    key = _first(labels, JOBS)
    name = str(labels[key]) if key else ""
    return [{"targetLabel": "job", "replacement": name.replace("$", "$$")}] if name else None


def _first(labels: AwsMap, keys: tuple[str, ...]) -> str:
    return next((key for key in keys if key in labels), "")
