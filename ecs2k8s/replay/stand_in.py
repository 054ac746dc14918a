"""Stands in for AWS with an account that changes: who may call, what goes wrong, and which call does what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ecs2k8s.replay import (
    answers,
    series,
    state_discovery,
    state_ec2,
    state_ecs,
    state_groups,
    state_health,
    state_iam,
    state_queues,
    state_route53,
    state_rules,
    state_scaling,
    state_schedules,
    state_sts,
    state_tags,
)
from ecs2k8s.replay.faults import refusal
from ecs2k8s.replay.pages import check, page
from ecs2k8s.replay.state import Account, Asked, Item, Made
from ecs2k8s.replay.wire import Refusal

if TYPE_CHECKING:
    from ecs2k8s.replay.hook import Request
    from ecs2k8s.replay.wire import Reply

Operation = Callable[[Account, Asked], Item]
Moment = Literal["before", "after"]  # the effect of a call

# Calls that change the account.
WRITES: dict[str, Operation] = {
    "elbv2.CreateTargetGroup": state_groups.create_target_group,
    "elbv2.ModifyTargetGroup": state_groups.modify_target_group,
    "elbv2.ModifyTargetGroupAttributes": state_groups.modify_attributes,
    "elbv2.DeleteTargetGroup": state_groups.delete_target_group,
    "elbv2.RegisterTargets": state_groups.register_targets,
    "elbv2.DeregisterTargets": state_groups.deregister_targets,
    "elbv2.CreateRule": state_rules.create_rule,
    "elbv2.ModifyRule": state_rules.modify_rule,
    "elbv2.DeleteRule": state_rules.delete_rule,
    "elbv2.ModifyListener": state_rules.modify_listener,
    "elbv2.AddTags": state_tags.add_tags,
    "elbv2.RemoveTags": state_tags.remove_tags,
    "ecs.UpdateService": state_ecs.update_service,
    "ecs.DeleteService": state_ecs.delete_service,
    "application-autoscaling.RegisterScalableTarget": state_scaling.register_scalable_target,
    "application-autoscaling.DeregisterScalableTarget": state_scaling.deregister_scalable_target,
    "events.DisableRule": state_schedules.disable_rule,
    "events.EnableRule": state_schedules.enable_rule,
    "events.PutTargets": state_schedules.put_targets,
    "events.RemoveTargets": state_schedules.remove_targets,
    "scheduler.UpdateSchedule": state_schedules.update_schedule,
    "iam.UpdateAssumeRolePolicy": state_iam.update_trust,
    "ec2.AuthorizeSecurityGroupIngress": state_ec2.authorize("IpPermissions"),
    "ec2.AuthorizeSecurityGroupEgress": state_ec2.authorize("IpPermissionsEgress"),
    "ec2.RevokeSecurityGroupIngress": state_ec2.revoke("IpPermissions"),
    "ec2.RevokeSecurityGroupEgress": state_ec2.revoke("IpPermissionsEgress"),
    "eks.CreatePodIdentityAssociation": state_iam.create_association,
    "eks.DeletePodIdentityAssociation": state_iam.delete_association,
    "route53.ChangeResourceRecordSets": state_route53.change_record_sets,
    "servicediscovery.RegisterInstance": state_discovery.register_instance,
    "servicediscovery.DeregisterInstance": state_discovery.deregister_instance,
}
SESSIONS: dict[str, Operation] = {"sts.AssumeRole": state_sts.assume_role}
# Calls that only read, where more can be asked for than `export` does (answers.py), or the answer depends on the time.
READS: dict[str, Operation] = {
    "elbv2.DescribeTargetGroups": state_groups.describe_target_groups,
    "elbv2.DescribeListeners": state_rules.describe_listeners,
    "elbv2.DescribeRules": state_rules.describe_rules,
    "elbv2.DescribeTargetHealth": state_health.described,
    "ecs.ListTasks": state_ecs.list_tasks,
    "application-autoscaling.DescribeScalableTargets": state_scaling.describe_scalable_targets,
    "events.DescribeRule": state_schedules.describe_rule,
    "events.ListTargetsByRule": state_schedules.list_targets_by_rule,
    "scheduler.GetSchedule": state_schedules.get_schedule,
    "ec2.DescribeSecurityGroupRules": state_ec2.describe_rules,
    "eks.DescribePodIdentityAssociation": state_iam.describe_association,
    "eks.ListPodIdentityAssociations": state_iam.list_associations,
    "route53.ListResourceRecordSets": state_route53.list_record_sets,
    "route53.GetChange": state_route53.get_change,
    "servicediscovery.ListInstances": state_discovery.list_instances,
    "sqs.GetQueueAttributes": state_queues.get_queue_attributes,
    "servicediscovery.GetOperation": state_discovery.get_operation,
    "cloudwatch.GetMetricData": series.get_metric_data,
    "cloudwatch.DescribeAlarms": series.describe_alarms,
    "sts.GetCallerIdentity": state_sts.identity,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with the *nth* request of an operation and the `times - 1` after it.

    `what` is `throttled`, `denied`, `expired`, `broken` (a 500) or `silent` (no answer comes in time); *when* says
    whether the call has had its effect by then. AWS refuses before the effect, so only the last two are ever `after`.
    """

    call: str
    what: str
    nth: int = 1
    when: Moment = "before"
    times: int = 1

    def __post_init__(self) -> None:
        if self.when == "after" and self.what not in {"broken", "silent"}:
            raise ValueError(f"AWS answers {self.what} before the effect of a call, never after it")


