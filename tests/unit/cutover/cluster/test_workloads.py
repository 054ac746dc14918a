"""Rollouts, pods, events and Secrets, as hand-written answers in the API's documented form have them.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/, pod-v1/, and beside them.
"""

from __future__ import annotations

from typing import Any

import pytest

from ecs2k8s.cutover.cluster import workloads
from ecs2k8s.cutover.cluster.bindings import binds, forbidden
from tests.mock_cluster import obj

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
        (deployed(observedGeneration=1), "its controller has not seen generation 2"),
        (deployed(replicas=3) | {"status": {}}, "its controller has not seen generation 2"),
        (deployed(updatedReplicas=1), "3 of 3 pods ready, 1 of them new, 3 available"),
        (deployed(readyReplicas=2, availableReplicas=2), "2 of 3 pods ready, 3 of them new, 2 available"),
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
    status["numberAvailable"] = 2
    live = obj("apps/v1", "DaemonSet", "agent", "shop", metadata={"generation": 2}, status=status)
    assert workloads.incomplete(live) == ""
    assert (
        workloads.incomplete(live | {"status": status | {"numberReady": 1}})
        == "1 of 2 pods ready, 2 of them new, 2 available"
    )


def pod(name: str = "web-1", *, ready: str = "True", **more: Any) -> dict[str, Any]:
    condition = {"type": "Ready", "status": ready, "lastTransitionTime": "2026-11-26T10:00:00Z"}
    status = {"phase": "Running", "conditions": [condition]} | more.pop("status", {})
    return obj("v1", "Pod", name, "shop", status=status, **more)


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
        event("Other", name="website-1", lastTimestamp="2026-11-26T10:00:01Z"),
    ]
    found = workloads.warnings(events, AT, "web")
    assert found == ["Pod/web-1: Again: text", "Pod/web-1: NoTime: text", "Pod/web-1: Unhealthy: text"]


def test_every_pod_needs_the_gate_of_every_binding() -> None:
    gates = [{"conditionType": f"target-health.elbv2.k8s.aws/{name}"} for name in ("web", "admin")]
    pods = [pod("both", spec={"readinessGates": gates}), pod("one", spec={"readinessGates": gates[:1]}), pod("none")]
    assert workloads.ungated(pods, ["web"]) == ["none"]
    assert workloads.ungated(pods, ["web", "admin"]) == ["none", "one"]
    other = pod("other", spec={"readinessGates": [{"conditionType": "example.com/web"}]})
    assert workloads.ungated([other], ["web"]) == ["other"]


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
