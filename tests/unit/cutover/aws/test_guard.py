"""Nothing that changes anything leaves the program but the one request that was handed over."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.collect.guard import NotAllowedError
from ecs2k8s.cutover.world import UnreadableError
from tests.connected import connected
from tests.estates import estate
from tests.replayed import REGION

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.connected import Connected

RULE = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener-rule/app/a/1/2/3"
ASKED = {"RuleArn": RULE, "Actions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}]}


def world() -> Connected:
    return connected(estate("three-tier")[0].documents, role=False)


def modify(its: Connected, **changed: Any) -> Any:
    return its.sender.client("elbv2").modify_rule(**ASKED | changed)


def refused(its: Connected, send: Callable[[], Any]) -> None:
    already = len(its.stand.hook.calls)
    with pytest.raises(NotAllowedError, match="nothing was sent"):
        send()
    assert len(its.stand.hook.calls) == already


def test_what_changes_something_is_sent_only_when_it_was_handed_over() -> None:
    its = world()
    refused(its, lambda: modify(its))
    refused(its, lambda: its.sender.client("elbv2").delete_load_balancer(LoadBalancerArn="arn"))
    refused(its, lambda: its.sender.client("secretsmanager").get_secret_value(SecretId="x"))
    its.sender.client("elbv2").describe_target_groups()
    assert its.sent("elbv2.DescribeTargetGroups") == 1


def test_what_was_handed_over_is_sent_as_it_was_and_once() -> None:
    its = world()
    with its.sender.guard.handed("elbv2.ModifyRule", ASKED):
        refused(its, lambda: modify(its, RuleArn=f"{RULE}4"))
        refused(its, lambda: modify(its, Actions=[]))
        refused(its, lambda: its.sender.client("elbv2").delete_rule(RuleArn=RULE))
        with pytest.raises(its.sender.client("elbv2").exceptions.RuleNotFoundException):
            modify(its)
        refused(its, lambda: modify(its))
    refused(its, lambda: modify(its))
    assert its.sent("elbv2.ModifyRule") == 1


def test_what_is_handed_over_in_one_thread_is_not_in_another() -> None:
    its = world()
    with its.sender.guard.handed("elbv2.ModifyRule", ASKED), ThreadPoolExecutor(1) as pool:
        refused(its, lambda: pool.submit(modify, its).result())


def test_a_token_that_botocore_makes_up_is_no_other_request() -> None:
    its = world()
    asked = {
        "Name": "n",
        "ScheduleExpression": "rate(1 day)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": "a", "RoleArn": "b"},
    }
    client = its.sender.client("scheduler")
    with (
        its.sender.guard.handed("scheduler.UpdateSchedule", asked),
        pytest.raises(client.exceptions.ResourceNotFoundException),
    ):
        client.update_schedule(**asked)
    assert its.sent("scheduler.UpdateSchedule") == 1


def test_clients_with_other_credentials_are_guarded_as_well() -> None:
    its = world()
    keys = {"aws_access_key_id": "ASIAX", "aws_secret_access_key": "y", "aws_session_token": "z"}
    refused(its, lambda: its.sender.client("elbv2", **keys).modify_rule(**ASKED))


def test_reading_asks_for_nothing_but_reads() -> None:
    its = world()
    refused(its, lambda: its.aws.reader.ask("secretsmanager.GetSecretValue", {"SecretId": "x"}))
    refused(its, lambda: its.aws.reader.ask("elbv2.ModifyRule", ASKED))
    with pytest.raises(UnreadableError):
        its.aws.reader.ask("elbv2.DescribeRules", {"Region": REGION})
