"""What is read is whole or an error, and what does not exist is neither."""

from __future__ import annotations

from typing import Any

import pytest

from ecs2k8s.cutover.aws.reader import PATIENCE
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.cutover.world import Series, UnreadableError
from ecs2k8s.replay.stand_in import Fault
from tests.connected import connected
from tests.estates import estate

DOCUMENTS = estate("three-tier")[0].documents
RULE = next(each.id for each in DOCUMENTS if each.shape == "elbv2.Rule" and not each.data.get("IsDefault"))
OLD = next(each.id for each in DOCUMENTS if each.shape == "elbv2.TargetGroup")
NEW = "targetgroup:web-eks"


@pytest.mark.parametrize("what", ["throttled", "broken", "silent"])
def test_a_read_is_tried_again_for_a_while_and_not_for_ever(what: str) -> None:
    world = connected(DOCUMENTS)
    wanted = world.read("elbv2.rule", RULE)
    world.stand.policy.faults.append(Fault("elbv2.DescribeRules", what, 2, "before", 3))
    began = world.stand.clock.monotonic()
    assert world.read("elbv2.rule", RULE) == wanted
    assert 0 < world.stand.clock.monotonic() - began < PATIENCE
    world.stand.policy.faults.append(Fault("elbv2.DescribeRules", what, 2, "before", 999))
    began = world.stand.clock.monotonic()
    with pytest.raises(UnreadableError, match=r"^elbv2\.DescribeRules: no state was read"):
        world.read("elbv2.rule", RULE)
    assert world.stand.clock.monotonic() - began <= PATIENCE


@pytest.mark.parametrize("what", ["denied", "expired"])
def test_what_is_denied_is_asked_once_and_is_not_what_does_not_exist(what: str) -> None:
    world = connected(DOCUMENTS)
    world.stand.policy.faults.append(Fault("elbv2.DescribeRules", what, 1, "before", 99))
    with pytest.raises(UnreadableError):
        world.read("elbv2.rule", RULE)
    assert world.sent("elbv2.DescribeRules") == 1


def test_what_does_not_exist_has_no_state() -> None:
    world = connected(DOCUMENTS, "web-eks")
    assert world.read("elbv2.rule", f"{RULE[:-3]}000") is None
    assert world.read("elbv2.target-group", NEW) is None
    assert world.read("elbv2.target-group-attributes", NEW) is None
    assert world.read("ecs.service", "arn:aws:ecs:eu-west-1:111122223333:service/shop/none") is None
    assert world.read("iam.trust", "arn:aws:iam::111122223333:role/none") is None
    assert world.read("events.rule", "arn:aws:events:eu-west-1:111122223333:rule/none") is None
    assert world.read("scheduler.schedule", "arn:aws:scheduler:eu-west-1:111122223333:schedule/default/none") is None


def test_a_group_of_the_plan_has_its_name_wherever_it_is_read() -> None:
    world = connected(DOCUMENTS, "web-eks")
    made = {**world.read("elbv2.target-group", OLD), "TargetType": "ip", "Tags": {"ecs2k8s": "cutover"}}
    world.send(KINDS["elbv2.target-group"].request(NEW, None, made))
    assert world.read("elbv2.target-group", NEW) == made
    assert world.read("elbv2.target-group-attributes", NEW) == {}
    assert world.read("elbv2.target-health", NEW) == []
    before = world.read("elbv2.rule", RULE)
    groups = sorted(
        [*before["Actions"][0]["ForwardConfig"]["TargetGroups"], {"TargetGroupArn": NEW, "Weight": 0}],
        key=lambda each: str(each["TargetGroupArn"]),
    )
    forward = {
        **before["Actions"][0],
        "ForwardConfig": {**before["Actions"][0]["ForwardConfig"], "TargetGroups": groups},
    }
    wanted = {**before, "Actions": [forward]}
    world.send(KINDS["elbv2.rule"].request(RULE, before, wanted))
    assert world.read("elbv2.rule", RULE) == wanted
    assert "targetgroup/web-eks/" in str(world.stand.policy.writes()[-1].parameters)


def test_an_answer_of_another_form_is_no_state() -> None:
    def odd(request: Any, _: int) -> dict[str, Any] | None:
        return {"Rules": [{"RuleArn": RULE}]} if request.call == "elbv2.DescribeRules" else None

    with pytest.raises(UnreadableError, match="another form"):
        connected(DOCUMENTS, before=(odd,)).read("elbv2.rule", RULE)


def numbers(*pages: dict[str, Any]) -> Any:
    """CloudWatch, page by page."""

    def policy(request: Any, _: int) -> dict[str, Any] | None:
        if request.call != "cloudwatch.GetMetricData":
            return None
        at = int(request.parameters.get("NextToken", 0))
        more = {"NextToken": str(at + 1)} if pages[at + 1 :] else {}
        return {"MetricDataResults": [{"Id": "m", "Label": "m", "StatusCode": "Complete", **pages[at]}], **more}

    return policy


def test_a_series_is_of_whole_periods_of_all_pages_and_what_is_absent_stays_absent() -> None:
    # 2026-11-26T10:00:00Z is 1795687200.
    first = {
        "Timestamps": ["2026-11-26T10:02:00Z", "2026-11-26T10:00:00Z", "2026-11-26T09:59:00Z"],
        "Values": [2.0, 0.5, 9.0],
    }
    world = connected(DOCUMENTS, before=(numbers(first, {"Timestamps": ["2026-11-26T10:04:00Z"], "Values": [4.0]}),))
    found = world.aws.metrics.series(
        "RequestCount", {"TargetGroup": "t", "LoadBalancer": "l"}, "Sum", 1795687199.5, 1795687440.0
    )
    assert found == Series(((1795687200.0, 0.5), (1795687320.0, 2.0)))
    assert found.total == 2.5
    [one, two] = [each.parameters for each in world.stand.hook.calls if each.call == "cloudwatch.GetMetricData"]
    stat = one["MetricDataQueries"][0]["MetricStat"]
    assert stat["Period"] == 60
    assert stat["Metric"]["Namespace"] == "AWS/ApplicationELB"
    assert [each["Name"] for each in stat["Metric"]["Dimensions"]] == ["LoadBalancer", "TargetGroup"]
    assert two["NextToken"] == "1"


def test_no_time_is_no_question_and_a_failed_answer_no_number() -> None:
    world = connected(DOCUMENTS, before=(numbers({"StatusCode": "InternalError", "Timestamps": [], "Values": []}),))
    assert world.aws.metrics.series("RequestCount", {}, "Sum", 61.0, 119.0) == Series()
    assert world.sent("cloudwatch.GetMetricData") == 0
    with pytest.raises(UnreadableError, match="InternalError"):
        world.aws.metrics.series("RequestCount", {}, "Sum", 60.0, 120.0)


def test_alarms_are_said_by_name() -> None:
    names = {
        each.data["AlarmName"]: each.data["StateValue"]
        for each in DOCUMENTS
        if each.shape in ("cloudwatch.MetricAlarm", "cloudwatch.CompositeAlarm")
    }
    one, *others = sorted(names)
    assert others
    assert connected(DOCUMENTS).aws.metrics.alarms([one, "none"]) == {one: names[one]}
    assert connected(DOCUMENTS).aws.metrics.alarms(names) == names
