"""Rules of EventBridge and their targets: what starts tasks by the clock or by an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.arns import Arn, last
from ecs2k8s.core.errors import PlanError
from ecs2k8s.cutover.plan import Request
from ecs2k8s.cutover.things.kind import Kind, NotInSnapshotError, differs_elsewhere, document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.cutover.plan import State
    from ecs2k8s.cutover.things.kind import Ask, Documents

CALLS = {"ENABLED": "events.EnableRule", "DISABLED": "events.DisableRule"}
KEPT = ("State", "ScheduleExpression", "EventPattern", "ManagedBy")


def _names(arn: str) -> tuple[str, str]:
    """The bus and the name of a rule: `rule/NAME` on the default bus, else `rule/BUS/NAME`."""
    parsed = Arn.parse(arn)
    bus, _, name = (parsed.resource if parsed else "").removeprefix("rule/").rpartition("/")
    if not name:
        raise PlanError(f"{arn}: is no ARN of a rule")
    return bus or "default", name


def _rule(rule: Mapping[str, Any]) -> State:
    return {key: rule[key] for key in KEPT if rule.get(key)}


def _rule_now(ask: Ask, ident: str) -> State:
    bus, name = _names(ident)
    answer = ask("events.DescribeRule", {"Name": name, "EventBusName": bus})
    return _rule(answer) if answer else None


def _switch(ident: str, before: State, wanted: State) -> Request:
    bus, name = _names(ident)
    if before is None or wanted is None or differs_elsewhere(before, wanted, "State"):
        raise PlanError(f"{ident}: a plan switches a rule on or off, and changes nothing else of it")
    if wanted["State"] not in CALLS:
        raise PlanError(f"{ident}: no single call sets the state {wanted['State']}")
    if "ManagedBy" in before:
        raise PlanError(f"{ident}: is managed by {before['ManagedBy']}")
    return Request(CALLS[wanted["State"]], {"Name": name, "EventBusName": bus})


def rule_target_id(rule: str, target: str) -> str:
    """The id of one target of the rule with this ARN."""
    return f"{rule}#{target}"


def _target_then(documents: Documents, ident: str) -> State:
    rule, _, target = ident.rpartition("#")
    bus, name = _names(rule)
    for (shape, key), data in documents.items():
        if shape == "events.RuleTargets" and data["Rule"] == name and last(data.get("EventBusName", "default")) == bus:
            return _target(document(documents, shape, key)["Targets"], target)
    raise NotInSnapshotError(f"{rule}: the snapshot has no targets of it: export again")


def _target(found: list[dict[str, Any]], target: str) -> State:
    return next((dict(each) for each in found if each["Id"] == target), None)


def _target_now(ask: Ask, ident: str) -> State:
    rule, _, target = ident.rpartition("#")
    bus, name = _names(rule)
    answer = ask("events.ListTargetsByRule", {"Rule": name, "EventBusName": bus})
    return _target(answer["Targets"], target) if answer else None


def _put_target(ident: str, before: State, wanted: State) -> Request:
    rule, _, target = ident.rpartition("#")
    bus, name = _names(rule)
    if wanted is None:
        if before is None:
            raise PlanError(f"{ident}: does not exist and is not to")
        return Request("events.RemoveTargets", {"Rule": name, "EventBusName": bus, "Ids": [target]})
    if wanted["Id"] != target:
        raise PlanError(f"{ident}: is another target than {wanted['Id']}")
    return Request("events.PutTargets", {"Rule": name, "EventBusName": bus, "Targets": [wanted]})


RULE = Kind(
    "events.rule",
    lambda documents, ident: _rule(document(documents, "events.Rule", ident)),
    _rule_now,
    _switch,
    sets=("State",),
)
TARGET = Kind("events.targets", _target_then, _target_now, _put_target)
