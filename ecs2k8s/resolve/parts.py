"""Workloads that are split by the paths of listener rules: which parts there are, and which of them a rule is about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecs2k8s.core import names
from ecs2k8s.resolve.balancers import target_groups

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.core.splits import Split
    from ecs2k8s.resolve.balancers import LoadBalancer
    from ecs2k8s.resolve.workload import AwsMap, Workload


def with_parts(workloads: Iterable[Workload], splits: Mapping[str, Split]) -> list[Workload]:
    """*workloads* and their parts. What cannot be split stays whole, and `assess.splits` says why.

    The workload itself stays what answers whatever goes to no part: it keeps its name and all that callers in the
    network know it by. A part has its image, settings and identity, under a name of its own.
    """
    listed = list(workloads)
    taken = {workload.folder for workload in listed}
    found: list[Workload] = []
    for workload in listed:
        split = splits.get(workload.folder)
        if split is None or why_not(workload):
            found.append(workload)
            continue
        parts = tuple(_part(workload, name, split, taken) for name in sorted(split.parts))
        found += [replace(workload, whole=workload.name, parts=parts, size=split.rest or workload.size), *parts]
    return found


def why_not(workload: Workload) -> str:
    """Why *workload* cannot be split; empty where it can."""
    if workload.kind != "Deployment" or not workload.service:
        return f"it becomes a {workload.kind}, not the Deployment of a service"
    if not any(entry.get("targetGroupArn") for entry in workload.configuration.get("loadBalancers", [])):
        return "it is behind no target group of a load balancer"
    return ""


def _part(workload: Workload, name: str, split: Split, taken: set[str]) -> Workload:
    called = names.label(f"{workload.name}-{name}", names.WORKLOAD)
    while f"{workload.namespace}/{called}" in taken:
        called = names.suffixed(called, f"{workload.service_id} {name} {called}", names.WORKLOAD)
    taken.add(f"{workload.namespace}/{called}")
    chosen = split.parts[name]
    return replace(
        workload,
        name=called,
        whole=workload.name,
        part=name,
        paths=frozenset(chosen.paths),
        size=chosen,
        connect=None,  # callers by name reach the workload that keeps the name
        registrations=(),
    )


def paths_of(rule: AwsMap) -> tuple[str, ...]:
    """The values of the rule's path condition, globs or regular expressions; empty where it has none."""
    for condition in rule.get("Conditions", []):
        if condition.get("Field") == "path-pattern":
            config = condition.get("PathPatternConfig") or condition
            return tuple(str(value) for key in ("Values", "RegexValues") for value in config.get(key, []))
    return ()


def part_of(workload: Workload, rule: AwsMap) -> Workload:
    """The part of *workload* that answers what *rule* sends to it; the workload itself where none has all its paths."""
    paths = paths_of(rule) if workload.parts else ()
    return next((part for part in workload.parts if paths and part.paths.issuperset(paths)), workload)


def receivers(balancers: Iterable[LoadBalancer], owners: Mapping[str, Workload]) -> dict[str, list[Workload]]:
    """ARN of a target group that an action names to the workload and the parts of it that get its requests.

    *owners*: the workload behind each target group. Only those that have parts are looked at.
    """
    split = {arn: workload for arn, workload in owners.items() if workload.parts}
    found: dict[str, list[Workload]] = {}
    for balancer in balancers if split else ():
        for listener in balancer.listeners:
            for view in (listener.view, listener.default_rule, *listener.rules):
                for arn in set(target_groups(view)) & split.keys():
                    its = found.setdefault(arn, [])
                    receiver = part_of(split[arn], view)
                    its += [] if receiver in its else [receiver]
    return found
