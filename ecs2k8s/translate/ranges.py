"""Numbers that ECS rejects, because no manifest could hold them either.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.translate.refusal import Refusal

if TYPE_CHECKING:
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Workload

MOST = 2**31 - 1
DAYS = 10**6  # seconds; far more than ECS takes, and no product of two of them overflows
PORT, HOST_PORT, SIZE, COUNT, SECONDS = (1, 65535), (0, 65535), (0, 10**8), (1, 1000), (0, DAYS)
OF_CONTAINERS = {
    "cpu": SIZE,
    "memory": SIZE,
    "memoryReservation": SIZE,
    "stopTimeout": SECONDS,
    "startTimeout": SECONDS,
}
OF_PORTS = {"containerPort": PORT, "hostPort": HOST_PORT}
OF_CHECKS = {"interval": (1, DAYS), "timeout": (1, DAYS), "retries": COUNT, "startPeriod": SECONDS}
OF_GROUPS = {
    "HealthCheckIntervalSeconds": (1, DAYS),
    "HealthCheckTimeoutSeconds": (1, DAYS),
    "UnhealthyThresholdCount": COUNT,
}


def in_range(workload: Workload, _target: Target) -> None:
    """Raises `Refusal` at the first number that is out of range."""
    for container in workload.containers:
        _check(container, OF_CONTAINERS | _reservation(container))
        _check(container.get("healthCheck", {}), OF_CHECKS)
        for mapping in container.get("portMappings", []):
            _check(mapping, OF_PORTS)
    if workload.service:
        _check(workload.service, {"desiredCount": (0, MOST), "healthCheckGracePeriodSeconds": (0, MOST)})
    for item in workload.configuration.get("loadBalancers", []):
        _check(item, {"containerPort": HOST_PORT})
        _check(workload.target_groups.get(str(item.get("targetGroupArn", "")), {}), OF_GROUPS)


def _reservation(container: AwsMap) -> dict[str, tuple[int, int]]:
    """A reservation above the limit would be a request above the limit."""
    return {"memoryReservation": (0, int(container["memory"]))} if "memory" in container else {}


def _check(view: AwsMap, ranges: dict[str, tuple[int, int]]) -> None:
    for key, (least, most) in ranges.items():
        value = view.get(key)
        if value is not None and not least <= value <= most:
            raise Refusal("number-out-of-range", view, (key,), value=value, least=least, most=most)
