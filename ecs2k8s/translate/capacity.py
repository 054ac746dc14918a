"""Which nodes a pod can run on: architecture, operating system, capacity type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.names import is_label_value
from ecs2k8s.core.tracking import NOTHING, note

if TYPE_CHECKING:
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Workload

ARCHITECTURES = {"X86_64": "amd64", "ARM64": "arm64"}
# https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/version-compatibility
WINDOWS_BUILDS = {
    "2016": "10.0.14393",
    "2019": "10.0.17763",
    "2004": "10.0.19041",
    "20H2": "10.0.19042",
    "2022": "10.0.20348",
    "2025": "10.0.26100",
}
CAPACITY_TYPES = {"FARGATE_SPOT": "spot", "FARGATE": "on-demand"}
POOLED = ("karpenter", "auto-mode")  # choices of `compute` for which node pools are made
PROVIDER = "ecs2k8s.io/capacity-provider"  # label and taint of the nodes in place of a provider


def node_selector(workload: Workload, target: Target) -> dict[str, str]:
    """Labels that the nodes must have; none that only some kinds of node carry, unless `compute` says so."""
    out = {"kubernetes.io/os": "windows" if workload.is_windows else "linux"}
    architecture = _architecture(workload)
    if architecture:
        out["kubernetes.io/arch"] = architecture
    if workload.is_windows and (build := _windows_build(workload)):
        out["node.kubernetes.io/windows-build"] = build
    if target.compute in POOLED:
        out |= _capacity_type(workload) | _provider(workload)
    _note_strategy(workload, target)
    providers = workload.configuration.get("capacityProviderStrategy")
    if workload.configuration.get("launchType") or workload.task.get("launchType") or providers:
        for index in range(len(workload.definition.get("requiresCompatibilities", []))):
            note(workload.definition, ("requiresCompatibilities", index), "launch-type-decides")
    return out


def _architecture(workload: Workload) -> str:
    platform = workload.definition.get("runtimePlatform", {})
    given = str(platform.get("cpuArchitecture", ""))
    if given:
        return ARCHITECTURES.get(given, "")
    if not workload.is_fargate:
        note(workload.definition, "family", "architecture-unknown")
        return ""
    return "amd64"


def _windows_build(workload: Workload) -> str:
    families = (
        str(workload.definition.get("runtimePlatform", {}).get("operatingSystemFamily", "")),
        workload.platform_family.replace(" ", "_").upper(),
    )
    return next((b for year, b in WINDOWS_BUILDS.items() for family in families if year.upper() in family), "")


def strategy(workload: Workload) -> list[AwsMap]:
    """The items of its capacity provider strategy that count."""
    if workload.configuration.get("launchType"):
        return []
    given: list[AwsMap] = workload.configuration.get("capacityProviderStrategy", [])
    return [item for item in given if item.get("weight", 1) or item.get("base", 0)]


def _capacity_type(workload: Workload) -> dict[str, str]:
    kinds = {CAPACITY_TYPES.get(str(item.get("capacityProvider"))) for item in strategy(workload)}
    kind = kinds.pop() if len(kinds) == 1 else None
    return {"karpenter.sh/capacity-type": kind} if kind else {}


def own_providers(workload: Workload) -> dict[str, AwsMap]:
    """Name to document of the providers, other than Fargate's, that it names and that were read.

    A name that is no label value, and Windows, for which no pool is made, select no nodes.
    """
    if workload.is_windows:
        return {}
    given = [str(item.get("capacityProvider", "")) for item in strategy(workload)]
    known = workload.capacity_providers
    return {
        name: known[name] for name in given if name in known and is_label_value(name) and name not in CAPACITY_TYPES
    }


def _provider(workload: Workload) -> dict[str, str]:
    """One provider is a label of the nodes; of several, tolerations let the pod onto the nodes of each."""
    own = own_providers(workload)
    return {PROVIDER: next(iter(own))} if len(own) == 1 == len(strategy(workload)) else {}


def tolerations(workload: Workload, target: Target) -> list[dict[str, str]]:
    """Nodes in place of a provider admit what names it, and daemons, which ECS runs on every instance."""
    if target.compute not in POOLED:
        return []
    if workload.kind == "DaemonSet":
        return [{"key": PROVIDER, "operator": "Exists", "effect": "NoSchedule"}]
    own = own_providers(workload)
    return [{"key": PROVIDER, "operator": "Equal", "value": name, "effect": "NoSchedule"} for name in own]


def capacity_spread(workload: Workload, target: Target) -> list[dict[str, Any]]:
    """Fargate beside Fargate Spot: pods are spread evenly over both; weights other than alike cannot be said."""
    if not _is_spread(workload, target):
        return []
    constraint = {
        "maxSkew": 1,
        "topologyKey": "karpenter.sh/capacity-type",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": workload.selector},
    }
    return [constraint | ({"matchLabelKeys": ["pod-template-hash"]} if workload.kind == "Deployment" else {})]


def _is_spread(workload: Workload, target: Target) -> bool:
    kinds = {CAPACITY_TYPES.get(str(item.get("capacityProvider"))) for item in strategy(workload)}
    return target.compute in POOLED and kinds == {"spot", "on-demand"}


def _note_strategy(workload: Workload, target: Target) -> None:
    items = workload.configuration.get("capacityProviderStrategy", [])
    spread = _is_spread(workload, target)
    slugs = _slugs_of_split(items, spread=spread)
    own = own_providers(workload) if target.compute in POOLED else {}
    for item in items:
        name = item.get("capacityProvider", "")
        alone = target.compute in POOLED and len(items) == 1 and name in CAPACITY_TYPES
        if not (alone or spread or name in own):
            note(item, "capacityProvider", "capacity-provider-not-selected", name=name)
        if "weight" in item and len(items) > 1:
            note(item, "weight", slugs[0], weight=item["weight"])
        if item.get("base"):
            note(item, "base", slugs[1], base=item["base"])
    if workload.is_windows and target.compute in POOLED:
        platform = workload.definition.get("runtimePlatform", NOTHING)
        if "operatingSystemFamily" in platform:
            note(platform, "operatingSystemFamily", "windows-nodes-not-made")
        else:
            note(workload.configuration, "platformFamily", "windows-nodes-not-made")
    for view in (workload.configuration, workload.task):
        if view.get("launchType") == "EXTERNAL":
            note(view, "launchType", "external-instances")


def _slugs_of_split(items: list[AwsMap], *, spread: bool) -> tuple[str, str]:
    """What becomes of weights and of bases. Fargate and Fargate Spot differ in price and in how tasks end only."""
    if spread:
        return "capacity-spread-evenly", "capacity-base-in-spread"
    if all(item.get("capacityProvider") in CAPACITY_TYPES for item in items):
        return "capacity-split-of-nodes", "capacity-base-of-nodes"
    return "capacity-split-lost", "capacity-base-lost"
