"""P10 and names: what is asked before ECS goes (T14, T17, T18), and records that share out answers (T16)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs

from ecs2k8s.cutover.checks.judging import Judges
from ecs2k8s.cutover.checks.places import going, pairs
from ecs2k8s.cutover.plan import Move, Plan, Request, Step, Thing
from tests.moved_estates import NEW as TWIN
from tests.moved_estates import OLD as SOURCE
from tests.moved_estates import attached, documents, ground_from
from tests.planned import planned
from tests.watched import BALANCER, NAMED, NEW, NOW, OLD, OLD_GROUP, RULE, World, healthy, plan, rule, scene, target

if TYPE_CHECKING:
    from ecs2k8s.cutover.plan import Purpose
    from ecs2k8s.cutover.verdicts import Result

PLACE = Thing("elbv2.rule", RULE)
STEP = Step("silent", "check.silent", "P10", "", "", "")
HOUR = 60  # in minutes


def forward(**weights: int) -> dict[str, Any]:
    arns = {"old": OLD, "new": NEW}
    groups = [{"TargetGroupArn": arns[name], "Weight": weight} for name, weight in weights.items()]
    return {"Actions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}], "Priority": "10"}


def ending(purpose: Purpose) -> Plan:
    """A later snapshot knows both groups by their ARN."""
    left = forward(new=100) if purpose == "decommission" else forward(old=100)
    detach = Move(PLACE, forward(old=0, new=100), left, Request("elbv2.ModifyRule"), "")
    made = plan(Step("detach", "elb.detach", "P10", "", "", "", moves=(detach,)))
    return structs.replace(made, purpose=purpose)


def judged(ident: str, world: World, purpose: Purpose = "decommission") -> Result:
    its = scene(world, ending(purpose))
    return Judges(its, fixed=its.since).judge(ident, STEP)


def test_what_a_plan_takes_out_of_an_action_tells_the_sides() -> None:
    cases: tuple[tuple[Purpose, tuple[int, int], str], ...] = (
        ("decommission", (0, 100), SOURCE),
        ("remove", (100, 0), TWIN),
    )
    for purpose, weights, gone in cases:
        made = planned(ground_from(attached(*weights).values()), "shop-backend", purpose)
        (pair,) = pairs(made)
        assert (pair.ecs, pair.eks) == ((SOURCE,), (TWIN,))
        assert going(made) == (gone,)


def test_a_rehearsal_has_the_sides_of_the_move() -> None:
    made = plan()
    rehearsed = structs.replace(made, purpose="rehearse")
    assert pairs(rehearsed) == pairs(made) != ()
    assert going(rehearsed) == going(made) == (OLD, NAMED)


def test_the_old_path_of_a_decommission_is_looked_at() -> None:
    world = healthy()
    world.put("RequestCount", BALANCER, 5, 7 * 24 * HOUR)
    del world.values["RequestCount", OLD_GROUP, "Sum"]
    assert judged("T17", world).verdict == "pass"
    world.values["RequestCount", OLD_GROUP, "Sum"][NOW - 86_400] = 1
    assert judged("T17", world).verdict == "fail"
    world.values.clear()
    assert judged("T17", world).verdict == "inconclusive"


@pytest.mark.parametrize(
    ("purpose", "draining", "verdict"),
    [("decommission", OLD, "fail"), ("decommission", NEW, "pass"), ("remove", NEW, "fail"), ("remove", OLD, "pass")],
)
def test_only_groups_that_go_must_not_drain(purpose: Purpose, draining: str, verdict: str) -> None:
    world = healthy()
    world.answers["elbv2.DescribeTargetHealth"] = lambda its: {
        "TargetHealthDescriptions": [
            target("10.0.0.1", state="draining" if its["TargetGroupArn"] == draining else "healthy")
        ]
    }
    assert judged("T18", world, purpose).verdict == verdict


# --- clients that stay


def kept(last: int, *, cookie: int = 0, action: int = 0) -> World:
    """The last request came to ECS so many minutes ago; cookies in seconds."""
    world = healthy()
    world.put("RequestCount", BALANCER, 600, 48 * HOUR)
    world.values["RequestCount", OLD_GROUP, "Sum"] = {NOW - last * 60: 3}
    world.put("ActiveConnectionCount", BALANCER, 40)
    sticky = {
        "stickiness.enabled": "true",
        "stickiness.type": "lb_cookie",
        "stickiness.lb_cookie.duration_seconds": str(cookie),
    }
    own = [{"Key": key, "Value": value} for key, value in sticky.items()] if cookie else []
    world.answers["elbv2.DescribeTargetGroupAttributes"] = {"Attributes": own}
    world.answers["elbv2.DescribeLoadBalancerAttributes"] = {
        "Attributes": [{"Key": "client_keep_alive.seconds", "Value": "1800"}]
    }
    config = {"Enabled": bool(action), **({"DurationSeconds": action} if action else {})}
    state = rule(0, 100)
    state["Actions"][0]["ForwardConfig"]["TargetGroupStickinessConfig"] = config
    world.states[PLACE] = state
    return world


@pytest.mark.parametrize(
    ("last", "cookie", "action", "verdict"),
    [
        (31, 0, 0, "pass"),
        (29, 0, 0, "fail"),  # a connection is kept for half an hour
        (61, 3_600, 0, "pass"),
        (59, 3_600, 0, "fail"),
        (119, 3_600, 7_200, "fail"),
        (121, 3_600, 7_200, "pass"),
    ],
)
def test_the_longest_of_cookies_and_connections_is_waited_for(
    last: int, cookie: int, action: int, verdict: str
) -> None:
    found = judged("T14", kept(last, cookie=cookie, action=action))
    assert (found.verdict, "40 connections" in found.text) == (verdict, True)


def test_where_nobody_measured_no_client_is_said_to_be_gone() -> None:
    world = kept(31)
    world.values.clear()
    assert judged("T14", world).verdict == "inconclusive"


# --- names

RECORDS = Thing("route53.record-sets", "Z123/shop.example.com.")


def record(side: str, weight: int, kind: str = "A") -> dict[str, Any]:
    return {"Name": "shop.example.com.", "Type": kind, "SetIdentifier": side, "Weight": weight}


def named(records: list[Any] | None, share: int | None = 10) -> Result:
    world = World(states={RECORDS: records})
    its = scene(world, structs.replace(plan(), traffic=(RULE, RECORDS.id)))
    return Judges(its, fixed=its.since).judge("T16", replace_share(share))


def replace_share(share: int | None) -> Step:
    return Step("dns-10", "r53.weights", "P6", "", "", "", share=share)


@pytest.mark.parametrize(
    ("records", "verdict"),
    [
        ([record("ecs", 229), record("eks", 26)], "pass"),
        ([record("ecs", 255), record("eks", 0)], "fail"),
        ([record("ecs", 229), record("eks", 26), record("ecs", 255, "AAAA"), record("eks", 0, "AAAA")], "fail"),
        ([{"Name": "shop.example.com.", "Type": "A"}], "fail"),
        (None, "fail"),
    ],
)
def test_the_records_of_each_name_give_eks_the_share_of_the_step(records: Any, verdict: str) -> None:
    assert named(records).verdict == verdict


def test_a_plan_without_names_has_none_to_ask_about() -> None:
    assert named([record("eks", 255)], 100).verdict == "pass"
    assert named([record("eks", 255)], None).verdict == "inconclusive"
    its = scene(healthy())
    assert Judges(its, fixed=its.since).judge("T16", replace_share(10)).verdict == "not_applicable"


def test_names_are_where_a_plan_of_design_b_has_them() -> None:
    made = planned(ground_from(documents().values(), shift="weighted-dns"), "shop-backend")
    its = scene(World(), made)
    world = replace(its, reader=World(states={}))
    found = Judges(world, fixed=0.0).judge("T16", made.step("dns-10"))
    assert found.verdict in {"fail", "error"}  # there are names, and this world has none of them
