"""The load balancer of the harness in front of an account."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.account_plane import AccountPlane
from tests.harness.control_plane import Target
from tests.standing import Stand, sample, states

ONE, TWO = Target("127.9.0.1", 4001), Target("127.9.0.2", 4002)


@pytest.fixture
def aws() -> Stand:
    return sample("three-tier")


@pytest.fixture
def plane(aws: Stand) -> AccountPlane:
    return AccountPlane(aws.account, aws.all("elbv2.LoadBalancer")[0]["LoadBalancerArn"])


def rule(aws: Stand) -> Any:
    return next(each for each in aws.all("elbv2.Rule") if not each["IsDefault"])


def attached(aws: Stand) -> str:
    elb = aws.client("elbv2")
    asked = {"Name": "web-eks", "Protocol": "HTTP", "Port": 8000, "VpcId": "vpc-0123456789abcdef0", "TargetType": "ip"}
    new = str(elb.create_target_group(**asked)["TargetGroups"][0]["TargetGroupArn"])
    old = rule(aws)["Actions"][0]["TargetGroupArn"]
    tuples = [{"TargetGroupArn": old, "Weight": 99}, {"TargetGroupArn": new, "Weight": 1}]
    elb.modify_rule(
        RuleArn=rule(aws)["RuleArn"], Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": tuples}}]
    )
    return new


def health(aws: Stand, group: str) -> list[tuple[str, str]]:
    found = aws.client("elbv2").describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return [(state, reason) for _, state, reason in states(found)]


def test_the_load_balancer_sees_what_was_written_and_its_checks_are_seen(aws: Stand, plane: AccountPlane) -> None:
    new = attached(aws)
    plane.register(new, [ONE, TWO])
    picture = plane.picture()
    assert picture.groups[new].targets == plane.registered(new) == (ONE, TWO)
    listener = next(iter(picture.listeners.values()))
    tuples = listener.rules[0]["Actions"][0]["ForwardConfig"]["TargetGroups"]
    assert [each["Weight"] for each in tuples] == [99, 1]
    aws.clock.sleep(600)
    plane.observed(new, ONE, "initial", "Elb.InitialHealthChecking")
    assert health(aws, new)[0] == ("initial", "Elb.InitialHealthChecking")
    plane.observed(new, ONE, "healthy", "")
    plane.observed(new, TWO, "unhealthy", "Target.Timeout")
    assert health(aws, new) == [("healthy", ""), ("unhealthy", "Target.Timeout")]
    assert (plane.healthy(new, ONE), plane.healthy(new, TWO)) == (True, False)


def test_a_target_that_leaves_drains_in_the_account_and_gets_no_more_requests(aws: Stand, plane: AccountPlane) -> None:
    new = attached(aws)
    plane.register(new, [ONE, TWO])
    plane.deregister(new, [TWO])
    assert plane.picture().groups[new].targets == (ONE,)
    assert plane.picture().groups[new].delay == 300
    assert [state for state, _ in health(aws, new)] == ["initial", "draining"]
    plane.register(new, [TWO])
    assert plane.registered(new) == (ONE, TWO)


def test_pods_get_addresses_in_all_zones(aws: Stand, plane: AccountPlane) -> None:
    new = attached(aws)
    plane.register(new, [Target("127.9.0.3", port) for port in range(5000, 5003)])
    found = aws.client("elbv2").describe_target_health(TargetGroupArn=new)["TargetHealthDescriptions"]
    assert {each["Target"]["AvailabilityZone"] for each in found} == {"eu-west-1a", "eu-west-1b", "eu-west-1c"}
