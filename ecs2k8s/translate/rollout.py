"""Argo Rollouts in place of what ECS and CodeDeploy do when they shift traffic, by the choice `rollouts`.

The Rollout refers to the Deployment for its pod template and owns the pods; the Deployment has none of its own. What is
written of the Ingress here is proved after it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import BACKGROUND, ObjectRef, Placed, prune
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.rollout_groups import groups, in_production
from ecs2k8s.translate.rollout_ingress import NotEditableError, with_action
from ecs2k8s.translate.rollout_objects import API, Objects, beside, free_name, hand_over_scaling, leading, own_service
from ecs2k8s.translate.rollout_steps import blue_green, seconds, steps
from ecs2k8s.translate.routing import plain
from ecs2k8s.translate.shift import UnknownShiftError, described, say_not_made, say_rolling, shift_of
from ecs2k8s.translate.target_group_names import service_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Inventory, Workload
    from ecs2k8s.translate.rollout_ingress import Edited
    from ecs2k8s.translate.shift import Shift
    from ecs2k8s.translate.target_group_names import TargetGroupService
    from ecs2k8s.translate.traffic import Routing

TAKEN_OVER = ("progressDeadlineSeconds", "minReadySeconds", "selector")


def with_rollouts(
    placed: Iterable[Placed],
    routings: Iterable[Routing],
    inventory: Inventory,
    workloads: Iterable[Workload],
    target: Target,
) -> tuple[list[Placed], list[Routing]]:
    """The objects with a Rollout for each service whose traffic is shifted. One that cannot be stays a Deployment."""
    workloads = list(workloads)
    if not target.rollouts:
        _read(workloads, inventory)
        return list(placed), list(routings)
    placed = list(placed)
    later = [item for item in placed if item.tree == BACKGROUND]  # the same objects again, as the handover leaves them
    now = {ObjectRef.of(item.manifest): item for item in placed if item.tree != BACKGROUND}
    objects = Objects(now, list(routings))
    services = service_names(inventory, workloads, target)
    for workload in workloads:
        try:
            shift = shift_of(workload, inventory.index)
            if shift is None:
                say_rolling(workload)
            else:
                _roll_out(workload, shift, services, objects, target)
        except (UnknownShiftError, NotEditableError) as error:
            say_not_made(workload, inventory.index, error)
    return [*objects.placed.values(), *later], objects.routings


def _read(workloads: Iterable[Workload], inventory: Inventory) -> None:
    """Without the choice the leaves are read all the same: then their rows say that a person must carry them."""
    for workload in workloads:
        say_rolling(workload)
        for view, keys in described(workload, inventory.index):
            plain({key: view[key] for key in keys if key in view})


def _roll_out(
    workload: Workload,
    shift: Shift,
    services: Mapping[str, TargetGroupService],
    objects: Objects,
    target: Target,
) -> None:
    if workload.whole:
        raise NotEditableError("it is split into parts, and each of them rolls by itself")
    deployment = objects.find("Deployment", workload.namespace, workload.name)
    if workload.kind != "Deployment" or deployment is None:
        raise NotEditableError("it runs on every node, and Rollouts has nothing for that")
    if deployment.manifest["spec"].get("replicas", 1) == 0:  # none is said where an autoscaler owns the number
        raise NotEditableError("its Deployment has no replicas yet, so there is nothing to shift")
    strategy = _strategy(workload, shift, services, objects, target)
    scaled = hand_over_scaling(workload, objects)
    spec = deployment.manifest["spec"]
    rollout = {
        "apiVersion": API,
        "kind": "Rollout",
        "metadata": workload.metadata(),
        "spec": {
            "replicas": None if scaled else spec["replicas"],
            **{key: spec.get(key) for key in TAKEN_OVER},
            "progressDeadlineAbort": True if shift.abort else None,
            "workloadRef": {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": workload.name,
                "scaleDown": "onsuccess",
            },
            "strategy": strategy,
        },
    }
    objects.replace(Placed(workload.folder, prune(rollout)))
    objects.replace(replace(deployment, manifest=deployment.manifest | {"spec": spec | {"replicas": 0}}))
    _say_made(workload, shift, strategy, objects)


def _strategy(
    workload: Workload,
    shift: Shift,
    services: Mapping[str, TargetGroupService],
    objects: Objects,
    target: Target,
) -> dict[str, Any]:
    balanced = workload.configuration.get("loadBalancers", [])
    if balanced:
        return _routed(workload, shift, services, objects, target)
    own = own_service(workload, objects)
    if shift.kind != "blue-green":
        note(*shift.at, "weights-by-pods")
        return {"canary": {"steps": steps(shift, routed=False)}}
    if own is None:
        raise NotEditableError("no Service leads to it, so there is no traffic to switch")
    name = own.manifest["metadata"]["name"]
    preview = beside(own, "preview", objects)
    return {"blueGreen": blue_green(shift, name, preview)}


def _routed(
    workload: Workload,
    shift: Shift,
    services: Mapping[str, TargetGroupService],
    objects: Objects,
    target: Target,
) -> dict[str, Any]:
    """A canary whose weights the load balancer controller sends."""
    stable, other = in_production(*groups(workload, services), workload, objects.routings)
    if target.routing != "ingress" or target.binds_target_groups:
        raise NotEditableError(
            "Rollouts edits weights in an Ingress, which takes the traffic with `routing: ingress` and "
            "`shift: weighted-dns`: otherwise, and during a cutover by weights of target groups, the Deployment rolls"
        )
    service = objects.find("Service", workload.namespace, stable.name)
    if service is None:
        raise NotEditableError(f"its Service {stable.name} was not made")
    canary = other.name if other and other.name != stable.name else ""
    called = canary or free_name(stable.name, "canary", objects, workload)
    edited, place = _edited(objects, workload, stable.name, called)
    canary = canary or beside(service, "canary", objects)
    objects.routings[place] = _with(objects.routings[place], edited.placed)
    made: dict[str, Any] = {"stableService": stable.name, "canaryService": canary}
    alb = {"ingress": edited.placed.manifest["metadata"]["name"], "servicePort": edited.port}
    made |= {"trafficRouting": {"alb": alb}, "steps": steps(shift, routed=True)}
    return {"canary": made | ({"abortScaleDownDelaySeconds": seconds(shift)} if shift.bake else {})}


def _edited(objects: Objects, workload: Workload, stable: str, canary: str) -> tuple[Edited, int]:
    """The Ingress with the action of Rollouts, and which of the routings it belongs to."""
    held = [(number, item) for number, each in enumerate(objects.routings) for item in each.placed]
    own = [(number, item) for number, item in held if _is_of(item, workload.namespace)]
    edited = with_action([item for _, item in own], stable, canary)
    wanted = ObjectRef.of(edited.placed.manifest)
    return edited, next(number for number, item in own if ObjectRef.of(item.manifest) == wanted)


def _is_of(item: Placed, namespace: str) -> bool:
    return ObjectRef.of(item.manifest).namespace == namespace and item.manifest["kind"] == "Ingress"


def _with(routing: Routing, edited: Placed) -> Routing:
    wanted = ObjectRef.of(edited.manifest)
    placed = tuple(edited if ObjectRef.of(item.manifest) == wanted else item for item in routing.placed)
    return replace(routing, placed=placed)


def _say_made(workload: Workload, shift: Shift, strategy: Mapping[str, Any], objects: Objects) -> None:
    note(*shift.at, "rollout-owns-pods", namespace=workload.namespace, name=workload.name)
    its = strategy.get("blueGreen") or strategy["canary"]
    own = {value for key, value in its.items() if key.endswith("Service")}
    others = sorted(item.manifest["metadata"]["name"] for item in leading(workload, objects))
    beside = [name for name in others if name not in own]
    if beside and own:
        note(*shift.at, "services-beside-rollout", services=", ".join(beside))
