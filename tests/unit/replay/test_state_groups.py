"""Target groups and their targets, through real clients."""

from __future__ import annotations

from typing import Any

import pytest

from ecs2k8s.replay import front
from tests.standing import Stand, refused, sample, states

VPC = "vpc-0123456789abcdef0"
INITIAL, CHECKING = "Elb.RegistrationInProgress", "Elb.InitialHealthChecking"


@pytest.fixture
def aws() -> Stand:
    return sample("three-tier")


def create(aws: Stand, **changes: Any) -> Any:
    asked = {"Name": "web-eks", "Protocol": "HTTP", "Port": 8000, "VpcId": VPC, "TargetType": "ip"}
    return aws.client("elbv2").create_target_group(**(asked | changes))["TargetGroups"][0]


def attach(aws: Stand, group: str, weight: int = 0) -> None:
    rule = next(each for each in aws.all("elbv2.Rule") if not each["IsDefault"])
    old = rule["Actions"][0]["TargetGroupArn"]
    groups = [{"TargetGroupArn": old, "Weight": 100}, {"TargetGroupArn": group, "Weight": weight}]
    action = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
    aws.client("elbv2").modify_rule(RuleArn=rule["RuleArn"], Actions=[action])


def health(aws: Stand, group: str, **asked: Any) -> list[tuple[str, str, str]]:
    elb = aws.client("elbv2")
    return states(elb.describe_target_health(TargetGroupArn=group, **asked)["TargetHealthDescriptions"])


def test_a_group_is_read_back_as_it_was_made_with_the_usual_settings(aws: Stand) -> None:
    made = create(aws, HealthCheckPath="/healthz", Tags=[{"Key": "ecs2k8s", "Value": "cutover"}])
    elb, arn = aws.client("elbv2"), made["TargetGroupArn"]
    read = elb.describe_target_groups(Names=["web-eks"])["TargetGroups"]
    assert read == [made]
    assert (made["HealthCheckPath"], made["HealthyThresholdCount"], made["Matcher"]) == (
        "/healthz",
        5,
        {"HttpCode": "200"},
    )
    tags = elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"]
    assert tags == [{"Key": "ecs2k8s", "Value": "cutover"}]
    attributes = elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    assert {"Key": "deregistration_delay.timeout_seconds", "Value": "300"} in attributes


def test_a_name_that_is_taken_gives_the_same_group_or_is_refused(aws: Stand) -> None:
    first = create(aws)
    assert create(aws)["TargetGroupArn"] == first["TargetGroupArn"]
    with refused("DuplicateTargetGroupName"):
        create(aws, Port=8001)
    assert len([each for each in aws.all("elbv2.TargetGroup") if each["TargetGroupName"] == "web-eks"]) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"Name": "-web"},
        {"Name": "w" * 33},
        {"Port": 0},
        {"HealthCheckIntervalSeconds": 4},
        {"HealthCheckTimeoutSeconds": 30},
        {"HealthyThresholdCount": 11},
        {"Protocol": "GOPHER"},
        {"VpcId": "vpc-none"},
        {"TargetType": "lambda"},
        {"Protocol": ""},
    ],
)
def test_a_group_with_a_wrong_setting_is_refused(aws: Stand, changes: dict[str, Any]) -> None:
    with refused("ValidationError"):
        create(aws, **changes)
    assert "web-eks" not in {each["TargetGroupName"] for each in aws.all("elbv2.TargetGroup")}


@pytest.mark.parametrize("missing", ["Protocol", "Port", "VpcId"])
def test_a_group_needs_its_protocol_port_and_network(aws: Stand, missing: str) -> None:
    asked = {"Name": "web-eks", "Protocol": "HTTP", "Port": 8000, "VpcId": VPC, "TargetType": "ip"}
    with refused("ValidationError"):
        aws.client("elbv2").create_target_group(**{key: value for key, value in asked.items() if key != missing})


def test_groups_are_asked_for_by_twenty_at_most_and_by_names_that_are_there(aws: Stand) -> None:
    with refused("ValidationError"):
        aws.client("elbv2").describe_target_groups(Names=[str(at) for at in range(21)])
    with refused("TargetGroupNotFound"):
        aws.client("elbv2").describe_target_groups(Names=["shop-backend", "none"])


def test_a_group_has_at_most_a_thousand_targets(aws: Stand) -> None:
    elb, arn = aws.client("elbv2"), create(aws)["TargetGroupArn"]
    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.20.16.5", "Port": at} for at in range(1, 1001)])
    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.20.16.5", "Port": 1}])
    with refused("TooManyTargets"):
        elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.20.16.5", "Port": 1001}])


