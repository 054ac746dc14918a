"""The target groups that a plan makes: each beside one that ECS fills, with its settings, attributes and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.cutover.plan import Thing
from ecs2k8s.cutover.planning.moves import move
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.cutover.things.kind import NAMED
from ecs2k8s.translate.target_group_binding import bindings
from ecs2k8s.translate.target_group_settings import health_check, own_tags

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.cutover.plan import Move, State
    from ecs2k8s.cutover.planning.ground import Ground
    from ecs2k8s.translate.target_group_binding import Binding

GROUP, ATTRIBUTES = "elbv2.target-group", "elbv2.target-group-attributes"
OURS = {"ecs2k8s": "cutover"}  # the tag of everything that a plan makes
Key = tuple[str, str]  # ARN of the group of ECS, name of the part (empty: the workload itself)


def twins(ground: Ground, unit: Unit) -> dict[Key, Binding]:
    """The group of ECS to the new one beside it, of those that can be copied."""
    found = bindings(ground.translation.inventory, ground.translation.translated, ground.target)
    own = set(unit.workloads)
    return {(each.group.source.arn, each.service.part): each for each in found if each.service.workload.folder in own}


def is_ours(ground: Ground, arn: str) -> bool:
    """Whether a cutover made the group."""
    return OURS.items() <= (ground.tags(arn) or {}).items()


def named(binding: Binding) -> str:
    """What states and requests call the group before it has an ARN."""
    return f"{NAMED}{binding.group.name}"


def settings(ground: Ground, binding: Binding) -> State:
    """The settings of the source for pods: targets are addresses, and the ports are those of the containers."""
    source = binding.group.source
    found: dict[str, Any] = KINDS[GROUP].then(ground.documents, source.arn)
    ports = {"HealthCheckPort": port} if (port := health_check(binding.service).get("HealthCheckPort")) else {}
    family = {"IpAddressType": "ipv4"} | found
    tags = own_tags({"Tags": list(ground.documents.get(("elbv2.Tags", source.arn), {}).get("Tags") or ())}) | OURS
    return family | {"TargetType": "ip", "Port": binding.service.port, "Tags": tags} | ports


def attributes(ground: Ground, binding: Binding) -> State:
    """Those of the source that are not what a new group has by itself."""
    return KINDS[ATTRIBUTES].then(ground.documents, binding.group.source.arn)


def make(ground: Ground, its: Iterable[Binding]) -> tuple[Move, ...]:
    """Two calls for each group: CreateTargetGroup knows no attributes."""
    return tuple(each for binding in its for each in _make(ground, binding))


def _make(ground: Ground, binding: Binding) -> Iterable[Move]:
    ident = named(binding)
    yield move(Thing(GROUP, ident), None, settings(ground, binding))
    wanted = attributes(ground, binding)
    usual = KINDS[ATTRIBUTES].then(ground.documents, ident)
    if wanted != usual:
        yield move(Thing(ATTRIBUTES, ident), usual, wanted)


def unmake(moves: Iterable[Move]) -> tuple[Move, ...]:
    """Deleting a group takes its attributes with it."""
    made = [each for each in moves if each.thing.kind == GROUP]
    return tuple(move(each.thing, each.wanted, None) for each in reversed(made))


def stays_with_group(ground: Ground, arns: Iterable[str]) -> int | None:
    """The longest time in seconds for which one of the groups keeps a client at its target; None where none does.

    An action with several groups, one of which does, must keep clients at a group as well.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
    """
    found = []
    for arn in arns:
        attributes = ground.documents.get(("elbv2.TargetGroupAttributes", arn), {}).get("Attributes") or ()
        read = {item.get("Key"): item.get("Value") for item in attributes}
        if read.get("stickiness.enabled") == "true":
            kind = "app" if read.get("stickiness.type") == "app_cookie" else "lb"
            found.append(int(read.get(f"stickiness.{kind}_cookie.duration_seconds") or 86400))
    return max(found, default=None)
