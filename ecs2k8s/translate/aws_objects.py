"""From workloads to objects on the AWS side: literal tuples of functions, in the manner of the manifests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.translate.cloudwatch_alarms import insights_alarms
from ecs2k8s.translate.fargate_profiles import fargate_profiles
from ecs2k8s.translate.identity import pod_identity_associations
from ecs2k8s.translate.log_access import log_agent_role
from ecs2k8s.translate.secret_access import secret_grants, secret_reader_roles
from ecs2k8s.translate.trust_changes import trust_changes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ecs2k8s.core.aws_objects import AwsChange, AwsResource
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Inventory, Workload

    OfResources = Callable[[Inventory, list[Workload], Target], Iterable[AwsResource]]
    OfChanges = Callable[[Inventory, list[Workload], Target], Iterable[AwsChange]]

# They run after the manifests and before the account of the fields, so that what they read and note counts.
RESOURCES: tuple[OfResources, ...] = (
    pod_identity_associations,
    secret_reader_roles,
    secret_grants,
    log_agent_role,
    insights_alarms,
    fargate_profiles,
)
CHANGES: tuple[OfChanges, ...] = (trust_changes,)


def aws_resources(inventory: Inventory, workloads: list[Workload], target: Target) -> tuple[AwsResource, ...]:
    """All new objects of AWS, sorted by their logical ids, each of which is there once."""
    found: dict[str, AwsResource] = {}
    for resource in (made for make in RESOURCES for made in make(inventory, workloads, target)):
        if found.setdefault(resource.logical_id, resource) != resource:
            raise AssertionError(f"two different resources are called {resource.logical_id}")
    return tuple(found[name] for name in sorted(found))


def aws_changes(inventory: Inventory, workloads: list[Workload], target: Target) -> tuple[AwsChange, ...]:
    """All objects of AWS that must become others, sorted by the names of their folders, each of which is there once."""
    found: dict[str, AwsChange] = {}
    for change in (made for make in CHANGES for made in make(inventory, workloads, target)):
        if found.setdefault(change.name, change) is not change:
            raise AssertionError(f"two changes are called {change.name}")
    return tuple(found[name] for name in sorted(found))
