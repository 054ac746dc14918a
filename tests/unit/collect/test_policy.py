"""The IAM policy of `export`, held against the list of actions and their resources that comes with cfn-lint."""

from __future__ import annotations

import json
import re

import botocore.session
import pytest

from ecs2k8s.collect.calls import calls
from ecs2k8s.collect.policy import LIMIT, policies, size
from ecs2k8s.core.partitions import PARTITIONS
from tests.iam_actions import services

ROWS = [(name, action) for name, row in calls().items() for action in row.permissions]


def formats(action: str) -> list[str]:
    """ARNs that *action* can be limited to, with the first part of the resource as it is written."""
    service, _, name = action.partition(":")
    known = services()[service]
    types = known["Actions"][name.lower()].get("Resources", ())
    resources = {each.lower(): its for each, its in known["Resources"].items()}
    return [arn for each in types for arn in resources[each.lower()]["ARNFormats"]]


def begins(arn: str) -> str:
    """`arn:…:role/*` and `arn:${Partition}:…:role/.*` to what both begin with after the account."""
    service, _, _, resource = arn.split(":", 5)[2:]
    return f"{service}:{re.split(r'[/:*.]', resource)[0]}"


@pytest.mark.parametrize(("name", "action"), ROWS)
def test_each_action_exists_and_can_be_limited_to_what_its_row_says(name: str, action: str) -> None:
    service, _, operation = action.partition(":")
    assert operation.lower() in services()[service]["Actions"], f"{action} is no action"
    resources = calls()[name].resource
    if "*" in resources:
        return
    possible = {begins(arn) for arn in formats(action)}
    anything = f"{service}:" in possible  # the list has nothing narrower, as for task definitions
    assert anything or possible & {begins(arn) for arn in resources}, f"{name}: {resources} is none of {possible}"


def test_every_permission_is_in_the_policy_once_and_nothing_else_is() -> None:
    statements = [statement for policy in policies() for statement in policy["Statement"]]
    allowed = [action for statement in statements for action in statement["Action"]]
    assert sorted(allowed) == sorted(set(allowed)) == sorted({action for _, action in ROWS})
    assert {statement["Effect"] for statement in statements} == {"Allow"}


@pytest.mark.parametrize("partition", PARTITIONS)
def test_policies_fit_with_every_region_of_the_partition(partition: str) -> None:
    regions = botocore.session.Session().get_available_regions("ecs", partition)
    for chosen in (["*"], regions[:1], regions):
        found = policies(partition, chosen, "111122223333")
        assert all(size(policy) <= LIMIT for policy in found), partition
    text = json.dumps(policies(partition, regions[:1], "111122223333"))
    assert set(re.findall(r"arn:([^:]+):", text)) == {partition}


def test_a_partition_without_a_service_gets_no_action_of_it() -> None:
    assert "cloudfront:" in json.dumps(policies("aws-cn"))
    assert "cloudfront:" not in json.dumps(policies("aws-us-gov"))


def test_there_are_as_few_policies_as_fit() -> None:
    found = policies("aws", ["eu-west-1"], "111122223333")
    assert len(found) == -(-sum(size(policy) for policy in found) // LIMIT)
