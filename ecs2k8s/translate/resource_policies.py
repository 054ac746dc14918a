"""What policies of file systems say that only tasks of ECS satisfy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.iam import listed, statements
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.role_policies import only_on_ecs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.iam import Statement
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Inventory, Workload


def say_resource_policies(inventory: Inventory, _workloads: list[Workload], _target: Target) -> Iterator[Any]:
    """Makes nothing. A policy that names a role goes on working, because pods have the role.

    One that names a session of it does not, because a session of a task is named after the task.
    """
    for view in inventory.index.views("efs.FileSystemPolicy").values():
        for statement in statements(_document(str(view.get("Policy", "")))):
            for key, why in _conditions(statement):
                note(view, "Policy", "condition-only-ecs-meets", key=key, why=why)
            for session in _sessions(statement):
                note(view, "Policy", "policy-names-session", session=session)
    return iter(())


def _document(text: str) -> Mapping[str, Any]:
    """AWS gives the policy as text; what is no policy has no statements."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _conditions(statement: Statement) -> Iterator[tuple[str, str]]:
    conditions = statement.get("Condition")
    for keys in conditions.values() if isinstance(conditions, Mapping) else ():
        for key, values in keys.items() if isinstance(keys, Mapping) else ():
            if why := only_on_ecs(key.lower(), [str(value) for value in listed(values)]):
                yield key, why


def _sessions(statement: Statement) -> Iterator[str]:
    principal = statement.get("Principal")
    names = listed(principal.get("AWS")) if isinstance(principal, Mapping) else []
    yield from sorted(str(name) for name in names if ":assumed-role/" in str(name))
