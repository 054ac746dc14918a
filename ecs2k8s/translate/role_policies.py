"""What policies of task roles say that only ECS satisfies, or that a pod must not have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.iam import listed
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.identity import ROLE, mechanism, role_view, task_role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.paths import Path
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.roles import Policy, Roles
    from ecs2k8s.resolve.workload import Inventory, Workload

# Condition keys with what they hold on ECS. https://docs.aws.amazon.com/service-authorization/latest/reference/
ONLY_ECS = {
    "ecs:": "only requests about ECS have it",
    "aws:principaltag/": "tags of the session; pods have those of the role, and with EKS Pod Identity its own",
    "aws:userid": "it ends with the name of the session, which is the id of the task on ECS",
    "sts:rolesessionname": "the session of a task is named after its id, that of a pod otherwise",
}
SOURCES = ("aws:sourcearn", "aws:principalarn")
ROLE_ARN = re.compile(r"arn:[a-z0-9-]+:iam::\d{12}:role/[\w+=,.@/-]+")


def say_role_policies(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[Any]:
    """Makes nothing. Speaks of each policy of each task role once, and of roles that assume others."""
    roles = inventory.roles
    for role in sorted({task_role(inventory, workload) for workload in workloads} - {""}):
        for policy in roles.policies(role):
            _say_policy(policy)
    for workload in workloads:
        _say_chain(inventory, workload, roles, target)
    return iter(())


def _say_policy(policy: Policy) -> None:
    for at, statement in policy.statements:
        _say_conditions(policy, at, statement.get("Condition"))
        for index, action in enumerate(listed(statement.get("Action"))):
            if str(action).lower().startswith("ssmmessages:"):
                place = (*at, "Action", index) if isinstance(statement["Action"], list) else (*at, "Action")
                note(policy.view, place, "exec-permission-unused")


def _say_conditions(policy: Policy, at: Path, conditions: Any) -> None:
    for operator, keys in conditions.items() if isinstance(conditions, Mapping) else ():
        for key in keys if isinstance(keys, Mapping) else ():
            why = only_on_ecs(key.lower(), [str(value) for value in listed(keys[key])])
            if why:
                note(policy.view, (*at, "Condition", operator, key), "condition-only-ecs-meets", key=key, why=why)


def only_on_ecs(key: str, values: list[str]) -> str:
    """Why a condition holds on ECS only; empty where it does not look like it."""
    if key in SOURCES and any(":ecs:" in value or "/ecs/" in value for value in values):
        return "it names something of ECS"
    if key in SOURCES and any(":assumed-role/" in value for value in values):
        return "it names a session, and sessions of pods have other names"
    return next((why for start, why in ONLY_ECS.items() if key.startswith(start)), "")


def _say_chain(inventory: Inventory, workload: Workload, roles: Roles, target: Target) -> None:
    """Sessions of EKS Pod Identity carry tags on, which the next role must let in.

    https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html
    """
    if mechanism(inventory.networks.cluster, workload, target) != "pod-identity":
        return
    own = task_role(inventory, workload)
    found = sorted({*_assumed(roles, own), *_mentioned(workload)} - {own}) if own else []
    if found:
        note(role_view(workload), ROLE, "role-chaining-with-session-tags", roles=", ".join(found))


def _assumed(roles: Roles, role: str) -> Iterator[str]:
    """What the policies of *role* let it assume."""
    for policy in roles.policies(role):
        for _, statement in policy.statements:
            actions = [str(action).lower() for action in listed(statement.get("Action"))]
            if statement.get("Effect") == "Allow" and any(_is_assume(action) for action in actions):
                yield from (str(resource) for resource in listed(statement.get("Resource")))


def _is_assume(action: str) -> bool:
    head, star, _ = action.partition("*")
    return "sts:assumerole".startswith(head) if star else action == "sts:assumerole"


def _mentioned(workload: Workload) -> Iterator[str]:
    """Roles that environment or command of its containers name."""
    for container in workload.containers:
        texts = [str(item.get("value", "")) for item in container.get("environment", [])]
        texts += [str(word) for key in ("command", "entryPoint") for word in container.get(key, [])]
        yield from (found for text in texts for found in ROLE_ARN.findall(text))
