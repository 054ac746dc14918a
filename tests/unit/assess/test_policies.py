from __future__ import annotations

from typing import Any

import pytest

from ecs2k8s.assess.policies import Pod, Policies, pods_of, selects
from ecs2k8s.core.traffic import ALL, NOTHING, Traffic

WEB = Pod("prod", {"app": "web", "tier": "front"})
JOB = Pod("batch", {"app": "job"})
NODE = Pod("prod", {"app": "web"}, host_network=True)
TCP_80: Traffic = (("TCP", 80, 80),)
SPACES = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "batch", "labels": {"team": "night"}}}


def policies(*rules: dict[str, Any], direction: str = "Ingress", **metadata: Any) -> Policies:
    spec = {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": [direction], direction.lower(): list(rules)}
    policy = {"kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": "prod", **metadata}, "spec": spec}
    return Policies.of([policy, SPACES])


@pytest.mark.parametrize(
    ("peer", "meant"),
    [
        ({"podSelector": {"matchLabels": {"app": "job"}}}, False),  # of the policy's own namespace
        ({"podSelector": {"matchLabels": {"app": "job"}}, "namespaceSelector": {}}, True),
        ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "batch"}}}, True),
        ({"namespaceSelector": {"matchLabels": {"team": "night"}}}, True),
        ({"namespaceSelector": {"matchLabels": {"team": "day"}}}, False),
        ({"ipBlock": {"cidr": "10.0.0.0/8"}}, True),
        ({"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}, False),
        ({"ipBlock": {"cidr": "192.168.0.0/16"}}, False),
    ],
)
def test_a_peer_means_pods_or_addresses(peer: dict[str, Any], meant: bool) -> None:
    found = policies({"from": [peer], "ports": [{"protocol": "TCP", "port": 80}]})
    held = frozenset({"10.0.0.0/8", "10.1.0.0/16"})
    assert found.admitted(WEB, "Ingress", JOB, held) == (TCP_80 if meant else NOTHING)


def test_a_pod_that_no_policy_selects_is_open() -> None:
    found = policies()
    assert found.admitted(WEB, "Ingress", JOB, frozenset()) == NOTHING
    assert found.admitted(WEB, "Egress", JOB, frozenset()) == ALL
    assert found.admitted(JOB, "Ingress", WEB, frozenset()) == ALL
    assert found.admitted(NODE, "Ingress", WEB, frozenset()) == ALL


def test_no_selector_means_pods_with_the_network_of_their_node() -> None:
    found = policies({"from": [{"podSelector": {}}]})
    assert found.admitted(WEB, "Ingress", Pod("prod", {}), frozenset()) == ALL
    assert found.admitted(WEB, "Ingress", NODE, frozenset()) == NOTHING


@pytest.mark.parametrize(
    ("ports", "found"),
    [
        (None, ALL),
        ([{"port": 80}], TCP_80),
        ([{"protocol": "UDP", "port": 5, "endPort": 7}], (("UDP", 5, 7),)),
        ([{"protocol": "TCP"}], (("TCP", 1, 65535),)),
        ([{"protocol": "TCP", "port": "http"}], NOTHING),
    ],
)
def test_ports_of_a_rule(ports: Any, found: Traffic) -> None:
    rule = {} if ports is None else {"ports": ports}
    assert policies(rule).admitted(WEB, "Ingress", None, frozenset()) == found


def test_policies_that_are_removed_after_the_cutover_count_only_where_asked() -> None:
    made = policies(annotations={"ecs2k8s.io/remove-after": "cutover"})
    assert made.manifests == ()
    assert len(Policies.of([*made.manifests, SPACES], passing=True).manifests) == 0
    policy = policies().manifests[0] | {
        "metadata": {"name": "p", "namespace": "prod", "annotations": {"ecs2k8s.io/remove-after": "cutover"}}
    }
    assert len(Policies.of([policy], passing=True).manifests) == 1


@pytest.mark.parametrize(
    ("operator", "values", "found"),
    [("In", ["web"], True), ("NotIn", ["web"], False), ("Exists", None, True), ("DoesNotExist", None, False)],
)
def test_expressions_of_selectors(operator: str, values: list[str] | None, found: bool) -> None:
    expression = {"key": "app", "operator": operator} | ({"values": values} if values else {})
    assert selects({"matchExpressions": [expression]}, {"app": "web"}) is found
    assert selects({"matchExpressions": [expression]}, {}) is (not found)


def test_pods_are_read_from_templates() -> None:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"hostNetwork": True}}
    metadata = {"name": "web", "namespace": "prod"}
    (pod,) = pods_of([{"kind": "DaemonSet", "metadata": metadata, "spec": {"template": template}}, SPACES]).values()
    assert (pod.namespace, pod.labels, pod.host_network) == ("prod", {"app": "web"}, True)
