"""Task volumes and mounts as pod volumes and volumeMounts; the storage objects lie in `storage.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecs2k8s.core import names
from ecs2k8s.core.tracking import note
from ecs2k8s.core.units import mebibytes, whole_number
from ecs2k8s.translate.disregard import disregard
from ecs2k8s.translate.docker_volumes import docker_volume
from ecs2k8s.translate.efs import handle_of, managed_volumes

if TYPE_CHECKING:
    from ecs2k8s.resolve.workload import AwsMap, Workload
    from ecs2k8s.translate.efs import Claims
    from ecs2k8s.translate.lifecycle import Arrangement

FILES = {"/etc/localtime", "/etc/timezone", "/etc/resolv.conf", "/etc/hosts", "/etc/machine-id", "/etc/os-release"}
DOCKER = ("/var/run/docker.sock", "/run/docker.sock", "/var/lib/docker")
SYSTEM = ("/proc", "/sys", "/dev", "/cgroup", "/var/log", "/etc/")  # what agents look at
PLAIN_OPTIONS = {"rw", "defaults"}  # tmpfs options that ask for nothing
Volume = dict[str, Any]


@dataclass(slots=True)
class Mounts:
    """The pod's volumes, the mounts of each container, and the group that must be able to write."""

    volumes: list[Volume] = field(default_factory=list)
    mounts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    fs_group: int | None = None


def volumes(workload: Workload, arrangement: Arrangement, claims: Claims) -> Mounts:
    """Volumes that some container of the pod mounts, in the order of the task definition."""
    made = Mounts()
    given = {str(v.get("name", "")): v for v in workload.definition.get("volumes", [])}
    renamed = names.unique(given)
    bodies = {name: _volume(workload, view, claims) for name, view in given.items()}
    aliases = _aliases(renamed, bodies)
    for slot in arrangement.slots:
        made.mounts[slot.name] = _mounts(workload, slot.container, given, bodies, aliases)
    for name, view in given.items():
        if renamed[name] != name:
            note(view, "name", "name-changed", old=name, new=renamed[name])
    used = {mount["name"] for mounts in made.mounts.values() for mount in mounts}
    named = {str(p.get("sourceVolume")) for slot in arrangement.slots for p in slot.container.get("mountPoints", [])}
    for name, body in bodies.items():
        if body is not None and aliases[name] == renamed[name] and renamed[name] in used:
            made.volumes.append({"name": renamed[name], **body})
        elif aliases[name] not in used and (body is not None or name not in named):
            _unused(given[name])
    for slot in arrangement.slots:
        _memory(slot.container, made)
    made.fs_group = _fs_group(workload, arrangement, bodies)
    return made


def _aliases(renamed: dict[str, str], bodies: dict[str, Volume | None]) -> dict[str, str]:
    """Volume to the pod volume that stands for it: the same claim twice in one pod would hang for ever.

    https://github.com/kubernetes/kubernetes/issues/132921
    """
    first: dict[str, str] = {}
    aliases = {}
    for name, body in bodies.items():
        claim = (body or {}).get("persistentVolumeClaim", {}).get("claimName")
        aliases[name] = first.setdefault(claim, renamed[name]) if claim else renamed[name]
    return aliases


def _unused(view: AwsMap) -> None:
    disregard(view, "volume-not-mounted")


def _volume(workload: Workload, view: AwsMap, claims: Claims) -> Volume | None:
    """The source of one pod volume; None where nothing safe can be emitted."""
    handle = handle_of(view)
    if handle:
        return {"persistentVolumeClaim": {"claimName": claims.claim(workload.namespace, handle)}}
    if "fsxWindowsFileServerVolumeConfiguration" in view:
        return None
    if view.get("configuredAtLaunch"):
        return _launched(workload, view)
    if "dockerVolumeConfiguration" in view:
        return docker_volume(view)
    path = view.get("host", {}).get("sourcePath")
    if path:
        return {"hostPath": {"path": str(path), "type": _host_type(view, str(path))}}
    note(view, "name", "image-content-not-copied")
    return {"emptyDir": {}}


def _launched(workload: Workload, view: AwsMap) -> Volume | None:
    managed = managed_volumes(workload).get(str(view.get("name", "")))
    if managed is None:
        note(view, "configuredAtLaunch", "launch-volume-not-configured")
        return None
    ebs = managed.get("managedEBSVolume", {})
    if "sizeInGiB" not in ebs:
        note(managed, "name", "volume-size-unknown")
        return None
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": storage_class_name(workload, str(view["name"])),
        "resources": {"requests": {"storage": f"{ebs['sizeInGiB']}Gi"}},
    }
    if "snapshotId" in ebs:
        name = snapshot_name(workload, str(view["name"]))
        spec["dataSource"] = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": name}
    return {"ephemeral": {"volumeClaimTemplate": {"spec": spec}}}


