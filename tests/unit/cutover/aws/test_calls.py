"""mappings/cutover.yaml against botocore's models and the list of IAM actions that comes with cfn-lint."""

from __future__ import annotations

import string
from functools import cache
from typing import Any

import botocore.session
import pytest

from ecs2k8s.collect.calls import calls, paces
from ecs2k8s.cutover.aws.calls import MADE, Place, reads, widest, writes
from tests.iam_actions import services
from tests.unit.collect.test_policy import begins, formats

OWN = sorted(reads().keys() - calls().keys())
VERBS = ("Describe", "List", "Get")
GRANTS = [
    (name, grant, action.format(way="Egress" if name.endswith("Egress") else "Ingress"))
    for name, row in writes().items()
    for grant in row.grants
    for action in grant.actions
]


@cache
def operation(name: str) -> Any:
    service, _, its = name.partition(".")
    return botocore.session.Session().get_service_model(service).operation_model(its)


@pytest.mark.parametrize("name", OWN)
def test_a_read_reads(name: str) -> None:
    assert operation(name).name.startswith(VERBS)
    assert reads()[name].pace in paces()
    assert reads()[name].why.endswith(".")
    assert not reads()[name].after


@pytest.mark.parametrize("name", sorted(writes()))
def test_a_write_exists_and_is_no_read(name: str) -> None:
    assert not operation(name).name.startswith(VERBS)
    assert writes()[name].why.endswith(".")
    assert name not in reads()
    assert set(writes()[name].designs) <= set("ABCD")
    assert (writes()[name].mode == "guided") == (not set(writes()[name].designs) & set("AD"))


@pytest.mark.parametrize(("name", "grant", "action"), GRANTS, ids=[f"{name} {action}" for name, _, action in GRANTS])
def test_each_grant_is_of_an_action_that_can_be_limited_to_it(name: str, grant: Any, action: str) -> None:
    service, _, its = action.partition(":")
    assert its.lower() in services()[service]["Actions"], f"{action} is no action"
    possible = {begins(arn) for arn in formats(action)}
    assert all(
        begins(arn.replace("listener-rule/*", "listener-rule/app").replace("listener/*", "listener/app")) in possible
        or begins(arn) in possible
        for arn in grant.within
    ), (possible, grant.within)
    known = {"partition", "region", "account", "way", *MADE, *operation(name).input_shape.members}
    for template in (*grant.to, *grant.when.get("StringEquals", {}).values()):
        assert {field for _, field, _, _ in string.Formatter().parse(template) if field} <= known


def test_a_role_for_any_plan_is_limited_to_account_and_region() -> None:
    for name in writes():
        for statement in widest(name, Place("aws-cn", "cn-north-1", "111122223333")):
            assert statement["Resource"]
            for arn in statement["Resource"]:
                assert arn.startswith("arn:aws-cn:")
                assert ":111122223333:" in arn or arn.startswith("arn:aws-cn:route53:::")


def test_no_value_of_a_secret_is_ever_read() -> None:
    assert not {
        "secretsmanager.GetSecretValue",
        "ssm.GetParameter",
        "ssm.GetParameters",
        "logs.FilterLogEvents",
        "logs.GetLogEvents",
    } & {*reads(), *writes()}
