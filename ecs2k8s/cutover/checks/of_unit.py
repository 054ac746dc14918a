"""What the live checks of a plan look at, out of an export: its objects in the cluster, the alarms on its groups."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecs2k8s.cutover.checks.health import BINDING
from ecs2k8s.cutover.checks.places import group_dimension, pairs
from ecs2k8s.cutover.checks.scene import Store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.assess.dependencies import Dependencies
    from ecs2k8s.core.documents import Document
    from ecs2k8s.core.manifests import Bundle, Manifest
    from ecs2k8s.cutover.plan import Plan

ARN_NAME = re.compile(r"[:/]")
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


def stores(plan: Plan, dependencies: Dependencies) -> tuple[Store, ...]:
    """Data stores that names in the environment of its workloads lead to; a permission alone is no use."""
    nodes = {node.ident: node for node in dependencies.nodes if node.kind == "store"}
    found: dict[str, list[str]] = {}
    for edge in dependencies.uses:
        if edge.source in plan.designs and edge.target in nodes:
            found.setdefault(edge.target, []).append(edge.source)
    return tuple(Store(ident, ARN_NAME.split(ident)[-1], tuple(users)) for ident, users in sorted(found.items()))


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
