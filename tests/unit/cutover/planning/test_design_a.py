"""Design A: every place that names a group of ECS, its twin at weight 0 first, and a way back at each step."""

from __future__ import annotations

from typing import Any

import pytest

from ecs2k8s.cutover.plan import Plan, Step
from ecs2k8s.cutover.planning.actions import weights_of
from ecs2k8s.cutover.planning.assembly import PHASES
from ecs2k8s.cutover.run.shares import share
from tests.moved_estates import LISTENER, OLD, RULE, documents, ground_from
from tests.planned import ground, made, planned

EKS = "targetgroup:shop-backend-eks"
UNITS = [
    ("three-tier", "shop-frontend"),
    ("three-tier", "shop-backend"),
    ("routing", "store-api"),
    ("routing", "store-web"),
    ("routing", "store-admin"),
]


@pytest.fixture(scope="module")
def backend() -> Plan:
    return planned(ground("three-tier"), "shop-backend")


def weights(state: Any) -> dict[str, int]:
    return weights_of(state.get("Actions") or state.get("DefaultActions"))


def of_kind(plan: Plan, kind: str) -> list[Step]:
    return [step for step in plan.steps if step.kind == kind]


def test_the_steps_of_one_unit_are_those_of_the_design(backend: Plan) -> None:
    assert [step.id for step in backend.steps if step.phase in ("P2", "P3", "P4", "P6")] == [
        *("pin", "armour", "target-group", "attach", "services", "bindings", "workloads", "ready"),
        *("test-rule", "dark", "approve-canary", "drill", "drill-back", "shift-1", "bake-1", "shift-5", "bake-5"),
    ]


def test_attaching_leaves_the_weight_as_found(backend: Plan) -> None:
    (move,) = backend.step("attach").moves
    assert (move.thing.id, weights(move.before)) == (RULE, {OLD: 1})
    assert weights(move.wanted) == {OLD: 1, EKS: 0}


def test_a_new_group_has_the_settings_of_the_old_one_and_our_tag(backend: Plan) -> None:
    create, attributes = backend.step("target-group").moves
    asked = create.request.parameters
    assert create.request.call == "elbv2.CreateTargetGroup"
    assert (asked["Name"], asked["TargetType"], asked["Port"]) == ("shop-backend-eks", "ip", 8000)
    assert (asked["HealthCheckPath"], asked["Matcher"]) == ("/healthz", {"HttpCode": "200"})
    assert {"Key": "ecs2k8s", "Value": "cutover"} in asked["Tags"]
    assert attributes.wanted == {
        "deregistration_delay.timeout_seconds": "60",
        "load_balancing.algorithm.type": "least_outstanding_requests",
    }


def test_a_service_is_applied_before_its_binding_and_that_before_the_pods(backend: Plan) -> None:
    files = [move.thing.id for step in of_kind(backend, "k8s.apply") for move in step.moves]
    at = {name: files.index(f"{name}.yaml") for name in (
        "manifests/shop/namespace",
        "manifests/shop/backend/service",
        "traffic/target-group-binding/shop/shop-backend",
        "manifests/shop/backend/deployment",
    )}  # fmt: skip
    assert list(at.values()) == sorted(at.values())
    assert not [file for file in files if "frontend" in file or "background" in file]


def test_no_namespace_is_ever_deleted(backend: Plan) -> None:
    assert backend.step("ground").back == ()


@pytest.mark.parametrize(("name", "unit"), UNITS)
def test_every_way_back_is_one_call_for_each_place_to_the_attached_image(name: str, unit: str) -> None:
    plan = planned(ground(name), unit)
    attached = {move.thing: move.wanted for move in plan.step("attach").moves}
    for step in of_kind(plan, "elb.weights"):
        for move in step.back:
            assert move.wanted == attached[move.thing]
        assert len({move.thing for move in step.back}) == len(step.back)
        assert step.share == 0 or {move.thing for move in step.back} == {move.thing for move in step.moves}


@pytest.mark.parametrize(("name", "unit"), UNITS)
def test_each_step_begins_where_the_one_before_left_the_object(name: str, unit: str) -> None:
    plan = planned(ground(name), unit)
    now = {print_.thing: print_.state for print_ in plan.fingerprints}
    for step in plan.steps:
        for move in step.moves:
            if move.thing in now:
                assert now[move.thing] == move.before, step.id
            now[move.thing] = move.wanted


@pytest.mark.parametrize(("name", "unit"), UNITS)
def test_the_group_of_eks_never_leaves_the_action_and_other_groups_keep_their_part(name: str, unit: str) -> None:
    plan = planned(ground(name), unit)
    for step in of_kind(plan, "elb.weights"):
        for move in (*step.moves, *step.back):
            assert weights(move.wanted).keys() == weights(move.before).keys()
            assert all(0 <= weight <= 999 for weight in weights(move.wanted).values())
            assert sum(weights(move.wanted).values())


