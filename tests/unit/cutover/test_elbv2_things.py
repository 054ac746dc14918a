"""What a plan says of load balancers is what AWS says of them, in whichever form it was written."""

from __future__ import annotations

from typing import Any

import pytest

from ecs2k8s.core.errors import PlanError
from ecs2k8s.cutover.plan import Request
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.cutover.things.elbv2_actions import actions, conditions
from ecs2k8s.cutover.things.elbv2_rule import test_rule_id as id_of_test_rule
from ecs2k8s.cutover.things.kind import NotInSnapshotError
from tests.estates import SAMPLES, estate
from tests.things_asked import asking

OF = {  # shapes of a snapshot and the kinds that have their documents' ids
    "elbv2.Rule": "elbv2.rule",
    "elbv2.Listener": "elbv2.listener",
    "elbv2.TargetGroup": "elbv2.target-group",
    "elbv2.TargetGroupAttributes": "elbv2.target-group-attributes",
    "elbv2.TargetHealth": "elbv2.target-health",
    "elbv2.LoadBalancerAttributes": "elbv2.load-balancer-attributes",
}
RULE, LISTENER = "arn:aws:elasticloadbalancing:eu-west-1:1:listener-rule/app/a/1/2/3", "arn:l:listener/app/a/1/2"
OLD, NEW = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/web/1", "targetgroup:web-eks"
OIDC = {"Issuer": "https://id.example.com", "ClientId": "web", "SessionTimeout": 604800}


def forward(*weights: tuple[str, int], **stickiness: Any) -> dict[str, Any]:
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights]
    config = {"TargetGroups": groups, "TargetGroupStickinessConfig": {"Enabled": False} | stickiness}
    return {"Type": "forward", "ForwardConfig": config}


def rule(*found: dict[str, Any]) -> dict[str, Any]:
    return {"Actions": list(found), "Conditions": [], "Priority": "7"}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_snapshot_and_the_account_say_the_same_of_what_did_not_change(name: str) -> None:
    snapshot, _ = estate(name)
    ask, documents = asking(snapshot.documents), {(each.shape, each.id): each.data for each in snapshot.documents}
    asked = [(KINDS[OF[each.shape]], each.id) for each in snapshot.documents if each.shape in OF]
    assert asked
    for kind, ident in asked:
        assert kind.now(ask, ident) == kind.then(documents, ident) is not None, (kind.name, ident)


@pytest.mark.parametrize("kind", sorted(OF.values()))
def test_what_the_snapshot_does_not_have_is_no_state(kind: str) -> None:
    with pytest.raises(NotInSnapshotError, match="the snapshot has no elbv2"):
        KINDS[kind].then({}, OLD)


def test_what_was_masked_is_no_state() -> None:
    masked = {
        "Priority": "1",
        "Actions": [{"Type": "fixed-response", "FixedResponseConfig": {"MessageBody": "ecs2k8s:redacted"}}],
    }
    with pytest.raises(NotInSnapshotError, match="--redact"):
        KINDS["elbv2.rule"].then({("elbv2.Rule", RULE): masked}, RULE)


@pytest.mark.parametrize(
    "written",
    [
        [{"Type": "forward", "TargetGroupArn": OLD}],
        [{"Type": "forward", "TargetGroupArn": OLD, "Order": 1}],
        [{"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": OLD}]}}],
        [forward((OLD, 1)) | {"TargetGroupArn": OLD}],
    ],
)
def test_the_short_and_the_long_form_of_a_forward_are_one(written: list[dict[str, Any]]) -> None:
    assert actions(written) == [forward((OLD, 1))]


