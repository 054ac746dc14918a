"""Answers that no model forbids, but AWS never gives: members are missing anywhere in them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.collect.pace import Pacer
from ecs2k8s.collect.scope import Scope
from ecs2k8s.core.target import Target
from ecs2k8s.pipeline import translate
from ecs2k8s.replay.answers import account
from ecs2k8s.replay.hook import Hook, Policy, Request
from tests.everything import EKS, everything
from tests.replayed import ACCOUNT, read

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pacer, "wait", lambda *_: None)


def pruned(value: Any, chance: random.Random, share: float) -> Any:
    if isinstance(value, dict):
        return {key: pruned(child, chance, share) for key, child in value.items() if chance.random() > share}
    return [pruned(child, chance, share) for child in value] if isinstance(value, list) else value


def pruning(seed: int) -> Policy:
    answer, chance = account(everything(), ACCOUNT), random.Random(seed)
    share = chance.choice([0.02, 0.05, 0.1])

    def policy(request: Request, before: int) -> Any:
        found = answer(request, before)
        return (
            pruned(found, chance, share) if isinstance(found, dict) and not request.call.startswith("sts.") else found
        )

    return policy


@pytest.mark.parametrize("seed", [*range(12), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(12, 300))])
def test_members_that_are_missing_end_no_run(seed: int, tmp_path: Path) -> None:
    """The reading comes to its end, and what it read can be translated."""
    translate(read(Hook((pruning(seed),)), tmp_path, Scope(eks_cluster=EKS)), Target())


def test_what_depends_on_a_missing_member_is_said(tmp_path: Path) -> None:
    answer = account(everything(), ACCOUNT)

    def nameless(request: Request, before: int) -> Any:
        if request.call == "events.ListEventBuses":
            return {"EventBuses": [{}]}
        return answer(request, before)

    snapshot = read(Hook((nameless,)), tmp_path, Scope(eks_cluster=EKS))
    (failure,) = snapshot.failures
    assert (failure.slug, dict(failure.args)["code"]) == ("answer-lacks-member", "Name")
    assert failure.subject == "events.ListRuleNamesByTarget in eu-west-1"
