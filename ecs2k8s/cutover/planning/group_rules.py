"""Rules of security groups that pods need beside those of the tasks: moves where all is known, else commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.plan import Thing
from ecs2k8s.cutover.planning.groups import OURS
from ecs2k8s.cutover.planning.moves import back, move
from ecs2k8s.cutover.planning.step_texts import step
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.cutover.things.ec2_rule import rule_id
from ecs2k8s.report.group_rule_steps import group_rule_steps
from ecs2k8s.translate.security_group_rules import PODS, group_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.cutover.plan import Move, Step
    from ecs2k8s.cutover.planning.ground import Ground
    from ecs2k8s.translate.security_group_rules import GroupRule

RULE = "ec2.security-group-rule"


def steps(ground: Ground, unit: Unit, args: dict[str, str]) -> Iterator[Step]:
    rules = group_rules(ground.translation.inventory, ground.of(unit), ground.translation.bundle.manifests)
    if moves := tuple(each for rule in rules if _is_known(ground, rule) for each in _move(ground, rule)):
        yield step("group-rules", args=args, moves=moves, back=back(moves))
    if by_hand := group_rule_steps(rule for rule in rules if not _is_known(ground, rule)):
        commands, undo = tuple(each.command for each in by_hand), tuple(each.back for each in reversed(by_hand))
        yield step("group-rules-by-hand", args=args | {"pods": PODS}, guided=True, commands=commands, undo=undo)


def _is_known(ground: Ground, rule: GroupRule) -> bool:
    """Whether its group was read, and the other one is known and of this VPC."""
    read = rule.group in ground.translation.inventory.networks.groups
    return read and rule.peer != PODS and not rule.peering


def _move(ground: Ground, rule: GroupRule) -> Iterator[Move]:
    """None where the rule is there already."""
    protocol, first, last = rule.permission
    ports = (-1 if first is None else first, -1 if last is None else last)
    thing = Thing(RULE, rule_id(rule.group, "egress" if rule.egress else "ingress", protocol, ports, rule.peer))
    if KINDS[RULE].then(ground.documents, thing.id) is None:
        yield move(thing, None, {"Description": f"ecs2k8s: as {rule.source} for tasks", "Tags": OURS})
