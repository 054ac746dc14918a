"""EFS and S3 Files: one PersistentVolume and one claim for each file system, path, access point and namespace."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecs2k8s.core import names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.resolve.workload import AwsMap, Workload


@dataclass(frozen=True, slots=True)
class Owner:
    """The first workload and volume, in sorted order, that use a handle: they give the claim its name."""

    workload: Workload
    volume: AwsMap

    @property
    def claim(self) -> str:
        return names.label(f"{self.workload.name}-{self.volume['name']}")


@dataclass(frozen=True, slots=True)
class Claims:
    """Namespace and handle to the owner of the claim."""

    owners: dict[tuple[str, str], Owner] = field(default_factory=dict)
    users: dict[tuple[str, str], list[tuple[Workload, AwsMap]]] = field(default_factory=dict)

    @classmethod
    def of(cls, workloads: Iterable[Workload]) -> Claims:
        claims = cls()
        for workload in sorted(workloads, key=lambda w: (w.namespace, w.name)):
            mounted = _mounted(workload)
            for volume in sorted(workload.definition.get("volumes", []), key=lambda v: str(v.get("name", ""))):
                handle = handle_of(volume)
                if handle and str(volume.get("name")) in mounted:
                    key = (workload.namespace, handle)
                    claims.owners.setdefault(key, Owner(workload, volume))
                    claims.users.setdefault(key, []).append((workload, volume))
        return claims

    def claim(self, namespace: str, handle: str) -> str:
        owner = self.owners.get((namespace, handle))
        return owner.claim if owner else ""


def _mounted(workload: Workload) -> set[str]:
    return {str(p.get("sourceVolume")) for c in workload.containers for p in c.get("mountPoints", [])}


def handle_of(volume: AwsMap) -> str:
    """The driver's volumeHandle: `fs-id[:path[:fsap-id]]`, with `s3files:` before it for S3 Files; empty: neither.

    https://github.com/kubernetes-sigs/aws-efs-csi-driver/blob/master/docs/parameters.md
    """
    if "efsVolumeConfiguration" in volume:
        efs = volume["efsVolumeConfiguration"]
        point = str(efs.get("authorizationConfig", {}).get("accessPointId", ""))
        return _join(str(efs.get("fileSystemId", "")), str(efs.get("rootDirectory", "/")), point)
    if "s3filesVolumeConfiguration" in volume:
        files = volume["s3filesVolumeConfiguration"]
        system = str(files.get("fileSystemArn", "")).rsplit("/", 1)[-1]
        point = str(files.get("accessPointArn", "")).rsplit("/", 1)[-1]
        return "s3files:" + _join(system, str(files.get("rootDirectory", "/")), point)
    return ""


def _join(system: str, path: str, point: str) -> str:
    path = "" if path in ("", "/") else path
    return f"{system}:{path}:{point}" if point else f"{system}:{path}" if path else system


def managed_volumes(workload: Workload) -> dict[str, AwsMap]:
    """The volumes configured at launch, by name; only the PRIMARY deployment has them."""
    return {str(item.get("name", "")): item for item in workload.launched.get("volumeConfigurations", [])}
