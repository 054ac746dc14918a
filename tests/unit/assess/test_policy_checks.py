from __future__ import annotations

from typing import Any

from ecs2k8s.assess.policy_checks import MOST_PORTS, policy_findings


def deployment(name: str, **labels: str) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": name, **labels}}, "spec": {}}
    return {"kind": "Deployment", "metadata": {"name": name, "namespace": "prod"}, "spec": {"template": template}}


def policy(name: str, direction: str, *rules: dict[str, Any]) -> dict[str, Any]:
    spec = {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": [direction], direction.lower(): list(rules)}
    return {"kind": "NetworkPolicy", "metadata": {"name": name, "namespace": "prod"}, "spec": spec}


def service(selector: dict[str, str], **port: Any) -> dict[str, Any]:
    ports = [{"port": 80, "targetPort": 80} | port]
    return {
        "kind": "Service",
        "metadata": {"name": "api", "namespace": "prod"},
        "spec": {"selector": selector, "ports": ports},
    }


def said(*manifests: dict[str, Any], overlap: tuple[str, ...] = ()) -> list[str]:
    return [finding.slug for finding in policy_findings(manifests, [], overlap)]


def tcp(first: int, count: int) -> list[dict[str, Any]]:
    return [{"protocol": "TCP", "port": port} for port in range(first, first + 2 * count, 2)]


WEB, API = deployment("web"), deployment("api", member="yes")
OUT = policy("out", "Egress", {"to": [{"podSelector": {"matchLabels": {"member": "yes"}}}]})


def test_a_service_must_have_the_labels_that_an_egress_policy_names() -> None:
    assert said(WEB, API, OUT, service({"app": "api", "member": "yes"})) == []
    assert said(WEB, API, OUT, service({"app": "api"})) == ["service-not-meant-by-policy"]
    assert said(WEB, API, OUT, service({"app": "web"})) == []  # none of its pods is meant
    headless = service({"app": "api"})
    headless["spec"]["clusterIP"] = "None"
    assert said(WEB, API, OUT, headless) == []


def test_a_port_of_a_service_that_differs_from_the_pods_is_said() -> None:
    assert said(WEB, API, OUT, service({"app": "api", "member": "yes"}, port=8080)) == ["service-port-differs"]
    assert said(WEB, API, service({"app": "api"}, port=8080)) == []


def test_the_limit_counts_over_policies_and_wider_ranges() -> None:
    wide = policy("wide", "Ingress", {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": tcp(1, 12)})
    narrow = policy("narrow", "Ingress", {"from": [{"ipBlock": {"cidr": "10.0.0.7/32"}}], "ports": tcp(101, 12)})
    more = policy("more", "Ingress", {"from": [{"ipBlock": {"cidr": "10.0.0.7/32"}}], "ports": tcp(201, 1)})
    elsewhere = policy(
        "elsewhere", "Ingress", {"from": [{"ipBlock": {"cidr": "192.168.0.0/16"}}], "ports": tcp(301, 9)}
    )
    assert said(WEB, wide, narrow, elsewhere) == []
    assert said(WEB, wide, narrow, more) == ["too-many-port-combinations"]


def test_the_limit_counts_what_is_for_everyone_and_what_may_hold_pods() -> None:
    pods = policy(
        "pods", "Egress", {"to": [{"podSelector": {"matchLabels": {"app": "api"}}}], "ports": tcp(1, MOST_PORTS - 1)}
    )
    everyone = policy("everyone", "Egress", {"ports": tcp(101, 1)})
    subnet = policy("subnet", "Egress", {"to": [{"ipBlock": {"cidr": "10.0.0.0/16"}}], "ports": tcp(201, 1)})
    assert said(WEB, API, pods, everyone) == []
    assert said(WEB, API, pods, everyone, subnet) == []
    assert said(WEB, API, pods, everyone, subnet, overlap=("10.0.1.0/24",)) == ["too-many-port-combinations"]
