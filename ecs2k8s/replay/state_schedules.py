"""Rules of EventBridge, and schedules of EventBridge Scheduler."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from ecs2k8s.replay.state import Asked, Item, only, refuse_unless
from ecs2k8s.replay.wire import Refusal

if TYPE_CHECKING:
    from ecs2k8s.replay.state import Account

TARGETS, ENTRIES = 5, 10  # of a rule, in a request
MISSING = "ResourceNotFoundException"
SCHEDULE = (
    "Name", "GroupName", "ScheduleExpression", "StartDate", "EndDate", "Description", "ScheduleExpressionTimezone",
    "State", "KmsKeyArn", "Target", "FlexibleTimeWindow", "ClientToken", "ActionAfterCompletion",
)  # fmt: skip
NEEDED = ("Name", "ScheduleExpression", "Target", "FlexibleTimeWindow")


def _rule(account: Account, asked: Asked, name: str) -> Item:
    bus = asked.get("EventBusName", "default")
    for rule in account.estate.where("events.Rule", Name=asked[name], EventBusName=bus):
        return rule
    raise Refusal(MISSING, f"Rule {asked[name]} does not exist on EventBus {bus}.")


def _own(account: Account, asked: Asked, name: str) -> Item:
    rule = _rule(account, asked, name)
    words = f"Rule {rule['Name']} is managed by {rule.get('ManagedBy')}"
    refuse_unless("ManagedBy" not in rule, "ManagedRuleException", words)
    return rule


def disable_rule(account: Account, asked: Asked) -> Item:
    only(asked, "Name", "EventBusName")
    _own(account, asked, "Name")["State"] = "DISABLED"
    return {}


def enable_rule(account: Account, asked: Asked) -> Item:
    only(asked, "Name", "EventBusName")
    _own(account, asked, "Name")["State"] = "ENABLED"
    return {}


def _targets(account: Account, rule: Item) -> Item:
    """The document with the targets of the rule."""
    bus = rule["EventBusName"]
    for document in account.estate.where("events.RuleTargets", Rule=rule["Name"], EventBusName=bus):
        return document
    new = {"Rule": rule["Name"], "EventBusName": bus, "Targets": []}
    return account.put("events.RuleTargets", f"{bus}/{rule['Name']}", new)


def put_targets(account: Account, asked: Asked) -> Item:
    """A target of the same id is replaced."""
    only(asked, "Rule", "EventBusName", "Targets")
    rule = _own(account, asked, "Rule")
    refuse_unless(len(asked["Targets"]) <= ENTRIES, "ValidationException", "At most 10 targets in a request")
    document = _targets(account, rule)
    wanted = {each["Id"]: each for each in (*document["Targets"], *copy.deepcopy(asked["Targets"]))}
    words = "The requested resource exceeds the maximum number allowed."
    refuse_unless(len(wanted) <= TARGETS, "LimitExceededException", words)
    document["Targets"] = list(wanted.values())
    return {"FailedEntryCount": 0, "FailedEntries": []}


def remove_targets(account: Account, asked: Asked) -> Item:
    """An id that the rule does not have is no failed entry. Not documented, and so not to be relied on."""
    only(asked, "Rule", "EventBusName", "Ids")
    document = _targets(account, _own(account, asked, "Rule"))
    document["Targets"] = [each for each in document["Targets"] if each["Id"] not in asked["Ids"]]
    return {"FailedEntryCount": 0, "FailedEntries": []}


def describe_rule(account: Account, asked: Asked) -> Item:
    return dict(_rule(account, asked, "Name"))


def list_targets_by_rule(account: Account, asked: Asked) -> Item:
    rule = _rule(account, asked, "Rule")
    found = account.estate.where("events.RuleTargets", Rule=rule["Name"], EventBusName=rule["EventBusName"])
    return {"Targets": found[0]["Targets"] if found else []}


def _schedule(account: Account, asked: Asked) -> Item:
    name, group = asked["Name"], asked.get("GroupName", "default")
    for schedule in account.estate.where("scheduler.Schedule", Name=name, GroupName=group):
        return schedule
    raise Refusal(MISSING, f"Schedule {name} does not exist.", 404)


def get_schedule(account: Account, asked: Asked) -> Item:
    return dict(_schedule(account, asked))


def update_schedule(account: Account, asked: Asked) -> Item:
    """Everything is written anew: what the request leaves out becomes the default, not what it was."""
    only(asked, *SCHEDULE)
    schedule = _schedule(account, asked)
    for name in NEEDED:
        refuse_unless(name in asked, "ValidationException", f"{name} is missing")
    window = asked["FlexibleTimeWindow"]
    flexible = (window.get("Mode") == "FLEXIBLE") == ("MaximumWindowInMinutes" in window)
    refuse_unless(flexible, "ValidationException", "MaximumWindowInMinutes goes with FLEXIBLE, and with nothing else")
    kept = {key: schedule[key] for key in ("Arn", "CreationDate") if key in schedule}
    usual = {"GroupName": "default", "State": "ENABLED", "ScheduleExpressionTimezone": "UTC"}
    usual["ActionAfterCompletion"] = "NONE"
    given = {key: value for key, value in copy.deepcopy(asked).items() if key != "ClientToken"}
    schedule.clear()
    schedule.update(kept | usual | given)
    schedule["LastModificationDate"] = account.moment()
    return {"ScheduleArn": schedule["Arn"]}