def test_health_checks_can_be_changed_within_their_ranges(aws: Stand) -> None:
    arn = create(aws)["TargetGroupArn"]
    aws.client("elbv2").modify_target_group(TargetGroupArn=arn, HealthCheckIntervalSeconds=10)
    with refused("ValidationError"):
        aws.client("elbv2").modify_target_group(TargetGroupArn=arn, HealthCheckTimeoutSeconds=10)
    read = aws.client("elbv2").describe_target_groups(TargetGroupArns=[arn])["TargetGroups"][0]
    assert (read["HealthCheckIntervalSeconds"], read["HealthCheckTimeoutSeconds"]) == (10, 5)


def test_attributes_are_set_one_by_one(aws: Stand) -> None:
    elb, arn = aws.client("elbv2"), create(aws)["TargetGroupArn"]
    elb.modify_target_group_attributes(
        TargetGroupArn=arn, Attributes=[{"Key": "slow_start.duration_seconds", "Value": "30"}]
    )
    read = elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    values = {each["Key"]: each["Value"] for each in read}
    assert (values["slow_start.duration_seconds"], values["stickiness.enabled"]) == ("30", "false")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("no.such.key", "1"),
        ("deregistration_delay.timeout_seconds", "3601"),
        ("slow_start.duration_seconds", "29"),
        ("stickiness.enabled", "yes"),
    ],
)
def test_a_wrong_attribute_is_refused(aws: Stand, key: str, value: str) -> None:
    with refused("ValidationError"):
        aws.client("elbv2").modify_target_group_attributes(
            TargetGroupArn=create(aws)["TargetGroupArn"], Attributes=[{"Key": key, "Value": value}]
        )


def test_a_group_behind_a_rule_without_group_stickiness_cannot_become_sticky(aws: Stand) -> None:
    arn = create(aws)["TargetGroupArn"]
    attach(aws, arn)
    with refused("InvalidConfigurationRequest"):
        aws.client("elbv2").modify_target_group_attributes(
            TargetGroupArn=arn, Attributes=[{"Key": "stickiness.enabled", "Value": "true"}]
        )


def test_a_group_in_an_action_cannot_be_deleted_even_at_weight_zero(aws: Stand) -> None:
    elb, arn = aws.client("elbv2"), create(aws)["TargetGroupArn"]
    attach(aws, arn)
    with refused("ResourceInUse"):
        elb.delete_target_group(TargetGroupArn=arn)
    attach_back(aws)
    elb.delete_target_group(TargetGroupArn=arn)
    with refused("TargetGroupNotFound"):
        elb.describe_target_groups(TargetGroupArns=[arn])
    with refused("TargetGroupNotFound"):
        elb.describe_target_health(TargetGroupArn=arn)


def attach_back(aws: Stand) -> None:
    rule = next(each for each in aws.all("elbv2.Rule") if not each["IsDefault"])
    old = rule["Actions"][0]["ForwardConfig"]["TargetGroups"][0]["TargetGroupArn"]
    aws.client("elbv2").modify_rule(RuleArn=rule["RuleArn"], Actions=[{"Type": "forward", "TargetGroupArn": old}])


def test_a_group_tells_which_load_balancer_it_serves(aws: Stand) -> None:
    elb, arn = aws.client("elbv2"), create(aws)["TargetGroupArn"]
    balancer = aws.all("elbv2.LoadBalancer")[0]["LoadBalancerArn"]
    attach(aws, arn)
    found = elb.describe_target_groups(LoadBalancerArn=balancer)["TargetGroups"]
    assert arn in [each["TargetGroupArn"] for each in found]
    attach_back(aws)
    assert elb.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"][0]["LoadBalancerArns"] == []


def test_a_target_is_unused_then_initial_then_healthy(aws: Stand) -> None:
    arn = create(aws)["TargetGroupArn"]
    aws.client("elbv2").register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.20.16.5"}])
    aws.clock.sleep(3600)
    assert health(aws, arn) == [("10.20.16.5", "unused", "Target.NotInUse")]
    attach(aws, arn)
    assert health(aws, arn) == [("10.20.16.5", "initial", INITIAL)]
    aws.clock.sleep(29.9)
    assert health(aws, arn) == [("10.20.16.5", "initial", CHECKING)]
    aws.clock.sleep(0.1)
    assert health(aws, arn) == [("10.20.16.5", "healthy", "")]
    attach_back(aws)
    assert health(aws, arn) == [("10.20.16.5", "unused", "Target.NotInUse")]
    attach(aws, arn)
    assert health(aws, arn) == [("10.20.16.5", "initial", INITIAL)]


