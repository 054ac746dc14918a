"""The IAM actions that a run of a plan needs: to look, which is all that a guided one does, and to carry it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.aws.calls import Place, needed, reads

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.cutover.plan import Fingerprint, Request, Step

# What `now` of a kind asks for.
READS: Mapping[str, tuple[str, ...]] = {
    "autoscaling.target": ("application-autoscaling.DescribeScalableTargets",),
    "ec2.security-group-rule": ("ec2.DescribeSecurityGroupRules",),
    "ecs.service": ("ecs.DescribeServices",),
    "ecs.service-deployment": ("ecs.DescribeServices",),
    "eks.pod-identity-association": ("eks.ListPodIdentityAssociations", "eks.DescribePodIdentityAssociation"),
    "elbv2.listener": ("elbv2.DescribeListeners",),
    "elbv2.load-balancer-attributes": ("elbv2.DescribeLoadBalancerAttributes",),
    "elbv2.rule": ("elbv2.DescribeRules",),
    "elbv2.target-group": ("elbv2.DescribeTargetGroups", "elbv2.DescribeTags"),
    "elbv2.target-group-attributes": ("elbv2.DescribeTargetGroupAttributes",),
    "elbv2.target-health": ("elbv2.DescribeTargetHealth",),
    "elbv2.test-rule": ("elbv2.DescribeRules", "elbv2.DescribeTags"),
    "events.rule": ("events.DescribeRule",),
    "events.targets": ("events.ListTargetsByRule",),
    "iam.trust": ("iam.GetRole",),
    "route53.record-sets": ("route53.ListResourceRecordSets",),
    "scheduler.schedule": ("scheduler.GetSchedule",),
    "servicediscovery.instances": ("servicediscovery.ListInstances",),
}
OF_WEIGHTS = ("elbv2.DescribeTargetHealth", "elbv2.DescribeTargetGroups", "cloudwatch.GetMetricData")
CLUSTER = "kubernetes."


def permissions(steps: Iterable[Step], prints: Iterable[Fingerprint], place: Place) -> dict[str, list[str]]:
    """By mode. Designs whose steps only people take need nothing to be carried out."""
    its = list(steps)
    kinds = {each.thing.kind for each in prints} | {move.thing.kind for step in its for move in step.moves}
    calls = {call for kind in kinds for call in READS.get(kind, ())}
    calls |= set(OF_WEIGHTS) if kinds & {"elbv2.rule", "elbv2.listener"} else set()
    looking = {action for call in calls for action in reads()[call].permissions}
    sent = [move.request for step in its if not step.guided for move in (*step.moves, *step.back)]
    doing = {action for request in sent for action in _actions(request, place)}
    return {"guided": sorted(looking), "execute": sorted(looking | doing)}


def _actions(request: Request, place: Place) -> Iterable[str]:
    if request.call.startswith(CLUSTER):
        return []
    return [action for statement in needed(request, place) for action in statement["Action"]]
