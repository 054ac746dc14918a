"""Rules of security groups, through real clients."""

from __future__ import annotations

from typing import Any

import pytest

from tests.standing import Stand, refused, sample

GROUP, PODS = "sg-0a1b2c3d4e5f60003", "sg-0a1b2c3d4e5f60001"
TAGS = [{"ResourceType": "security-group-rule", "Tags": [{"Key": "ecs2k8s:run", "Value": "1"}]}]


@pytest.fixture
def aws() -> Stand:
    return sample("three-tier")


def permission(port: int = 9090, **peer: Any) -> dict[str, Any]:
    peers = peer or {"UserIdGroupPairs": [{"GroupId": PODS, "Description": "pods"}]}
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **peers}


def group(aws: Stand) -> Any:
    return aws.client("ec2").describe_security_groups(Filters=[{"Name": "group-id", "Values": [GROUP]}])[
        "SecurityGroups"
    ][0]


def rules(aws: Stand, **by: str) -> list[dict[str, Any]]:
    filters = [
        {"Name": name.replace("_", ":", 1) if name.startswith("tag_") else name.replace("_", "-"), "Values": [value]}
        for name, value in by.items()
    ]
    return list(aws.client("ec2").describe_security_group_rules(Filters=filters)["SecurityGroupRules"])


@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_a_rule_is_there_twice_and_is_taken_back_by_its_id(aws: Stand, direction: str) -> None:
    ec2, before = aws.client("ec2"), (group(aws), rules(aws))
    authorize = getattr(ec2, f"authorize_security_group_{direction}")
    made = authorize(GroupId=GROUP, IpPermissions=[permission()], TagSpecifications=TAGS)["SecurityGroupRules"][0]
    assert (made["IsEgress"], made["ReferencedGroupInfo"]["GroupId"]) == (direction == "egress", PODS)
    assert rules(aws, **{"tag_ecs2k8s:run": "1"}) == [made]
    assert made in rules(aws, group_id=GROUP)
    shown = group(aws)["IpPermissions" if direction == "ingress" else "IpPermissionsEgress"]
    assert [each["UserIdGroupPairs"][0]["Description"] for each in shown if each.get("FromPort") == 9090] == ["pods"]
    revoke = getattr(ec2, f"revoke_security_group_{direction}")
    revoke(GroupId=GROUP, SecurityGroupRuleIds=[made["SecurityGroupRuleId"]])
    assert (group(aws), rules(aws)) == before
    with refused("InvalidSecurityGroupRuleId.NotFound"):
        revoke(GroupId=GROUP, SecurityGroupRuleIds=[made["SecurityGroupRuleId"]])


def test_a_rule_is_taken_back_by_what_it_permits(aws: Stand) -> None:
    ec2, before = aws.client("ec2"), group(aws)
    ec2.authorize_security_group_ingress(GroupId=GROUP, IpPermissions=[permission()])
    bare = permission(UserIdGroupPairs=[{"GroupId": PODS}])
    ec2.revoke_security_group_ingress(GroupId=GROUP, IpPermissions=[bare])
    assert group(aws) == before
    with refused("InvalidPermission.NotFound"):
        ec2.revoke_security_group_ingress(GroupId=GROUP, IpPermissions=[bare])


def test_a_batch_with_a_rule_that_is_there_changes_nothing(aws: Stand) -> None:
    ec2 = aws.client("ec2")
    ec2.authorize_security_group_ingress(GroupId=GROUP, IpPermissions=[permission()])
    before = (group(aws), rules(aws))
    with refused("InvalidPermission.Duplicate"):
        ec2.authorize_security_group_ingress(GroupId=GROUP, IpPermissions=[permission(9091), permission()])
    with refused("InvalidPermission.Duplicate"):
        ec2.authorize_security_group_ingress(GroupId=GROUP, IpPermissions=[permission(9091), permission(9091)])
    assert (group(aws), rules(aws)) == before


def test_a_rule_that_only_the_group_shows_is_there_all_the_same(aws: Stand) -> None:
    aws.account.estate.shapes["ec2.SecurityGroupRule"].clear()
    there = group(aws)["IpPermissions"][0]
    with refused("InvalidPermission.Duplicate"):
        aws.client("ec2").authorize_security_group_ingress(GroupId=GROUP, IpPermissions=[there])
    aws.client("ec2").revoke_security_group_ingress(GroupId=GROUP, IpPermissions=[there])
    assert there not in group(aws)["IpPermissions"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"GroupId": "sg-none"}, "InvalidGroup.NotFound"),
        ({"IpPermissions": [permission(UserIdGroupPairs=[{"GroupId": "sg-none"}])]}, "InvalidGroup.NotFound"),
        ({"IpPermissions": [permission(70_000)]}, "InvalidParameterValue"),
        ({"IpPermissions": [permission(IpRanges=[{"CidrIp": "10.0.0.1/8"}])]}, "InvalidParameterValue"),
    ],
)
def test_what_ec2_refuses_is_refused(aws: Stand, changes: dict[str, Any], code: str) -> None:
    before = rules(aws)
    with refused(code):
        aws.client("ec2").authorize_security_group_ingress(
            **{"GroupId": GROUP, "IpPermissions": [permission()]} | changes
        )
    assert rules(aws) == before


def test_a_group_has_at_most_sixty_rules_in_one_direction(aws: Stand) -> None:
    ec2, there = aws.client("ec2"), len([each for each in rules(aws, group_id=GROUP) if not each["IsEgress"]])
    for port in range(10_000, 10_060 - there):
        ec2.authorize_security_group_ingress(GroupId=GROUP, IpPermissions=[permission(port)])
    with refused("RulesPerSecurityGroupLimitExceeded"):
        ec2.authorize_security_group_ingress(GroupId=GROUP, IpPermissions=[permission(1)])