def test_actions_stand_in_their_order_and_groups_in_any() -> None:
    one = [
        {**forward((OLD, 3), (NEW, 1)), "Order": 2},
        {"Type": "authenticate-oidc", "AuthenticateOidcConfig": OIDC, "Order": 1},
    ]
    other = [
        {
            "Type": "authenticate-oidc",
            "AuthenticateOidcConfig": {**OIDC, "AuthenticationRequestExtraParams": {}},
            "Order": 10,
        },
        {**forward((NEW, 1), (OLD, 3)), "Order": 50000},
    ]
    assert actions(one) == actions(other)
    assert [each["Type"] for each in actions(one)] == ["authenticate-oidc", "forward"]
    assert actions(actions(one)) == actions(one)


@pytest.mark.parametrize(
    "other",
    [
        [forward((OLD, 2))],
        [forward((OLD, 1), (NEW, 0))],
        [forward((OLD, 1), Enabled=True, DurationSeconds=60)],
        [forward((NEW, 1))],
        [{"Type": "forward", "TargetGroupArn": NEW}],
    ],
)
def test_another_weight_group_or_stickiness_is_another_state(other: list[dict[str, Any]]) -> None:
    assert actions(other) != actions([{"Type": "forward", "TargetGroupArn": OLD}])


def test_a_client_secret_is_in_no_state_and_in_no_request_and_is_kept() -> None:
    written = [
        {"Type": "authenticate-oidc", "AuthenticateOidcConfig": OIDC | {"ClientSecret": "hunter2"}, "Order": 1},
        {**forward((OLD, 1)), "Order": 2},
    ]
    before = rule(*actions(written))
    assert "hunter2" not in str(before)
    wanted = rule(before["Actions"][0], forward((OLD, 99), (NEW, 1)))
    request = KINDS["elbv2.rule"].request(RULE, before, wanted)
    oidc, share = request.parameters["Actions"]
    assert oidc == {
        "Type": "authenticate-oidc",
        "Order": 1,
        "AuthenticateOidcConfig": OIDC | {"UseExistingClientSecret": True},
    }
    assert share["Order"] == 2
    assert actions(request.parameters["Actions"]) == wanted["Actions"]


def test_conditions_are_the_same_in_both_forms_and_in_any_order() -> None:
    host = {"Field": "host-header", "Values": ["a"]}
    path = {"Field": "path-pattern", "Values": ["/"], "PathPatternConfig": {"Values": ["/"]}}
    assert conditions([host, path]) == conditions(
        [{"Field": "path-pattern", "Values": ["/"]}, host | {"HostHeaderConfig": {"Values": ["a"]}}]
    )
    assert conditions([host]) != conditions([{"Field": "host-header", "Values": ["b"]}])
    assert all("Values" not in each for each in conditions([host, path]))  # CreateRule refuses both together


def test_one_call_sets_all_weights_of_a_rule_and_of_a_listener() -> None:
    before, wanted = [forward((OLD, 100), (NEW, 0))], [forward((OLD, 99), (NEW, 1))]
    assert KINDS["elbv2.rule"].request(RULE, rule(*before), rule(*wanted)) == Request(
        "elbv2.ModifyRule", {"RuleArn": RULE, "Actions": wanted}
    )
    request = KINDS["elbv2.listener"].request(LISTENER, {"DefaultActions": before}, {"DefaultActions": wanted})
    assert request == Request("elbv2.ModifyListener", {"ListenerArn": LISTENER, "DefaultActions": wanted})


def test_no_call_changes_what_meets_a_rule() -> None:
    before = rule(forward((OLD, 1)))
    with pytest.raises(PlanError, match="not Conditions, Priority"):
        KINDS["elbv2.rule"].request(RULE, before, {**before, "Conditions": [{"Field": "host-header"}], "Priority": "8"})
    with pytest.raises(PlanError, match="neither made nor deleted"):
        KINDS["elbv2.rule"].request(RULE, before, None)
    with pytest.raises(PlanError, match="default rule"):
        KINDS["elbv2.rule"].request(RULE, {**before, "Priority": "default"}, {**before, "Priority": "default"})


GROUP = {
    "Protocol": "HTTP",
    "Port": 8080,
    "VpcId": "vpc-1",
    "TargetType": "ip",
    "HealthCheckPath": "/",
    "Tags": {"ecs2k8s": "cutover", "a": "b"},
}


