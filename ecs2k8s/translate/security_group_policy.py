"""SecurityGroupPolicies: pods keep the groups of the tasks, on an interface of their own.

https://docs.aws.amazon.com/eks/latest/userguide/security-groups-for-pods.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.core.tracking import note
from ecs2k8s.resolve.security_groups import GROUP_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Inventory, Workload

MOST_GROUPS = 5  # on an interface, unless the quota was raised; the cluster's own is one of them
OWNED = "kubernetes.io/cluster/"  # tag by which the AWS Load Balancer Controller knows which group to open
STOP = 30  # seconds, where nothing is said


def security_group_policies(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[Placed]:
    """One for each workload whose tasks have groups of their own, and what the cluster needs for it."""
    if not target.security_group_policies:
        return
    made = [placed for workload in workloads for placed in _policy(inventory, workload, target)]
    yield from made
    if made:
        _say_nodes(inventory)


def _policy(inventory: Inventory, workload: Workload, target: Target) -> Iterator[Placed]:
    networks = inventory.networks
    groups = networks.groups_of(workload) if workload.network_mode == "awsvpc" else ()
    illegal = [group for group in groups if not GROUP_ID.fullmatch(group)]
    if illegal:
        _say(workload, "group-id-illegal", groups=", ".join(illegal))
        return
    if not groups or not _possible(workload, groups, target):
        return
    its = [networks.pod_group] if GROUP_ID.fullmatch(networks.pod_group) else []
    if not its:
        _say(workload, "cluster-group-unknown")
    _say_conditions(inventory, workload, groups)
    spec: dict[str, Any] = {
        "podSelector": {"matchLabels": workload.selector},
        "securityGroups": {"groupIds": list(dict.fromkeys((*groups, *its)))},
    }
    metadata = workload.metadata()
    manifest = {"apiVersion": "vpcresources.k8s.aws/v1beta1", "kind": "SecurityGroupPolicy"}
    yield Placed(workload.folder, prune(manifest | {"metadata": metadata, "spec": spec}))


def _possible(workload: Workload, groups: tuple[str, ...], target: Target) -> bool:
    """Whether such a pod can have an interface of its own at all."""
    if workload.is_windows:
        _say(workload, "branch-interface-on-windows")
    elif target.compute == "auto-mode" and not target.at_least("1.36"):
        _say(workload, "branch-interface-in-auto-mode", version=target.kubernetes_version)
    elif len(groups) >= MOST_GROUPS:
        _say(workload, "too-many-groups-on-interface", count=len(groups), most=MOST_GROUPS - 1)
    else:
        return True
    return False


def _say(workload: Workload, slug: str, /, **args: object) -> None:
    """Of the service, or of what else the workload is made from, as a whole."""
    note(workload.service or workload.task or workload.definition, "", slug, workload=workload.name, **args)


def _say_conditions(inventory: Inventory, workload: Workload, groups: tuple[str, ...]) -> None:
    _say(workload, "branch-interfaces-needed")
    _say(workload, "enforcing-mode-unknown")
    if all(int(container.get("stopTimeout", STOP)) == 0 for container in workload.containers):
        _say(workload, "grace-of-zero")
    if _has_pod_identity(inventory, workload):
        _say(workload, "pod-identity-in-strict-mode")
    if workload.configuration.get("loadBalancers"):
        owned = [group for group in groups if group in inventory.networks.groups and _is_owned(inventory, group)]
        if len(groups) > 1 and len(owned) != 1:
            _say(workload, "groups-without-one-tag", count=len(owned))


def _is_owned(inventory: Inventory, group: str) -> bool:
    tags = inventory.networks.groups[group].view.get("Tags", [])
    return any(str(tag.get("Key", "")).startswith(OWNED) for tag in tags)


def _has_pod_identity(inventory: Inventory, workload: Workload) -> bool:
    for view in inventory.index.views("eks.PodIdentityAssociations").values():
        for each in view.get("associations", []):
            if (each.get("namespace"), each.get("serviceAccount")) == (workload.namespace, workload.name):
                return True
    return False


def _say_nodes(inventory: Inventory) -> None:
    """No type of the t family has branch interfaces, and pods that have one get no way out of a public subnet."""
    for nodes in inventory.index.views("eks.Nodegroup").values():
        for index, kind in enumerate(nodes.get("instanceTypes", [])):
            if str(kind).startswith("t"):
                note(nodes, ("instanceTypes", index), "instance-type-without-branch-interfaces", type=kind)
    for subnet in inventory.networks.node_subnets:
        view = inventory.networks.subnets.get(subnet)
        if view is not None and view.get("MapPublicIpOnLaunch"):
            note(view, "MapPublicIpOnLaunch", "branch-interface-in-public-subnet", subnet=subnet)
