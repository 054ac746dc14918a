"""Which nodes a pod can run on: architecture, operating system, capacity type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import note

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


def node_selector(workload: Workload, target: Target) -> dict[str, str]:
    """Labels that the nodes must have; none that only some kinds of node carry, unless `compute` says so."""
    out = {"kubernetes.io/os": "windows" if workload.is_windows else "linux"}
    architecture = _architecture(workload)
    if architecture:
        out["kubernetes.io/arch"] = architecture
    if workload.is_windows and (build := _windows_build(workload)):
        out["node.kubernetes.io/windows-build"] = build
    if target.compute == "karpenter":
        out |= _capacity_type(workload)
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


def _strategy(workload: Workload) -> list[AwsMap]:
    if workload.configuration.get("launchType"):
        return []
    given: list[AwsMap] = workload.configuration.get("capacityProviderStrategy", [])
    return [item for item in given if item.get("weight", 1) or item.get("base", 0)]


def _capacity_type(workload: Workload) -> dict[str, str]:
    kinds = {CAPACITY_TYPES.get(str(item.get("capacityProvider"))) for item in _strategy(workload)}
    kind = kinds.pop() if len(kinds) == 1 else None
    return {"karpenter.sh/capacity-type": kind} if kind else {}


def _note_strategy(workload: Workload, target: Target) -> None:
    items = workload.configuration.get("capacityProviderStrategy", [])
    for item in items:
        carried = target.compute == "karpenter" and len(items) == 1 and item.get("capacityProvider") in CAPACITY_TYPES
        if not carried:
            note(item, "capacityProvider", "capacity-provider-not-selected", name=item.get("capacityProvider", ""))
        if "weight" in item and len(items) > 1:
            note(item, "weight", "capacity-split-lost", weight=item["weight"])
        if item.get("base"):
            note(item, "base", "capacity-base-lost", base=item["base"])
