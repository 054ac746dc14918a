"""The two target groups of a service whose traffic ECS shifts, and which of them has the production traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import NOTHING
from ecs2k8s.translate.ingress_rules import service_of
from ecs2k8s.translate.rollout_ingress import NotEditableError, uses
from ecs2k8s.translate.routes import Forward
from ecs2k8s.translate.target_group_services import WEB

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecs2k8s.resolve.workload import Workload
    from ecs2k8s.translate.routes import Route
    from ecs2k8s.translate.target_group_names import TargetGroupService
    from ecs2k8s.translate.traffic import Routing


def groups(
    workload: Workload, services: Mapping[str, TargetGroupService]
) -> tuple[TargetGroupService, TargetGroupService | None]:
    """The Services of its target group and of the other one, where ECS has a second. Raises `NotEditableError`."""
    entries = workload.configuration.get("loadBalancers", [])
    if len(entries) > 1:
        raise NotEditableError("it is behind several target groups, and Rollouts shifts the traffic of one")
    arns = [
        entries[0].get("targetGroupArn"),
        entries[0].get("advancedConfiguration", NOTHING).get("alternateTargetGroupArn"),
    ]
    found = [services.get(str(arn)) for arn in arns if arn]
    if not found or found[0] is None:
        raise NotEditableError("its target group was not read")
    if any(each and each.group.view.get("Protocol") not in WEB for each in found):
        raise NotEditableError("it is behind a Network Load Balancer, where Rollouts shifts no weights")
    return found[0], found[1] if len(found) > 1 else None


def in_production(
    one: TargetGroupService, other: TargetGroupService | None, workload: Workload, routings: Iterable[Routing]
) -> tuple[TargetGroupService, TargetGroupService | None]:
    """The one with the production traffic first: deployments of ECS swap the two."""
    if other is None or other.name == one.name:
        return one, None
    routings = list(routings)
    entry = workload.configuration.get("loadBalancers", [])[0]
    rule = entry.get("advancedConfiguration", NOTHING).get("productionListenerRule")
    used = set(_of_rule(str(rule), routings)) or set(_sent_to(routings)) & {one.name, other.name}
    if used == {one.name}:
        return one, other
    if used == {other.name}:
        return other, one
    raise NotEditableError("which of its two target groups has the production traffic is not known")


def _of_rule(arn: str, routings: Iterable[Routing]) -> Iterator[str]:
    """The Services that the rule sends to."""
    for routing in routings:
        for routed in routing.listeners:
            for ruled in routed.rules:
                if ruled.view.get("RuleArn") == arn:
                    yield from _services(ruled.route)


def _services(route: Route) -> Iterator[str]:
    backends = route.action.backends if isinstance(route.action, Forward) else ()
    yield from (found[1] for backend, weight in backends if weight > 0 and (found := service_of(backend)))


def _sent_to(routings: Iterable[Routing]) -> Iterator[str]:
    ingresses = (item.manifest for routing in routings for item in routing.placed if item.manifest["kind"] == "Ingress")
    for manifest in ingresses:
        for use in uses(manifest):
            yield from (name for name, _ in use.services)
