"""From workloads to manifests: literal tuples of functions, in the order of the output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import note
from ecs2k8s.translate.autoscalers import horizontal_autoscaler
from ecs2k8s.translate.background import background
from ecs2k8s.translate.config_maps import config_map
from ecs2k8s.translate.cron_job import cron_job, scheduled_job
from ecs2k8s.translate.dashboards import dashboards
from ecs2k8s.translate.deployment import deployment, disruption_budget
from ecs2k8s.translate.discovery import discovery
from ecs2k8s.translate.efs import Claims
from ecs2k8s.translate.efs_access import say_file_system_access
from ecs2k8s.translate.efs_network import say_mount_targets
from ecs2k8s.translate.exec_access import exec_roles
from ecs2k8s.translate.execution_role import say_execution_roles
from ecs2k8s.translate.identity import service_accounts
from ecs2k8s.translate.job import job
from ecs2k8s.translate.lifecycle import arrange
from ecs2k8s.translate.log_routes import say_log_routes
from ecs2k8s.translate.namespaces import namespaces
from ecs2k8s.translate.network_load_balancer import network_load_balancers
from ecs2k8s.translate.network_policy import network_policies
from ecs2k8s.translate.network_services import network_services
from ecs2k8s.translate.node_pools import node_pools
from ecs2k8s.translate.pod import pod
from ecs2k8s.translate.pod_monitors import pod_monitors
from ecs2k8s.translate.pod_security import with_pod_security
from ecs2k8s.translate.prometheus_rules import prometheus_rules
from ecs2k8s.translate.ranges import in_range
from ecs2k8s.translate.refusal import Refusal
from ecs2k8s.translate.registries import registries, registry_secrets
from ecs2k8s.translate.resource_policies import say_resource_policies
from ecs2k8s.translate.resources import task_size
from ecs2k8s.translate.role_policies import say_role_policies
from ecs2k8s.translate.runtime_contract import runtime_contract
from ecs2k8s.translate.scaled_objects import scaled_objects
from ecs2k8s.translate.schedule_fields import say_unread_inputs
from ecs2k8s.translate.secret_access import secret_readers
from ecs2k8s.translate.secret_provider_classes import secret_provider_classes
from ecs2k8s.translate.secret_references import referred_secrets
from ecs2k8s.translate.secret_state import say_secrets
from ecs2k8s.translate.secrets import external_secrets, secret_stores
from ecs2k8s.translate.security_group_policy import security_group_policies
from ecs2k8s.translate.security_group_rules import say_group_rules
from ecs2k8s.translate.service import service
from ecs2k8s.translate.service_fields import say_service_fields
from ecs2k8s.translate.storage import launch_volumes, shared_file_systems
from ecs2k8s.translate.target_group_binding import target_group_bindings
from ecs2k8s.translate.target_group_services import with_target_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ecs2k8s.core.manifests import Placed
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Inventory, Workload

    OfInventory = Callable[[Inventory, list[Workload], Target], Iterable[Placed]]

AROUND_PODS = (
    deployment,
    job,
    cron_job,
    scheduled_job,
    service,
    disruption_budget,
    config_map,
    horizontal_autoscaler,
    background,
)
OF_WORKLOADS = (external_secrets, registry_secrets, launch_volumes)
OF_ALL = (exec_roles,)
OF_INVENTORY: tuple[OfInventory, ...] = (  # traffic and network: what several workloads make together
    service_accounts,
    secret_stores,
    secret_readers,
    secret_provider_classes,
    say_role_policies,
    say_resource_policies,
    say_execution_roles,
    shared_file_systems,
    say_mount_targets,
    say_file_system_access,
    discovery,
    network_services,
    network_load_balancers,
    target_group_bindings,
    network_policies,
    security_group_policies,
    say_group_rules,
    runtime_contract,
    say_secrets,
    node_pools,
    prometheus_rules,
    pod_monitors,
    dashboards,
    say_log_routes,
    say_unread_inputs,  # last: what none of the others read
)
MAY_REFUSE = (
    in_range,
    lambda workload, _target: arrange(workload),
    lambda workload, _target: referred_secrets(workload),
    lambda workload, _target: registries(workload),
    lambda workload, _target: task_size(workload),
)


def manifests(inventory: Inventory, target: Target) -> tuple[list[Placed], list[Workload]]:
    """All objects, and the workloads that were refused; one that is refused leaves no object behind."""
    refused = [workload for workload in inventory.workloads if _is_refused(workload, target)]
    workloads = [workload for workload in inventory.workloads if workload not in refused]
    claims = Claims.of(workloads)
    placed: list[Placed] = list(namespaces(inventory, workloads, target))
    for workload in workloads:
        placed += _objects(workload, claims, target)
    for translator in OF_ALL:
        placed += translator(workloads, target)
    placed = with_target_groups(placed, inventory, workloads, target)
    placed += list(scaled_objects(placed, inventory, workloads, target))
    for of_inventory in OF_INVENTORY:
        placed += of_inventory(inventory, workloads, target)
    return with_pod_security(placed, target), refused


def _is_refused(workload: Workload, target: Target) -> bool:
    """Whether ECS would reject the workload too, which is said on the leaf that is wrong."""
    try:
        for step in MAY_REFUSE:
            step(workload, target)
    except Refusal as refusal:
        note(refusal.view, refusal.at, refusal.slug, **refusal.args_of_finding)
        return True
    return False


def _objects(workload: Workload, claims: Claims, target: Target) -> Iterator[Placed]:
    made = pod(workload, claims, target)
    say_service_fields(workload)
    for around in AROUND_PODS:
        yield from around(workload, made, target)
    for translator in OF_WORKLOADS:
        yield from translator(workload, target)
