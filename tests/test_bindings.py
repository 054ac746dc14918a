"""No TargetGroupBinding may ever name a target group that exists: every running ECS task would be deregistered."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecs2k8s.assess.bindings import refuse_bindings_of_existing_groups
from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.manifests import Bundle, Placed
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from tests.estates import ESTATES, estate

ELB, ECS = "arn:aws:elasticloadbalancing:eu-west-1:111122223333", "arn:aws:ecs:eu-west-1:111122223333"
# Names that become one another: cut at 28, ending as new ones do, equal but for capitals, with the hash of another one.
STEMS = ("web", "Web", "WEB", "a" * 27, "a" * 28, "a" * 32, "a-" * 16, "1", "web-eks", "web-eks-eks", "x" * 28 + "-eks")
NAMES = st.one_of(
    st.sampled_from(STEMS),
    st.sampled_from(STEMS).map(lambda name: f"{name}-eks"),
    st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?", fullmatch=True),
)
CHOICES = st.fixed_dictionaries(
    {
        "routing": st.sampled_from(["ingress", "gateway", "existing-alb"]),
        "shift": st.sampled_from(["weighted-target-groups", "weighted-dns"]),
        "compute": st.sampled_from(["existing", "auto-mode"]),
        "kubernetes_version": st.sampled_from(["1.31", "1.37"]),
        "namespaces": st.sampled_from(["cluster", "one"]),
    }
)
CHECK = {"HealthCheckProtocol": "TCP", "HealthCheckPort": "traffic-port", "HealthCheckIntervalSeconds": 10}
CHECK |= {"HealthCheckTimeoutSeconds": 5, "HealthyThresholdCount": 3, "UnhealthyThresholdCount": 3}


def group_arn(name: str, number: int) -> str:
    return f"{ELB}:targetgroup/{name}/{number}"


def workload(number: int, groups: list[str]) -> list[Document]:
    """A service that ECS registers in *groups*, by ARN, and its task definition."""
    definition, service = f"{ECS}:task-definition/w{number}:1", f"{ECS}:service/prod/w{number}"
    container = {"name": "c", "image": "c:1", "portMappings": [{"containerPort": 80}]}
    task = {"taskDefinitionArn": definition, "family": f"w{number}", "containerDefinitions": [container]}
    entries = [{"targetGroupArn": arn, "containerName": "c", "containerPort": 80} for arn in groups]
    data: dict[str, Any] = {
        "serviceArn": service,
        "serviceName": f"w{number}",
        "clusterArn": f"{ECS}:cluster/prod",
        "status": "ACTIVE",
    }
    data |= {"taskDefinition": definition}
    return [
        Document("ecs.TaskDefinition", definition, task),
        Document("ecs.Service", service, data | {"loadBalancers": entries}),
    ]


def group(name: str, number: int) -> Document:
    arn = group_arn(name, number)
    data: dict[str, Any] = {
        "TargetGroupArn": arn,
        "TargetGroupName": name,
        "Protocol": ("TCP", "HTTP")[number % 2],
        "VpcId": "vpc-1",
    }
    data |= {"TargetType": "ip", "LoadBalancerArns": [f"{ELB}:loadbalancer/net/old/1"]} | CHECK
    return Document("elbv2.TargetGroup", arn, data)


def listeners(arns: list[str]) -> list[Document]:
    balancer = f"{ELB}:loadbalancer/net/old/1"
    data = {"LoadBalancerArn": balancer, "LoadBalancerName": "old", "Type": "network", "Scheme": "internal"}
    out = [Document("elbv2.LoadBalancer", balancer, data | {"AvailabilityZones": [{"SubnetId": "subnet-1"}]})]
    for number, arn in enumerate(arns):
        listener = f"{ELB}:listener/net/old/1/{number}"
        its = {"ListenerArn": listener, "LoadBalancerArn": balancer, "Port": 1000 + number, "Protocol": "TCP"}
        out.append(
            Document("elbv2.Listener", listener, its | {"DefaultActions": [{"Type": "forward", "TargetGroupArn": arn}]})
        )
    return out


def forbidden(snapshot: Snapshot, choices: dict[str, Any]) -> set[str]:
    """Found in another way than the product does: by looking through the text of everything."""
    text = json.dumps([document.data for document in snapshot.documents]) + json.dumps(choices)
    named = [str(document.data.get("TargetGroupName", "")) for document in snapshot.of("elbv2.TargetGroup")]
    return {name.lower() for name in (*re.findall(r"targetgroup/([A-Za-z0-9-]+)", text), *named)}


def bound(snapshot: Snapshot, choices: dict[str, Any]) -> list[str]:
    bundle = translate(snapshot, convert(choices)).bundle
    specs = [manifest["spec"] for manifest in bundle.manifests if manifest["kind"] == "TargetGroupBinding"]
    assert [spec for spec in specs if "targetGroupARN" in spec] == []
    return [spec["targetGroupName"] for spec in specs]


@settings(deadline=None)
@given(
    read=st.lists(NAMES, min_size=1, max_size=5, unique=True),
    unread=st.lists(NAMES, max_size=3, unique=True),
    second=st.lists(NAMES, max_size=2, unique=True),
    choices=CHOICES,
)
def test_no_binding_names_a_group_that_exists(
    read: list[str], unread: list[str], second: list[str], choices: dict[str, Any]
) -> None:
    arns = [group_arn(name, number) for number, name in enumerate(read)]
    documents = [group(name, number) for number, name in enumerate(read)]
    documents += [document for number, arn in enumerate(arns) for document in workload(number, [arn])]
    documents += workload(90, [group_arn(name, 90 + number) for number, name in enumerate(unread)])
    chosen = choices | {"target_groups": {group_arn(name, 70): group_arn(name, 80) for name in second}}
    snapshot = Snapshot(tuple(documents + listeners(arns))).in_order()
    found = bound(snapshot, chosen)
    assert {name.lower() for name in found} & forbidden(snapshot, chosen) == set()
    assert len({name.lower() for name in found}) == len(found)
    assert all(re.fullmatch(r"(?!-)[A-Za-z0-9-]{1,32}(?<!-)", name) for name in found)
    if chosen["routing"] == "existing-alb" or chosen["shift"] == "weighted-target-groups":
        assert len(found) == len(read)


@settings(deadline=None)
@given(name=NAMES, copies=st.integers(0, 4))
def test_a_name_stays_free_however_often_the_one_before_was_taken(name: str, copies: int) -> None:
    """Each round takes the name that was given before, as an account in which one moved before."""
    documents = [group(name, 0), *workload(0, [group_arn(name, 0)]), *listeners([group_arn(name, 0)])]
    for number in range(copies):
        (given_name,) = bound(Snapshot(tuple(documents)).in_order(), {})
        assert given_name.lower() not in forbidden(Snapshot(tuple(documents)), {})
        documents.append(group(given_name, 10 + number))


@pytest.mark.parametrize("name", ESTATES)
def test_in_no_estate_a_binding_names_a_group_that_exists(name: str) -> None:
    snapshot, _ = estate(name)
    for choices in ({}, {"routing": "existing-alb"}, {"shift": "weighted-dns"}):
        exist = forbidden(snapshot, choices)
        assert not exist or {found.lower() for found in bound(snapshot, choices)} & exist == set(), choices


def binding(**spec: Any) -> Bundle:
    metadata = {"name": "web", "namespace": "prod"}
    manifest = {"apiVersion": "elbv2.k8s.aws/v1beta1", "kind": "TargetGroupBinding", "metadata": metadata, "spec": spec}
    return Bundle.of([Placed("prod", manifest, "traffic/target-group-binding")])


@pytest.mark.parametrize(
    "spec",
    [
        {"targetGroupName": "web"},
        {"targetGroupName": "WEB"},
        {"targetGroupName": "other"},
        {"targetGroupName": "chosen"},
        {"targetGroupName": ""},
        {},
        {"targetGroupName": "web-eks", "targetGroupARN": group_arn("web-eks", 1)},
        {"targetGroupName": "web-eks", "multiClusterTargetGroup": True},
    ],
    ids=str,
)
def test_the_guard_stops_what_would_deregister_tasks(spec: dict[str, Any]) -> None:
    documents = [group("web", 1), *workload(1, [group_arn("other", 2)])]
    with pytest.raises(AssertionError, match="TargetGroupBinding prod/web"):
        refuse_bindings_of_existing_groups(binding(**spec), documents, [group_arn("chosen", 3)])


def test_the_guard_lets_a_new_group_pass() -> None:
    refuse_bindings_of_existing_groups(binding(targetGroupName="web-eks"), [group("web", 1)], [])


def test_the_pipeline_asks_the_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    from ecs2k8s.translate import new_target_groups

    monkeypatch.setattr(new_target_groups, "target_group_names", lambda *_: frozenset())
    documents = [
        group("web", 0),
        group("web-eks", 1),
        *workload(0, [group_arn("web", 0)]),
        *listeners([group_arn("web", 0)]),
    ]
    with pytest.raises(AssertionError, match="'web-eks' exists already"):
        translate(Snapshot(tuple(documents)).in_order(), convert({}))
