"""Metrics of ECS in PromQL, on the metrics of cAdvisor and of kube-state-metrics.

https://github.com/kubernetes/kube-state-metrics/tree/main/docs and
https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.core import names
from ecs2k8s.translate.lifecycle import arrange
from ecs2k8s.translate.resources import task_size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Workload

LETTERS = "[bcdfghjklmnpqrstvwxz2456789]"  # of generated names: no vowels, no 0, 1 and 3
BASE = 58  # characters of a name that five random ones follow; longer ones are cut
LEAST_WINDOW = 120  # seconds: four scrapes of 30 seconds, so that a rate has points enough
RESTARTS = 900  # seconds over which restarts are counted, at least
USED = 'container!="",container!="POD"'
AGGREGATES = {"Average": "avg", "Maximum": "max", "Minimum": "min"}
OVER_TIME = {name: f"{word}_over_time" for name, word in AGGREGATES.items()}


def pod_names(workload: Workload) -> str:
    """A regular expression for the names of its pods, and of no other workload's; for whole names.

    Behind the name stands a hash of the template, or the minute of a CronJob, and five letters.

    https://github.com/kubernetes/apimachinery/blob/master/pkg/util/rand/rand.go
    """
    name = workload.name
    if workload.kind in ("Job", "DaemonSet"):
        return f"{name}-{LETTERS}{{5}}"
    made, fewest = ("[0-9]", 8) if workload.kind == "CronJob" else (LETTERS, 6)
    if len(name) + len("-0123456789-") <= BASE:
        return f"{name}-{made}{{{fewest},10}}-{LETTERS}{{5}}"
    return f"{name}-{made}{{1,10}}-?{LETTERS}{{5}}"


def quoted(text: str) -> str:
    """*text* as a string of PromQL (https://prometheus.io/docs/prometheus/latest/querying/basics/#string-literals)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def seconds(count: int) -> str:
    return f"{count // 60}m" if count % 60 == 0 else f"{count}s"


@dataclass(frozen=True, slots=True)
class Query:
    """One metric of a workload: over which time (a duration of PromQL), by which statistic of CloudWatch."""

    workload: Workload
    target: Target
    statistic: str = "Average"
    period: int = 60

    @property
    def window(self) -> str:
        return seconds(max(self.period, LEAST_WINDOW))

    @property
    def pods(self) -> str:
        return f"namespace={quoted(self.workload.namespace)},pod=~{quoted(pod_names(self.workload))}"

    def of_tasks(self, series: str, divisor: str = "", factor: str = "") -> str:
        """The statistic over the tasks of a value of each."""
        each = f"sum by (pod) ({series})"
        each = f"{each} / {divisor}" if divisor else each
        return f"{factor}{AGGREGATES[self.statistic]}({each})"

    def rate(self, metric: str, extra: str = "") -> str:
        return f"rate({metric}{{{self.pods}{',' if extra else ''}{extra}}}[{self.window}])"

    def over_time(self, metric: str, labels: str) -> str:
        return f"{OVER_TIME[self.statistic]}({metric}{{{labels}}}[{self.window}])"


def _cpu(query: Query) -> str:
    return _share(query, query.rate("container_cpu_usage_seconds_total", USED), "cpu")


def _memory(query: Query) -> str:
    return _share(query, query.over_time("container_memory_working_set_bytes", f"{query.pods},{USED}"), "memory")


def _share(query: Query, used: str, resource: str) -> str:
    """Percent of what the tasks reserve: of all together on average, else of the one with most or least."""
    if amount := _pod_level(query, resource):
        return query.of_tasks(used, amount, "100 * ")
    if query.statistic == "Average":
        return f"100 * sum({used}) / {_requested(query, resource, 'sum')}"
    return query.of_tasks(used, _requested(query, resource, "sum by (pod) "), "100 * ")


def _pod_level(query: Query, resource: str) -> str:
    """The size of the task where it becomes that of the pod, which has no series of its own: in cores or bytes."""
    cpu, memory = task_size(query.workload) if query.target.pod_level_resources else (None, None)
    if resource == "cpu":
        return f"{cpu / 1000:g}" if cpu else ""
    return str(memory * 1024 * 1024) if memory else ""


def _requested(query: Query, resource: str, by: str) -> str:
    labels = f"{query.pods},resource={quoted(resource)}"
    main = f"{by}(kube_pod_container_resource_requests{{{labels}}})"
    sidecars = _sidecars(query.workload)
    if not sidecars:
        return main
    some = f"container=~{quoted('|'.join(sidecars))}"
    return f"({main} + {by}(kube_pod_init_container_resource_requests{{{labels},{some}}}))"


def _sidecars(workload: Workload) -> list[str]:
    """Their requests count with those of the pod, and stand among those of the init containers."""
    slots = arrange(workload).slots
    called = names.unique(slot.name for slot in slots)
    return sorted(called[slot.name] for slot in slots if slot.role == "sidecar")


def _replicas(deployment: str, daemon_set: str) -> Callable[[Query], str]:
    def query_of(query: Query) -> str:
        metric, label = (daemon_set, "daemonset") if query.workload.kind == "DaemonSet" else (deployment, "deployment")
        labels = f"namespace={quoted(query.workload.namespace)},{label}={quoted(query.workload.name)}"
        return f"sum({query.over_time(metric, labels)})"

    return query_of


def _running(query: Query) -> str:
    """The Deployment of a Rollout has no replicas, so with Rollouts the pods are counted that are ready."""
    if query.target.rollouts and query.workload.kind == "Deployment":
        ready = f"sum(kube_pod_status_ready{{{query.pods},condition={quoted('true')}}})"
        return f"{OVER_TIME[query.statistic]}({ready}[{query.window}:30s])"
    count = _replicas("kube_deployment_status_replicas_available", "kube_daemonset_status_number_available")
    return count(query)


def _rate(metric: str) -> Callable[[Query], str]:
    return lambda query: query.of_tasks(query.rate(metric))


def _pending(query: Query) -> str:
    return f"sum({query.over_time('kube_pod_status_phase', query.pods + ',phase=' + quoted('Pending'))})"


def _restarts(query: Query) -> str:
    window = seconds(max(query.period, RESTARTS))
    return f"sum(increase(kube_pod_container_status_restarts_total{{{query.pods}}}[{window}]))"


def _units(query: Query) -> str:
    return query.of_tasks(query.rate("container_cpu_usage_seconds_total", USED), factor="1024 * ")


def _mebibytes(query: Query) -> str:
    used = query.over_time("container_memory_working_set_bytes", f"{query.pods},{USED}")
    return f"{query.of_tasks(used)} / 1048576"


INSIGHTS = "ECS/ContainerInsights"
METRICS: Mapping[tuple[str, str], Callable[[Query], str]] = {
    ("AWS/ECS", "CPUUtilization"): _cpu,
    ("AWS/ECS", "MemoryUtilization"): _memory,
    (INSIGHTS, "RunningTaskCount"): _running,
    (INSIGHTS, "DesiredTaskCount"): _replicas(
        "kube_deployment_spec_replicas", "kube_daemonset_status_desired_number_scheduled"
    ),
    (INSIGHTS, "PendingTaskCount"): _pending,
    (INSIGHTS, "CpuUtilized"): _units,
    (INSIGHTS, "MemoryUtilized"): _mebibytes,
    (INSIGHTS, "NetworkRxBytes"): _rate("container_network_receive_bytes_total"),
    (INSIGHTS, "NetworkTxBytes"): _rate("container_network_transmit_bytes_total"),
    (INSIGHTS, "StorageReadBytes"): _rate("container_fs_reads_bytes_total"),
    (INSIGHTS, "StorageWriteBytes"): _rate("container_fs_writes_bytes_total"),
    (INSIGHTS, "RestartCount"): _restarts,
}
