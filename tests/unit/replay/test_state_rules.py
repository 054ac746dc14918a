"""Listeners and rules, through real clients."""

from __future__ import annotations

from typing import Any

import pytest

from ecs2k8s.replay import front
from ecs2k8s.replay.state import NotModelledError
from tests.standing import Stand, refused, sample

VPC = "vpc-0123456789abcdef0"
HEADER = {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "x-test", "Values": ["secret"]}}


@pytest.fixture
def aws() -> Stand:
    return sample("three-tier")


def rule_of(aws: Stand) -> Any:
    return next(each for each in aws.all("elbv2.Rule") if not each["IsDefault"])


def made(aws: Stand, name: str = "web-eks", protocol: str = "HTTP") -> str:
    asked = {"Name": name, "Protocol": protocol, "Port": 8000, "VpcId": VPC, "TargetType": "ip"}
    return str(aws.client("elbv2").create_target_group(**asked)["TargetGroups"][0]["TargetGroupArn"])


def forward(*groups: tuple[str, int], **stickiness: Any) -> list[dict[str, Any]]:
    config: dict[str, Any] = {"TargetGroups": [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in groups]}
    return [{"Type": "forward", "ForwardConfig": config | stickiness}]


def modify(aws: Stand, actions: list[dict[str, Any]]) -> Any:
    return aws.client("elbv2").modify_rule(RuleArn=rule_of(aws)["RuleArn"], Actions=actions)["Rules"][0]


def old(aws: Stand) -> str:
    return str(rule_of(aws)["Actions"][0]["TargetGroupArn"])


def test_a_rule_is_read_back_by_listener_and_by_arn_as_it_was_written(aws: Stand) -> None:
    elb, new = aws.client("elbv2"), made(aws)
    changed = modify(aws, forward((old(aws), 99), (new, 1)))
    assert [each["Weight"] for each in changed["Actions"][0]["ForwardConfig"]["TargetGroups"]] == [99, 1]
    assert "TargetGroupArn" not in changed["Actions"][0]
    assert elb.describe_rules(RuleArns=[changed["RuleArn"]])["Rules"] == [changed]
    listener = aws.all("elbv2.Listener")[0]["ListenerArn"]
    assert changed in elb.describe_rules(ListenerArn=listener)["Rules"]


def test_an_action_for_one_group_names_it_twice(aws: Stand) -> None:
    action = modify(aws, forward((old(aws), 7)))["Actions"][0]
    assert action["TargetGroupArn"] == action["ForwardConfig"]["TargetGroups"][0]["TargetGroupArn"]
    assert action["ForwardConfig"]["TargetGroupStickinessConfig"] == {"Enabled": False}


@pytest.mark.parametrize("weight", [-1, 1000, 1500])
def test_weights_go_from_0_to_999(aws: Stand, weight: int) -> None:
    group, new = old(aws), made(aws)
    before = rule_of(aws)["Actions"]
    with refused("ValidationError"):
        modify(aws, forward((group, 1), (new, weight)))
    assert rule_of(aws)["Actions"] == before
    assert modify(aws, forward((group, 0), (new, 999)))


def test_an_action_has_at_most_five_groups(aws: Stand) -> None:
    groups = [made(aws, f"web-{at}") for at in range(6)]
    assert modify(aws, forward(*((each, 1) for each in groups[:5])))
    with refused("ValidationError"):
        modify(aws, forward(*((each, 1) for each in groups)))


def test_a_group_serves_one_load_balancer_only(aws: Stand) -> None:
    new, other = made(aws), "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/other/1"
    group = next(each for each in aws.all("elbv2.TargetGroup") if each["TargetGroupArn"] == new)
    group["LoadBalancerArns"] = [other]
    with refused("TargetGroupAssociationLimit"):
        modify(aws, forward((new, 1)))


def test_a_group_of_another_kind_of_protocol_or_that_is_not_there_is_refused(aws: Stand) -> None:
    network = made(aws, "net", "TCP")
    with refused("IncompatibleProtocols"):
        modify(aws, forward((network, 1)))
    with refused("TargetGroupNotFound"):
        modify(aws, forward((f"{network}0", 1)))


