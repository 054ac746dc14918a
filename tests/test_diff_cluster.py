"""`ecs2k8s diff cluster` through the real Python client, against a mock API server whose answers stand in the tests."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import stat
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ecs2k8s.cli import diff_cluster
from ecs2k8s.cli.console import Talk
from ecs2k8s.cli.diff_output import View
from ecs2k8s.compare import cluster as clusters
from ecs2k8s.compare.changes import Action, Change, Diff, Status
from ecs2k8s.compare.cluster import ClusterError, NotAllowedError, Patience, allowed, connect
from ecs2k8s.compare.dry_run import compare
from ecs2k8s.compare.wanted import Wanted
from ecs2k8s.core.errors import OutputError, UsageError
from ecs2k8s.core.yaml_lines import yaml_lines
from ecs2k8s.report.diff_html import diff_html
from ecs2k8s.report.diff_markdown import diff_markdown
from ecs2k8s.report.diff_text import diff_text, unstyled
from tests.mock_cluster import TOKEN, UID, World, conflicted, forbidden, kubeconfig, not_found, obj, owned, status
from tests.test_cli import ecs2k8s

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecs2k8s.core.manifests import Manifest, Tree

CONFIG = "/api/v1/namespaces/shop/configmaps/web"
DEPLOYMENT = "/apis/apps/v1/namespaces/shop/deployments/web"
HURRIED = Patience(attempts=2, pause=0, timeout=2)
OURS = {"app.kubernetes.io/managed-by": "ecs2k8s"}


@pytest.fixture
def world() -> Iterator[World]:
    """Whatever a test does: nothing but reads and dry runs may have arrived."""
    made = World()
    yield made
    try:
        for request in made.asked:
            if request.method.value == "PATCH":
                assert set(request.params) == {"fieldManager", "dryRun", "fieldValidation"}
                assert (request.params["dryRun"], request.params["fieldValidation"]) == ("All", "Strict")
                assert request.headers["Content-Type"] == "application/apply-patch+yaml"
            else:
                assert request.method.value == "GET"
    finally:
        made.close()


def config(**data: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web", "namespace": "shop"}, "data": data}


def deployment(**spec: Any) -> Manifest:
    container = {"name": "web", "image": "web:2", "env": [{"name": "LEVEL", "value": "info"}]}
    pods = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    whole = {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": pods} | spec
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": whole,
    }


def live(manifest: Manifest, *managers: dict[str, Any], **metadata: Any) -> Manifest:
    """*manifest* as a cluster has it."""
    kept = {"uid": "1", "resourceVersion": "7", "generation": 3, "creationTimestamp": "2026-01-01T00:00:00Z"}
    held = {"managedFields": list(managers)} if managers else {}
    return manifest | {"metadata": manifest["metadata"] | kept | held | metadata}


def wanted(manifest: Manifest, tree: Tree = "manifests") -> Wanted:
    text = yaml.safe_dump(manifest)
    return Wanted(manifest, f"{tree}/web.yaml", yaml_lines(text)[0], tree)


def ask(world: World, folder: Path, *objects: Wanted, patience: Patience = HURRIED) -> Diff:
    world.usual()
    cluster = connect(str(world.kubeconfig(folder)), None, "ecs2k8s", patience)
    return compare(cluster, objects, {item.ref for item in objects}, "manifests")


def ask_one(world: World, folder: Path, manifest: Manifest, tree: Tree = "manifests") -> Change:
    (change,) = ask(world, folder, wanted(manifest, tree)).changes
    return change


def views(diff: Diff) -> str:
    """All that a person or a program may see of it."""
    plain = diff.plain()
    return "\n".join(
        (
            diff_text(plain, everything=True, width=120, style=unstyled),
            diff_markdown(plain, everything=True),
            diff_html(plain, everything=True),
            json.dumps(plain),
        )
    )


# What would happen


def test_an_object_that_is_new_is_created_as_the_server_would_make_it(world: World, tmp_path: Path) -> None:
    world.says(f"get {CONFIG}", 404, not_found("web"))
    world.says(f"patch {CONFIG}", 201, live(config(a="1")))
    change = ask_one(world, tmp_path, config(a="1"))
    assert (change.subject, change.action) == ("ConfigMap/shop/web", Action.CREATE)
    assert {row.path: row.status for row in change.rows}["data.a"] is Status.ADDED
    assert all(row.before is None and not row.because for row in change.rows)
    (request,) = world.patches
    assert request.params["fieldManager"] == "ecs2k8s"
    assert json.loads(request.body) == config(a="1")
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"


def test_nothing_differs_where_the_server_only_counts_on(world: World, tmp_path: Path) -> None:
    """Versions, times and managers are the server's own, and the status is nobody's."""
    world.says(f"get {CONFIG}", 200, live(config(a="1"), owned("ecs2k8s", {"f:data": {"f:a": {}}})))
    world.says(f"patch {CONFIG}", 200, live(config(a="1"), resourceVersion="8", generation=4, uid="1") | {"status": {}})
    change = ask_one(world, tmp_path, config(a="1"))
    assert (change.action, change.rows, change.said) == (Action.NO_OP, (), ())


def test_a_change_names_file_and_line_and_who_owns_the_field(world: World, tmp_path: Path) -> None:
    fields = owned("ecs2k8s", {"f:data": {"f:a": {}}})
    world.says(f"get {CONFIG}", 200, live(config(a="1"), fields))
    world.says(f"patch {CONFIG}", 200, live(config(a="2"), fields))
    change = ask_one(world, tmp_path, config(a="2"))
    (row,) = change.rows
    assert (change.action, row.path, row.status, row.manager) == (Action.UPDATE, "data.a", Status.CHANGED, "ecs2k8s")
    assert row.before
    assert (row.before.value, row.before.origin) == ("1", "live")
    assert row.after
    assert (row.after.value, row.after.origin) == ("2", "manifests/web.yaml:3")


def test_what_the_server_fills_in_is_explained_and_never_hidden_where_a_reviewer_must_look(
    world: World, tmp_path: Path
) -> None:
    made = deployment(revisionHistoryLimit=10)
    made["spec"]["template"]["spec"] = {
        **made["spec"]["template"]["spec"],
        "restartPolicy": "Always",
        "containers": [
            {**made["spec"]["template"]["spec"]["containers"][0], "imagePullPolicy": "IfNotPresent"},
            {"name": "injected", "image": "proxy:1"},
        ],
    }
    world.says(f"get {DEPLOYMENT}", 404, not_found("web", "deployments"))
    world.says(f"patch {DEPLOYMENT}", 201, live(made, owned("ecs2k8s", {"f:spec": {"f:replicas": {}}})))
    change = ask_one(world, tmp_path, deployment())
    by_path = {row.path: row for row in change.rows}
    default = by_path["spec.template.spec.restartPolicy"]
    assert (default.cause, default.rule) == ("server-default", "server-default")
    assert default.after
    assert default.after.origin == "the server"
    injected = by_path["spec.template.spec.containers[name=injected].image"]
    assert (injected.cause, injected.rule) == ("", "server-default")
    assert "admission" in injected.because
    assert not by_path["spec.template.spec.containers[name=web].image"].because


def test_a_field_that_an_admission_webhook_changes_is_said(world: World, tmp_path: Path) -> None:
    world.says(f"get {CONFIG}", 200, live(config(a="1", b="hook")))
    world.says(f"patch {CONFIG}", 200, live(config(a="hooked", b="hook")))
    change = ask_one(world, tmp_path, config(a="2", b="2"))
    (row,) = change.rows
    assert row.after
    assert row.after.value == "hooked"
    assert "the file sets another value" in row.because
    assert change.said == ("data.b: the file sets another value: the server or an admission webhook changes it",)


def test_a_field_that_is_no_longer_set_goes_where_it_is_ours_and_stays_where_it_is_not(
    world: World, tmp_path: Path
) -> None:
    ours, theirs = owned("ecs2k8s", {"f:data": {"f:a": {}, "f:b": {}}}), owned("ann", {"f:data": {"f:c": {}}}, "Update")
    world.says(f"get {CONFIG}", 200, live(config(a="1", b="1", c="1"), ours, theirs))
    world.says(f"patch {CONFIG}", 200, live(config(a="1", c="1"), ours, theirs))
    (row,) = ask_one(world, tmp_path, config(a="1")).rows
    assert (row.path, row.status, row.manager) == ("data.b", Status.REMOVED, "ecs2k8s")
    assert row.because == "the files no longer set it, and ecs2k8s owns it"


def test_the_server_s_warnings_and_a_deletion_under_way_are_said(world: World, tmp_path: Path) -> None:
    world.says(f"get {CONFIG}", 200, live(config(a="1"), deletionTimestamp="2026-01-01T00:00:00Z"))
    world.says(f"patch {CONFIG}", 200, live(config(a="1")), Warning=r'299 - "v1 \"ConfigMap\" is old"')
    change = ask_one(world, tmp_path, config(a="1"))
    assert change.said == ("is being deleted", 'the API server warns: v1 "ConfigMap" is old')


# Conflicts


def several(world: World) -> None:
    """A Deployment that kubectl, an autoscaler and Argo CD share."""
    container: dict[str, Any] = {"f:containers": {'k:{"name":"web"}': {".": {}, "f:image": {}}}}
    managers = (
        owned("ecs2k8s", {"f:spec": {"f:minReadySeconds": {}}}),
        owned("kube-controller-manager", {"f:spec": {"f:replicas": {}}}, "Update", "scale"),
        owned("argocd-controller", {"f:spec": {"f:template": {"f:spec": container}}}),
    )
    now = deployment(replicas=5, minReadySeconds=0)
    now["spec"]["template"]["spec"]["containers"][0]["image"] = "web:1"
    made = deployment(replicas=5, minReadySeconds=10)
    made["spec"]["template"]["spec"]["containers"][0]["image"] = "web:1"
    world.says(f"get {DEPLOYMENT}", 200, live(now, *managers))
    answer = conflicted(
        (".spec.replicas", '"kube-controller-manager" with subresource "scale" using apps/v1'),
        ('.spec.template.spec.containers[name="web"].image', '"argocd-controller"'),
    )
    world.says(f"patch {DEPLOYMENT}", 409, answer, times=1)
    world.says(f"patch {DEPLOYMENT}", 200, live(made, *managers))


def test_a_conflict_shows_the_other_manager_both_values_and_three_choices(world: World, tmp_path: Path) -> None:
    several(world)
    change = ask_one(world, tmp_path, deployment(minReadySeconds=10))
    rows = {row.path: row for row in change.rows}
    assert {path: row.status for path, row in rows.items()} == {
        "spec.replicas": Status.CONFLICT,
        "spec.template.spec.containers[name=web].image": Status.CONFLICT,
        "spec.minReadySeconds": Status.CHANGED,
    }
    scaled = rows["spec.replicas"]
    assert scaled.manager == "kube-controller-manager (scale)"
    assert [side and side.value for side in (scaled.before, scaled.after)] == [5, 2]
    for choice in ("take it over knowingly", "give it up", "share it"):
        assert choice in scaled.because
    image = rows["spec.template.spec.containers[name=web].image"]
    assert (image.manager, image.before and image.before.value) == ("argocd-controller", "web:1")


def test_the_rest_of_an_object_in_conflict_is_asked_without_the_fields_and_without_force(
    world: World, tmp_path: Path
) -> None:
    several(world)
    ask_one(world, tmp_path, deployment(minReadySeconds=10))
    first, second = (json.loads(request.body) for request in world.patches)
    assert first == deployment(minReadySeconds=10)
    assert "replicas" not in second["spec"]
    assert second["spec"]["template"]["spec"]["containers"] == [
        {"name": "web", "env": [{"name": "LEVEL", "value": "info"}]}
    ]


def test_what_takes_traffic_is_not_to_be_forced(world: World, tmp_path: Path) -> None:
    world.says(f"get {CONFIG}", 200, live(config(a="1")))
    world.says(f"patch {CONFIG}", 409, conflicted((".data.a", '"ann"')), times=1)
    world.says(f"patch {CONFIG}", 200, live(config(a="1")))
    (row,) = ask_one(world, tmp_path, config(a="2"), "traffic/ingress").rows
    assert row.status is Status.CONFLICT
    assert "--force" not in row.because
    assert "only after ann gave it up" in row.because


def test_a_conflict_with_client_side_apply_says_that_it_would_not_ask(world: World, tmp_path: Path) -> None:
    world.says(f"get {CONFIG}", 200, live(config(a="1")))
    who = '"kubectl-client-side-apply" using v1 at 2026-01-01T00:00:00Z'
    world.says(f"patch {CONFIG}", 409, conflicted((".data.a", who)), times=1)
    world.says(f"patch {CONFIG}", 200, live(config(a="1")))
    (row,) = ask_one(world, tmp_path, config(a="2")).rows
    assert row.manager == "kubectl-client-side-apply"
    assert "without --server-side" in row.because


def test_what_is_beyond_a_conflict_may_be_refused(world: World, tmp_path: Path) -> None:
    world.says(f"get {CONFIG}", 200, live(config(a="1")))
    world.says(f"patch {CONFIG}", 409, conflicted((".data.a", '"ann"')), times=1)
    world.says(
        f"patch {CONFIG}", 422, status(422, "Invalid", "no", causes=[{"field": "data[b]", "message": "too long"}])
    )
    rows = ask_one(world, tmp_path, config(a="2", b="2")).rows
    assert [row.status for row in rows] == [Status.CONFLICT, Status.UNKNOWN]
    assert "too long" in rows[1].because


def test_a_conflict_of_spelling_alone_is_one_too(world: World, tmp_path: Path) -> None:
    """The server compares texts: 1000m against 1."""
    now, mine = deployment(), deployment()
    now["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "1"}}
    mine["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "1000m"}}
    field = '.spec.template.spec.containers[name="web"].resources.requests.cpu'
    world.says(f"get {DEPLOYMENT}", 200, live(now))
    world.says(f"patch {DEPLOYMENT}", 409, conflicted((field, '"vpa"')), times=1)
    world.says(f"patch {DEPLOYMENT}", 200, live(now))
    (row,) = ask_one(world, tmp_path, mine).rows
    assert (row.status, row.manager) == (Status.CONFLICT, "vpa")
    assert row.path.endswith("resources.requests.cpu")


# What is refused, and what nobody can say


REFUSED: dict[str, tuple[int, dict[str, Any], str]] = {
    "a value": (
        422,
        status(
            422,
            "Invalid",
            "is invalid",
            causes=[{"reason": "FieldValueInvalid", "field": "data.a", "message": "Invalid value"}],
        ),
        "data.a",
    ),
    "a field that there is not": (
        500,
        status(
            500,
            "",
            "failed to create typed patch object (shop/web; /v1, Kind=ConfigMap): .spec.typo: field not declared in schema",
        ),
        "spec.typo",
    ),
    "a key that stands twice": (400, status(400, "BadRequest", 'strict decoding error: duplicate field "data"'), ""),
    "admission": (403, status(403, "Forbidden", 'admission webhook "policy.example.com" denied the request: no'), ""),
    "quota": (403, status(403, "Forbidden", 'configmaps "web" is forbidden: exceeded quota: small'), ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_server_refuses_is_a_blocker(world: World, tmp_path: Path, name: str) -> None:
    code, answer, path = REFUSED[name]
    world.says(f"get {CONFIG}", 404, not_found("web"))
    world.says(f"patch {CONFIG}", code, answer)
    diff = ask(world, tmp_path, wanted(config(a="1")))
    (row,) = diff.rows
    assert (row.status, row.path, row.blocks) == (Status.UNKNOWN, path, True)
    assert "the API server refuses it" in row.because
    assert not diff.undecided


UNKNOWN: dict[str, tuple[int, Any, str]] = {
    "no right to": (403, forbidden("patch", "configmaps"), "you may not apply it"),
    "a webhook with side effects": (
        400,
        status(400, "BadRequest", 'admission webhook "a.example.com" does not support dry run'),
        "the dry run gave no result",
    ),
    "an error of the server": (500, status(500, "InternalError", "etcd is away"), "the dry run gave no result"),
    "too much to do": (429, status(429, "TooManyRequests", "later"), "the dry run gave no result"),
    "a page of a proxy": (403, b"<html>go away</html>", "the dry run gave no result"),
    "no JSON": (200, b"\x00\xff{", "the dry run gave no result"),
    "a number that is none": (
        200,
        json.dumps(live(config()) | {"data": float("nan")}).encode(),
        "the dry run gave no result",
    ),
    "JSON of another kind": (200, ["a", "list"], "the dry run gave no result"),
    "another object": (200, live(config(a="1")) | {"kind": "Other"}, "the dry run gave no result"),
    "a conflict of versions": (
        409,
        status(409, "Conflict", "the object has been modified"),
        "the dry run gave no result",
    ),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_nobody_can_say_is_not_validated(world: World, tmp_path: Path, name: str) -> None:
    code, answer, why = UNKNOWN[name]
    world.says(f"get {CONFIG}", 404, not_found("web"))
    world.says(f"patch {CONFIG}", code, answer)
    diff = ask(world, tmp_path, wanted(config(a="1")))
    (change,) = diff.changes
    assert (change.action, change.rows) == (Action.UNKNOWN, ())
    assert change.said[0].startswith(f"not validated: {why}")
    assert [line.startswith(f"1 object: not validated: {why}") for line in diff.undecided] == [True]


def test_a_live_object_that_may_not_be_read_is_not_validated(world: World, tmp_path: Path) -> None:
    world.says(f"get {CONFIG}", 403, forbidden("get", "configmaps"))
    diff = ask(world, tmp_path, wanted(config(a="1")))
    assert "cannot be read" in diff.changes[0].said[0]
    assert 'User "ann" cannot get' in diff.changes[0].said[0]
    assert not world.patches


def test_a_kind_that_the_cluster_does_not_have_is_not_validated(world: World, tmp_path: Path) -> None:
    world.says("get /apis/keda.sh/v1alpha1", 404, b"404 page not found")
    item = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "web", "namespace": "shop"}}
    other = item | {"apiVersion": "apps/v1", "kind": "Rollout"}
    diff = ask(world, tmp_path, wanted(item), wanted(other))
    assert [change.said[0] for change in diff.changes] == [
        "not validated: the cluster has no Rollout of apps/v1: install its definition (CRD) first",
        "not validated: the cluster has no ScaledObject of keda.sh/v1alpha1: install its definition (CRD) first",
    ]


def test_a_group_that_the_cluster_does_not_tell_of_is_not_validated(world: World, tmp_path: Path) -> None:
    world.says("get /apis/apps/v1", 503, status(503, "ServiceUnavailable", "not now"))
    diff = ask(world, tmp_path, wanted(deployment()))
    assert "does not tell its kinds of apps/v1: not now" in diff.changes[0].said[0]


@pytest.mark.parametrize("its_own", [True, False])
def test_objects_whose_namespace_is_missing_cannot_be_tried(world: World, tmp_path: Path, its_own: bool) -> None:
    world.says(f"get {CONFIG}", 404, not_found("web"))
    world.says(f"patch {CONFIG}", 404, not_found("shop", "namespaces"))
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    world.says("get /api/v1/namespaces/shop", 404, not_found("shop", "namespaces"))
    world.says("patch /api/v1/namespaces/shop", 201, live(space))
    diff = ask(world, tmp_path, wanted(config(a="1")), *([wanted(space)] if its_own else []))
    how = "it is among these objects, and a dry run makes none" if its_own else "no file here makes it"
    assert diff.undecided == (
        f"1 object: not validated: the namespace shop does not exist yet: {how}; apply it, then compare again",
    )


def test_an_object_without_a_namespace_is_not_put_into_one(world: World, tmp_path: Path) -> None:
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}}
    assert "names no namespace" in ask_one(world, tmp_path, item).said[0]


@pytest.mark.parametrize("name", ["..", "a/b", "a%2e"])
def test_a_name_that_leads_elsewhere_is_never_a_part_of_a_url(world: World, tmp_path: Path, name: str) -> None:
    item = config(a="1") | {"metadata": {"name": name, "namespace": "shop"}}
    (row,) = ask_one(world, tmp_path, item).rows
    assert row.status is Status.UNKNOWN
    assert not world.patches


def test_reasons_that_objects_share_are_told_once(world: World, tmp_path: Path) -> None:
    items = [wanted(config() | {"metadata": {"name": f"web{number}", "namespace": "shop"}}) for number in range(30)]
    for number in range(30):
        world.says(f"get /api/v1/namespaces/shop/configmaps/web{number}", 403, forbidden("get", "configmaps"))
    diff = ask(world, tmp_path, *items)
    assert diff.undecided == ("30 objects: not validated: the live object cannot be read",)
    assert [change.subject for change in diff.changes] == sorted(change.subject for change in diff.changes)


# Servers that are slow, busy or odd


def test_a_busy_server_is_asked_again_when_it_says(world: World, tmp_path: Path) -> None:
    world.says(f"get {CONFIG}", 429, status(429, "TooManyRequests", "later"), times=1, **{"Retry-After": "0"})
    world.says(f"get {CONFIG}", 200, live(config(a="1")))
    world.says(f"patch {CONFIG}", 500, status(500, "InternalError", "once"), times=1)
    world.says(f"patch {CONFIG}", 200, live(config(a="2")))
    assert ask_one(world, tmp_path, config(a="2")).action is Action.UPDATE


def test_a_server_that_does_not_answer_in_time_leaves_it_undecided(world: World, tmp_path: Path) -> None:
    world.says(f"get {CONFIG}", 200, lambda: asyncio.sleep(1))
    diff = ask(world, tmp_path, wanted(config(a="1")), patience=Patience(attempts=2, pause=0, timeout=0.2))
    assert "timed out" in diff.changes[0].said[0]


def test_an_answer_that_is_too_large_is_not_read_to_its_end(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "LARGEST", 100_000)
    world.says(f"get {CONFIG}", 200, live(config(a="x" * 200_000)))
    diff = ask(world, tmp_path, wanted(config(a="1")))
    assert "larger than 100000 bytes" in diff.changes[0].said[0]


def test_a_large_object_is_compared(world: World, tmp_path: Path) -> None:
    world.says(f"get {CONFIG}", 200, live(config(**{f"k{number}": "x" * 3000 for number in range(300)})))
    world.says(f"patch {CONFIG}", 200, live(config(**{f"k{number}": "y" * 3000 for number in range(300)})))
    change = ask_one(world, tmp_path, config(**{f"k{number}": "y" * 3000 for number in range(300)}))
    assert len(change.rows) == 300


@pytest.mark.parametrize("levels", [50, 300, 480, 900, 5000])
def test_what_is_nested_deeply_is_compared_or_given_up(world: World, tmp_path: Path, levels: int) -> None:
    body = json.dumps(live(config()) | {"data": "bottom"}).replace('"bottom"', '{"a":' * levels + "1" + "}" * levels)
    world.says(f"get {CONFIG}", 200, body.encode())
    world.says(f"patch {CONFIG}", 200, body.replace("1}", "2}").encode())
    change = ask_one(world, tmp_path, config(a="1"))
    known = change.action is Action.UPDATE and any(row.path.startswith("data") for row in change.rows)
    assert known or change.said[0].startswith("not validated: ")
    assert known or levels > 50


def test_redirects_are_not_followed(world: World, tmp_path: Path) -> None:
    world.says(f"get {CONFIG}", 307, None, Location="/api/v1/namespaces/other/configmaps/web")
    world.says("get /api/v1/namespaces/other/configmaps/web", 200, live(config(a="1")))
    diff = ask(world, tmp_path, wanted(config(a="1")))
    assert "HTTP 307" in diff.changes[0].said[0]
    assert not any("other" in str(request.url) for request in world.asked)


def test_odd_managed_fields_own_nothing(world: World, tmp_path: Path) -> None:
    odd = [None, "x", {"manager": 1, "fieldsV1": "x"}, {"fieldsV1": {"k:{": {}, "f:data": {"i:9": {}, "z": 1}}}]
    world.says(f"get {CONFIG}", 200, live(config(a="1"), managedFields=odd))
    world.says(f"patch {CONFIG}", 200, live(config(a="2"), managedFields="none"))
    (row,) = ask_one(world, tmp_path, config(a="2")).rows
    assert (row.status, row.manager) == (Status.CHANGED, "")


# Secrets and hostile text


def test_no_value_of_a_secret_leaves(world: World, tmp_path: Path) -> None:
    def secret(value: str) -> Manifest:
        coded = base64.b64encode(value.encode()).decode()
        return config() | {"kind": "Secret", "data": {"password": coded}}

    path = CONFIG.replace("configmaps", "secrets")
    world.says(f"get {path}", 200, live(secret("hunter-two-old"), owned("ann", {"f:data": {"f:password": {}}})))
    world.says(f"patch {path}", 200, live(secret("hunter-two-new")))
    shown = views(ask(world, tmp_path, wanted(secret("hunter-two-new"))))
    assert "data.password" in shown
    for value in ("hunter-two-old", "hunter-two-new"):
        assert value not in shown
        assert base64.b64encode(value.encode()).decode() not in shown


def test_the_server_s_words_do_not_tell_a_secret(world: World, tmp_path: Path) -> None:
    mine = deployment()
    mine["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "DB_PASSWORD", "value": "hunter-two"}]
    message = 'failed to create typed patch object (shop/web): .spec.x: expected string, got "hunter-two"'
    world.says(f"get {DEPLOYMENT}", 404, not_found("web", "deployments"))
    world.says(f"patch {DEPLOYMENT}", 500, status(500, "", message))
    shown = views(ask(world, tmp_path, wanted(mine)))
    assert "expected string, got" in shown
    assert "hunter-two" not in shown


def test_hostile_text_of_managers_and_messages_is_escaped_in_every_view(world: World, tmp_path: Path) -> None:
    hostile = "a\x1b[31m\u202e<script>alert(1)</script>|`@all`"
    quoted = json.dumps(hostile)
    world.says(f"get {CONFIG}", 200, live(config(a="1"), owned(hostile, {"f:data": {"f:a": {}}})))
    world.says(f"patch {CONFIG}", 409, conflicted((".data.a", quoted), (f".{hostile}", quoted)), times=1)
    world.says(f"patch {CONFIG}", 422, status(422, hostile, hostile, causes=[{"field": hostile, "message": hostile}]))
    diff = ask(world, tmp_path, wanted(config(a="2")))
    assert any(row.status is Status.CONFLICT for row in diff.rows)
    for character in ("\x1b", "\u202e"):
        assert character not in views(diff)
    assert "<script>" not in diff_html(diff.plain(), everything=True)


# What is left over


def listed(*items: Manifest, then: str = "") -> dict[str, Any]:
    return {"kind": "ConfigMapList", "metadata": {"continue": then} if then else {}, "items": list(items)}


def left(name: str, namespace: str = "shop", **metadata: Any) -> Manifest:
    return {"metadata": {"name": name, "namespace": namespace, "labels": OURS} | metadata}


def unchanged(world: World) -> None:
    world.says(f"get {CONFIG}", 200, live(config(a="1")))
    world.says(f"patch {CONFIG}", 200, live(config(a="1")))


def test_objects_with_our_label_that_are_in_no_file_would_stay(world: World, tmp_path: Path) -> None:
    unchanged(world)
    made = left("made", ownerReferences=[{"kind": "CronJob"}])
    world.says("get /api/v1/configmaps", 200, listed(left("web"), left("old"), then="two"), times=1)
    world.says("get /api/v1/configmaps", 200, listed(left("older"), left("web", "of-another-directory"), made))
    diff = ask(world, tmp_path, wanted(config(a="1")))
    stay = [change for change in diff.changes if change.action is Action.DELETE]
    assert [change.subject for change in stay] == ["ConfigMap/shop/old", "ConfigMap/shop/older"]
    assert [row.status for change in stay for row in change.rows] == [Status.REMOVED] * 2
    assert stay[0].said == ("would stay: apply does not remove",)
    asked = [request.params for request in world.asked if str(request.url.path) == "/api/v1/configmaps"]
    assert [query.get("continue") for query in asked] == [None, "two"]
    assert {query["labelSelector"] for query in asked} == {"app.kubernetes.io/managed-by=ecs2k8s"}


def test_who_may_not_list_the_cluster_is_asked_for_each_namespace(world: World, tmp_path: Path) -> None:
    unchanged(world)
    world.says("get /api/v1/configmaps", 403, forbidden("list", "configmaps"))
    world.says("get /api/v1/namespaces/shop/configmaps", 200, listed(left("old")))
    diff = ask(world, tmp_path, wanted(config(a="1")))
    assert [change.subject for change in diff.changes if change.rows] == ["ConfigMap/shop/old"]
    assert not diff.undecided


def test_a_list_that_is_refused_is_undecided(world: World, tmp_path: Path) -> None:
    unchanged(world)
    for path in ("/api/v1/configmaps", "/api/v1/namespaces/shop/configmaps"):
        world.says(f"get {path}", 403, forbidden("list", "configmaps"))
    diff = ask(world, tmp_path, wanted(config(a="1")))
    assert len(diff.undecided) == 1
    assert diff.undecided[0].startswith("ConfigMap: objects that are no longer generated were not looked for")


# Nothing else can be sent


def planted(world: World, folder: Path) -> Any:
    world.usual()
    return connect(str(world.kubeconfig(folder)), None, "ecs2k8s", HURRIED).client


WRITES = {
    "create": lambda api: api.create_namespace({"metadata": {"name": "shop"}}),
    "delete": lambda api: api.delete_namespace("shop"),
    "delete, as a dry run": lambda api: api.delete_namespace("shop", dry_run="All"),
    "replace": lambda api: api.replace_namespace("shop", {}),
    "patch": lambda api: api.patch_namespace("shop", {}),
    "apply": lambda api: api.patch_namespace(
        "shop", {}, field_manager="a", _content_type="application/apply-patch+yaml"
    ),
    "a forced dry run": lambda api: api.patch_namespace(
        "shop",
        {},
        field_manager="a",
        dry_run="All",
        field_validation="Strict",
        force=True,
        _content_type="application/apply-patch+yaml",
    ),
    "exec": lambda api: api.connect_get_namespaced_pod_exec("web", "shop", command=["id"]),
    "proxy": lambda api: api.connect_get_namespaced_pod_proxy("web", "shop"),
    "watch": lambda api: api.list_namespace(watch=True),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_planted_write_is_refused_before_it_is_sent(world: World, tmp_path: Path, name: str) -> None:
    from kubernetes.client import CoreV1Api

    api = CoreV1Api(planted(world, tmp_path))
    with pytest.raises(NotAllowedError, match="nothing was sent"):
        WRITES[name](api)
    assert not world.asked


APPLY = {"Content-Type": "application/apply-patch+yaml"}
QUERY = "fieldManager=a&dryRun=All&fieldValidation=Strict"


@pytest.mark.parametrize(
    ("method", "url", "may"),
    [
        ("GET", "/api/v1", True),
        ("GET", "/apis/apps/v1", True),
        ("GET", "/apis/apps/v1/namespaces/shop/deployments/web", True),
        ("GET", "/api/v1/configmaps?labelSelector=a%3Db&limit=5&continue=x", True),
        ("GET", "/api/v1/namespaces/shop/pods/web/log", False),
        ("GET", "/api/v1/namespaces/../x/y", False),
        ("GET", "/api/v1/namespaces/%2E%2e/x/y", False),
        ("GET", "/api/v1/namespaces/a%2fb/x/y", False),
        ("GET", "/metrics", False),
        ("POST", f"/api/v1/namespaces/shop/configmaps?{QUERY}", False),
        ("PATCH", f"/api/v1/namespaces/shop/configmaps/web?{QUERY}", True),
        ("PATCH", f"/api/v1/namespaces/shop/configmaps/web?{QUERY}&force=true", False),
        ("PATCH", f"/api/v1/namespaces/shop/configmaps/web?{QUERY}&force=false", False),
        ("PATCH", f"/api/v1/namespaces/shop/configmaps/web?{QUERY}&dryRun=", False),
        ("PATCH", "/api/v1/namespaces/shop/configmaps/web?fieldManager=a&fieldValidation=Strict", False),
        ("PATCH", "/api/v1/namespaces/shop/configmaps/web?fieldManager=&dryRun=All&fieldValidation=Strict", False),
        ("PATCH", f"/apis/apps/v1/namespaces/shop/deployments/web/scale?{QUERY}", False),
    ],
)
def test_reads_and_dry_runs_alone_are_allowed(method: str, url: str, may: bool) -> None:
    assert allowed(method, url, APPLY if method == "PATCH" else {}) is may
    assert not allowed("PATCH", url, {"Content-Type": "application/merge-patch+json"})


def test_nothing_is_sent_to_another_server(world: World, tmp_path: Path) -> None:
    client = planted(world, tmp_path)
    with pytest.raises(NotAllowedError):
        client.call_api("GET", f"{world.url}0/api/v1", {})
    assert not world.asked


def test_a_server_may_be_behind_a_path(world: World, tmp_path: Path) -> None:
    """As Rancher has its clusters: https://rancher.example.com/k8s/clusters/c-1."""
    world.says("get /k8s/c-1/api/v1/namespaces/kube-system", 200, obj("v1", "Namespace", "kube-system", uid=UID))
    file = kubeconfig(tmp_path / "kubeconfig", {"server": f"{world.url}/k8s/c-1"}, {"token": TOKEN})
    assert connect(str(file), None, "ecs2k8s", HURRIED).identity() == UID


