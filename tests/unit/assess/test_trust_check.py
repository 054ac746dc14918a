"""The check of a new trust finds what a wrong merge would do, and nothing in a right one."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.assess.trust import judged, unsound
from ecs2k8s.core.aws_objects import AwsChange
from ecs2k8s.core.manifests import Bundle, Placed
from ecs2k8s.translate.trust import merged
from tests.unit.translate.test_trust import ECS, agent, irsa

if TYPE_CHECKING:
    from collections.abc import Callable

ROLE = "arn:aws:iam::111122223333:role/web"
OLD = {
    "Version": "2012-10-17",
    "Statement": [
        ECS,
        {
            "Sid": "Ci",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:role/ci"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": ["a", "b"]}},
        },
    ],
}
WANTED = {("shop", "web"), ("batch", "job")}
Edit = dict[str, Any]


def change(new: Any, old: Any = OLD) -> AwsChange:
    return AwsChange("trust-web", ROLE, "", "", old, new, "", "")


def by_irsa() -> Edit:
    return merged(OLD, [irsa(*sorted(WANTED))])


def by_agent() -> Edit:
    return merged(OLD, [agent("shop", "web"), agent("batch", "job")])


@pytest.mark.parametrize("make", [by_irsa, by_agent])
def test_a_right_trust_stands(make: Callable[[], Edit]) -> None:
    assert list(unsound(change(make()), WANTED)) == []


def test_a_statement_of_ours_may_grow() -> None:
    old = merged(OLD, [irsa(("shop", "web"))])
    assert list(unsound(change(merged(old, [irsa(*WANTED)]), old), WANTED)) == []


def without_ecs(document: Edit) -> None:
    del document["Statement"][0]


def narrower(document: Edit) -> None:
    document["Statement"][1]["Condition"]["StringEquals"]["sts:ExternalId"] = ["a"]


def other_version(document: Edit) -> None:
    document["Version"] = "2008-10-17"


def denies_ecs(document: Edit) -> None:
    document["Statement"].append({"Effect": "Deny", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "*"})


def without_pods(document: Edit) -> None:
    del document["Statement"][2]


def without_condition(document: Edit) -> None:
    document["Statement"][2]["Condition"] = {}


def wildcard(document: Edit) -> None:
    condition = document["Statement"][2]["Condition"]
    condition["StringLike"] = {
        key: "system:serviceaccount:shop:*" for key in condition["StringEquals"] if key.endswith(":sub")
    }
    for key in condition["StringLike"]:
        del condition["StringEquals"][key]


def another_account(document: Edit) -> None:
    for key, value in document["Statement"][2]["Condition"]["StringEquals"].items():
        if key.endswith(":sub"):
            document["Statement"][2]["Condition"]["StringEquals"][key] = [*value, "system:serviceaccount:shop:default"]


def without_audience(document: Edit) -> None:
    equals = document["Statement"][2]["Condition"]["StringEquals"]
    for key in [key for key in equals if key.endswith(":aud")]:
        del equals[key]


def any_action(document: Edit) -> None:
    document["Statement"][2]["Action"] = "sts:*"


def any_provider(document: Edit) -> None:
    document["Statement"][2]["Principal"]["Federated"] = "*"


WRONG: dict[Callable[[Edit], None], str] = {
    without_ecs: "missing or narrower",
    narrower: "missing or narrower: Ci",
    other_version: "more than the statements",
    denies_ecs: "tasks of ECS",
    without_pods: "would not be admitted",
    without_condition: "would be admitted too",
    wildcard: "would be admitted too",
    without_audience: "lacks a condition",
    another_account: "shop/default would be admitted too",
    any_action: "another principal, action or audience",
    any_provider: "another principal, action or audience",
}


@pytest.mark.parametrize("spoil", WRONG, ids=lambda spoil: spoil.__name__)
def test_a_wrong_trust_is_found_out(spoil: Callable[[Edit], None]) -> None:
    document = copy.deepcopy(by_irsa())
    spoil(document)
    assert any(WRONG[spoil] in line for line in unsound(change(document), WANTED))


def test_two_lists_are_a_cross_product_and_found_out() -> None:
    document = copy.deepcopy(by_agent())
    equals = document["Statement"][2]["Condition"]["StringEquals"]
    equals |= {
        "aws:RequestTag/kubernetes-namespace": ["shop", "batch"],
        "aws:RequestTag/kubernetes-service-account": ["web", "job"],
    }
    del document["Statement"][3]
    assert any("shop/job would be admitted too" in line for line in unsound(change(document), WANTED))


def test_a_change_that_does_not_stand_is_not_written_and_others_are_not_looked_at() -> None:
    document = copy.deepcopy(by_irsa())
    without_ecs(document)
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "web", "namespace": "shop", "annotations": {"eks.amazonaws.com/role-arn": ROLE}},
    }
    other = replace(change({}, {}), subject="arn:aws:scheduler:eu-west-1:111122223333:schedule/x", name="x")
    kept, doubts = judged([change(document), other], Bundle.of([Placed("shop/web", account)]), [])
    assert kept == (other,)
    assert [(each.slug, each.subject) for each in doubts] == [("trust-not-proved", ROLE)]