def test_a_target_group_is_made_by_its_name_and_deleted_by_what_its_name_leads_to() -> None:
    group = KINDS["elbv2.target-group"]
    assert group.then({}, NEW) is None
    made = group.request(NEW, None, GROUP)
    assert made.call == "elbv2.CreateTargetGroup"
    assert made.parameters["Name"] == "web-eks"
    assert made.parameters["Tags"] == [{"Key": "a", "Value": "b"}, {"Key": "ecs2k8s", "Value": "cutover"}]
    assert group.request(NEW, GROUP, None) == Request("elbv2.DeleteTargetGroup", {"TargetGroupArn": NEW})
    with pytest.raises(PlanError, match="no ARN yet"):
        group.request(OLD, None, GROUP)


def test_of_a_target_group_only_the_health_check_can_change() -> None:
    group = KINDS["elbv2.target-group"]
    assert group.request(OLD, GROUP, GROUP | {"HealthCheckPath": "/up"}) == Request(
        "elbv2.ModifyTargetGroup", {"TargetGroupArn": OLD, "HealthCheckPath": "/up"}
    )
    with pytest.raises(PlanError, match="Port cannot be changed"):
        group.request(OLD, GROUP, GROUP | {"Port": 80})


def test_only_attributes_that_differ_are_sent_and_usual_ones_are_set_back() -> None:
    kind = KINDS["elbv2.target-group-attributes"]
    assert kind.then({}, NEW) == {}
    request = kind.request(
        NEW,
        {"slow_start.duration_seconds": "30", "stickiness.enabled": "true"},
        {"stickiness.enabled": "true", "deregistration_delay.timeout_seconds": "60"},
    )
    assert request.parameters["Attributes"] == [
        {"Key": "deregistration_delay.timeout_seconds", "Value": "60"},
        {"Key": "slow_start.duration_seconds", "Value": "0"},
    ]
    with pytest.raises(PlanError, match=r"stickiness\.type"):
        kind.request(NEW, {"stickiness.type": "app_cookie"}, {})


def test_a_test_rule_is_ours_by_its_tag() -> None:
    kind, ident = KINDS["elbv2.test-rule"], id_of_test_rule(LISTENER, "web")
    wanted = rule(forward((NEW, 1))) | {"Tags": {"ecs2k8s": "cutover", "ecs2k8s:test-rule": "web"}}
    made = kind.request(ident, None, wanted)
    assert made.call == "elbv2.CreateRule"
    assert made.parameters["Priority"] == 7
    assert kind.request(ident, wanted, None) == Request("elbv2.DeleteRule", {"RuleArn": f"test-rule:7@{LISTENER}"})
    listed = {
        **wanted,
        "Tags": [
            {"Key": "ecs2k8s", "Value": "cutover"},
            {"Key": "ecs2k8s:test-rule", "Value": "web"},
            {"Key": "ecs2k8s:run", "Value": "x"},
        ],
    }
    arn = LISTENER.replace(":listener/", ":listener-rule/") + "/9"
    documents = {("elbv2.Listener", LISTENER): {}, ("elbv2.Rule", arn): {**listed, "RuleArn": arn}}
    assert kind.then(documents, ident) is None
    assert kind.then({**documents, ("elbv2.Tags", arn): listed}, ident) == wanted
    assert kind.then({**documents, ("elbv2.Tags", arn): listed}, id_of_test_rule(LISTENER, "api")) is None
    for other in (
        {**wanted, "Tags": {}},
        rule({"Type": "authenticate-oidc", "AuthenticateOidcConfig": OIDC}) | {"Tags": wanted["Tags"]},
    ):
        with pytest.raises(PlanError):
            kind.request(ident, None, other)
    with pytest.raises(PlanError, match="never changed"):
        kind.request(ident, wanted, wanted | {"Priority": "8"})
