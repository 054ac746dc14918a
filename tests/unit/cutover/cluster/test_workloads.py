"""Rollouts, pods, events and Secrets, as hand-written answers in the API's documented form have them.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/, pod-v1/, and beside them.
"""

from __future__ import annotations

from typing import Any

import pytest

from ecs2k8s.cutover.cluster import workloads
from ecs2k8s.cutover.cluster.bindings import addresses, binds, forbidden
from tests.mock_cluster import obj, owned

ARN = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web-eks/73e2d6bc24d8a067"
GOOD = {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3}
AT = workloads.seconds("2026-11-26T10:00:00Z") or 0.0


def deployed(wanted: int = 3, **status: Any) -> dict[str, Any]:
    spec = {"replicas": wanted}
    return obj("apps/v1", "Deployment", "web", "shop", status=GOOD | status, spec=spec, metadata={"generation": 2})


@pytest.mark.parametrize(
    ("live", "why"),
    [
        (deployed(), ""),
        (deployed(0, replicas=0, updatedReplicas=0, readyReplicas=0, availableReplicas=0), ""),
        (deployed(observedGeneration=1), "its controller has not seen what it asks for"),
        (deployed(replicas=3) | {"status": {}}, "its controller has not seen what it asks for"),
        (deployed(updatedReplicas=1), "updatedReplicas 1 of 3"),
        (deployed(readyReplicas=2, availableReplicas=2), "readyReplicas 2 of 3, availableReplicas 2 of 3"),
        (deployed() | {"status": GOOD | {"replicas": 5}}, "2 pods too many: older ones are not gone"),
        (
            deployed(conditions=[{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]),
            "it made no progress before its deadline",
        ),
    ],
)
def test_a_deployment_is_complete_when_all_its_pods_are_new_and_ready(live: dict[str, Any], why: str) -> None:
    assert workloads.incomplete(live) == why


def test_a_daemon_set_is_complete_on_every_node() -> None:
    status = {"observedGeneration": 2, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberReady": 2}
    live = obj("apps/v1", "DaemonSet", "agent", "shop", metadata={"generation": 2}, status=status)
    assert workloads.incomplete(live) == ""
    assert workloads.incomplete(live | {"status": status | {"numberReady": 1}}) == "numberReady 1 of 2"


def pod(name: str = "web-1", *, ready: str = "True", **more: Any) -> dict[str, Any]:
    condition = {"type": "Ready", "status": ready, "lastTransitionTime": "2026-11-26T10:00:00Z"}
    status = {"phase": "Running", "conditions": [condition]} | more.pop("status", {})
    return obj("v1", "Pod", name, "shop", status=status, **more)


def test_a_pod_is_ready_since_its_condition_says_so() -> None:
    assert workloads.ready_for(pod(), AT + 300) == 300
    assert workloads.ready_for(pod(ready="False"), AT + 300) is None
    leaving = pod(metadata={"deletionTimestamp": "2026-11-26T10:00:01Z"})
    assert workloads.ready_for(leaving, AT + 300) is None
    assert not workloads.is_ready(obj("v1", "Pod", "web-2", "shop"))


def container(**status: Any) -> dict[str, Any]:
    return {"status": {"containerStatuses": [{"name": "web", "restartCount": 0, "state": {"running": {}}} | status]}}


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (container(), []),
        (container(restartCount=3), ["web: 3 restarts"]),
        (
            container(state={"waiting": {"reason": "CrashLoopBackOff"}}, restartCount=1),
            ["web: CrashLoopBackOff", "web: 1 restarts"],
        ),
        (container(state={"waiting": {"reason": "ContainerCreating"}}), []),
        (container(state={"waiting": {"reason": "ErrImagePull"}}), ["web: ErrImagePull"]),
        (
            container(lastState={"terminated": {"reason": "OOMKilled"}}, restartCount=1),
            ["web: OOMKilled", "web: 1 restarts"],
        ),
        (container(state={"terminated": {"exitCode": 3}}), ["web: ended with 3"]),
        ({"status": {"initContainerStatuses": [{"name": "init", "state": {"terminated": {"exitCode": 0}}}]}}, []),
        (
            {"status": {"initContainerStatuses": [{"name": "init", "state": {"terminated": {"exitCode": 1}}}]}},
            ["init: ended with 1"],
        ),
        ({"status": {"phase": "Failed", "reason": "Evicted"}}, ["Evicted"]),
    ],
)
def test_troubles_of_a_pod_are_named(of: dict[str, Any], said: list[str]) -> None:
    assert workloads.troubles(pod(**of)) == said


def event(reason: str, *, name: str = "web-1", kind: str = "Warning", **when: Any) -> dict[str, Any]:
    about = {"kind": "Pod", "name": name, "namespace": "shop"}
    return obj(
        "v1", "Event", f"{name}.1", "shop", type=kind, reason=reason, message="text", involvedObject=about, **when
    )