# Which cluster, and who asks


def test_a_login_that_is_not_taken_is_one_line(world: World, tmp_path: Path) -> None:
    world.says("get /api/v1/namespaces/kube-system", 401, status(401, "Unauthorized", "Unauthorized"))
    cluster = connect(str(world.kubeconfig(tmp_path)), None, "ecs2k8s", HURRIED)
    with pytest.raises(ClusterError, match="Unauthorized: log in again"):
        cluster.identity()


def test_a_login_that_runs_out_on_the_way_ends_the_run(world: World, tmp_path: Path) -> None:
    world.says(f"get {CONFIG}", 401, status(401, "Unauthorized", "Unauthorized"))
    with pytest.raises(ClusterError, match="log in again"):
        ask(world, tmp_path, wanted(config(a="1")))


def test_what_is_no_api_server_is_no_cluster(world: World, tmp_path: Path) -> None:
    world.says("get /api/v1/namespaces/kube-system", 200, b"<html>hello</html>")
    cluster = connect(str(world.kubeconfig(tmp_path)), None, "ecs2k8s", HURRIED)
    with pytest.raises(ClusterError, match="no answer of an API server"):
        cluster.identity()


def test_who_may_not_see_kube_system_may_compare(world: World, tmp_path: Path) -> None:
    world.says("get /api/v1/namespaces/kube-system", 403, forbidden("get", "namespaces"))
    assert connect(str(world.kubeconfig(tmp_path)), None, "ecs2k8s", HURRIED).identity() == ""


