"""Why no plan can be made for a unit: each reason in one line, with the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.planning import groups, objects
from ecs2k8s.cutover.planning.actions import not_carried
from ecs2k8s.cutover.planning.background import turned_on
from ecs2k8s.cutover.planning.groups import is_ours
from ecs2k8s.cutover.planning.places import KEYS, places, sources, strays

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.cutover.plan import Writer
    from ecs2k8s.cutover.planning.ground import Ground
    from ecs2k8s.cutover.planning.places import Place

MOST_GROUPS = (
    5  # of an action: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
)
BY_DNS = "set `shift: weighted-dns` in target.yaml and export again"
ROLLING = "let the service deploy by rolling update (deploymentController ECS), then export again"
REMEDIES = {
    "CodeDeploy": ROLLING,
    "an external deployment controller": ROLLING,
    "ECS": "set the deployment strategy to ROLLING without alternate groups and listener rules, then export again",
}


def refusals(ground: Ground, unit: Unit, writers: Iterable[Writer]) -> list[str]:
    """Empty where a plan can be made."""
    found = [*_form(ground), *_nothing(ground, unit), *_writes([each for each in writers if each.refused])]
    if "A" in unit.designs:
        found += _weighted(ground, unit)
    return list(dict.fromkeys(found))


def _form(ground: Ground) -> Iterator[str]:
    if ground.target.format == "helm":
        yield (
            "a chart applies all units at once, and a cutover needs an order: set `format: kustomize` or `plain` in "
            "target.yaml and export again"
        )


def _nothing(ground: Ground, unit: Unit) -> Iterator[str]:
    if not unit.designs:
        yield "it takes no requests and does no work of its own: apply manifests/, no cutover is needed"
    elif unit.designs == ("D",) and not any(turned_on(ground, workload) for workload in ground.of(unit)):
        yield "nothing of it is held off, so that there is nothing to hand over: apply manifests/"


def _writes(writers: Iterable[Writer]) -> Iterator[str]:
    """One line for each who writes, and each object."""
    said: dict[tuple[str, str], list[str]] = {}
    for each in writers:
        said.setdefault((each.name, each.thing.id), []).append(each.said_by)
    for (name, ident), fields in said.items():
        remedy = REMEDIES.get(name, f"take it out of its hands, or {BY_DNS}")
        yield f"{name} writes the weights of {ident} too, as {', '.join(fields)} say: {remedy}"


def _weighted(ground: Ground, unit: Unit) -> Iterator[str]:
    its = places(ground, unit)
    if not its:
        yield f"no rule and no default action that was read names its target groups: export again, or {BY_DNS}"
    for rule in strays(ground, unit):
        yield f"{rule} names a target group of it, and its listener was not read: export again with that right"
    for place in its:
        yield from _place(place)
        if any(is_ours(ground, arn) for arn in place.weights):
            yield (
                f"{place.label}: a cutover of it is under way or done, as {place.thing.id} says: end or resume its run "
                "or plan with --decommission or --remove"
            )
    yield from _groups(ground, unit, its)


def _place(place: Place) -> Iterator[str]:
    if place.balancer.type != "application":
        kind = f"a {place.balancer.type} load balancer" if place.balancer.type else "no load balancer that was read"
        yield f"{place.label}: {place.balancer.arn} is {kind}, whose weights are not planned: {BY_DNS}"
    for what in not_carried(place.view.get(KEYS[place.thing.kind], ())):
        yield f"{place.label}: {place.thing.id} has {what}, which would be lost: {BY_DNS}"
    after = len(place.weights) + len(place.sources)
    if after > MOST_GROUPS:
        yield (
            f"{place.label}: {place.thing.id} would have {after} target groups, and {MOST_GROUPS} is the most: "
            "take dead groups out of the action first"
        )


def _groups(ground: Ground, unit: Unit, its: Iterable[Place]) -> Iterator[str]:
    known, own = groups.twins(ground, unit), sources(ground, unit)
    for arn, part in sorted({source for place in its for source in place.sources}):
        if (arn, part) not in known:
            said = sorted({each.slug for each in ground.translation.findings if each.subject == arn})
            why = f" ({', '.join(said)})" if said else ""
            yield f"no new target group can stand beside {arn} of {own[arn]}{why}: mend what the report says of it"
            continue
        for file in objects.bindings(ground, [known[arn, part].group.name]):
            if file in ground.edited:
                yield f"{file} was edited, and a binding to a group of ECS would empty that: take it back by an export"
