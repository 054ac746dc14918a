"""Merging never loses or narrows a statement, changes nothing the second time, and is judged by the evaluator."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecs2k8s.assess.iam import Request, decide
from ecs2k8s.core.iam import same, size, statements
from ecs2k8s.translate.trust import Admission, by_agent, by_issuer, merged, new_trust

PROVIDER = "arn:aws:iam::111122223333:oidc-provider/oidc.eks/id/A"
CLUSTER = "arn:aws:eks:eu-west-1:111122223333:cluster/shop"
ECS = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}


def irsa(*accounts: tuple[str, str]) -> Admission:
    return by_issuer(PROVIDER, "oidc.eks/id/A", "sts.amazonaws.com", accounts)


def agent(namespace: str, *names: str) -> Admission:
    return by_agent(CLUSTER, "111122223333", namespace, names)


words = st.sampled_from(["a", "b", "shop", "web"])
accounts = st.lists(st.tuples(words, words), min_size=1, max_size=4, unique=True)
wanted = st.lists(
    st.one_of(
        accounts.map(lambda found: irsa(*found)),
        st.tuples(words, st.lists(words, min_size=1, max_size=3, unique=True)).map(
            lambda found: agent(found[0], *found[1])
        ),
    ),
    max_size=3,
)
foreign = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Principal": st.sampled_from([{"Service": "ecs-tasks.amazonaws.com"}, {"AWS": "111122223333"}, "*"]),
        "Action": st.sampled_from(["sts:AssumeRole", ["sts:TagSession"]]),
    },
    optional={
        "Sid": st.sampled_from(["", "x", irsa(("a", "a")).sid, agent("a", "a").sid]),
        "Condition": st.sampled_from(
            [{"Bool": {"aws:SecureTransport": "true"}}, {"StringEquals": {"oidc.eks/id/A:sub": "other"}}]
        ),
    },
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Trusts of every form, some of which have statements of ours already."""
    found = draw(st.lists(foreign, max_size=3))
    made = [each for admission in draw(wanted) for each in statements(new_trust([admission]))]
    mixed = draw(st.permutations([*found, *made]))
    given = mixed[0] if len(mixed) == 1 and draw(st.booleans()) else list(mixed)
    return {"Version": "2012-10-17", "Statement": given} if draw(st.booleans()) else {"Statement": given}


def asks(admission: Admission, name: str) -> list[Request]:
    context = dict(admission.equals) | {admission.key: name}
    return [Request(admission.principal, action, context) for action in admission.actions]


@settings(max_examples=200)
@given(documents(), wanted)
def test_merging_keeps_every_statement_and_its_order_and_admits_what_is_wanted(
    document: dict[str, Any], admissions: list[Admission]
) -> None:
    before = copy.deepcopy(document)
    after = merged(document, admissions)
    assert document == before
    assert {**after, "Statement": None} == {**before, "Statement": None}
    old, new = statements(before), statements(after)
    for one, other in zip(old, new, strict=False):  # the first ones are the old ones, in their order
        grown = [
            a
            for a in admissions
            if a.names_in(one) is not None and (a.names_in(one) or set()) <= (a.names_in(other) or set())
        ]
        assert one == other or (grown and one["Sid"] == other["Sid"])
    allowing = [each for each in new if each["Effect"] == "Allow"]
    for request in (ask for a in admissions for name in a.names for ask in asks(a, name)):
        assert decide({"Statement": allowing}, request) == "allowed"
        assert decide({"Statement": allowing}, Request(request.principal, request.action, {})) == decide(
            {"Statement": [e for e in old if e["Effect"] == "Allow"]}, Request(request.principal, request.action, {})
        )
    sids = [each["Sid"] for each in new[len(old) :]]
    assert len(set(sids) | {each.get("Sid") for each in old}) == len(sids) + len({each.get("Sid") for each in old})


@settings(max_examples=200)
@given(documents(), wanted)
def test_merging_again_changes_nothing_in_whatever_order(document: dict[str, Any], admissions: list[Admission]) -> None:
    once = merged(document, admissions)
    assert merged(once, admissions) == once
    assert merged(once, reversed(admissions)) == once
    assert merged(json.loads(json.dumps(once)), admissions[:1]) == once


def test_a_statement_of_ours_that_somebody_changed_stays_and_a_new_one_joins_it() -> None:
    (own,) = statements(new_trust([irsa(("shop", "web"))]))
    edited = {**own, "Condition": {"StringLike": own["Condition"]["StringEquals"]}}
    after = merged({"Statement": [ECS, edited]}, [irsa(("shop", "web"))])
    assert after["Statement"][:2] == [ECS, edited]
    assert same(after["Statement"][2], own)
    assert after["Statement"][2]["Sid"] != own["Sid"]
    assert merged(after, [irsa(("shop", "web"))]) == after


def test_one_statement_for_each_namespace_and_one_list_in_it() -> None:
    found = statements(new_trust([agent("shop", "web", "api"), agent("batch", "web")]))
    assert [each["Condition"]["StringEquals"]["aws:RequestTag/kubernetes-namespace"] for each in found] == [
        "shop",
        "batch",
    ]
    assert found[0]["Condition"]["StringEquals"]["aws:RequestTag/kubernetes-service-account"] == ["api", "web"]
    assert all(each["Sid"].isalnum() for each in found)


@pytest.mark.parametrize(("count", "fits"), [(30, True), (60, False)])
def test_a_list_of_subjects_is_short_enough_for_many(count: int, fits: bool) -> None:
    document = merged(
        {"Version": "2012-10-17", "Statement": [ECS]}, [irsa(*(("shop", f"w{number}") for number in range(count)))]
    )
    assert (size(document) <= 2048) is fits