KUBECONFIGS: dict[str, tuple[str, str]] = {
    "there is none": ("", "No configuration found"),
    "no YAML": ("a: [", "while parsing"),
    "no kubeconfig": ("- 1", "kubeconfig: ."),
    "no context": ("apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n", "current-context"),
}


@pytest.mark.parametrize("name", KUBECONFIGS)
def test_a_kubeconfig_that_names_no_cluster_is_one_line(tmp_path: Path, name: str) -> None:
    text, said = KUBECONFIGS[name]
    file = tmp_path / "kubeconfig"
    if text:
        file.write_text(text)
    with pytest.raises(ClusterError, match=said) as found:
        connect(str(file), None, "ecs2k8s", HURRIED)
    assert "\n" not in str(found.value)
    assert str(file) in str(found.value)


def test_the_kubeconfig_of_the_environment_may_be_several_files(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.usual()
    other = tmp_path / "other"
    other.write_text("apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n")
    monkeypatch.setenv("KUBECONFIG", f"{other}{os.pathsep}{world.kubeconfig(tmp_path)}")
    assert connect(None, "test", "ecs2k8s", HURRIED).identity() == UID


def test_a_context_that_is_not_there_is_named(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "kubeconfig", {"server": "http://127.0.0.1:1"}, {})
    with pytest.raises(ClusterError, match="production"):
        connect(str(file), "production", "ecs2k8s", HURRIED)


def test_a_server_that_nobody_runs_is_one_line(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "kubeconfig", {"server": "http://127.0.0.1:1"}, {})
    with pytest.raises(ClusterError, match=r"127\.0\.0\.1:1: .*refused") as found:
        connect(str(file), None, "ecs2k8s", HURRIED).identity()
    assert "object at 0x" not in str(found.value)


def plugin(folder: Path, body: str) -> dict[str, Any]:
    """A credential plugin, as `aws eks get-token` is one."""
    script = folder / "plugin"
    script.write_text(f"#!{sys.executable}\n{body}\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return {
        "exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(script), "interactiveMode": "Never"}
    }


def test_a_credential_plugin_is_run_as_kubectl_runs_it(world: World, tmp_path: Path) -> None:
    token = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "fresh"}}
    user = plugin(tmp_path, f"print({json.dumps(json.dumps(token))})")
    world.usual()
    cluster = connect(str(world.kubeconfig(tmp_path, **user)), None, "ecs2k8s", HURRIED)
    assert cluster.identity() == UID
    assert world.asked[0].headers["Authorization"] == "Bearer fresh"


