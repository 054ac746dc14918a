"""The policies that `ecs2k8s policy cutover` prints allow what a run sends, and nothing beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ecs2k8s.assess.iam import Request as Asked
from ecs2k8s.assess.iam import decide
from ecs2k8s.cli import policy
from ecs2k8s.collect.policy import LIMIT, size
from ecs2k8s.core.errors import PlanError, TargetError, UsageError
from ecs2k8s.cutover.aws.calls import Place, reads, writes
from ecs2k8s.cutover.aws.policy import of_designs, of_plans
from ecs2k8s.cutover.plan import Move, Plan, Thing, dump
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.replay.permissions import needs
from tests.connected import STEP, plan_of
from tests.replayed import ACCOUNT, REGION
from tests.unit.cutover.aws.test_sender import MOVES, carried

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLACE = Place("aws", REGION, ACCOUNT)


def move(kind: str, ident: str, before: Any, wanted: Any) -> Move:
    return Move(Thing(kind, ident), before, wanted, KINDS[kind].request(ident, before, wanted), "")


def plan(*moves: Move, executable: bool = True, guided: bool = False) -> Plan:
    step = msgspec.structs.replace(STEP, moves=moves, guided=guided)
    return msgspec.structs.replace(plan_of(), steps=(step,), executable=executable)


def allowed(policies: list[dict[str, Any]], action: str, resource: str, context: dict[str, str]) -> bool:
    asked = Asked(("AWS", "arn:aws:iam::1:role/writer"), action, context, resource)
    return any(decide(each, asked) == "allowed" for each in policies)


@pytest.mark.parametrize("at", range(len(MOVES)), ids=[each[1] for each in MOVES])
def test_a_policy_allows_what_aws_asks_for_each_request_of_the_plan_and_no_other_plan(at: int) -> None:
    (_, kind, ident, _), its = MOVES[at], carried(at)
    there, back = move(kind, ident, its.before, its.wanted), move(kind, ident, its.wanted, its.before)
    exact, any_plan = of_plans([plan(there, back)], PLACE)["write"], of_designs("AD", PLACE)["write"]
    others = of_plans([plan(*others_than(kind))], PLACE)["write"]
    sent = [each for each in its.world.stand.hook.calls if each.call in writes()][-2:]
    assert [each.call for each in sent] == [there.request.call, back.request.call]
    for need in (need for each in sent for need in needs(its.world.stand.account, each)):
        assert allowed(exact, need.action, need.resource, need.context), need
        assert allowed(any_plan, need.action, need.resource, need.context), need
        assert not allowed(others, need.action, need.resource, need.context), need


def others_than(kind: str) -> Iterator[Move]:
    """Moves of all other kinds, of objects that no sample has."""
    arn = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
    forward = [
        {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": "targetgroup:o", "Weight": 1}]}}
    ]
    if kind != "elbv2.rule":
        yield move("elbv2.rule", f"{arn}:listener-rule/app/o/1/2/3", {"Actions": forward}, {"Actions": forward})
    if kind != "elbv2.target-group":
        yield move("elbv2.target-group", "targetgroup:other", {}, None)
    if kind != "events.rule":
        yield move(
            "events.rule", f"arn:aws:events:{REGION}:{ACCOUNT}:rule/other", {"State": "ENABLED"}, {"State": "DISABLED"}
        )
    if kind != "iam.trust":
        yield move("iam.trust", f"arn:aws:iam::{ACCOUNT}:role/other", {}, {})


def test_what_a_person_does_is_in_no_policy_of_the_program() -> None:
    weights = next(others_than(""))
    assert of_plans([plan(weights)], PLACE)["write"]
    assert of_plans([plan(weights, executable=False)], PLACE)["write"] == []
    assert of_plans([plan(weights, guided=True)], PLACE)["write"] == []
    assert of_designs("BC", PLACE)["write"] == []


def test_who_watches_may_read_and_nothing_else() -> None:
    found = of_designs("A", PLACE)["read"]
    actions = {action for each in found for statement in each["Statement"] for action in statement["Action"]}
    assert actions == {action for row in reads().values() for action in row.permissions}
    assert not any(
        action in actions
        for row in writes().values()
        for grant in row.grants
        for action in grant.actions
        if not action.startswith(("ecs:Describe", "iam:GetRole"))
    )


def test_policies_fit_in_iam_and_one_role_may_assume_the_other() -> None:
    for found in (of_designs("ABCD", Place()), of_designs("AD", PLACE)):
        assert all(size(each) <= LIMIT for each in (*found["read"], *found["write"]))
        [assume], [trust] = found["assume"]["Statement"], found["trust"]["Statement"]
        assert assume["Resource"].endswith("role/ecs2k8s-cutover-writer")
        assert trust["Principal"]["AWS"].endswith("role/ecs2k8s-cutover-reader")


def test_statements_with_equal_rights_are_one() -> None:
    rules = [
        move(
            "elbv2.rule",
            f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:listener-rule/app/o/1/2/{n}",
            {"Actions": []},
            {"Actions": []},
        )
        for n in (2, 1, 1)
    ]
    [policy] = of_plans([plan(*rules)], PLACE)["write"]
    [statement] = policy["Statement"]
    assert statement["Resource"] == sorted(each.thing.id for each in rules[:2])


def test_a_directory_is_read_with_all_its_plans(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = list(others_than(""))[:2]
    for place, each in (("shop-web", one), ("shop-web/decommission", other)):
        (tmp_path / "cutover" / place).mkdir(parents=True)
        (tmp_path / "cutover" / place / "plan.json").write_bytes(dump(plan(each)))
    assert policy.cutover(str(tmp_path), (), "*", "", "") == 0
    printed = json.loads(capsys.readouterr().out)
    assert {
        action for each in printed["write"] for statement in each["Statement"] for action in statement["Action"]
    } == {"elasticloadbalancing:ModifyRule", "elasticloadbalancing:DeleteTargetGroup"}
    assert f":{ACCOUNT}:" in json.dumps(printed["read"])


def test_what_cannot_be_followed_is_said(tmp_path: Path) -> None:
    cases: list[tuple[tuple[str, tuple[str, ...]], type[Exception], str]] = [
        (("", ()), UsageError, "--design"),
        ((str(tmp_path), ("A",)), UsageError, "--design"),
        (("", ("E",)), UsageError, "none of A, B, C, D"),
        ((str(tmp_path), ()), PlanError, "has no plan"),
    ]
    for arguments, error, words in cases:
        with pytest.raises(error, match=words):
            policy.cutover(*arguments, "*", "", "")
    with pytest.raises(TargetError, match="twelve digits"):
        policy.cutover("", ("A",), "12", "", "")
    (tmp_path / "cutover" / "web").mkdir(parents=True)
    file = tmp_path / "cutover" / "web" / "plan.json"
    file.write_text("[]")
    with pytest.raises(PlanError, match=r"plan\.json"):
        policy.cutover(str(tmp_path), (), "*", "", "")
    file.write_bytes(dump(plan()))
    (tmp_path / "cutover" / "api").mkdir()
    (tmp_path / "cutover" / "api" / "plan.json").write_bytes(
        dump(msgspec.structs.replace(plan(), account="999999999999"))
    )
    with pytest.raises(PlanError, match="several accounts"):
        policy.cutover(str(tmp_path), (), "*", "", "")
