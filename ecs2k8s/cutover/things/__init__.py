"""The kinds of objects that a plan moves or relies on: one module for each service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.things import elbv2_rule, elbv2_target_group

if TYPE_CHECKING:
    from ecs2k8s.cutover.things.kind import Kind

KINDS: dict[str, Kind] = {
    "elbv2.listener": elbv2_rule.LISTENER,
    "elbv2.load-balancer-attributes": elbv2_target_group.BALANCER_ATTRIBUTES,
    "elbv2.rule": elbv2_rule.RULE,
    "elbv2.target-group": elbv2_target_group.GROUP,
    "elbv2.target-group-attributes": elbv2_target_group.ATTRIBUTES,
    "elbv2.target-health": elbv2_target_group.HEALTH,
    "elbv2.test-rule": elbv2_rule.TEST,
}