def test_the_share_of_each_step_is_that_of_its_weights(backend: Plan) -> None:
    for step in of_kind(backend, "elb.weights"):
        for move in step.moves:
            assert share(move.wanted) * 100 == pytest.approx(step.share)


def test_the_phases_come_in_order_and_each_approval_before_its_phase(backend: Plan) -> None:
    phases = [PHASES.index(step.phase) for step in backend.steps]
    assert phases == sorted(phases)
    for approval in backend.approvals:
        assert next(step for step in backend.steps if step.phase == approval.phase).kind == "gate.approval"
    assert [(approval.phase, approval.another) for approval in backend.approvals] == [("P6", False), ("P8", True)]


def test_one_run_holds_the_rules_and_listeners_alone(backend: Plan) -> None:
    assert backend.traffic == (RULE,)
    assert planned(ground("three-tier"), "shop-frontend").traffic == (LISTENER,)


def test_a_forgotten_default_action_is_a_place_too() -> None:
    found = documents()
    listener = found["elbv2.Listener", LISTENER]
    listener.data["DefaultActions"] = found["elbv2.Rule", RULE].data["Actions"]
    plan = planned(ground_from(found.values()), "shop-backend")
    assert [move.thing.id for move in plan.step("attach").moves] == [RULE, LISTENER]
    assert [move.thing.id for move in plan.step("shift-50").moves] == [RULE, LISTENER]
    assert set(plan.traffic) == {RULE, LISTENER}


def test_an_action_keeps_its_login_and_the_secret_stays_with_elb() -> None:
    plan = planned(ground("routing"), "store-admin")
    (move,) = plan.step("shift-50").moves
    login, forward = move.request.parameters["Actions"]
    assert login["AuthenticateOidcConfig"]["UseExistingClientSecret"] is True
    assert "ClientSecret" not in login["AuthenticateOidcConfig"]
    assert forward["Type"] == "forward"
    assert "--region eu-west-1" in move.command


def test_nobody_gets_past_a_login_by_a_test_rule() -> None:
    plan = planned(ground("routing"), "store-admin")
    assert not of_kind(plan, "elb.testrule")
    assert any("log in" in note for note in plan.notes)


def test_a_test_rule_stands_before_its_rule_and_answers_a_secret_header_only(backend: Plan) -> None:
    (move,) = backend.step("test-rule").moves
    asked = move.request.parameters
    assert asked["Priority"] == 9
    header = [condition for condition in asked["Conditions"] if condition["Field"] == "http-header"]
    assert header[0]["HttpHeaderConfig"]["Values"] == ["secret:any"]
    assert weights(move.wanted) == {EKS: 1}


def test_groups_that_keep_clients_make_the_action_keep_them_too() -> None:
    plan = planned(ground("three-tier"), "shop-frontend")
    (move,) = plan.step("attach").moves
    config = move.wanted["DefaultActions"][0]["ForwardConfig"]["TargetGroupStickinessConfig"]
    assert config == {"Enabled": True, "DurationSeconds": 3600}
    assert any("3600 seconds" in note for note in plan.notes)


def test_ecs_is_pinned_at_what_runs_and_scales_in_no_more(backend: Plan) -> None:
    (move,) = backend.step("pin").moves
    assert move.wanted["SuspendedState"]["DynamicScalingInSuspended"]
    assert move.wanted["SuspendedState"]["ScheduledScalingSuspended"]
    assert not move.wanted["SuspendedState"]["DynamicScalingOutSuspended"]
    assert move.wanted["MinCapacity"] >= move.before["MinCapacity"]


def test_records_that_would_leave_an_unhealthy_load_balancer_stop_asking_for_its_health_first() -> None:
    found = documents()
    key = ("route53.RecordSets", "record-sets/Z0123456789EXAMPLESHOP")
    shop = found[key].data["ResourceRecordSets"][0]
    shop |= {"SetIdentifier": "here", "Weight": 10}
    plan = planned(ground_from(found.values()), "shop-backend")
    steps = [step.id for step in plan.steps]
    assert steps.index("alias-health") < steps.index("attach") < steps.index("ready") < steps.index("alias-health-back")
    (move,) = plan.step("alias-health").moves
    assert [change["ResourceRecordSet"]["AliasTarget"]["EvaluateTargetHealth"] for change in
            move.request.parameters["ChangeBatch"]["Changes"]] == [False]  # fmt: skip


def test_a_simple_record_alone_needs_nothing() -> None:
    assert "alias-health" not in [step.id for step in planned(ground("three-tier"), "shop-backend").steps]


def test_the_whole_of_it_may_be_carried_out_by_the_program(backend: Plan) -> None:
    assert backend.executable
    assert isinstance(made(ground("three-tier"), "shop-backend"), Plan)
