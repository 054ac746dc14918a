"""Readiness gates are asked for once in each namespace that has pods behind a target group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.documents import Snapshot
from ecs2k8s.core.findings import Finding
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from tests.case_files import ARN, definition, service

if TYPE_CHECKING:
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.documents import Document

GROUP = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/{}/0123456789abcdef"
LABEL = "elbv2.k8s.aws/pod-readiness-gate-inject"


def behind(name: str, cluster: str, **more: Any) -> Document:
    entry = {"targetGroupArn": GROUP.format(name), "containerName": "c", "containerPort": 80}
    return service({"serviceName": name, "clusterArn": f"{ARN}:cluster/{cluster}", "loadBalancers": [entry]} | more)


def translated(*services: Document, containers: Any = ({"portMappings": [{"containerPort": 80}]},)) -> Translation:
    task = definition({"containerDefinitions": list(containers)}, bare=False)
    return translate(Snapshot((task, *services)), convert({}))


def said(made: Translation) -> list[Finding]:
    return [finding for finding in made.findings if finding.slug.startswith("readiness-gate")]


def labelled(made: Translation) -> dict[str, str | None]:
    spaces = [manifest for manifest in made.bundle.manifests if manifest["kind"] == "Namespace"]
    return {space["metadata"]["name"]: space["metadata"]["labels"].get(LABEL) for space in spaces}


def test_once_for_each_namespace_with_all_its_workloads() -> None:
    services = [behind("b", "prod"), behind("a", "prod"), behind("c", "test"), behind("d", "quiet", loadBalancers=[])]
    made = translated(*services)
    assert labelled(made) == {"prod": "enabled", "test": "enabled", "quiet": None}
    assert said(made) == [
        Finding.of("readiness-gate-order", "Namespace/prod", namespace="prod", workloads="a, b"),
        Finding.of("readiness-gate-order", "Namespace/test", namespace="test", workloads="c"),
    ]


def test_a_classic_load_balancer_has_no_target_group() -> None:
    entry = {"loadBalancerName": "old", "containerName": "c", "containerPort": 80}
    made = translated(behind("a", "prod", loadBalancers=[entry]))
    assert labelled(made) == {"prod": None}
    assert said(made) == []


def test_a_refused_workload_asks_for_nothing() -> None:
    made = translated(
        behind("a", "prod"), containers=[{"dependsOn": [{"containerName": "gone", "condition": "START"}]}]
    )
    assert len(made.refused) == 1
    assert labelled(made) == {"prod": None}
    assert said(made) == []
