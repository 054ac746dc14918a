"""Storage objects: PersistentVolumes and claims for EFS and NFS, StorageClasses and snapshots for EBS volumes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ecs2k8s.core import names
from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.core.tracking import note
from ecs2k8s.core.units import CONVERTERS
from ecs2k8s.translate.efs import NFS, Claims, managed_volumes, nfs_of, only_read
from ecs2k8s.translate.volumes import snapshot_name, storage_class_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Inventory, Workload

DRIVER, AUTO_MODE = "ebs.csi.aws.com", "ebs.csi.eks.amazonaws.com"
CAPACITY = "5Gi"  # required by the API, ignored by the driver
GP3_FREE_IOPS_UP_TO = 1000  # GiB: above, gp2 has more IOPS than a plain gp3


def shared_file_systems(inventory: Inventory, workloads: list[Workload], _target: Target) -> Iterator[Placed]:
    """A PersistentVolume and a claim for each file system, path and access point of a namespace."""
    claims = Claims.of(workloads)
    zones = _zones(inventory)
    for (namespace, handle), owner in sorted(claims.owners.items()):
        name = names.label(f"{namespace}-{owner.claim}")
        users = claims.users[namespace, handle]
        claim = owner.workload.metadata(owner.claim)
        mode = "ReadOnlyMany" if all(only_read(workload, volume) for workload, volume in users) else "ReadWriteMany"
        spec = _volume_spec(handle, users, mode) | {"claimRef": {"namespace": namespace, "name": owner.claim}}
        if zone := zones.get(handle.partition(":")[0]):
            spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": [{"matchExpressions": [_zone(zone())]}]}}
        metadata = {"name": name, "labels": owner.workload.labels, "annotations": claim["annotations"]}
        yield Placed(
            "cluster",
            prune({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}),
        )
        request = {
            "accessModes": [mode],
            "storageClassName": "",
            "volumeName": name,
            "resources": {"requests": {"storage": CAPACITY}},
        }
        manifest = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": claim, "spec": request}
        yield Placed(owner.workload.folder, prune(manifest))


def _zones(inventory: Inventory) -> dict[str, Callable[[], str]]:
    """File system to what tells its zone, for those in one zone: it counts as read only where it is asked."""
    items = inventory.index.of_shape("efs.FileSystem")
    one_zone = [item for item in items if item.document.data.get("AvailabilityZoneName")]
    return {str(item.document.data.get("FileSystemId")): partial(_zone_of, item.view) for item in one_zone}


def _zone_of(view: AwsMap) -> str:
    view.get("FileSystemId")
    return str(view["AvailabilityZoneName"])


def _zone(name: str) -> dict[str, Any]:
    """There is one mount target, in one zone; from another zone the file system's host name does not resolve."""
    return {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [name]}


def _volume_spec(handle: str, users: list[tuple[Workload, AwsMap]], mode: str) -> dict[str, Any]:
    options: list[str] = []
    for _, volume in users:
        options += [option for option in _mount_options(handle, volume) if option not in options]
    spec: dict[str, Any] = {
        "capacity": {"storage": CAPACITY},
        "volumeMode": "Filesystem",
        "accessModes": [mode],
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": "",
        **_source(handle, users[0][1], read_only=mode == "ReadOnlyMany"),
    }
    return spec | ({"mountOptions": options} if options else {})


def _source(handle: str, volume: AwsMap, *, read_only: bool) -> dict[str, Any]:
    only = {"readOnly": True} if read_only else {}
    if handle.startswith(NFS):
        server, path, _ = nfs_of(volume)
        return {"nfs": {"server": server, "path": path, **only}}
    csi: dict[str, Any] = {"driver": "efs.csi.aws.com", "volumeHandle": handle, **only}
    if not handle.startswith("s3files:"):  # which are always encrypted in transit
        csi["volumeAttributes"] = {"encryptInTransit": "true"}
    return {"csi": csi}


def _mount_options(handle: str, volume: AwsMap) -> list[str]:
    if "dockerVolumeConfiguration" in volume:
        return _docker_options(handle, volume)
    kind = next(key for key in ("efsVolumeConfiguration", "s3filesVolumeConfiguration") if key in volume)
    config = volume[kind]
    options = []
    if kind == "efsVolumeConfiguration":
        if config.get("transitEncryption", "DISABLED") == "DISABLED":
            key = (kind, "transitEncryption") if "transitEncryption" in config else (kind, "fileSystemId")
            note(volume, key, "efs-encrypted-in-transit")
        if config.get("authorizationConfig", {}).get("iam") == "ENABLED":
            note(volume, (kind, "authorizationConfig", "iam"), "efs-identity-of-driver")
            options.append("iam")
    else:
        note(volume, (kind, "fileSystemArn"), "efs-identity-of-driver")
    if "transitEncryptionPort" in config:
        note(volume, (kind, "transitEncryptionPort"), "efs-fixed-port")
        options.append(f"tlsport={config['transitEncryptionPort']}")
    return options


