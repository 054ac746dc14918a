"""`ecs2k8s diff cluster` against etcd and kube-apiserver: that the answers of the mock are those of a real server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.cli import diff_cluster
from ecs2k8s.cli.console import Talk
from ecs2k8s.cli.diff_output import View
from ecs2k8s.cli.lying_manifests import lying_manifests
from ecs2k8s.cli.options import DiffFormat
from tests.control_plane import ADMIN, NOBODY, ControlPlane, control_plane, etcd
from tests.mock_cluster import conflicted, kubeconfig
from tests.test_cli import ecs2k8s
from tests.test_diff_cluster import config, deployment, directory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.manifests import Manifest

SAMPLE = Path(__file__).parents[1] / "samples" / "three-tier"
SPACE: Manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
DEPLOYMENT = "/apis/apps/v1/namespaces/{}/deployments/web"
KINDS = {  # of the sample: where the API server has them
    "Namespace": "/api/v1/namespaces",
    "CronJob": "/apis/batch/v1/namespaces/shop/cronjobs",
    "Deployment": "/apis/apps/v1/namespaces/shop/deployments",
    "HorizontalPodAutoscaler": "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies",
    "PodDisruptionBudget": "/apis/policy/v1/namespaces/shop/poddisruptionbudgets",
    "Service": "/api/v1/namespaces/shop/services",
    "ServiceAccount": "/api/v1/namespaces/shop/serviceaccounts",
}


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    with control_plane(tmp_path_factory.mktemp("plane")) as made:
        yield made


@pytest.fixture
def space(plane: ControlPlane, request: pytest.FixtureRequest) -> str:
    """A namespace of the test's own."""
    name = str(request.node.name).replace("_", "-")[:63].strip("-")
    plane.apply(f"/api/v1/namespaces/{name}", {**SPACE, "metadata": {"name": name}})
    return name


def ask(
    plane: ControlPlane, place: Path, capsys: pytest.CaptureFixture[str], token: str = ADMIN
) -> tuple[int, dict[str, Any]]:
    """The exit code, and the diff as JSON."""
    config_ = str(plane.kubeconfig(token))
    request = diff_cluster.Request(str(place), ("manifests",), config_, None, "ecs2k8s", 30.0, allow_partial=False)
    code = diff_cluster.run(request, View(DiffFormat.json, differences_exit=2), Talk(0))
    return code, json.loads(capsys.readouterr().out)


def inside(manifest: Manifest, space: str) -> Manifest:
    return manifest | {"metadata": manifest["metadata"] | {"namespace": space}}


def rows(diff: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["path"]: row for change in diff["changes"] for row in change["rows"] if not row["cause"]}


def test_etcd_answers(tmp_path: Path) -> None:
    with etcd(tmp_path) as url:
        assert url.startswith("http://127.0.0.1:")


