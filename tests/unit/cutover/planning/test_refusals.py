"""A unit without a plan says why in one line, and what to do; who may write later is named in the plan."""

from __future__ import annotations

from typing import Any

import pytest

from ecs2k8s.core.documents import Document
from tests.moved_estates import LISTENER, OLD, RULE, SERVICE, documents, ground_from
from tests.planned import ground, planned, refused

BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/shop/50dc6c495c0c9188"


def tagged(arn: str, key: str) -> list[Document]:
    found = documents()
    tags = [*found["elbv2.Tags", arn].data["Tags"], {"Key": key, "Value": "x"}]
    found["elbv2.Tags", arn] = Document("elbv2.Tags", arn, {"ResourceArn": arn, "Tags": tags})
    return list(found.values())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"deploymentController": {"type": "CODE_DEPLOY"}}, "CodeDeploy writes the weights"),
        ({"deploymentController": {"type": "EXTERNAL"}}, "an external deployment controller writes"),
        ({"deploymentConfiguration": {"strategy": "BLUE_GREEN"}}, "strategy: BLUE_GREEN"),
        ({"deploymentConfiguration": {"strategy": "CANARY"}}, "strategy: CANARY"),
    ],
)
def test_a_deployer_that_writes_listeners_refuses_the_unit(change: dict[str, Any], said: str) -> None:
    found = documents()
    found["ecs.Service", SERVICE].data.update(change)
    reasons = refused(ground_from(found.values()), "shop-backend")
    assert said in reasons
    assert "export again" in reasons


@pytest.mark.parametrize("key", ["elbv2.k8s.aws/cluster", "ingress.k8s.aws/stack", "services.k8s.aws/namespace"])
@pytest.mark.parametrize("arn", [BALANCER, LISTENER, OLD])
def test_a_controller_that_owns_the_load_balancer_refuses_the_unit(arn: str, key: str) -> None:
    assert f"tag {key}" in refused(ground_from(tagged(arn, key)), "shop-backend")


@pytest.mark.parametrize(
    ("key", "name"),
    [("aws:cloudformation:stack-name", "CloudFormation"), ("aws:cdk:x", "CDK"), ("copilot-application", "Copilot")],
)
def test_a_pipeline_is_named_and_a_step_asks_that_it_does_not_write(key: str, name: str) -> None:
    plan = planned(ground_from(tagged(RULE, key)), "shop-backend")
    assert [(writer.name, writer.refused) for writer in plan.writers] == [(name, False)]
    assert name in plan.step("writers").title


def test_terraform_is_named_by_the_owners_of_target_yaml() -> None:
    owners = {"arn:aws:elasticloadbalancing:*:listener-rule/app/shop/*": "terraform"}
    plan = planned(ground_from(documents().values(), owners=owners), "shop-backend")
    assert [(writer.name, writer.thing.id) for writer in plan.writers] == [("terraform", RULE)]


def groups(count: int) -> list[dict[str, Any]]:
    others = [{"TargetGroupArn": f"{OLD[:-1]}{number}x", "Weight": 1} for number in range(count - 1)]
    return [{"TargetGroupArn": OLD, "Weight": 1}, *others]


def action(**more: Any) -> dict[str, Any]:
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups(1), **more}}


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        ([{"Type": "forward", "ForwardConfig": {"TargetGroups": groups(5)}}], "would have 6 target groups"),
        ([{"Type": "fixed-response"}, action()], "an action of type fixed-response"),
        ([action(Mirror="x")], "ForwardConfig.Mirror"),
        ([{"Type": "new"}, action()], "an action of type new"),
    ],
)
def test_what_cannot_be_written_again_is_not_written(actions: list[Any], said: str) -> None:
    found = documents()
    found["elbv2.Rule", RULE].data["Actions"] = actions
    assert said in refused(ground_from(found.values()), "shop-backend")


def test_a_network_load_balancer_and_a_group_that_cannot_be_copied_have_no_plan() -> None:
    assert "is a network load balancer" in refused(ground("ec2-legacy"), "legacy-checkout")
    assert "no new target group can stand beside" in refused(ground("ec2-legacy"), "legacy-portal")


def test_a_chart_has_no_order() -> None:
    assert "`format: kustomize`" in refused(ground_from(documents().values(), format="helm"), "shop-worker")


def test_what_takes_no_requests_needs_no_cutover() -> None:
    assert "no cutover is needed" in refused(ground("ec2-legacy"), "legacy-node-agent")


def test_what_the_snapshot_does_not_say_refuses_the_unit_that_needs_it() -> None:
    found = documents()
    del found["elbv2.TargetGroupAttributes", OLD]
    others = ground_from(found.values())
    assert OLD in refused(others, "shop-backend")
    assert planned(others, "shop-frontend")


def test_one_line_says_all_that_one_writer_is_known_by() -> None:
    (line,) = refused(ground("microservices"), "market-payment").split("\n")
    assert line.count("advancedConfiguration") == 3
