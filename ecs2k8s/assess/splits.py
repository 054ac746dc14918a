"""What a person must know of the splits that they chose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.findings import Finding
from ecs2k8s.core.scalers import scaled
from ecs2k8s.core.tracking import NOTHING
from ecs2k8s.resolve.balancers import read_attributes, target_groups
from ecs2k8s.resolve.parts import part_of, paths_of, why_not

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.manifests import Bundle
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Inventory, Workload

SOURCE = "target.yaml"
STICKY = "stickiness.enabled"


def splits(inventory: Inventory, translated: Iterable[Workload], bundle: Bundle, target: Target) -> Iterator[Finding]:
    """Splits that cannot be, rules that are of several parts, parts that no rule leads to, bounds without a scaler."""
    known = {workload.folder: workload for workload in inventory.workloads if not workload.part}
    for key in sorted(target.splits):
        workload = known.get(key)
        if workload is None:
            yield Finding.of("split-without-workload", SOURCE, f"splits.{key}", key=key)
        elif why := why_not(workload):
            yield Finding.of("split-not-possible", workload.service_id or workload.definition_id, "", key=key, why=why)
    scalers = {scaled(manifest) for manifest in bundle.manifests}
    listed = list(translated)
    for workload in listed:
        if workload.parts:
            yield from _of_split(workload, inventory)
        bounded = (workload.size.min_replicas, workload.size.max_replicas) != (None, None)
        if bounded and (workload.namespace, workload.name) not in scalers:
            yield Finding.of("split-bounds-without-scaling", workload.service_id, "", name=workload.name)


def _of_split(workload: Workload, inventory: Inventory) -> Iterator[Finding]:
    rules = list(_rules(workload, inventory))
    receiving = {part_of(workload, rule).name for _, rule in rules}
    for part in workload.parts:
        if part.name not in receiving:
            args = {"part": part.part, "paths": ", ".join(sorted(part.paths)), "name": workload.name}
            yield Finding.of("split-part-without-rule", workload.service_id, "", **args)
    for arn, rule in rules:
        its = [part.part for part in workload.parts if part.paths & set(paths_of(rule))]
        if its and part_of(workload, rule) is workload:
            said = {"priority": rule.get("Priority", ""), "paths": ", ".join(paths_of(rule)), "parts": ", ".join(its)}
            yield Finding.of("split-rule-of-several", arn, "Priority", name=workload.name, **said)
    for arn in sorted(_groups(workload)):
        if read_attributes(workload.target_group_attributes.get(arn, NOTHING)).get(STICKY) == "true":
            yield Finding.of("split-of-sticky-sessions", arn, "", name=workload.name)
    parts = ", ".join(f"{part.name} ({', '.join(sorted(part.paths))})" for part in workload.parts)
    yield Finding.of("split-into-parts", workload.service_id, "", name=workload.name, parts=parts)


def _groups(workload: Workload) -> set[str]:
    return {str(entry.get("targetGroupArn", "")) for entry in workload.configuration.get("loadBalancers", [])}


def _rules(workload: Workload, inventory: Inventory) -> Iterator[tuple[str, AwsMap]]:
    """ARN and view of each rule that sends to a target group of *workload*."""
    groups = _groups(workload)
    for balancer in inventory.balancers.load_balancers:
        for listener in balancer.listeners:
            for rule in listener.rules:
                if groups & set(target_groups(rule)):
                    yield str(rule.get("RuleArn", "")), rule
