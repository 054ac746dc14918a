"""The kinds of objects that a plan moves or relies on: one module for each service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.things import (
    autoscaling_target,
    cloud_map,
    ec2_rule,
    ecs_service,
    eks_association,
    elbv2_rule,
    elbv2_target_group,
    events_rule,
    fields,
    iam_trust,
    kustomization,
    route53_records,
    scheduler_schedule,
)
from ecs2k8s.cutover.things.command import command

if TYPE_CHECKING:
    from ecs2k8s.cutover.things.kind import Kind

__all__ = ["KINDS", "command"]

KINDS: dict[str, Kind] = {
    "autoscaling.target": autoscaling_target.TARGET,
    "ec2.security-group-rule": ec2_rule.RULE,
    "ecs.service": ecs_service.SERVICE,
    "ecs.service-deployment": ecs_service.DEPLOYMENT,
    "eks.pod-identity-association": eks_association.POD_IDENTITY,
    "elbv2.listener": elbv2_rule.LISTENER,
    "elbv2.load-balancer-attributes": elbv2_target_group.BALANCER_ATTRIBUTES,
    "elbv2.rule": elbv2_rule.RULE,
    "elbv2.target-group": elbv2_target_group.GROUP,
    "elbv2.target-group-attributes": elbv2_target_group.ATTRIBUTES,
    "elbv2.target-health": elbv2_target_group.HEALTH,
    "elbv2.test-rule": elbv2_rule.TEST,
    "events.rule": events_rule.RULE,
    "events.targets": events_rule.TARGET,
    "iam.trust": iam_trust.TRUST,
    "route53.record-sets": route53_records.RECORDS,
    "scheduler.schedule": scheduler_schedule.SCHEDULE,
    "servicediscovery.instances": cloud_map.INSTANCES,
    "kubernetes.kustomization": kustomization.KIND,
    **{kind.name: kind for kind in fields.KINDS},
}