def test_warnings_of_the_window_are_found_and_those_without_a_time_count() -> None:
    events = [
        event("Unhealthy", lastTimestamp="2026-11-26T10:00:01Z"),
        event("Old", lastTimestamp="2026-11-26T09:00:00Z"),
        event("Again", lastTimestamp="2026-11-26T09:00:00Z", series={"lastObservedTime": "2026-11-26T10:00:02Z"}),
        event("NoTime"),
        event("Pulled", kind="Normal", lastTimestamp="2026-11-26T10:00:01Z"),
        event("Other", name="db-1", lastTimestamp="2026-11-26T10:00:01Z"),
    ]
    found = workloads.warnings(events, AT, ["web-1"])
    assert found == ["Pod/web-1: Again: text", "Pod/web-1: NoTime: text", "Pod/web-1: Unhealthy: text"]


def test_every_pod_needs_the_gate_of_every_binding() -> None:
    gates = [{"conditionType": f"target-health.elbv2.k8s.aws/{name}"} for name in ("web", "admin")]
    pods = [pod("both", spec={"readinessGates": gates}), pod("one", spec={"readinessGates": gates[:1]}), pod("none")]
    assert workloads.ungated(pods, ["web"]) == ["none"]
    assert workloads.ungated(pods, ["web", "admin"]) == ["none", "one"]
    other = pod("other", spec={"readinessGates": [{"conditionType": "example.com/web"}]})
    assert workloads.ungated([other], ["web"]) == ["other"]


def test_pods_are_selected_by_all_labels_and_none_by_none() -> None:
    pods = [pod("a", metadata={"labels": {"app": "web", "tier": "x"}}), pod("b", metadata={"labels": {"app": "db"}})]
    assert [one["metadata"]["name"] for one in workloads.selected(pods, {"app": "web"})] == ["a"]
    assert not workloads.selected(pods, {})


def test_keys_of_a_secret_are_known_without_its_values() -> None:
    entries = [
        owned("eso", {"f:data": {".": {}, "f:user": {}}, "f:type": {}}, "Update"),
        owned("ann", {"f:stringData": {"f:password": {}}}),
    ]
    found = obj("v1", "Secret", "web", "shop", metadata={"managedFields": entries})
    assert workloads.secret_keys(found) == {"user", "password"}
    assert workloads.secret_keys(obj("v1", "Secret", "web", "shop")) == set()


def test_an_external_secret_says_why_it_is_not_synchronised() -> None:
    def external(*conditions: dict[str, str]) -> dict[str, Any]:
        return obj("external-secrets.io/v1", "ExternalSecret", "web", "shop", status={"conditions": list(conditions)})

    assert workloads.unsynchronised(external({"type": "Ready", "status": "True"})) == ""
    denied = external({"type": "Ready", "status": "False", "message": "access denied"})
    assert workloads.unsynchronised(denied) == "access denied"
    assert workloads.unsynchronised(external()) == "it has no condition Ready"


# Bindings


def test_a_binding_is_forbidden_where_the_controller_would_deregister_others() -> None:
    pods = ["10.0.0.1", "10.0.0.2"]
    assert forbidden(ARN, [], [], pods) == ""
    assert forbidden(ARN, ["10.0.0.1"], [], pods) == ""
    assert "an ECS service names the target group web-eks" in forbidden(ARN, [], [ARN], pods)
    assert "has 10.0.0.9, which is no pod" in forbidden(ARN, ["10.0.0.1", "10.0.0.9"], [], pods)
    assert "has i-0123456789abcdef0, which is no pod" in forbidden(ARN, ["i-0123456789abcdef0"], [], pods)


def test_a_binding_names_its_group_by_arn_or_by_name() -> None:
    for spec in ({"targetGroupARN": ARN}, {"targetGroupName": "web-eks"}):
        assert binds({"spec": spec}, ARN)
    assert not binds({"spec": {"targetGroupName": "web"}}, ARN)
    assert not binds({"spec": {}}, ARN)


SERVICE = obj(
    "v1", "Service", "web", "shop", spec={"ports": [{"name": "http", "port": 80}, {"name": "admin", "port": 81}]}
)


def part(*endpoints: dict[str, Any], of: str = "web") -> dict[str, Any]:
    about = {"labels": {"kubernetes.io/service-name": of}}
    ports = [{"name": "http", "port": 8080}, {"name": "admin", "port": 8081}]
    return obj(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        f"{of}-x",
        "shop",
        metadata=about,
        ports=ports,
        endpoints=list(endpoints),
    )


def test_targets_are_the_addresses_of_all_slices_at_the_port_of_the_pods() -> None:
    slices = [
        part(
            {"addresses": ["10.0.0.1"], "conditions": {"ready": True}},
            {"addresses": ["10.0.0.2"], "conditions": {"ready": False}},
        ),
        part(
            {"addresses": ["10.0.0.3"]}, {"addresses": ["10.0.0.4"], "conditions": {"ready": True, "terminating": True}}
        ),
        part({"addresses": ["10.0.0.5"]}, of="other"),
    ]
    found = {("10.0.0.1", 8080): True, ("10.0.0.2", 8080): False, ("10.0.0.3", 8080): True}
    assert addresses(SERVICE, slices, 80) == addresses(SERVICE, slices, "http") == found
    assert {port for _, port in addresses(SERVICE, slices, "admin")} == {8081}
    assert addresses(SERVICE, slices, 82) == {}
