"""What the live checks of a plan look at, out of an export: its objects in the cluster, the alarms on its groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.checks.health import BINDING
from ecs2k8s.cutover.checks.places import group_dimension, pairs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.core.documents import Document
    from ecs2k8s.core.manifests import Bundle, Manifest
    from ecs2k8s.cutover.plan import Plan

OF_SCALING = "TargetTracking-"  # how Application Auto Scaling names the alarms that it manages


def objects(plan: Plan, bundle: Bundle) -> tuple[Manifest, ...]:
    """Of the workloads of the plan, and the bindings of their Services. What is held off stands as it is held."""
    folders = plan.designs.keys()
    own = [placed.manifest for placed in bundle.objects if placed.folder in folders]
    services = {_key(m) for m in own if m["kind"] == "Service"}
    bound = [m for m in bundle.manifests if m["kind"] == BINDING and _bound(m) in services]
    return (*own, *(m for m in bound if m not in own))


def _key(manifest: Manifest) -> tuple[str, str]:
    return manifest["metadata"].get("namespace", ""), manifest["metadata"]["name"]


def _bound(manifest: Manifest) -> tuple[str, str]:
    return manifest["metadata"].get("namespace", ""), manifest["spec"]["serviceRef"]["name"]


def alarms(plan: Plan, documents: Iterable[Document]) -> tuple[str, ...]:
    """Names of those on a group or load balancer that the plan shifts; those that only scale are none."""
    found = pairs(plan)
    watched = {group_dimension(group) for pair in found for group in pair.ecs} | {pair.balancer for pair in found}
    its = [document.data for document in documents if document.shape == "cloudwatch.MetricAlarm"]
    named = {
        str(alarm["AlarmName"])
        for alarm in its
        if any(each.get("Value") in watched for each in alarm.get("Dimensions", ()))
    }
    return tuple(sorted(name for name in named if not name.startswith(OF_SCALING)))
