"""File systems of the network (EFS, S3 Files, NFS): one PersistentVolume and one claim for each path and namespace."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecs2k8s.core import names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.resolve.workload import AwsMap, Workload

# Docker's own way to EFS: https://docs.aws.amazon.com/efs/latest/ug/mounting-fs-mount-cmd-dns-name.html
EFS_HOST = re.compile(r"(fs-[0-9a-f]+)\.efs\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?")
NFS = "nfs:"


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
            for volume in mounted_volumes(workload):
                if handle := handle_of(volume):
                    key = (workload.namespace, handle)
                    claims.owners.setdefault(key, Owner(workload, volume))
                    claims.users.setdefault(key, []).append((workload, volume))
        return claims

    def claim(self, namespace: str, handle: str) -> str:
        owner = self.owners.get((namespace, handle))
        return owner.claim if owner else ""


def mounted_volumes(workload: Workload) -> Iterator[AwsMap]:
    """The task's volumes that some container mounts, sorted by name."""
    mounted = {str(p.get("sourceVolume")) for c in workload.containers for p in c.get("mountPoints", [])}
    for volume in sorted(workload.definition.get("volumes", []), key=lambda v: str(v.get("name", ""))):
        if str(volume.get("name")) in mounted:
            yield volume


def only_read(workload: Workload, volume: AwsMap) -> bool:
    """Whether every container that mounts the volume mounts it to read."""
    points = [point for container in workload.containers for point in container.get("mountPoints", [])]
    return all(point.get("readOnly", False) for point in points if point.get("sourceVolume") == volume.get("name"))


def file_system(volume: AwsMap) -> str:
    """The id of the EFS file system that the volume is on; empty where it is on none."""
    handle = handle_of(volume)
    return handle.partition(":")[0] if handle.startswith("fs-") else ""


def handle_of(volume: AwsMap) -> str:
    """The driver's volumeHandle: `fs-id[:path[:fsap-id]]`, with `s3files:` before it for S3 Files; empty: none of them.

    A Docker volume of type nfs is `nfs:host:path`, and one of an EFS host name is EFS.

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
    return _of_docker(volume)


def _of_docker(volume: AwsMap) -> str:
    server, path, _ = nfs_of(volume)
    if not server:
        return ""
    found = EFS_HOST.fullmatch(server)
    return _join(found[1], path, "") if found else f"{NFS}{server}:{path}"


def nfs_of(volume: AwsMap) -> tuple[str, str, list[str]]:
    """Server, path and mount options of a Docker volume of type nfs, driver local; empty where it is none.

    https://docs.docker.com/reference/cli/docker/volume/create/
    """
    docker = volume.get("dockerVolumeConfiguration", {})
    options = {str(key): str(value) for key, value in docker.get("driverOpts", {}).items()}
    if str(docker.get("driver", "local")) != "local" or not options.get("type", "").startswith("nfs"):
        return "", "", []
    given = [part for part in options.get("o", "").split(",") if part]
    server = next((part.removeprefix("addr=") for part in given if part.startswith("addr=")), "")
    host, colon, path = options.get("device", "").partition(":/")
    if not colon or not (server or host):
        return "", "", []
    docker.get("scope")  # whoever mounts it, it is the server's
    version = ["nfsvers=4"] if options.get("type") == "nfs4" and not any("vers=" in part for part in given) else []
    return server or host, f"/{path}", [part for part in given if not part.startswith("addr=")] + version


def _join(system: str, path: str, point: str) -> str:
    path = "" if path in ("", "/") else path
    return f"{system}:{path}:{point}" if point else f"{system}:{path}" if path else system


def managed_volumes(workload: Workload) -> dict[str, AwsMap]:
    """The volumes configured at launch, by name; only the PRIMARY deployment has them."""
    return {str(item.get("name", "")): item for item in workload.launched.get("volumeConfigurations", [])}
