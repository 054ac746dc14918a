"""Whether the EFS driver may mount what tasks mount: policies of file systems, and the version of the driver.

What is looked up here is only looked at: it becomes nothing.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.arns import last
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.efs import file_system, mounted_volumes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.manifests import Placed
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.index import Index
    from ecs2k8s.resolve.workload import Inventory, Workload

ADDON, LEAST = "aws-efs-csi-driver", 3  # the first major version that mounts S3 Files
ROLE = re.compile(r"arn:[^:]*:(?:iam|sts)::[^:]*:(?:role|assumed-role)/.+")


def say_file_system_access(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterable[Placed]:
    """Says on each volume which policy names roles that no longer mount, and which driver is too old; makes nothing."""
    policies = {
        str(raw.get("FileSystemId")): raw.get("Policy") for raw in _raw(inventory.index, "efs.FileSystemPolicy")
    }
    addons = [raw for raw in _raw(inventory.index, "eks.Addon") if raw.get("addonName") == ADDON]
    its = (
        [raw for raw in addons if raw.get("clusterName") == last(target.eks_cluster)] if target.eks_cluster else addons
    )
    versions = [str(raw.get("addonVersion")) for raw in its]
    old = [version for version in versions if (found := re.match(r"v?(\d+)\.", version)) and int(found[1]) < LEAST]
    for workload in workloads:
        for volume in mounted_volumes(workload):
            if "efsVolumeConfiguration" in volume:
                for role in _roles(policies.get(file_system(volume))):
                    at = ("efsVolumeConfiguration", "fileSystemId")
                    note(volume, at, "file-system-policy-names-role", role=role)
            elif old and "s3filesVolumeConfiguration" in volume:
                at = ("s3filesVolumeConfiguration", "fileSystemArn")
                note(volume, at, "efs-driver-too-old", version=old[0])
    return ()


def _raw(index: Index, shape: str) -> Iterator[dict[str, Any]]:
    yield from (item.document.data for item in index.of_shape(shape))


def _roles(policy: Any) -> list[str]:
    """The roles that the policy lets mount, sorted; none where it is no JSON."""
    try:
        document = json.loads(policy) if isinstance(policy, str) else {}
    except ValueError:
        return []
    statements = document.get("Statement", []) if isinstance(document, dict) else []
    found: set[str] = set()
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal") if isinstance(statement, dict) else None
        named = principal.get("AWS", []) if isinstance(principal, dict) else []
        if isinstance(statement, dict) and statement.get("Effect") == "Allow":
            found |= {
                str(each) for each in (named if isinstance(named, list) else [named]) if ROLE.fullmatch(str(each))
            }
    return sorted(found)
