"""Stands in for AWS with an account that changes: who may call, what goes wrong, and which call does what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ecs2k8s.replay import answers, state_groups, state_health, state_rules, state_sts, state_tags
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
}
SESSIONS: dict[str, Operation] = {"sts.AssumeRole": state_sts.assume_role}
# Calls that only read, where more can be asked for than `export` does (answers.py), or the answer depends on the time.
READS: dict[str, Operation] = {
    "elbv2.DescribeTargetGroups": state_groups.describe_target_groups,
    "elbv2.DescribeListeners": state_rules.describe_listeners,
    "elbv2.DescribeRules": state_rules.describe_rules,
    "elbv2.DescribeTargetHealth": state_health.described,
    "sts.GetCallerIdentity": state_sts.identity,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with the *nth* request of an operation and the `times - 1` after it.

    `what` is `throttled`, `denied`, `expired`, `broken` (a 500) or `silent` (no answer comes in time); *when* says
    whether the call has had its effect by then.
    """

    call: str
    what: str
    nth: int = 1
    when: Moment = "before"
    times: int = 1


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
        at = self.account.clock()
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
