"""What may be sent: a call has to be one of the step's, and in a form that a cutover ever sends."""

from __future__ import annotations

from typing import Any

import pytest

from ecs2k8s.cutover.cluster.guard import METADATA, Call, StepCalls, in_form, lease_calls, reads

APPLY, PATCH, JSON = "application/apply-patch+yaml", "application/json-patch+json", "application/json"
WEB = "/api/v1/namespaces/shop/configmaps/web"
SCALED = "/apis/apps/v1/namespaces/shop/deployments/web"
JOB = "/apis/batch/v1/namespaces/shop/cronjobs/web"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
NAME = "ecs2k8s-" + "0a" * 20
EXACT = {"preconditions": {"uid": "1", "resourceVersion": "7"}, "propagationPolicy": "Background"}


def is_now(path: str = "/spec/replicas", value: Any = 0) -> dict[str, Any]:
    return {"op": "test", "path": path, "value": value}


def add(path: str = "/spec/replicas", value: Any = 2) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


def apply(path: str, name: str = "web") -> Call:
    return Call("PATCH", path, APPLY, {"kind": "X", "metadata": {"name": name}})


SUSPEND, DEADLINE = "/spec/suspend", "/spec/startingDeadlineSeconds"
FORMS: dict[str, tuple[Call, bool]] = {
    "apply": (apply(WEB), True),
    "apply of a namespace": (apply("/api/v1/namespaces/web"), True),
    "apply of another object": (apply(WEB, "other"), False),
    "apply of a Secret": (apply("/api/v1/namespaces/shop/secrets/web"), False),
    "apply to a subresource": (apply(f"{SCALED}/scale"), False),
    "apply of a list": (Call("PATCH", WEB, APPLY, [{"metadata": {"name": "web"}}]), False),
    "merge patch": (Call("PATCH", WEB, "application/merge-patch+json", {"metadata": {"name": "web"}}), False),
    "create": (Call("POST", WEB, JSON, {"metadata": {"name": "web"}}), False),
    "replace": (Call("PUT", WEB, JSON, {"metadata": {"name": "web"}}), False),
    "delete of what was looked at": (Call("DELETE", WEB, JSON, EXACT), True),
    "delete of whatever it is": (Call("DELETE", WEB, JSON, None), False),
    "delete without the version": (Call("DELETE", WEB, JSON, {"preconditions": {"uid": "1"}}), False),
    "delete with an empty version": (
        Call("DELETE", WEB, JSON, {"preconditions": {"uid": "1", "resourceVersion": ""}}),
        False,
    ),
    "delete of a namespace": (Call("DELETE", "/api/v1/namespaces/shop", JSON, EXACT), False),
    "delete of a namespace in other letters": (Call("DELETE", "/api/v1/%6eamespaces/shop", JSON, EXACT), False),
    "delete of all": (Call("DELETE", "/api/v1/namespaces/shop/configmaps", JSON, EXACT), False),
    "delete of a Secret": (Call("DELETE", "/api/v1/namespaces/shop/secrets/web", JSON, EXACT), False),
    "scale": (Call("PATCH", SCALED, PATCH, [is_now(), add()]), True),
    "scale without a test": (Call("PATCH", SCALED, PATCH, [add()]), False),
    "scale as no list": (Call("PATCH", SCALED, PATCH, {"spec": {"replicas": 2}}), False),
    "another field": (
        Call("PATCH", SCALED, PATCH, [is_now("/spec/template"), add("/spec/template")]),
        False,
    ),
    "a field below": (Call("PATCH", SCALED, PATCH, [is_now(), add("/spec/replicas/x")]), False),
    "moving a field": (Call("PATCH", SCALED, PATCH, [is_now(), {"op": "move", "path": "/spec/replicas"}]), False),
    "scale of another kind": (
        Call("PATCH", "/apis/apps/v1/namespaces/shop/statefulsets/web", PATCH, [is_now(), add()]),
        False,
    ),
    "resume": (
        Call("PATCH", JOB, PATCH, [is_now(SUSPEND), is_now(DEADLINE, None), add(SUSPEND), add(DEADLINE, 60)]),
        True,
    ),
    "replicas of a schedule": (Call("PATCH", JOB, PATCH, [is_now(), add()]), False),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_forms_of_calls(name: str) -> None:
    call, may = FORMS[name]
    assert in_form(call) is may


def sent(rule: StepCalls, call: Call, query: str = "?fieldManager=ecs2k8s&fieldValidation=Strict") -> bool:
    return rule(call.method, f"{call.path}{query}", {"Content-Type": call.content}, call.body)


def test_a_call_is_allowed_while_its_step_is_done_and_as_it_was_given() -> None:
    rule, call = StepCalls(), apply(WEB)
    assert not sent(rule, call)
    with rule.given(call):
        assert sent(rule, call)
        assert not sent(rule, call, "?fieldManager=ecs2k8s&fieldValidation=Strict&force=true")
        assert not sent(rule, call, "?fieldManager=ann&fieldValidation=Strict")
        assert not sent(rule, call, "")
        assert not sent(rule, apply(WEB.replace("web", "other"), "other"))
        assert not sent(rule, Call("PATCH", WEB, APPLY, {"kind": "X", "metadata": {"name": "web"}, "data": {}}))
    assert not sent(rule, call)


def test_a_call_that_no_cutover_sends_is_not_allowed_though_a_step_has_it() -> None:
    rule, call = StepCalls(), Call("DELETE", "/api/v1/namespaces/shop", JSON, EXACT)
    with rule.given(call):
        assert not sent(rule, call, "")


@pytest.mark.parametrize(
    ("path", "accept", "may"),
    [
        (WEB, JSON, True),
        ("/api/v1/namespaces/shop/secrets/web", JSON, False),
        ("/api/v1/namespaces/shop/secrets/web", METADATA, True),
        ("/api/v1/secrets", JSON, False),
        ("/api/v1/namespaces/shop/secrets?limit=5", JSON, False),
        ("/api/v1/namespaces/shop/%73ecrets/web", JSON, False),
        ("/api/v1/namespaces/shop/pods/web/log", JSON, False),
        ("/api/v1/namespaces/shop/pods/web/proxy/x", JSON, False),
    ],
)
def test_secrets_are_read_without_their_values(path: str, accept: str, may: bool) -> None:
    assert reads("GET", path, {"Accept": accept}, None) is may


LEASE = {"kind": "Lease", "metadata": {"name": NAME}}
HELD = {"kind": "Lease", "metadata": {"name": NAME, "resourceVersion": "7"}}


@pytest.mark.parametrize(
    ("method", "path", "body", "may"),
    [
        ("GET", f"{LEASES}/{NAME}", None, True),
        ("POST", f"{LEASES}?fieldManager=ecs2k8s", LEASE, True),
        ("POST", f"{LEASES}?fieldManager=ecs2k8s", HELD, False),
        ("PUT", f"{LEASES}/{NAME}?fieldManager=ecs2k8s", HELD, True),
        ("PUT", f"{LEASES}/{NAME}?fieldManager=ecs2k8s", LEASE, False),
        ("PUT", f"{LEASES}/kube-scheduler?fieldManager=ecs2k8s", HELD | {"metadata": {"name": "kube-scheduler", "resourceVersion": "7"}}, False),
        ("PUT", f"{LEASES}/{NAME}?fieldManager=ecs2k8s", HELD | {"metadata": {"name": "other", "resourceVersion": "7"}}, False),
        ("PUT", f"{LEASES}/{NAME}", HELD, False),
        ("DELETE", f"{LEASES}/{NAME}", None, False),
        ("PATCH", f"{LEASES}/{NAME}?fieldManager=ecs2k8s", LEASE, False),
        ("POST", "/api/v1/namespaces/default/configmaps?fieldManager=ecs2k8s", LEASE, False),
    ],
)  # fmt: skip
def test_leases_are_made_and_replaced_by_their_version_and_nothing_else(
    method: str, path: str, body: Any, may: bool
) -> None:
    assert lease_calls(method, path, {"Content-Type": JSON}, body) is may
