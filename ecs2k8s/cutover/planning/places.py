"""The places of a unit: every rule and default action that names a target group which ECS fills with its tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.cutover.plan import Thing
from ecs2k8s.cutover.planning.actions import weights_of
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.resolve.balancers import target_groups
from ecs2k8s.resolve.parts import part_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.cutover.plan import State
    from ecs2k8s.cutover.planning.ground import Ground
    from ecs2k8s.resolve.balancers import Listener, LoadBalancer
    from ecs2k8s.resolve.workload import AwsMap

RULE, LISTENER = "elbv2.rule", "elbv2.listener"
KEYS = {RULE: "Actions", LISTENER: "DefaultActions"}


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A rule or a listener. `sources`: the groups of ECS that it names, each with the part that its paths lead to."""

    thing: Thing
    view: AwsMap
    listener: Listener
    balancer: LoadBalancer
    found: State
    sources: tuple[tuple[str, str], ...]

    @property
    def actions(self) -> list[dict[str, Any]]:
        return list(self.found[KEYS[self.thing.kind]])

    @property
    def weights(self) -> dict[str, int]:
        return weights_of(self.actions)

    def with_actions(self, actions: list[Any]) -> State:
        return {**self.found, KEYS[self.thing.kind]: actions}

    @property
    def label(self) -> str:
        """`shop:443 rule 10`, `shop:443 default`."""
        which = f"rule {self.view.get('Priority', '')}" if self.thing.kind == RULE else "default"
        return f"{self.balancer.name}:{self.listener.port} {which}"


def sources(ground: Ground, unit: Unit) -> dict[str, str]:
    """ARN of each target group that ECS fills with tasks of *unit*, to the workload."""
    served = ground.translation.inventory.balancers.served
    wholes = {whole for workload in ground.of(unit) for whole in _wholes(ground, workload.folder)}
    return {
        arn: backends[0].workload.folder
        for arn, backends in sorted(served.items())
        if any(backend.workload.folder in wholes for backend in backends)
    }


def _wholes(ground: Ground, ident: str) -> tuple[str, ...]:
    """The workload itself, and the one that it is a part of."""
    workload = ground.workloads[ident]
    return (ident, f"{workload.namespace}/{workload.whole}") if workload.whole else (ident,)


def places(ground: Ground, unit: Unit) -> list[Place]:
    """In the order of load balancer, port and priority, the default action of a listener last."""
    own = sources(ground, unit)
    balancers = ground.translation.inventory.balancers.load_balancers
    return [place for balancer in balancers for place in _of_balancer(ground, balancer, own)]


def strays(ground: Ground, unit: Unit) -> list[str]:
    """Rules that name a group of *unit*, and whose listener was not read."""
    own = sources(ground, unit)
    views = (view for each in ground.translation.inventory.balancers.load_balancers for view in each.strays)
    return sorted(str(view.get("RuleArn", "")) for view in views if own.keys() & set(target_groups(view)))


def _of_balancer(ground: Ground, balancer: LoadBalancer, own: Mapping[str, str]) -> Iterator[Place]:
    for listener in balancer.listeners:
        for rule in listener.rules:
            if named := _named(ground, rule, own):
                thing = Thing(RULE, str(rule["RuleArn"]))
                yield Place(thing, rule, listener, balancer, _then(ground, thing), named)
        if named := _named(ground, listener.view, own):
            thing = Thing(LISTENER, listener.arn)
            yield Place(thing, listener.view, listener, balancer, _then(ground, thing), named)


def _named(ground: Ground, view: AwsMap, own: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    arns = sorted(own.keys() & set(target_groups(view)))
    wholes = {workload.folder: workload for workload in ground.translation.inventory.workloads}
    return tuple((arn, part_of(wholes[own[arn]], view).part) for arn in arns)


def _then(ground: Ground, thing: Thing) -> State:
    return KINDS[thing.kind].then(ground.documents, thing.id)