def _docker_options(handle: str, volume: AwsMap) -> list[str]:
    """Those of NFS are mount options as they are; the driver of EFS has its own."""
    _, _, options = nfs_of(volume)
    at = ("dockerVolumeConfiguration", "driverOpts", "o")
    if handle.startswith(NFS):
        note(volume, at, "nfs-mounted-by-nodes")
        return options
    note(volume, at, "nfs-of-efs", name=handle.partition(":")[0])
    return []


def launch_volumes(workload: Workload, target: Target) -> Iterator[Placed]:
    """A StorageClass for each EBS volume that ECS makes per task, and the snapshot objects where it starts from one."""
    wanted = {str(v.get("name")) for v in workload.definition.get("volumes", []) if v.get("configuredAtLaunch")}
    for name, item in managed_volumes(workload).items():
        if name in wanted:
            ebs = item.get("managedEBSVolume", {})
            driver = AUTO_MODE if target.compute == "auto-mode" else DRIVER
            yield Placed("cluster", prune(_storage_class(workload, name, ebs, driver)))
            if "snapshotId" in ebs:
                yield from _snapshot(workload, name, ebs, driver)


def _storage_class(workload: Workload, volume: str, ebs: AwsMap, driver: str) -> dict[str, Any]:
    usual = "ntfs" if workload.is_windows else "xfs"
    parameters = {"type": _type(ebs), "csi.storage.k8s.io/fstype": str(ebs.get("filesystemType", usual))}
    for key in ("iops", "throughput", "volumeInitializationRate"):
        if key in ebs:
            parameters[key] = str(ebs[key])
    key_id = ebs.get("kmsKeyId") or workload.cluster.get("configuration", {}).get(
        "managedStorageConfiguration", {}
    ).get("kmsKeyId")
    if "encrypted" in ebs or key_id:
        parameters["encrypted"] = str(CONVERTERS["flag"](ebs.get("encrypted", True)))
    if key_id:
        parameters["kmsKeyId"] = str(key_id)
    for number, (key, value) in enumerate(sorted(_tags(workload, ebs).items()), 1):
        parameters[f"tagSpecification_{number}"] = f"{key}={value}"
    metadata = {
        "name": storage_class_name(workload, volume),
        "labels": workload.labels,
        "annotations": workload.lineage or None,
    }
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": metadata,
        "provisioner": driver,
        "parameters": parameters,
        "volumeBindingMode": "WaitForFirstConsumer",
        "reclaimPolicy": "Delete",
    }


def _type(ebs: AwsMap) -> str:
    """Absent, CreateVolume takes gp2; the driver would take gp3, so the type is always written."""
    if "volumeType" not in ebs:
        note(ebs, "sizeInGiB", "volume-type-assumed")
    return str(ebs.get("volumeType", "gp2"))


def _tags(workload: Workload, ebs: AwsMap) -> dict[str, str]:
    """Tags of the volume: those written there, over those that are propagated."""
    found: dict[str, str] = {}
    for specification in ebs.get("tagSpecifications", []):
        source = {"TASK_DEFINITION": workload.definition, "SERVICE": workload.service}.get(
            str(specification.get("propagateTags", "NONE"))
        )
        for tag in [*(source.get("tags", []) if source else []), *specification.get("tags", [])]:
            found[str(tag.get("key", ""))] = str(tag.get("value", ""))
    return {key: value for key, value in found.items() if not key.startswith("aws:")}


def _snapshot(workload: Workload, volume: str, ebs: AwsMap, driver: str) -> Iterator[Placed]:
    name = snapshot_name(workload, volume)
    content = names.label(f"{workload.namespace}-{name}")
    note(ebs, "snapshotId", "volume-from-snapshot")
    api = {"apiVersion": "snapshot.storage.k8s.io/v1"}
    spec = {
        "driver": driver,
        "deletionPolicy": "Retain",
        "source": {"snapshotHandle": str(ebs["snapshotId"])},
        "volumeSnapshotRef": {"name": name, "namespace": workload.namespace},
    }
    metadata = {"name": content, "labels": workload.labels, "annotations": workload.lineage or None}
    yield Placed("cluster", prune(api | {"kind": "VolumeSnapshotContent", "metadata": metadata, "spec": spec}))
    source = {"source": {"volumeSnapshotContentName": content}}
    manifest = api | {"kind": "VolumeSnapshot", "metadata": workload.metadata(name), "spec": source}
    yield Placed(workload.folder, prune(manifest))
