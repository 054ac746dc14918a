"""A plan says which IAM actions its run needs: those of what it looks at, and those of its own requests."""

from __future__ import annotations

from typing import Any

import pytest

from ecs2k8s.cutover.planning.permissions import READS
from ecs2k8s.cutover.things import KINDS
from tests.planned import ground, planned

ELB = "arn:aws:elasticloadbalancing:eu-west-1:1"
IDENTS = {
    "autoscaling.target": "ecs/service/shop/web/ecs:service:DesiredCount",
    "ec2.security-group-rule": "sg-1/ingress/tcp/80/80/sg-2",
    "ecs.service": "arn:aws:ecs:eu-west-1:1:service/shop/web",
    "ecs.service-deployment": "arn:aws:ecs:eu-west-1:1:service/shop/web",
    "eks.pod-identity-association": "cluster/space/account",
    "elbv2.test-rule": f"{ELB}:listener/app/shop/1/2#web-1",
    "events.rule": "arn:aws:events:eu-west-1:1:rule/nightly",
    "events.targets": "arn:aws:events:eu-west-1:1:rule/nightly#1",
    "iam.trust": "arn:aws:iam::1:role/web",
    "route53.record-sets": "Z1/shop.example.com.",
    "scheduler.schedule": "arn:aws:scheduler:eu-west-1:1:schedule/default/nightly",
}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.startswith("kubernetes.")])
def test_what_a_kind_asks_first_is_among_its_reads(kind: str) -> None:
    asked: list[str] = []

    def ask(call: str, _: Any) -> None:
        asked.append(call)

    KINDS[kind].now(ask, IDENTS.get(kind, f"{ELB}:x/1"))
    assert asked
    assert set(asked) <= set(READS[kind])


def test_a_guided_run_only_looks() -> None:
    verbs = ("Describe", "List", "Get")
    for unit in ("shop-backend", "shop-worker"):
        guided = planned(ground("three-tier"), unit).permissions["guided"]
        assert guided
        assert all(action.partition(":")[2].startswith(verbs) for action in guided)


def test_carrying_it_out_takes_what_its_own_requests_need_and_no_more() -> None:
    permissions = planned(ground("three-tier"), "shop-backend").permissions
    assert {action for action in permissions["execute"] if action not in permissions["guided"]} == {
        "application-autoscaling:RegisterScalableTarget",
        "ecs:UpdateService",  # which AWS asks for in the name of whoever registers a scalable target
        "elasticloadbalancing:AddTags",
        "elasticloadbalancing:CreateRule",
        "elasticloadbalancing:CreateTargetGroup",
        "elasticloadbalancing:DeleteRule",
        "elasticloadbalancing:DeleteTargetGroup",
        "elasticloadbalancing:ModifyRule",
        "elasticloadbalancing:ModifyTargetGroupAttributes",
    }