@dataclass(slots=True)
class StandIn:
    """The policy (hook.py) that answers from an account. `watchers` are told before and after each write."""

    account: Account
    faults: list[Fault] = field(default_factory=list)
    watchers: list[Callable[[Moment, Request], None]] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        with self.account.open():
            state_health.targets(self.account)  # as the documents have them, before anything changes

    def __call__(self, request: Request, _: int) -> Item | Reply | None:
        operation = _operation(request.call)
        if operation is None:
            return None
        with self.account.open():
            self.account.caller = request.key
            self.seen[request.call] += 1
            outcome, done = "silent", False
            try:
                self._before(request)
                answer = operation(self.account, request.parameters)
                done = True
                self._after(request)
                outcome = "done"
            except Refusal as refused:
                outcome = refused.code
                raise
            finally:
                self._record(request, outcome, changed=done and request.call in WRITES)
            return page(request.call, request.parameters, answer)

    def _before(self, request: Request) -> None:
        self._fault(request, "before")
        state_sts.permit(self.account, request)
        check(request.call, request.parameters)
        self._tell("before", request)

    def _after(self, request: Request) -> None:
        self._tell("after", request)
        self._fault(request, "after")

    def _fault(self, request: Request, when: Moment) -> None:
        from botocore.exceptions import ReadTimeoutError  # noqa: PLC0415 (boto3 is imported where it is used)

        for fault in self.faults:
            at = self.seen[request.call] - fault.nth
            if (fault.call, fault.when) == (request.call, when) and 0 <= at < fault.times:
                if fault.what == "silent":
                    raise ReadTimeoutError(endpoint_url="https://aws.invalid")
                raise refusal(fault.what, request.call.partition(".")[0], "by a fault that was asked for")

    def _tell(self, when: Moment, request: Request) -> None:
        for watcher in self.watchers if request.call in WRITES else ():
            watcher(when, request)

    def _record(self, request: Request, outcome: str, *, changed: bool) -> None:
        policy = state_sts.policy_of(self.account, request.key)
        at = self.account.now()
        made = Made(at, request.call, request.parameters, request.key, outcome, policy, changed)
        self.account.made.append(made)

    def writes(self) -> list[Made]:
        """The calls that changed the account, in their order; also those whose answer was lost."""
        return [each for each in self.account.made if each.changed]


def _operation(call: str) -> Operation | None:
    return SESSIONS.get(call) or WRITES.get(call) or READS.get(call) or _read(call)


def _read(call: str) -> Operation | None:
    """A read of answers.py, which looks at the same documents."""
    found = answers.OPERATIONS.get(call)
    return (lambda account, asked: found(account.estate, asked)) if found else None
