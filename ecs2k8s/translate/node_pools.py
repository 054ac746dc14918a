"""Capacity providers as node pools of Karpenter or of EKS Auto Mode.

A pool for what ran on Fargate, one for what ran on Fargate Spot, one for each other provider that a workload names.
https://karpenter.sh/docs/concepts/nodepools/ and https://docs.aws.amazon.com/eks/latest/userguide/create-node-pool.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecs2k8s.core import names
from ecs2k8s.core.manifests import Manifest, Placed, prune
from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.translate.capacity import ARCHITECTURES, POOLED, PROVIDER, own_providers, strategy
from ecs2k8s.translate.node_classes import BUILT_IN, LABELS, node_class, reference, say_class_unknown, surroundings
from ecs2k8s.translate.node_requirements import (
    CAPACITY_TYPE,
    INSTANCE_TYPE,
    Requirement,
    categories,
    of_managed_instances,
    requirement,
)
from ecs2k8s.translate.node_requirements import LABELS as PREFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Inventory, Workload

NAME = "ecs2k8s"
FOLDER = "cluster"
ON_DEMAND, SPOT, GPU = "on-demand", "spot", "gpu"
LONGEST = 52  # characters of a provider in the name of its pool
NEVER = -1  # of scaleInAfter: half empty instances stay
OF_ECS = ("ecs.", "com.amazonaws.")  # attributes that ECS sets by itself


@dataclass(slots=True)
class Pool:
    """One node pool: which workloads use it, and the provider that it stands for (none: Fargate, or no provider)."""

    name: str
    workloads: list[Workload] = field(default_factory=list)
    provider: AwsMap = NOTHING

    @property
    def of_managed_instances(self) -> bool:
        return "managedInstancesProvider" in self.provider


def node_pools(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[Placed]:
    """NodePools and what they refer to, where `compute` starts nodes."""
    found = pools(workloads)
    if target.compute not in POOLED:
        for pool in found:
            _left_to_the_user(pool.provider)
        return
    around = surroundings(inventory, target.compute)
    if around.known and any(not pool.of_managed_instances for pool in found):
        yield Placed(FOLDER, node_class(NAME, around, NOTHING, target.compute))
    for pool in found:
        own = pool.of_managed_instances and around.known
        if own:
            yield Placed(FOLDER, node_class(pool.name, around, pool.provider, target.compute))
        elif pool.of_managed_instances:
            say_class_unknown(pool.provider)
        built_in = target.compute == "auto-mode" and not around.known
        name = BUILT_IN if built_in else pool.name if own else NAME
        yield Placed(FOLDER, _node_pool(pool, name, inventory, target.compute, tainted=len(found) > 1))


def _left_to_the_user(view: AwsMap) -> None:
    """Look at every setting of a provider that is in use, but tags that it hands to nobody: a person must carry it."""
    tagging = view.get("managedInstancesProvider", NOTHING).get("propagateTags") == "CAPACITY_PROVIDER"
    for value in (view[key] for key in view if key != "tags" or tagging):
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Mapping):
                _left_to_the_user(each)


def pools(workloads: Iterable[Workload]) -> list[Pool]:
    """The pools that *workloads* need, in order of their names."""
    found: dict[str, Pool] = {}
    providers = {name: view for workload in workloads for name, view in own_providers(workload).items()}
    given = names.unique(providers, lambda text: names.label(text, LONGEST), LONGEST)
    for workload in workloads:
        for wanted in _wanted(workload):
            name = f"{NAME}-{wanted}" if wanted in (ON_DEMAND, SPOT, GPU) else f"{NAME}-cp-{given[wanted]}"
            pool = found.setdefault(name, Pool(name, provider=providers.get(wanted, NOTHING)))
            pool.workloads.append(workload)
    return [found[name] for name in sorted(found)]


def _wanted(workload: Workload) -> list[str]:
    """Kinds of pools, or names of providers; none for daemons (they run on nodes of others), Windows, EXTERNAL."""
    if workload.kind == "DaemonSet" or workload.is_windows or workload.configuration.get("launchType") == "EXTERNAL":
        return []
    own = own_providers(workload)
    if own:
        return list(own)
    if _wants_gpus(workload):
        return [GPU]
    asked = {str(item.get("capacityProvider")) for item in strategy(workload)}
    return [kind for name, kind in (("FARGATE", ON_DEMAND), ("FARGATE_SPOT", SPOT)) if name in asked] or [ON_DEMAND]


def _wants_gpus(workload: Workload) -> bool:
    return any(item.get("type") == "GPU" for c in workload.containers for item in c.get("resourceRequirements", []))


def _node_pool(pool: Pool, class_name: str, inventory: Inventory, compute: str, *, tainted: bool) -> Manifest:
    own = str(pool.provider.get("name", ""))
    instances = _instances(pool, inventory)
    taint = {"key": PROVIDER, "value": own, "effect": "NoSchedule"}
    jobs = any(workload.kind not in ("Deployment", "DaemonSet") for workload in pool.workloads)
    spec = {
        "nodeClassRef": reference(compute, class_name),
        "requirements": [*_always(pool), *_requirements(pool, instances, inventory, compute)],
        "taints": [taint] if own and tainted else None,
        "expireAfter": "720h",
        # Without an end, a pod that must not be disturbed holds an expired node for ever.
        "terminationGracePeriod": "24h" if jobs else None,
    }
    labels = ({PROVIDER: own} if own else {}) | _attributes(instances)
    made: Manifest = prune(
        {
            "apiVersion": "karpenter.sh/v1",
            "kind": "NodePool",
            "metadata": {"name": pool.name, "labels": LABELS},
            "spec": {
                "template": {"metadata": {"labels": labels} if labels else None, "spec": spec},
                "disruption": _disruption(pool.provider),
            },
        }
    )
    return made


def _always(pool: Pool) -> list[Requirement]:
    found = {_architecture(workload) for workload in pool.workloads}
    return [requirement("kubernetes.io/os", "In", "linux"), requirement("kubernetes.io/arch", "In", *sorted(found))]


def _architecture(workload: Workload) -> str:
    """amd64 where nothing is said, as Karpenter assumes too."""
    given = str(workload.definition.get("runtimePlatform", NOTHING).get("cpuArchitecture", ""))
    return ARCHITECTURES.get(given, "amd64")


def _requirements(pool: Pool, instances: list[AwsMap], inventory: Inventory, compute: str) -> list[Requirement]:
    if pool.of_managed_instances:
        return of_managed_instances(pool.provider, compute)
    if pool.provider:
        return _of_group(pool.provider, instances, inventory, compute)
    spot = pool.name == f"{NAME}-{SPOT}"
    kinds = requirement(f"{PREFIXES[compute]}instance-gpu-manufacturer", "In", "nvidia")
    return [
        requirement(CAPACITY_TYPE, "In", SPOT if spot else ON_DEMAND),
        kinds if pool.name == f"{NAME}-{GPU}" else categories(compute),
    ]


def _of_group(provider: AwsMap, instances: list[AwsMap], inventory: Inventory, compute: str) -> list[Requirement]:
    """In place of an Auto Scaling group: the types that its instances have now, and how they are bought."""
    types = sorted({value for each in instances if (value := _attribute(each, "ecs.instance-type"))})
    at = ("autoScalingGroupProvider", "autoScalingGroupArn")
    if types:
        note(provider, at, "instance-types-seen", types=", ".join(types))
    else:
        note(provider, at, "instance-types-not-known")
    spot = {_is_spot(each, inventory) for each in instances}
    kinds = ([ON_DEMAND] if False in spot or not spot else []) + ([SPOT] if True in spot else [])
    chosen = requirement(INSTANCE_TYPE, "In", *types) if types else categories(compute)
    return [requirement(CAPACITY_TYPE, "In", *kinds), chosen]


def _is_spot(container_instance: AwsMap, inventory: Inventory) -> bool:
    instance = inventory.networks.instances.get(str(container_instance.get("ec2InstanceId", "")), NOTHING)
    return bool(instance.get("InstanceLifecycle") == "spot")


def _instances(pool: Pool, inventory: Inventory) -> list[AwsMap]:
    """The container instances that the provider started."""
    name = pool.provider.get("name")
    found = inventory.networks.container_instances.values()
    return [each for each in found if name and each.get("capacityProviderName") == name]


def _attribute(instance: AwsMap, name: str) -> str:
    return next((str(a.get("value", "")) for a in instance.get("attributes", []) if a.get("name") == name), "")


def _attributes(instances: list[AwsMap]) -> dict[str, str]:
    """Attributes of the user's own that all instances have alike, as the labels that placement constraints become."""
    given = [
        {
            str(a["name"]): str(a.get("value", ""))
            for a in each.get("attributes", [])
            if not str(a["name"]).startswith(OF_ECS)
        }
        for each in instances
    ]
    first: dict[str, str] = given[0] if given else {}
    alike = {key: value for key, value in first.items() if all(other.get(key) == value for other in given)}
    labels = {f"{NAME}.io/attr.{key}": value for key, value in sorted(alike.items())}
    return {key: value for key, value in labels.items() if names.is_label_key(key) and names.is_label_value(value)}


def _disruption(provider: AwsMap) -> dict[str, Any]:
    """When nodes are given up. Managed termination protection of ECS leaves instances alone that run a task."""
    protected = provider.get("autoScalingGroupProvider", NOTHING).get("managedTerminationProtection") == "ENABLED"
    optimisation = provider.get("managedInstancesProvider", NOTHING).get("infrastructureOptimization", NOTHING)
    seconds = optimisation.get("scaleInAfter")
    after = "1m" if seconds is None else "Never" if seconds == NEVER else f"{seconds}s"
    return {
        "consolidationPolicy": "WhenEmpty" if protected else "WhenEmptyOrUnderutilized",
        "consolidateAfter": after,
        "budgets": [{"nodes": "10%"}],
    }