def test_rules_are_asked_for_by_listener_or_by_arn(aws: Stand) -> None:
    elb, listener = aws.client("elbv2"), aws.all("elbv2.Listener")[0]["ListenerArn"]
    for asked in ({}, {"ListenerArn": listener, "RuleArns": [rule_of(aws)["RuleArn"]]}):
        with refused("ValidationError"):
            elb.describe_rules(**asked)
    with refused("ListenerNotFound"):
        elb.describe_rules(ListenerArn=f"{listener}0")
    with refused("LoadBalancerNotFound"):
        elb.describe_listeners(LoadBalancerArn=f"{aws.all('elbv2.LoadBalancer')[0]['LoadBalancerArn']}0")


def test_an_action_names_its_groups_once_and_the_one_that_it_names_twice_alike(aws: Stand) -> None:
    group, new = old(aws), made(aws)
    for wrong in (forward(), forward((new, 1), (new, 2)), [forward((new, 1))[0] | {"TargetGroupArn": group}]):
        with refused("ValidationError"):
            modify(aws, wrong)


def test_a_sticky_group_among_others_needs_group_stickiness(aws: Stand) -> None:
    group, new = old(aws), made(aws)
    aws.client("elbv2").modify_target_group_attributes(
        TargetGroupArn=new, Attributes=[{"Key": "stickiness.enabled", "Value": "true"}]
    )
    with refused("InvalidLoadBalancerAction"):
        modify(aws, forward((group, 1), (new, 0)))
    held = {"TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 60}}
    assert modify(aws, forward((group, 1), (new, 0), **held))
    with refused("ValidationError"):
        modify(aws, forward((group, 1), (new, 0), TargetGroupStickinessConfig={"Enabled": True}))


def test_the_default_rule_is_changed_with_its_listener_and_in_no_other_way(aws: Stand) -> None:
    elb, new = aws.client("elbv2"), made(aws)
    default = next(each for each in aws.all("elbv2.Rule") if each["IsDefault"])
    group = default["Actions"][0]["TargetGroupArn"]
    with refused("OperationNotPermitted"):
        elb.modify_rule(RuleArn=default["RuleArn"], Actions=forward((new, 1)))
    with refused("OperationNotPermitted"):
        elb.delete_rule(RuleArn=default["RuleArn"])
    arn = aws.all("elbv2.Listener")[0]["ListenerArn"]
    held = {"TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 60}}  # the sample's group is sticky
    actions = forward((group, 100), (new, 0), **held)
    changed = elb.modify_listener(ListenerArn=arn, DefaultActions=actions)["Listeners"][0]
    assert elb.describe_rules(RuleArns=[default["RuleArn"]])["Rules"][0]["Actions"] == changed["DefaultActions"]
    assert elb.describe_listeners(ListenerArns=[arn])["Listeners"] == [changed]


def test_actions_end_with_one_that_answers_and_say_their_order(aws: Stand) -> None:
    login = {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": {"ClientId": "a", "ClientSecret": "s"}}
    end = forward((old(aws), 1))[0]
    with refused("InvalidLoadBalancerAction"):
        modify(aws, [login])
    with refused("ValidationError"):
        modify(aws, [login, end])
    changed = modify(aws, [end | {"Order": 2}, login])
    assert [each["Type"] for each in changed["Actions"]] == ["authenticate-oidc", "forward"]


def test_the_secret_of_a_client_is_kept_and_never_told(aws: Stand) -> None:
    config = {"ClientId": "a", "Issuer": "https://id.example.com"}
    login: dict[str, Any] = {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": config}
    end = forward((old(aws), 1))[0] | {"Order": 2}
    with refused("ValidationError"):
        modify(aws, [login, end])
    with refused("ValidationError"):
        modify(aws, [login | {"AuthenticateOidcConfig": config | {"UseExistingClientSecret": True}}, end])
    first = modify(aws, [login | {"AuthenticateOidcConfig": config | {"ClientSecret": "hunter2"}}, end])
    again = modify(aws, [login | {"AuthenticateOidcConfig": config | {"UseExistingClientSecret": True}}, end])
    assert first == again
    assert "hunter2" not in str(again)


def test_a_rule_is_made_once_for_each_priority_and_deleted(aws: Stand) -> None:
    elb, listener = aws.client("elbv2"), aws.all("elbv2.Listener")[0]["ListenerArn"]
    asked = {"ListenerArn": listener, "Conditions": [HEADER], "Actions": forward((made(aws), 1))}
    rule = elb.create_rule(Priority=5, Tags=[{"Key": "ecs2k8s:run", "Value": "1"}], **asked)["Rules"][0]
    assert elb.describe_tags(ResourceArns=[rule["RuleArn"]])["TagDescriptions"][0]["Tags"][0]["Value"] == "1"
    assert elb.describe_rules(ListenerArn=listener)["Rules"][0] == rule
    with refused("PriorityInUse"):
        elb.create_rule(Priority=5, **asked)
    with refused("ValidationError"):
        elb.create_rule(Priority=0, **asked)
    elb.delete_rule(RuleArn=rule["RuleArn"])
    with refused("RuleNotFound"):
        elb.delete_rule(RuleArn=rule["RuleArn"])
    with refused("RuleNotFound"):
        elb.describe_rules(RuleArns=[rule["RuleArn"]])


def test_a_rule_has_at_most_five_values_and_one_condition_of_a_kind(aws: Stand) -> None:
    elb, listener = aws.client("elbv2"), aws.all("elbv2.Listener")[0]["ListenerArn"]
    paths = {"Field": "path-pattern", "Values": ["/a", "/b", "/c", "/d"]}
    asked = {"ListenerArn": listener, "Actions": forward((old(aws), 1))}
    rule = elb.create_rule(Priority=5, Conditions=[paths, HEADER], **asked)["Rules"][0]
    assert rule["Conditions"][0]["PathPatternConfig"]["Values"] == paths["Values"]
    with refused("ValidationError"):
        elb.create_rule(Priority=6, Conditions=[paths | {"Values": [*paths["Values"], "/e"]}, HEADER], **asked)
    with refused("ValidationError"):
        elb.create_rule(Priority=6, Conditions=[paths | {"Values": ["/a"]}, paths | {"Values": ["/b"]}], **asked)
    with refused("ValidationError"):
        elb.create_rule(Priority=6, Conditions=[], **asked)
    host = {"Field": "host-header", "HostHeaderConfig": {"RegexValues": ["^a[0-9]+$"]}}
    assert elb.create_rule(Priority=6, Conditions=[host], **asked)["Rules"][0]["Conditions"] == [host]


def test_a_load_balancer_has_at_most_a_hundred_rules(aws: Stand) -> None:
    elb, listener = aws.client("elbv2"), aws.all("elbv2.Listener")[0]["ListenerArn"]
    asked = {"ListenerArn": listener, "Conditions": [HEADER], "Actions": forward((old(aws), 1))}
    there = sum(not each["IsDefault"] for each in aws.all("elbv2.Rule"))
    for at in range(100 - there):
        elb.create_rule(Priority=1000 + at, **asked)
    with refused("TooManyRules"):
        elb.create_rule(Priority=2000, **asked)


def test_transforms_stay_until_they_are_changed(aws: Stand) -> None:
    elb, arn = aws.client("elbv2"), rule_of(aws)["RuleArn"]
    path = {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/api", "Replace": "/"}]}}
    elb.modify_rule(RuleArn=arn, Transforms=[path])
    modify(aws, forward((old(aws), 2)))
    assert elb.describe_rules(RuleArns=[arn])["Rules"][0]["Transforms"] == [path]
    for wrong in ({"Transforms": [path, path]}, {"Transforms": [path], "ResetTransforms": True}):
        with refused("ValidationError"):
            elb.modify_rule(RuleArn=arn, **wrong)
    elb.modify_rule(RuleArn=arn, ResetTransforms=True)
    assert elb.describe_rules(RuleArns=[arn])["Rules"][0]["Transforms"] == []


def test_what_is_not_modelled_is_never_dropped_in_silence(aws: Stand) -> None:
    arn = aws.all("elbv2.Listener")[0]["ListenerArn"]
    with pytest.raises(NotModelledError, match="Port"):
        aws.client("elbv2").modify_listener(ListenerArn=arn, Port=444)


def test_a_load_balancer_sees_its_rules_weights_and_targets(aws: Stand) -> None:
    group, new = old(aws), made(aws)
    modify(aws, forward((group, 99), (new, 1)))
    listener = front.listeners(aws.account, aws.all("elbv2.LoadBalancer")[0]["LoadBalancerArn"])[0]
    assert [rule["IsDefault"] for rule in listener.rules] == [False, True]
    assert front.weights(listener.rules[0]["Actions"][0]) == {group: 99, new: 1}
    seen = front.group(aws.account, group)
    assert {(each.state, each.zone) for each in seen.targets} == {("healthy", "eu-west-1a"), ("healthy", "eu-west-1b")}
    assert (seen.settings["HealthCheckPath"], seen.attributes["deregistration_delay.timeout_seconds"]) == (
        "/healthz",
        "60",
    )