def test_a_credential_plugin_that_fails_is_one_line_and_nobody_is_asked(world: World, tmp_path: Path) -> None:
    user = plugin(tmp_path, "import sys; sys.exit('the SSO session has expired')")
    with pytest.raises(ClusterError, match="the SSO session has expired"):
        connect(str(world.kubeconfig(tmp_path, **user)), None, "ecs2k8s", HURRIED)
    assert not world.asked


# The command


def directory(folder: Path, *manifests: Manifest, tree: str = "manifests") -> Path:
    """What `check_finished` takes for a migration directory."""
    (folder / "report").mkdir(exist_ok=True)
    (folder / "report" / "ledger.json").write_text("{}")
    (folder / "manifests").mkdir(exist_ok=True)
    (folder / tree).mkdir(parents=True, exist_ok=True)
    for number, manifest in enumerate(manifests):
        (folder / tree / f"{number}.yaml").write_text(yaml.safe_dump(manifest))
    return folder


def run(world: World, folder: Path, *manifests: Manifest, code: int | None = None, **asked: Any) -> int:
    world.usual()
    place = directory(folder, *manifests)
    request = {"trees": ("manifests",), "context": None, "manager": "ecs2k8s", "timeout": 2.0, "allow_partial": False}
    made = diff_cluster.Request(directory=str(place), kubeconfig=str(world.kubeconfig(folder)), **(request | asked))
    return diff_cluster.run(made, View(differences_exit=code), Talk())