def storage_class_name(workload: Workload, volume: str) -> str:
    return names.label(f"ecs2k8s-{workload.namespace}-{workload.name}-{volume}")


def snapshot_name(workload: Workload, volume: str) -> str:
    return names.label(f"{workload.name}-{volume}")


def _host_type(view: AwsMap, path: str) -> str:
    if path.startswith(DOCKER):
        note(view, ("host", "sourcePath"), "docker-socket", path=path)
    elif path.startswith(SYSTEM):
        note(view, ("host", "sourcePath"), "host-path-of-system", path=path)
    else:
        note(view, ("host", "sourcePath"), "host-path", path=path)
    if path.endswith(".sock"):
        return "Socket"
    return "File" if path in FILES else "DirectoryOrCreate"


def _mounts(
    workload: Workload,
    container: AwsMap,
    given: dict[str, AwsMap],
    bodies: dict[str, Volume | None],
    aliases: dict[str, str],
) -> list[dict[str, Any]]:
    mounts: dict[str, dict[str, Any]] = {}
    for index, (view, point, forced) in enumerate(_points(workload, container, set())):
        volume, path = str(point.get("sourceVolume", "")), str(point.get("containerPath", ""))
        read_only = bool(point.get("readOnly", False)) or forced
        if volume not in given:
            note(point, "sourceVolume", "volume-unknown", name=volume)
        elif bodies[volume] is None:
            note(point, "sourceVolume", "volume-not-translated", name=volume)
        elif path not in mounts:
            mounts[path] = {"name": aliases[volume], "mountPath": path} | ({"readOnly": True} if read_only else {})
        elif view is container and index:
            note(point, "containerPath", "mount-path-twice", path=path)
    return list(mounts.values())


def _points(workload: Workload, container: AwsMap, seen: set[str]) -> list[tuple[AwsMap, AwsMap, bool]]:
    """The container's own mount points, then those of `volumesFrom`, transitively; own ones win on equal paths."""
    seen = seen | {str(container["name"])}
    found = [(container, point, False) for point in container.get("mountPoints", [])]
    siblings = {str(c["name"]): c for c in workload.containers}
    for index, item in enumerate(container.get("volumesFrom", [])):
        source = str(item.get("sourceContainer", ""))
        if source not in siblings or source in seen:
            for key in item:
                note(container, ("volumesFrom", index, key), "volumes-from-unknown", name=source)
            continue
        forced = bool(item.get("readOnly", False))
        note(container, ("volumesFrom", index, "sourceContainer"), "image-volumes-not-shared", name=source)
        found += [(view, point, forced or ro) for view, point, ro in _points(workload, siblings[source], seen)]
    return found


def _memory(container: AwsMap, made: Mounts) -> None:
    """tmpfs and a larger /dev/shm: volumes in memory, one per container and entry."""
    linux = container.get("linuxParameters", {})
    prefix = names.label(str(container["name"]), 50)
    mounts = made.mounts[str(container["name"])]
    if "sharedMemorySize" in linux:
        made.volumes.append(_in_memory(f"{prefix}-shm", linux["sharedMemorySize"]))
        mounts.append({"name": f"{prefix}-shm", "mountPath": "/dev/shm"})  # noqa: S108
    for index, entry in enumerate(linux.get("tmpfs", [])):
        name = f"{prefix}-tmpfs-{index}"
        made.volumes.append(_in_memory(name, entry.get("size")))
        mount = {"name": name, "mountPath": str(entry.get("containerPath", ""))}
        mounts.append(mount | ({"readOnly": True} if "ro" in _options(container, index, entry) else {}))


def _options(container: AwsMap, index: int, entry: AwsMap) -> list[str]:
    options = [str(option) for option in entry.get("mountOptions", [])]
    for position, option in enumerate(options):
        if option != "ro" and option not in PLAIN_OPTIONS:
            at = ("linuxParameters", "tmpfs", index, "mountOptions", position)
            note(container, at, "mount-option-lost", option=option)
    return options


def _in_memory(name: str, size: int | None) -> Volume:
    limit = {"sizeLimit": mebibytes(size)} if size else {}
    return {"name": name, "emptyDir": {"medium": "Memory", **limit}}


def _fs_group(workload: Workload, arrangement: Arrangement, bodies: dict[str, Volume | None]) -> int | None:
    """The agent lets non-root users write to an EBS volume through a supplementary group; fsGroup does the same."""
    if workload.is_windows or not any("ephemeral" in (body or {}) for body in bodies.values()):
        return None
    for slot in arrangement.slots:
        uid, _, gid = str(slot.container.get("user", "")).partition(":")
        if number := whole_number(gid or uid):
            return number
    return None
