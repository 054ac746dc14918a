"""Placement constraints and strategies of a task as affinity and topology spread of its pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.names import WORKLOAD, label
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.placement import node_terms, spread

if TYPE_CHECKING:
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Workload

HOST = "kubernetes.io/hostname"
Constraint = tuple["AwsMap", int, "AwsMap"]  # the view that holds the list, the index, the constraint


def affinity(workload: Workload, target: Target) -> dict[str, Any] | None:
    """Required affinity from the constraints of the task definition and of the service, which both must hold."""
    constraints = _constraints(workload)
    members = [item for item in constraints if item[2].get("type") == "memberOf"]
    placed = node_terms([str(item[2].get("expression", "")) for item in members], target.compute)
    for index, slug, args in (*placed.problems, *placed.listed):
        view, position, _ = members[index]
        note(view, ("placementConstraints", position, "expression"), slug, **args)
    out: dict[str, Any] = {}
    if placed.terms:
        required = {"nodeSelectorTerms": placed.terms}
        out["nodeAffinity"] = {"requiredDuringSchedulingIgnoredDuringExecution": required}
    if placed.affinity:
        out["podAffinity"] = _required(_service_selector(workload, name) for name in placed.affinity)
    against = [_service_selector(workload, name) for name in placed.anti_affinity]
    if _distinct(workload, constraints, target):
        against.append(workload.selector)
    if against:
        out["podAntiAffinity"] = _required(against)
    return out or None


def _constraints(workload: Workload) -> list[Constraint]:
    views = (workload.definition, workload.run)
    return [(view, index, item) for view in views for index, item in enumerate(view.get("placementConstraints", []))]


def _distinct(workload: Workload, constraints: list[Constraint], target: Target) -> bool:
    """`distinctInstance`; on EKS Fargate every pod is its own node already."""
    found = [item for item in constraints if item[2].get("type") == "distinctInstance"]
    if found and target.compute == "fargate":
        for view, index, _ in found:
            note(view, ("placementConstraints", index, "type"), "distinct-on-fargate")
        return False
    return bool(found) and workload.kind in ("Deployment", "CronJob")


def _service_selector(workload: Workload, name: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": label(name, WORKLOAD), "app.kubernetes.io/instance": workload.namespace}


def _required(selectors: Any) -> dict[str, Any]:
    terms = [{"labelSelector": {"matchLabels": selector}, "topologyKey": HOST} for selector in selectors]
    return {"requiredDuringSchedulingIgnoredDuringExecution": terms}


def topology_spread(workload: Workload) -> list[dict[str, Any]]:
    """Soft spread, as ECS strategies are best effort; a service without one is spread over zones by ECS itself."""
    if workload.kind != "Deployment":
        for index, item in enumerate(workload.run.get("placementStrategy", [])):
            for key in item:
                note(workload.run, ("placementStrategy", index, key), "strategy-without-replicas")
        return []
    strategies = list(workload.run.get("placementStrategy", []))
    constraints, problems = spread(strategies, workload.selector, workload.kind, default_zone=bool(workload.service))
    for index, slug, args in problems:
        note(workload.run, ("placementStrategy", index, "type"), slug, **args)
        if "field" in strategies[index]:
            note(workload.run, ("placementStrategy", index, "field"), slug, **args)
    return constraints
