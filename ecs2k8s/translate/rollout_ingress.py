"""The action of an Ingress whose weights Argo Rollouts may edit.

Rollouts writes one annotation, `actions.<stable Service>`, and wants a rule whose backend has that name. It knows
neither conditions nor stickiness, and `defaultBackend` alone is no rule to it.
https://argo-rollouts.readthedocs.io/en/stable/features/traffic-management/alb/
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ecs2k8s.translate.ingress_rules import PREFIX, annotated, compact

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecs2k8s.core.manifests import Manifest, Placed

USE_ANNOTATION = "use-annotation"
WHOLE = 100  # the sum of the weights of Rollouts


class NotEditableError(Exception):
    """Rollouts cannot shift this traffic by weights; the text says why."""


@dataclass(frozen=True, slots=True)
class Use:
    """A backend of an Ingress that sends something to Services. `holder` is the map with the key `service`."""

    holder: dict[str, Any]
    name: str  # of the action, or of the Service
    services: dict[tuple[str, int], int]  # name and port to weight, only those that get something
    is_rule: bool
    is_whole: bool  # it has no stickiness and sends to Services only
    kinds: tuple[str, ...] = ()  # which annotations beside the action it has


@dataclass(frozen=True, slots=True)
class Edited:
    """The Ingress with the action, and the port of the Services."""

    placed: Placed
    port: int


def with_action(ingresses: Sequence[Placed], stable: str, canary: str) -> Edited:
    """The Ingress whose rules send to *stable*, with its action in the annotation. Raises `NotEditableError`.

    A rule that sends to *canary* alone carries test traffic and stays as it is.
    """
    found = [item for item in ingresses if any(_sends(use, stable) for use in uses(item.manifest))]
    if len(found) != 1:
        how = "no Ingress sends" if not found else f"{len(found)} Ingresses send"
        raise NotEditableError(f"{how} to its Service {stable}, and Rollouts edits one")
    manifest = copy.deepcopy(found[0].manifest)
    its = [use for use in uses(manifest) if _sends(use, stable)]
    ports = {port for use in its for _, port in use.services}
    _refuse(its)
    if len(ports) != 1 or not any(use.is_rule for use in its):
        raise NotEditableError("only the default action of a listener sends to it, and Rollouts wants a rule")
    for use in its:
        use.holder.clear()
        use.holder.update(annotated(stable))
        _drop(manifest, use, stable)
    (port,) = ports
    manifest["metadata"]["annotations"][f"{PREFIX}actions.{stable}"] = compact(_action(stable, canary, port))
    return Edited(replace(found[0], manifest=manifest), port)


def _refuse(its: Sequence[Use]) -> None:
    """Conditions are keyed by the action's name: one rule may have them, several would share them."""
    if any(not use.is_whole or len(use.services) > 1 for use in its):
        raise NotEditableError("a rule that sends to it has stickiness or weights of its own")
    if len(its) > 1 and any(use.kinds for use in its):
        raise NotEditableError("of several rules that send to it one has conditions beyond host and path")


def _sends(use: Use, service: str) -> bool:
    return any(name == service for name, _ in use.services)


def _drop(manifest: Manifest, use: Use, stable: str) -> None:
    """The action that the rule had until now goes, and its conditions get the new name."""
    if use.name != stable:
        given = manifest["metadata"]["annotations"]
        given.pop(f"{PREFIX}actions.{use.name}", None)
        for kind in use.kinds:
            given[f"{PREFIX}{kind}.{stable}"] = given.pop(f"{PREFIX}{kind}.{use.name}")


def _action(stable: str, canary: str, port: int) -> dict[str, Any]:
    """All to the stable Service: what Rollouts itself writes while no rollout runs."""
    groups = [
        {"serviceName": canary, "servicePort": port, "weight": 0},
        {"serviceName": stable, "servicePort": port, "weight": WHOLE},
    ]
    return {"type": "forward", "forwardConfig": {"targetGroups": groups}}


def uses(manifest: Manifest) -> Iterator[Use]:
    """Every backend that sends to Services."""
    spec, given = manifest["spec"], manifest["metadata"].get("annotations", {})
    holders = [(path["backend"], True) for rule in spec.get("rules", []) for path in rule["http"]["paths"]]
    holders += [(spec["defaultBackend"], False)] if "defaultBackend" in spec else []
    for holder, is_rule in holders:
        service = holder["service"]
        name, port = str(service["name"]), service["port"]
        if port.get("name") != USE_ANNOTATION:
            yield Use(holder, name, {(name, int(port["number"])): 1}, is_rule, is_whole=True)
            continue
        action = json.loads(given.get(f"{PREFIX}actions.{name}", "{}"))
        config = action.get("forwardConfig", {})
        kinds = tuple(kind for kind in ("conditions", "transforms") if f"{PREFIX}{kind}.{name}" in given)
        groups = [group for group in config.get("targetGroups", []) if group.get("weight", 1) > 0]
        services = {
            (str(g["serviceName"]), int(g["servicePort"])): g.get("weight", 1) for g in groups if "serviceName" in g
        }
        alone = len(services) == len(groups) and "targetGroupStickinessConfig" not in config
        if services:
            yield Use(holder, name, services, is_rule, alone, kinds)
