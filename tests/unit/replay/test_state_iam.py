"""Trust policies and pod identity associations, through real clients."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.standing import Stand, refused, sample

ROLE = "market-auth"
ACCOUNT = {"clusterName": "market", "namespace": "market", "serviceAccount": "auth"}
ARN = f"arn:aws:iam::111122223333:role/{ROLE}"


@pytest.fixture
def aws() -> Stand:
    return sample("microservices")


def trust(aws: Stand) -> Any:
    return aws.client("iam").get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]


def write(aws: Stand, document: Any) -> None:
    text = document if isinstance(document, str) else json.dumps(document)
    aws.client("iam").update_assume_role_policy(RoleName=ROLE, PolicyDocument=text)


def pods(**more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}}
    return statement | {"Action": ["sts:AssumeRole", "sts:TagSession"]} | more


def test_a_trust_policy_is_replaced_as_a_whole(aws: Stand) -> None:
    document = trust(aws)
    document["Statement"].append(pods())
    write(aws, document)
    assert trust(aws) == document


@pytest.mark.parametrize(
    "wrong",
    [
        "{",
        "[]",
        {"Version": "2012-10-17", "Statement": []},
        {"Version": "2011-01-01", "Statement": [pods()]},
        {"Version": "2012-10-17", "Statement": [pods(Resource="*")]},
        {"Version": "2012-10-17", "Statement": [pods(Effect="Maybe")]},
        {"Version": "2012-10-17", "Statement": [pods(Principal={"Pod": "a"})]},
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]},
    ],
)
def test_what_is_no_trust_policy_is_refused(aws: Stand, wrong: Any) -> None:
    before = trust(aws)
    with refused("MalformedPolicyDocument"):
        write(aws, wrong)
    assert trust(aws) == before


def test_a_trust_policy_is_no_longer_than_the_quota_of_the_account(aws: Stand) -> None:
    quota = aws.all("iam.AccountSummary")[0]["SummaryMap"]["AssumeRolePolicySizeQuota"]
    document = {"Version": "2012-10-17", "Statement": [pods(Sid="")]}
    room = quota - len(json.dumps(document, separators=(",", ":")))
    longest = copy.deepcopy(document) | {"Statement": [pods(Sid="a" * room)]}
    write(aws, json.dumps(longest, indent=4))
    with refused("LimitExceeded", 409):
        write(aws, {**document, "Statement": [pods(Sid="a" * (room + 1))]})
    assert trust(aws) == longest


def test_a_role_that_is_not_there_or_belongs_to_aws_is_refused(aws: Stand) -> None:
    iam = aws.client("iam")
    with refused("NoSuchEntity", 404):
        iam.update_assume_role_policy(RoleName="none", PolicyDocument="{}")
    with refused("NoSuchEntity", 404):
        iam.get_role(RoleName="none")
    next(each for each in aws.all("iam.Role") if each["RoleName"] == ROLE)["Path"] = "/aws-service-role/ecs/"
    with refused("UnmodifiableEntity"):
        write(aws, {"Version": "2012-10-17", "Statement": [pods()]})


def test_a_service_account_gets_one_role(aws: Stand) -> None:
    eks = aws.client("eks")
    made = eks.create_pod_identity_association(**ACCOUNT, roleArn=ARN, tags={"ecs2k8s:run": "1"})["association"]
    ident = {"clusterName": "market", "associationId": made["associationId"]}
    assert eks.describe_pod_identity_association(**ident)["association"] == made
    assert made["tags"] == {"ecs2k8s:run": "1"}
    listed = eks.list_pod_identity_associations(clusterName="market", namespace="market")["associations"]
    assert [each["associationArn"] for each in listed] == [made["associationArn"]]
    assert eks.list_pod_identity_associations(clusterName="market", namespace="other")["associations"] == []
    with refused("ResourceInUseException", 409):
        eks.create_pod_identity_association(**ACCOUNT, roleArn=ARN)
    assert eks.delete_pod_identity_association(**ident)["association"] == made
    with refused("ResourceNotFoundException", 404):
        eks.delete_pod_identity_association(**ident)
    assert eks.list_pod_identity_associations(clusterName="market")["associations"] == []


def test_an_association_needs_its_cluster_and_its_role(aws: Stand) -> None:
    eks = aws.client("eks")
    with refused("ResourceNotFoundException", 404):
        eks.create_pod_identity_association(**ACCOUNT | {"clusterName": "none"}, roleArn=ARN)
    with refused("InvalidParameterException"):
        eks.create_pod_identity_association(**ACCOUNT, roleArn=f"{ARN}-none")