def test_the_cluster_is_named_on_stderr(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unchanged(world)
    assert run(world, tmp_path, config(a="1")) == 0
    printed = capsys.readouterr()
    assert printed.err == f"cluster {world.url}, UID of kube-system {UID}; whether it is that server is not verified\n"
    assert printed.out.startswith(f"{tmp_path}/manifests against {world.url}: 0 blockers")


def test_differences_are_exit_2_where_that_is_asked_for(world: World, tmp_path: Path) -> None:
    world.says(f"get {CONFIG}", 200, live(config(a="1")))
    world.says(f"patch {CONFIG}", 200, live(config(a="2")))
    assert run(world, tmp_path, config(a="2")) == 0
    assert run(world, tmp_path, config(a="2"), code=2) == 2


def test_what_is_refused_is_exit_3(world: World, tmp_path: Path) -> None:
    world.says(f"get {CONFIG}", 404, not_found("web"))
    world.says(f"patch {CONFIG}", 422, status(422, "Invalid", "no"))
    assert run(world, tmp_path, config(a="2")) == 3


def test_a_conflict_is_exit_4(world: World, tmp_path: Path) -> None:
    several(world)
    assert run(world, tmp_path, deployment(minReadySeconds=10)) == 4


def test_what_is_not_validated_is_exit_5_unless_that_is_allowed(world: World, tmp_path: Path) -> None:
    world.says(f"get {CONFIG}", 403, forbidden("get", "configmaps"))
    assert run(world, tmp_path, config(a="2")) == 5
    assert run(world, tmp_path, config(a="2"), allow_partial=True) == 0


def test_trees_are_compared_by_name(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    item = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web", "namespace": "shop"}}
    item |= {"spec": {}}
    path = "/apis/networking.k8s.io/v1/namespaces/shop/ingresses/web"
    world.says(f"get {path}", 404, not_found("web", "ingresses"))
    world.says(f"patch {path}", 201, live(item))
    world.says("get /apis/networking.k8s.io/v1/ingresses", 200, {"items": [left("web")]})
    directory(tmp_path, item, tree="traffic/ingress")
    assert run(world, tmp_path) == 0
    assert "Ingress" not in capsys.readouterr().out  # not compared, and none that is no longer generated
    assert run(world, tmp_path, trees=("traffic/ingress",)) == 0
    assert "create Ingress/shop/web" in capsys.readouterr().out
    with pytest.raises(UsageError, match="has manifests, traffic/ingress"):
        run(world, tmp_path, trees=("traffic/gateway",))


@pytest.mark.parametrize("name", ["", "x" * 129, "a\nb"])
def test_a_manager_needs_a_name(world: World, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="--field-manager"):
        run(world, tmp_path, manager=name)


def test_a_file_that_holds_no_object_is_named(world: World, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"0\.yaml: is no Kubernetes object"):
        run(world, tmp_path, {"a": 1})


def test_from_the_shell(world: World, tmp_path: Path) -> None:
    world.says(f"get {CONFIG}", 200, live(config(a="1")))
    world.says(f"patch {CONFIG}", 200, live(config(a="2")))
    world.usual()
    place, file = directory(tmp_path, config(a="2")), world.kubeconfig(tmp_path)
    command = ("diff", "cluster", str(place), "--format", "json", "--kubeconfig", str(file))
    done = ecs2k8s(*command, "--context", "test", "--detailed-exitcode", "--field-manager", "ann")
    assert done.returncode == 2, done.stderr
    found = json.loads(done.stdout)
    assert (found["schema"], found["diff"], found["totals"]) == ("ecs2k8s/diff/v1", "cluster", {"changed": 1})
    assert world.patches[0].params["fieldManager"] == "ann"
    done = ecs2k8s(*command, "--context", "other")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.count(b"\n") == 1