def test_the_sample_before_and_after_it_is_applied(
    plane: ControlPlane, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "out"
    assert ecs2k8s("export", "--from", str(SAMPLE), "-o", str(place), "-q").returncode == 0
    code, diff = ask(plane, place, capsys)
    assert code == 5
    assert any("the namespace shop does not exist yet: it is among these objects" in line for line in diff["undecided"])
    assert plane.send("GET", "/api/v1/namespaces/shop")["code"] == 404  # nothing was made

    objects = [item.manifest for item in lying_manifests(place, "manifests").objects if item.ref.kind in KINDS]
    for manifest in sorted(objects, key=lambda one: str(one["kind"]) != "Namespace"):
        made = plane.apply(f"{KINDS[manifest['kind']]}/{manifest['metadata']['name']}", manifest)
        assert made["kind"] == manifest["kind"], made
    code, diff = ask(plane, place, capsys)
    assert code == 5
    assert all("install its definition (CRD)" in line for line in diff["undecided"])
    assert diff["totals"] == {}
    applied = {f"{manifest['kind']}/" for manifest in objects}
    actions = {change["action"] for change in diff["changes"] if change["subject"].split("/")[0] + "/" in applied}
    assert actions == {"no-op"}
    assert not [line for change in diff["changes"] for line in change["said"] if "another value" in line]
    # A namespace never goes where no controller runs; without our label no other test looks at it.
    plane.patch(f"{KINDS['Namespace']}/shop", {"metadata": {"labels": {"app.kubernetes.io/managed-by": None}}}, "test")


def test_an_object_that_is_new(
    plane: ControlPlane, space: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, diff = ask(plane, directory(tmp_path, inside(deployment(), space)), capsys)
    assert code == 2
    (change,) = diff["changes"]
    assert change["action"] == "create"
    assert {row["status"] for row in change["rows"]} == {"added"}
    explained = {row["path"] for row in change["rows"] if row["cause"] == "server-default"}
    assert {"spec.template.spec.restartPolicy", "spec.progressDeadlineSeconds"} <= explained
    assert plane.send("GET", DEPLOYMENT.format(space))["code"] == 404


def test_several_managers_and_their_conflicts(
    plane: ControlPlane, space: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, mine = DEPLOYMENT.format(space), inside(deployment(minReadySeconds=5), space)
    plane.apply(path, mine)
    merge = "application/merge-patch+json"
    plane.send("PATCH", f"{path}/scale", {"spec": {"replicas": 5}}, merge, fieldManager="autoscaler")
    container = {"name": "web", "image": "web:1", "env": [{"name": "EXTRA", "value": "1"}]}
    plane.patch(path, {"spec": {"template": {"spec": {"containers": [container]}}}}, "argocd-controller")
    before = plane.send("GET", path)["metadata"]["resourceVersion"]

    wanted = inside(deployment(minReadySeconds=7), space)
    code, diff = ask(plane, directory(tmp_path, wanted), capsys)
    assert code == 4
    found = rows(diff)
    assert {name: (row["status"], row["manager"]) for name, row in found.items()} == {
        "spec.replicas": ("conflict", "autoscaler (scale)"),
        "spec.template.spec.containers[name=web].image": ("conflict", "argocd-controller"),
        "spec.minReadySeconds": ("changed", "ecs2k8s"),
    }
    assert (found["spec.replicas"]["before"]["value"], found["spec.replicas"]["after"]["value"]) == (5, 2)
    assert plane.send("GET", path)["metadata"]["resourceVersion"] == before

    said = plane.send("PATCH", path, wanted, "application/apply-patch+yaml", fieldManager="ecs2k8s", dryRun="All")
    mocked = conflicted(
        (".spec.replicas", '"autoscaler" with subresource "scale" using apps/v1'),
        ('.spec.template.spec.containers[name="web"].image', '"argocd-controller" using apps/v1'),
    )
    assert sorted(said["details"]["causes"], key=str) == sorted(mocked["details"]["causes"], key=str)
    assert {key: said[key] for key in ("status", "reason", "code")} == {
        key: mocked[key] for key in ("status", "reason", "code")
    }


def test_a_field_that_is_no_longer_set(
    plane: ControlPlane, space: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = f"/api/v1/namespaces/{space}/configmaps/web"
    plane.apply(path, inside(config(a="1", b="1"), space))
    plane.patch(path, {"data": {"c": "1"}}, "ann")
    code, diff = ask(plane, directory(tmp_path, inside(config(a="1"), space)), capsys)
    assert code == 2
    (row,) = rows(diff).values()
    assert (row["path"], row["status"], row["manager"]) == ("data.b", "removed", "ecs2k8s")
    assert row["because"] == "the files no longer set it, and ecs2k8s owns it"


def test_what_is_refused(plane: ControlPlane, space: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typo, odd = inside(deployment(typo="x"), space), inside(deployment(), space)
    odd["metadata"]["name"] = "odd"
    odd["spec"]["template"]["spec"]["containers"][0]["ports"] = [{"containerPort": 99999}]
    code, diff = ask(plane, directory(tmp_path, typo, odd), capsys)
    assert code == 3
    found = {path: row["because"] for path, row in rows(diff).items()}
    assert found["spec.typo"] == "the API server refuses it: .spec.typo: field not declared in schema"
    (port,) = [why for path, why in found.items() if path.endswith("containerPort")]
    assert "must be between 1 and 65535" in port


def test_who_may_not_is_told_so(
    plane: ControlPlane, space: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = directory(tmp_path, inside(config(a="1"), space))
    code, diff = ask(plane, place, capsys, NOBODY)
    assert code == 5
    assert 'User "nobody" cannot get resource "configmaps"' in diff["changes"][0]["said"][0]
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "patch"]}
    about = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "reader", "namespace": space}}
    roles = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{space}"
    plane.apply(f"{roles}/roles/reader", about | {"kind": "Role", "rules": [rule]})
    bound = {"subjects": [{"kind": "User", "name": "nobody", "apiGroup": "rbac.authorization.k8s.io"}]}
    bound["roleRef"] = {"kind": "Role", "name": "reader", "apiGroup": "rbac.authorization.k8s.io"}  # type: ignore[assignment]
    plane.apply(f"{roles}/rolebindings/reader", about | {"kind": "RoleBinding"} | bound)
    _, diff = ask(plane, place, capsys, NOBODY)
    (change,) = diff["changes"]
    assert "you may not apply it, not even as a dry run" in change["said"][0]
    assert "cannot create resource" in change["said"][0]


def test_what_is_left_over(plane: ControlPlane, space: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ours = inside(config(a="1"), space)
    old = inside(config(a="1"), space)
    old["metadata"] |= {"name": "old", "labels": {"app.kubernetes.io/managed-by": "ecs2k8s"}}
    for manifest in (ours, old):
        plane.apply(f"/api/v1/namespaces/{space}/configmaps/{manifest['metadata']['name']}", manifest)
    code, diff = ask(plane, directory(tmp_path, ours), capsys)
    stay = [change["subject"] for change in diff["changes"] if change["action"] == "delete"]
    assert (code, stay) == (2, [f"ConfigMap/{space}/old"])


def test_a_token_that_nobody_has_is_one_line(plane: ControlPlane, tmp_path: Path) -> None:
    place, file = directory(tmp_path, config(a="1")), plane.kubeconfig("made-up")
    done = ecs2k8s("diff", "cluster", str(place), "--kubeconfig", str(file))
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"Unauthorized: log in again" in done.stderr


def test_a_server_that_the_kubeconfig_does_not_vouch_for(plane: ControlPlane, tmp_path: Path) -> None:
    place = directory(tmp_path)
    user = {"token": ADMIN}
    other = kubeconfig(tmp_path / "other", {"server": plane.url}, user)  # of the authorities of the machine
    done = ecs2k8s("diff", "cluster", str(place), "--kubeconfig", str(other))
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (1, b"", 1)
    assert b"certificate verify failed" in done.stderr
    none = kubeconfig(tmp_path / "none", {"server": plane.url, "insecure-skip-tls-verify": True}, user)
    done = ecs2k8s("diff", "cluster", str(place), "--kubeconfig", str(none))
    assert (done.returncode, done.stderr.count(b"\n")) == (0, 1)
    assert b"not verified" in done.stderr
