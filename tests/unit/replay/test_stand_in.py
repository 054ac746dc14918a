"""What surrounds each call: sessions and their policies, faults, watchers, the record of calls."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from ecs2k8s.replay.stand_in import WRITES, Fault
from ecs2k8s.replay.state_iam import add_role
from ecs2k8s.replay.state_sts import Sessions
from tests.standing import Stand, refused, sample

ROLE = "arn:aws:iam::111122223333:role/shop-backend"


@pytest.fixture
def aws() -> Stand:
    return sample("three-tier")


def rule(aws: Stand) -> Any:
    return next(each for each in aws.all("elbv2.Rule") if not each["IsDefault"])


def shift(aws: Stand, weight: int, key: str = "AKIDEXAMPLE") -> Any:
    arn = rule(aws)["Actions"][0]["TargetGroupArn"]
    config = {"TargetGroups": [{"TargetGroupArn": arn, "Weight": weight}]}
    asked = {"RuleArn": rule(aws)["RuleArn"], "Actions": [{"Type": "forward", "ForwardConfig": config}]}
    return aws.client("elbv2", key).modify_rule(**asked)


def weight(aws: Stand) -> int:
    return int(rule(aws)["Actions"][0]["ForwardConfig"]["TargetGroups"][0]["Weight"])


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: str, resource: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def assumed(aws: Stand, document: Any = None, **asked: Any) -> str:
    text = {"Policy": document if isinstance(document, str) else json.dumps(document)} if document else {}
    given = {"RoleArn": ROLE, "RoleSessionName": "ecs2k8s", **text, **asked}
    return str(aws.client("sts").assume_role(**given)["Credentials"]["AccessKeyId"])


def test_a_session_keeps_its_policy_and_may_do_no_more(aws: Stand) -> None:
    mine = policy(allow("elasticloadbalancing:ModifyRule", rule(aws)["RuleArn"]))
    key = assumed(aws, mine)
    shift(aws, 2, key)
    assert (weight(aws), aws.policy.writes()[-1].policy, aws.policy.writes()[-1].key) == (2, mine, key)
    with refused("AccessDenied", 403):
        aws.client("elbv2", key).delete_rule(RuleArn=rule(aws)["RuleArn"])
    with refused("AccessDenied", 403):
        aws.client("elbv2", key).modify_rule(RuleArn=f"{rule(aws)['RuleArn']}0", Actions=[])
    with refused("AccessDeniedException"):
        aws.client("ecs", key).update_service(cluster="shop", service="backend", desiredCount=0)
    assert len(aws.policy.writes()) == 1


def test_denials_conditions_and_globs_of_a_session_policy_count(aws: Stand) -> None:
    arn = rule(aws)["RuleArn"]
    every = allow("elasticloadbalancing:Modify*", "arn:aws:elasticloadbalancing:*:listener-rule/*")
    shift(aws, 2, assumed(aws, policy(every)))
    denied = policy(every, {"Effect": "Deny", "Action": "*", "Resource": arn})
    odd = {"Condition": {"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}}
    for document in (denied, policy(every | odd)):
        with refused("AccessDenied", 403):
            shift(aws, 3, assumed(aws, document))
    assert weight(aws) == 2


def test_tags_and_roles_that_a_call_brings_need_permissions_of_their_own(aws: Stand) -> None:
    name = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web-eks/*"
    group = {"Name": "web-eks", "Protocol": "HTTP", "Port": 80, "VpcId": "vpc-0123456789abcdef0", "TargetType": "ip"}
    group |= {"Tags": [{"Key": "ecs2k8s", "Value": "cutover"}]}
    create = allow("elasticloadbalancing:CreateTargetGroup", name)
    with refused("AccessDenied", 403):
        aws.client("elbv2", assumed(aws, policy(create))).create_target_group(**group)
    wrong = {"Condition": {"StringEquals": {"aws:RequestTag/ecs2k8s": "other"}}}
    with refused("AccessDenied", 403):
        key = assumed(aws, policy(create, allow("elasticloadbalancing:AddTags", name, **wrong)))
        aws.client("elbv2", key).create_target_group(**group)
    right = {"Condition": {"StringEquals": {"aws:RequestTag/ecs2k8s": "cutover"}}}
    key = assumed(aws, policy(create, allow("elasticloadbalancing:AddTags", name, **right)))
    aws.client("elbv2", key).create_target_group(**group)


def test_what_a_service_does_in_the_callers_name_needs_permissions_too() -> None:
    aws = sample("microservices")
    cluster = "arn:aws:eks:eu-west-1:111122223333:cluster/market"
    role = add_role(aws.account, "pods")
    needed = [allow("eks:CreatePodIdentityAssociation", cluster), allow("iam:GetRole", role)]
    needed.append(
        allow("iam:PassRole", role, Condition={"StringEquals": {"iam:PassedToService": "pods.eks.amazonaws.com"}})
    )
    asked = {"clusterName": "market", "namespace": "a", "serviceAccount": "b", "roleArn": role}
    for missing in needed:
        key = assumed(aws, policy(*(each for each in needed if each is not missing)), RoleArn=role)
        with refused("AccessDeniedException", 403):
            aws.client("eks", key).create_pod_identity_association(**asked)
    key = assumed(aws, policy(*needed), RoleArn=role)
    aws.client("eks", key).create_pod_identity_association(**asked)


def test_people_can_be_told_apart_by_their_keys(aws: Stand) -> None:
    aws.account.part(Sessions).users["AKIDSECOND"] = "arn:aws:iam::111122223333:user/second"
    found = [aws.client("sts", key).get_caller_identity()["Arn"] for key in ("AKIDEXAMPLE", "AKIDSECOND")]
    assert found == ["arn:aws:iam::111122223333:user/reader", "arn:aws:iam::111122223333:user/second"]


def test_a_session_ends_and_says_who_it_is(aws: Stand) -> None:
    key = assumed(aws, DurationSeconds=900)
    arn = "arn:aws:sts::111122223333:assumed-role/shop-backend/ecs2k8s"
    assert aws.client("sts", key).get_caller_identity()["Arn"] == arn
    assert aws.client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::111122223333:user/reader"
    aws.clock.sleep(899)
    shift(aws, 2, key)
    aws.clock.sleep(1)
    with refused("ExpiredToken", 403):
        shift(aws, 3, key)
    with refused("ExpiredTokenException"):
        aws.client("ecs", key).list_tasks(cluster="shop")


@pytest.mark.parametrize(
    ("asked", "code", "status"),
    [
        ({"RoleArn": f"{ROLE}-none"}, "AccessDenied", 403),
        ({"DurationSeconds": 899}, "ValidationError", 400),
        ({"DurationSeconds": 43_201}, "ValidationError", 400),
        ({"document": "{"}, "MalformedPolicyDocument", 400),
        ({"document": json.dumps(policy({"Effect": "Allow", "Action": "*"}))}, "MalformedPolicyDocument", 400),
        ({"document": json.dumps(policy(allow("a:B", "*" * 2048)))}, "ValidationError", 400),
    ],
)
def test_what_sts_refuses_is_refused(aws: Stand, asked: dict[str, Any], code: str, status: int) -> None:
    with refused(code, status):
        assumed(aws, **asked)


@pytest.mark.parametrize(
    ("when", "what", "code", "status"),
    [
        ("before", "throttled", "Throttling", 400),
        ("before", "denied", "AccessDenied", 403),
        ("before", "expired", "ExpiredToken", 403),
        ("before", "broken", "InternalFailure", 500),
        ("before", "silent", "", 0),
        ("after", "broken", "InternalFailure", 500),
        ("after", "silent", "", 0),
    ],
)
def test_a_fault_hits_the_nth_call_before_or_after_its_effect(
    aws: Stand, when: Any, what: str, code: str, status: int
) -> None:
    aws.policy.faults.append(Fault("elbv2.ModifyRule", what, nth=2, when=when))
    shift(aws, 2)
    with pytest.raises(ReadTimeoutError) if what == "silent" else refused(code, status):
        shift(aws, 3)
    assert weight(aws) == (3 if when == "after" else 2)
    shift(aws, 4)
    outcomes = [(each.outcome, each.changed) for each in aws.account.made]
    assert outcomes == [("done", True), (code or "silent", when == "after"), ("done", True)]


def test_a_refusal_after_the_effect_is_no_fault_that_aws_has() -> None:
    with pytest.raises(ValueError, match="never after"):
        Fault("elbv2.ModifyRule", "throttled", when="after")


def test_a_fault_may_last_for_several_calls(aws: Stand) -> None:
    aws.policy.faults.append(Fault("elbv2.ModifyRule", "throttled", times=2))
    for _ in range(2):
        with refused("Throttling"):
            shift(aws, 2)
    shift(aws, 2)


@pytest.mark.parametrize(
    ("service", "what", "code", "status"),
    [
        ("ec2", "throttled", "RequestLimitExceeded", 503),
        ("ec2", "denied", "UnauthorizedOperation", 403),
        ("ecs", "throttled", "ThrottlingException", 400),
        ("ecs", "denied", "AccessDeniedException", 400),
        ("eks", "throttled", "ThrottlingException", 429),
        ("eks", "denied", "AccessDeniedException", 403),
        ("route53", "throttled", "Throttling", 400),
    ],
)
def test_faults_are_in_the_words_of_the_service(aws: Stand, service: str, what: str, code: str, status: int) -> None:
    asks: dict[str, tuple[str, str, dict[str, Any]]] = {
        "ec2": ("ec2.DescribeVpcs", "describe_vpcs", {}),
        "ecs": ("ecs.ListClusters", "list_clusters", {}),
        "eks": ("eks.DescribeCluster", "describe_cluster", {"name": "a"}),
        "route53": ("route53.ListHostedZones", "list_hosted_zones", {}),
    }
    call, method, asked = asks[service]
    aws.policy.faults.append(Fault(call, what))
    with refused(code, status):
        getattr(aws.client(service), method)(**asked)


def test_watchers_see_each_write_before_and_after_and_may_change_things_themselves(aws: Stand) -> None:
    seen: list[tuple[str, int]] = []
    aws.policy.watchers.append(lambda when, _: seen.append((when, weight(aws))))
    shift(aws, 2)
    aws.client("elbv2").describe_rules(RuleArns=[rule(aws)["RuleArn"]])
    assert seen == [("before", 1), ("after", 2)]
    action = rule(aws)["Actions"][0]
    aws.policy.watchers.append(lambda when, _: action["ForwardConfig"].update(Foreign=when))
    shift(aws, 3)
    assert rule(aws)["Actions"][0] is not action


def test_a_watcher_that_dies_before_the_effect_leaves_things_as_they_were(aws: Stand) -> None:
    def die(when: str, _: Any) -> None:
        if when == "before":
            raise KeyboardInterrupt

    aws.policy.watchers.append(die)
    with pytest.raises(KeyboardInterrupt):
        shift(aws, 2)
    assert (weight(aws), aws.policy.writes()) == (1, [])


def test_calls_are_recorded_with_their_time_and_what_became_of_them(aws: Stand) -> None:
    begun = aws.clock.now()
    shift(aws, 2)
    aws.clock.sleep(10)
    with pytest.raises(ClientError):
        shift(aws, 1000)
    found = [(each.at - begun, each.call, each.outcome) for each in aws.account.made]
    assert found == [(0, "elbv2.ModifyRule", "done"), (10, "elbv2.ModifyRule", "ValidationError")]
    assert [
        each.parameters["Actions"][0]["ForwardConfig"]["TargetGroups"][0]["Weight"] for each in aws.policy.writes()
    ] == [2]


def test_no_write_is_also_a_read_of_the_export(aws: Stand) -> None:
    from ecs2k8s.collect.calls import calls
    from ecs2k8s.replay.permissions import RESOURCES

    assert not set(WRITES) & set(calls())
    assert set(RESOURCES) == set(WRITES)
