"""Fields of a service that no object carries but a person must hear of, and those that something else overrides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.translate.disregard import disregard

if TYPE_CHECKING:
    from ecs2k8s.resolve.workload import AwsMap, Workload

KEPT_IN_TASK_SETS = ("loadBalancers", "networkConfiguration", "capacityProviderStrategy", "serviceRegistries")


def say_service_fields(workload: Workload) -> None:
    """Notes on what the service's documents say beyond its pod."""
    service = workload.service
    if not service:
        return
    _superseded(workload)
    controller = service.get("deploymentController", NOTHING)
    if controller.get("type") == "EXTERNAL":
        note(controller, "type", "external-deployment-controller")
    deployments = service.get("deployments", [])
    if len(deployments) > 1 or any(d.get("rolloutState", "COMPLETED") != "COMPLETED" for d in deployments):
        note(service, "serviceName", "deployment-in-progress")
    for index, item in enumerate(workload.configuration.get("loadBalancers", [])):
        _balancer(workload, index, item)
    _definition_status(workload)


def _superseded(workload: Workload) -> None:
    """Only the PRIMARY deployment and task set are what runs."""
    service = workload.service
    for item in service.get("deployments", []):
        if item.get("status") != "PRIMARY":
            disregard(item, "not-primary")
    moved = workload.configuration is not service
    for item in service.get("taskSets", []):
        if item.get("status") != "PRIMARY" or not moved:
            disregard(item, "not-primary" if moved else "task-set-of-another-controller")
    if moved:
        for key in (*KEPT_IN_TASK_SETS, "taskDefinition", "launchType", "platformFamily"):
            if key in service:
                _disregard_key(service, key, "superseded-by-task-set")


def _disregard_key(view: AwsMap, key: str, slug: str) -> None:
    disregard(view, slug, but=tuple(name for name in view if name != key))


def _balancer(workload: Workload, index: int, item: AwsMap) -> None:
    if item.get("targetGroupArn"):
        note(item, "targetGroupArn", "target-group-owned-by-ecs")
    name, port = str(item.get("containerName", "")), item.get("containerPort")
    container = next((c for c in workload.containers if c["name"] == name), None)
    mappings = container.get("portMappings", []) if container else []
    if container is None or port not in [mapping.get("containerPort") for mapping in mappings]:
        note(
            workload.configuration,
            ("loadBalancers", index, "containerPort"),
            "balanced-port-unknown",
            name=name,
            port=port,
        )


def _definition_status(workload: Workload) -> None:
    status = workload.definition.get("status", "ACTIVE")
    if status != "ACTIVE":
        note(workload.definition, "status", "definition-not-active", status=status)
