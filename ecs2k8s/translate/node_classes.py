"""How nodes of Karpenter and of EKS Auto Mode are set up: role, subnets, security groups, disks.

Only from a cluster that was read: none of it can be made up. https://karpenter.sh/docs/concepts/nodeclasses/ and
https://docs.aws.amazon.com/eks/latest/userguide/create-node-class.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.arns import last
from ecs2k8s.core.manifests import Manifest, prune
from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.translate.node_requirements import AT

if TYPE_CHECKING:
    from ecs2k8s.resolve.workload import AwsMap, Inventory

GROUPS = {"karpenter": "karpenter.k8s.aws", "auto-mode": "eks.amazonaws.com"}  # by the choice `compute`
KINDS = {"karpenter": "EC2NodeClass", "auto-mode": "NodeClass"}
BUILT_IN = "default"  # the NodeClass that a cluster in Auto Mode has
LABELS = {"app.kubernetes.io/managed-by": "ecs2k8s"}
DISK = "/dev/xvda"  # of Amazon Linux, for the system and the pods
RESERVED = ("aws:", "karpenter.sh/", "karpenter.k8s.aws/", "kubernetes.io/cluster/", "eks:")  # prefixes of tags
# Leaves of a provider that say how a node is set up.
SETTINGS = (
    (*AT, "storageConfiguration", "storageSizeGiB"),
    (*AT, "localStorageConfiguration", "useLocalStorage"),
    (*AT, "monitoring"),
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What nodes of the cluster have; empty where the cluster was not read or does not say it."""

    role: str
    subnets: tuple[str, ...]
    group: str

    @property
    def known(self) -> bool:
        return bool(self.role and self.subnets and self.group)


def surroundings(inventory: Inventory, compute: str) -> Surroundings:
    """Role, subnets and security group of the nodes that the cluster has now, or that Auto Mode starts."""
    networks = inventory.networks
    if not networks.cluster:
        return Surroundings("", (), "")
    if compute == "auto-mode":
        role = str(networks.cluster.get("computeConfig", NOTHING).get("nodeRoleArn", ""))
        return Surroundings(last(role), networks.node_subnets, networks.pod_group)
    groups = node_groups(inventory)
    roles = {last(str(group["nodeRole"])) for group in groups if "nodeRole" in group}
    subnets = tuple(sorted({str(subnet) for group in groups for subnet in group.get("subnets", [])}))
    return Surroundings(roles.pop() if len(roles) == 1 else "", subnets or networks.node_subnets, networks.pod_group)


def node_groups(inventory: Inventory) -> list[AwsMap]:
    """The node groups of the cluster that is moved to, in order of their ids."""
    name = inventory.networks.cluster.get("name")
    return [
        view for view in inventory.index.views("eks.Nodegroup").values() if name and view.get("clusterName") == name
    ]


def reference(compute: str, name: str) -> dict[str, str]:
    """`nodeClassRef` of a NodePool."""
    return {"group": GROUPS[compute], "kind": KINDS[compute], "name": name}


def node_class(name: str, around: Surroundings, provider: AwsMap, compute: str) -> Manifest:
    """An EC2NodeClass or NodeClass; *provider* says how its nodes are set up, where it is one of Managed Instances."""
    template = provider.get("managedInstancesProvider", NOTHING).get("instanceLaunchTemplate", NOTHING)
    network = template.get("networkConfiguration", NOTHING)
    subnets = [str(subnet) for subnet in network.get("subnets", [])] or list(around.subnets)
    groups = dict.fromkeys([*(str(group) for group in network.get("securityGroups", [])), around.group])
    spec = {
        "role": around.role,
        "subnetSelectorTerms": [{"id": subnet} for subnet in subnets],
        "securityGroupSelectorTerms": [{"id": group} for group in groups],
        "tags": _tags(provider) or None,
    }
    spec |= _of_karpenter(template) if compute == "karpenter" else _of_auto_mode(provider, template)
    made: Manifest = prune(
        {
            "apiVersion": f"{GROUPS[compute]}/v1",
            "kind": KINDS[compute],
            "metadata": {"name": name, "labels": LABELS},
            "spec": spec,
        }
    )
    return made


def _of_karpenter(template: AwsMap) -> dict[str, Any]:
    size = template.get("storageConfiguration", NOTHING).get("storageSizeGiB")
    disk = {"volumeSize": f"{size}Gi", "volumeType": "gp3", "deleteOnTermination": True}
    local = template.get("localStorageConfiguration", NOTHING).get("useLocalStorage")
    return {
        "amiSelectorTerms": [{"alias": "al2023@latest"}],
        # With one hop only pods on the node's network reach the metadata service.
        "metadataOptions": {"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1},
        "blockDeviceMappings": [{"deviceName": DISK, "ebs": disk}] if size else None,
        "instanceStorePolicy": "RAID0" if local else None,
        "detailedMonitoring": True if template.get("monitoring") == "DETAILED" else None,
    }


def _of_auto_mode(provider: AwsMap, template: AwsMap) -> dict[str, Any]:
    """Auto Mode uses local disks by itself, and has no setting for detailed monitoring."""
    size = template.get("storageConfiguration", NOTHING).get("storageSizeGiB")
    if template.get("monitoring") == "DETAILED":
        note(provider, (*AT, "monitoring"), "node-setting-not-in-auto-mode", what="detailed monitoring")
    template.get("localStorageConfiguration", NOTHING).get("useLocalStorage")
    return {"ephemeralStorage": {"size": f"{size}Gi"} if size else None}


def _tags(provider: AwsMap) -> dict[str, str]:
    """The tags of a provider that hands them on."""
    if provider.get("managedInstancesProvider", NOTHING).get("propagateTags") != "CAPACITY_PROVIDER":
        return {}
    found = {}
    for index, tag in enumerate(provider.get("tags", [])):
        key = str(tag.get("key", ""))
        if key.lower().startswith(RESERVED):
            note(provider, ("tags", index, "key"), "tag-not-for-nodes", key=key)
        else:
            found[key] = str(tag.get("value", ""))
    return found


def say_class_unknown(provider: AwsMap) -> None:
    """That settings of nodes go nowhere, as the cluster that would have them was not read."""
    template = provider.get("managedInstancesProvider", NOTHING).get("instanceLaunchTemplate", NOTHING)
    network = template.get("networkConfiguration", NOTHING)
    lists = [
        (*AT, "networkConfiguration", key, i)
        for key in ("subnets", "securityGroups")
        for i, _ in enumerate(network.get(key, []))
    ]
    if provider["managedInstancesProvider"].get("propagateTags") == "CAPACITY_PROVIDER":
        note(provider, ("managedInstancesProvider", "propagateTags"), "node-class-not-made")
    for at in (*SETTINGS, *lists):
        inner: Any = provider
        for step in at:
            inner = inner[step] if isinstance(step, int) else inner.get(step, NOTHING)
        if inner is not NOTHING:
            note(provider, at, "node-class-not-made")