def test_a_target_drains_for_the_delay_and_is_gone(aws: Stand) -> None:
    elb, arn = aws.client("elbv2"), create(aws)["TargetGroupArn"]
    attach(aws, arn)
    elb.modify_target_group_attributes(
        TargetGroupArn=arn, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "60"}]
    )
    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.20.16.5"}, {"Id": "10.20.16.6"}])
    aws.clock.sleep(60)
    elb.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": "10.20.16.5"}, {"Id": "10.20.16.99"}])
    aws.clock.sleep(59)
    draining = ("10.20.16.5", "draining", "Target.DeregistrationInProgress")
    assert health(aws, arn) == [draining, ("10.20.16.6", "healthy", "")]
    aws.clock.sleep(1)
    assert health(aws, arn) == [("10.20.16.6", "healthy", "")]
    asked = {"Targets": [{"Id": "10.20.16.5", "Port": 8000}]}
    assert health(aws, arn, **asked) == [("10.20.16.5", "unused", "Target.NotRegistered")]


def test_a_target_that_comes_back_while_it_drains_begins_anew(aws: Stand) -> None:
    elb, arn = aws.client("elbv2"), create(aws)["TargetGroupArn"]
    attach(aws, arn)
    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.20.16.5"}])
    aws.clock.sleep(60)
    elb.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": "10.20.16.5"}])
    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.20.16.5"}])
    assert health(aws, arn) == [("10.20.16.5", "initial", INITIAL)]


def test_a_target_of_a_group_in_no_action_leaves_at_once(aws: Stand) -> None:
    elb, arn = aws.client("elbv2"), create(aws)["TargetGroupArn"]
    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.20.16.5"}])
    elb.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": "10.20.16.5"}])
    assert health(aws, arn) == []


def test_targets_have_the_zone_of_their_subnet_and_must_lie_in_the_network(aws: Stand) -> None:
    elb, arn = aws.client("elbv2"), create(aws)["TargetGroupArn"]
    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.20.16.5"}])
    found = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    assert found[0]["Target"] == {"Id": "10.20.16.5", "Port": 8000, "AvailabilityZone": "eu-west-1a"}
    with refused("InvalidTarget"):
        elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.20.16.6"}, {"Id": "192.0.2.1"}])
    assert len(health(aws, arn)) == 1


def test_an_instance_is_a_target_only_where_it_runs(aws: Stand) -> None:
    arn = create(aws, TargetType="instance")["TargetGroupArn"]
    with refused("InvalidTarget"):
        aws.client("elbv2").register_targets(TargetGroupArn=arn, Targets=[{"Id": "i-0123456789abcdef0"}])
    assert health(aws, arn) == []


def test_a_target_in_a_zone_that_the_load_balancer_lacks_is_unused(aws: Stand) -> None:
    elb, arn = aws.client("elbv2"), create(aws)["TargetGroupArn"]
    balancer = aws.all("elbv2.LoadBalancer")[0]
    balancer["AvailabilityZones"] = [each for each in balancer["AvailabilityZones"] if each["ZoneName"] != "eu-west-1a"]
    attach(aws, arn)
    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.20.16.5"}])
    aws.clock.sleep(60)
    assert health(aws, arn) == [("10.20.16.5", "unused", "Target.NotInUse")]


def test_what_health_checks_find_outside_is_told(aws: Stand) -> None:
    elb, arn = aws.client("elbv2"), create(aws)["TargetGroupArn"]
    attach(aws, arn)
    front.checks_targets(aws.account)
    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.20.16.5"}])
    aws.clock.sleep(3600)
    assert health(aws, arn) == [("10.20.16.5", "initial", CHECKING)]
    front.report(aws.account, arn, ("10.20.16.5", 8000))
    assert health(aws, arn) == [("10.20.16.5", "healthy", "")]
    front.report(aws.account, arn, ("10.20.16.5", 8000), failed="Target.Timeout")
    assert health(aws, arn) == [("10.20.16.5", "unhealthy", "Target.Timeout")]


def test_tags_are_added_replaced_and_removed(aws: Stand) -> None:
    elb, arn = aws.client("elbv2"), create(aws)["TargetGroupArn"]
    elb.add_tags(ResourceArns=[arn], Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    elb.add_tags(ResourceArns=[arn], Tags=[{"Key": "a", "Value": "3"}])
    elb.remove_tags(ResourceArns=[arn], TagKeys=["b", "c"])
    assert elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"] == [{"Key": "a", "Value": "3"}]
    with refused("DuplicateTagKeys"):
        elb.add_tags(ResourceArns=[arn], Tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}])
    with refused("TooManyTags"):
        elb.add_tags(ResourceArns=[arn], Tags=[{"Key": str(at), "Value": ""} for at in range(50)])
    with refused("TargetGroupNotFound"):
        elb.add_tags(ResourceArns=[f"{arn}0"], Tags=[{"Key": "a", "Value": "1"}])
