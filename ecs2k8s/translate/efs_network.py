"""Whether nodes may mount an EFS file system: in a cluster the kubelet's node mounts, and not the pod.

So the groups and policies of the pod do not count. What is looked up here is only looked at: it becomes nothing.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.tracking import note
from ecs2k8s.resolve.security_groups import network_of
from ecs2k8s.translate.efs import file_system, mounted_volumes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecs2k8s.core.manifests import Placed
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.index import Index
    from ecs2k8s.resolve.workload import AwsMap, Inventory, Workload

PORT = 2049  # NFS
TCP = ("tcp", "6", "-1")
Raw = dict[str, Any]


def say_mount_targets(inventory: Inventory, workloads: list[Workload], _target: Target) -> Iterable[Placed]:
    """Says on each EFS volume which groups must admit the nodes. Makes no object."""
    groups = _groups_of_file_systems(inventory.index)
    addresses = {
        str(raw.get("IpAddress")): str(raw.get("FileSystemId")) for raw in _raw(inventory.index, "MountTarget")
    }
    peers = _Peers(inventory)
    for workload in workloads:
        for volume in mounted_volumes(workload):
            system = file_system(volume)
            if system:
                closed = [group for group in groups.get(system, ()) if not peers.admit_nodes(group)]
                _say(volume, closed, peers.node_group)
            elif address := _server(volume, addresses):
                at = ("dockerVolumeConfiguration", "driverOpts", "o")
                note(volume, at, "nfs-of-mount-target", address=address, name=addresses[address])
    return ()


def _say(volume: AwsMap, closed: list[str], node_group: str) -> None:
    at = ("efsVolumeConfiguration", "fileSystemId")
    for group in closed:
        if node_group:
            note(volume, at, "mount-target-closed-to-nodes", group=group, nodes=node_group)
        else:
            note(volume, at, "mount-target-for-nodes", group=group)


def _server(volume: AwsMap, addresses: Mapping[str, str]) -> str:
    options = str(volume.get("dockerVolumeConfiguration", {}).get("driverOpts", {}).get("o", ""))
    details = dict(part.partition("=")[::2] for part in options.split(","))
    return details["addr"] if details.get("addr") in addresses else ""


def _groups_of_file_systems(index: Index) -> dict[str, list[str]]:
    """File system to the security groups of its mount targets, where read."""
    systems = {str(raw.get("MountTargetId")): str(raw.get("FileSystemId")) for raw in _raw(index, "MountTarget")}
    found: dict[str, set[str]] = {}
    for raw in _raw(index, "MountTargetSecurityGroups"):
        system = systems.get(str(raw.get("MountTargetId")), "")
        found.setdefault(system, set()).update(map(str, raw.get("SecurityGroups") or ()))
    return {system: sorted(groups) for system, groups in found.items()}


def _raw(index: Index, shape: str, service: str = "efs") -> Iterator[Raw]:
    yield from (item.document.data for item in index.of_shape(f"{service}.{shape}"))


class _Peers:
    """Who may reach the port of NFS by the rules of a group, and who the nodes are."""

    def __init__(self, inventory: Inventory) -> None:
        self.index = inventory.index
        trace = getattr(inventory.networks.cluster, "trace", None)  # by which the one that is moved to is known again
        its = [item.document.data for item in self.index.of_shape("eks.Cluster") if item.trace is trace]
        config: Raw = (its[0].get("resourcesVpcConfig") or {}) if its else {}
        self.node_group = str(config.get("clusterSecurityGroupId") or "")
        subnets = set(map(str, config.get("subnetIds") or ()))
        blocks = (
            str(raw.get("CidrBlock")) for raw in _raw(self.index, "Subnet", "ec2") if raw.get("SubnetId") in subnets
        )
        self.nodes = [network for block in blocks if (network := network_of(block))]

    def admit_nodes(self, group: str) -> bool:
        """Whether a rule of *group* names the nodes' group, or ranges that hold all of their subnets."""
        peers = set(self._peers(group))
        if self.node_group and self.node_group in peers:
            return True
        ranges = [ip_network(str(network)) for peer in peers if (network := network_of(peer))]
        return bool(self.nodes) and all(any(_holds(block, node) for block in ranges) for node in self.nodes)

    def _peers(self, group: str) -> Iterator[str]:
        for raw in _raw(self.index, "SecurityGroup", "ec2"):
            if raw.get("GroupId") == group:
                for permission in filter(_is_nfs, raw.get("IpPermissions") or ()):
                    yield from (str(pair.get("GroupId")) for pair in permission.get("UserIdGroupPairs") or ())
                    yield from (str(each.get("CidrIp")) for each in permission.get("IpRanges") or ())
                    yield from (str(each.get("CidrIpv6")) for each in permission.get("Ipv6Ranges") or ())
        for raw in _raw(self.index, "SecurityGroupRule", "ec2"):
            if raw.get("GroupId") == group and not raw.get("IsEgress") and _is_nfs(raw):
                yield str((raw.get("ReferencedGroupInfo") or {}).get("GroupId") or "")
                yield from (str(raw.get(key) or "") for key in ("CidrIpv4", "CidrIpv6"))


def _is_nfs(permission: Raw) -> bool:
    if str(permission.get("IpProtocol")) not in TCP:
        return False
    low, high = permission.get("FromPort"), permission.get("ToPort")
    return str(permission.get("IpProtocol")) == "-1" or (low is not None and high is not None and low <= PORT <= high)


def _holds(block: Any, node: Any) -> bool:
    return bool(block.version == node.version and node.subnet_of(block))
