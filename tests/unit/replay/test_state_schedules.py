"""Rules of EventBridge and schedules of EventBridge Scheduler, through real clients."""

from __future__ import annotations

from typing import Any

import pytest

from tests.standing import Stand, refused, sample

RULE = {"Name": "shop-close-day", "EventBusName": "default"}
OF_RULE = {"Rule": "shop-close-day", "EventBusName": "default"}
SCHEDULE = {"Name": "report-weekly", "GroupName": "default"}
MISSING = "ResourceNotFoundException"


@pytest.fixture
def aws() -> Stand:
    return sample("three-tier")


def ids(aws: Stand) -> list[str]:
    return [each["Id"] for each in aws.client("events").list_targets_by_rule(**OF_RULE)["Targets"]]


def target(ident: str) -> dict[str, str]:
    return {"Id": ident, "Arn": "arn:aws:sqs:eu-west-1:111122223333:days"}


def test_a_rule_is_switched_off_and_on(aws: Stand) -> None:
    events = aws.client("events")
    events.disable_rule(**RULE)
    assert events.describe_rule(**RULE)["State"] == "DISABLED"
    events.enable_rule(Name=RULE["Name"])
    assert events.describe_rule(**RULE)["State"] == "ENABLED"
    with refused(MISSING):
        events.disable_rule(Name="none")


def test_one_target_of_a_rule_is_removed_and_put_back(aws: Stand) -> None:
    events, before = aws.client("events"), aws.client("events").list_targets_by_rule(**OF_RULE)["Targets"]
    events.put_targets(**OF_RULE, Targets=[target("queue")])
    assert ids(aws) == [before[0]["Id"], "queue"]
    answer = events.remove_targets(**OF_RULE, Ids=[before[0]["Id"], "none"])
    assert (answer["FailedEntryCount"], ids(aws)) == (0, ["queue"])
    events.put_targets(**OF_RULE, Targets=before)
    events.remove_targets(**OF_RULE, Ids=["queue"])
    assert events.list_targets_by_rule(**OF_RULE)["Targets"] == before


def test_a_rule_has_at_most_five_targets_and_aws_keeps_its_own(aws: Stand) -> None:
    events = aws.client("events")
    with refused("LimitExceededException"):
        events.put_targets(**OF_RULE, Targets=[target(str(at)) for at in range(5)])
    with refused("ValidationException"):
        events.put_targets(**OF_RULE, Targets=[target("queue") for _ in range(11)])
    assert len(ids(aws)) == 1
    with refused(MISSING):
        events.remove_targets(Rule="none", Ids=["1"])
    aws.all("events.Rule")[0]["ManagedBy"] = "ecs.amazonaws.com"
    with refused("ManagedRuleException"):
        events.disable_rule(**RULE)


def test_a_schedule_is_written_as_a_whole() -> None:
    aws = sample("microservices")
    scheduler = aws.client("scheduler")
    before = scheduler.get_schedule(**SCHEDULE)
    kept = ("Name", "GroupName", "ScheduleExpression", "ScheduleExpressionTimezone", "Target", "FlexibleTimeWindow")
    wanted: dict[str, Any] = {key: before[key] for key in (*kept, "Description")}
    scheduler.update_schedule(**wanted, State="DISABLED")
    after = scheduler.get_schedule(**SCHEDULE)
    same = [key for key in before if key not in {"ResponseMetadata", "State", "LastModificationDate"}]
    assert [key for key in same if after[key] != before[key]] == []
    assert (after["State"], after["LastModificationDate"].timestamp()) == ("DISABLED", aws.clock.now())


def test_what_a_schedule_is_not_told_again_is_lost() -> None:
    aws = sample("microservices")
    scheduler = aws.client("scheduler")
    before = scheduler.get_schedule(**SCHEDULE)
    needed = ("Name", "ScheduleExpression", "Target", "FlexibleTimeWindow")
    scheduler.update_schedule(**{key: before[key] for key in needed})
    after = scheduler.get_schedule(Name="report-weekly")
    assert (after["State"], after["ScheduleExpressionTimezone"]) == ("ENABLED", "UTC")
    assert "Description" not in after


def test_what_the_scheduler_refuses_is_refused() -> None:
    aws = sample("microservices")
    scheduler = aws.client("scheduler")
    before = scheduler.get_schedule(**SCHEDULE)
    needed = {key: before[key] for key in ("Name", "ScheduleExpression", "Target", "FlexibleTimeWindow")}
    with refused(MISSING, 404):
        scheduler.update_schedule(**needed | {"Name": "none"})
    with refused(MISSING, 404):
        scheduler.get_schedule(Name="report-weekly", GroupName="none")
    with refused("ValidationException"):
        scheduler.update_schedule(**needed | {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}})
    for name in ("ScheduleExpression", "Target", "FlexibleTimeWindow"):
        with refused("ValidationException"):
            scheduler.update_schedule(**{key: value for key, value in needed.items() if key != name})
    assert scheduler.get_schedule(**SCHEDULE)["FlexibleTimeWindow"] == before["FlexibleTimeWindow"]
