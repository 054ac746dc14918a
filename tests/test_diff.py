"""`ecs2k8s diff routing`: the proof of what lies in a directory, after people have edited it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ecs2k8s.cli import diff
from ecs2k8s.core.documents import dump
from ecs2k8s.core.errors import OutputError, SnapshotError
from tests.case_files import load
from tests.estates import estate
from tests.test_cli import ecs2k8s

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = Path(__file__).parent / "cases" / "routing"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first worked example: two Ingresses of one load balancer."""
    return export(CASES / "e1-http-only-redirects.yaml", tmp_path_factory.mktemp("diff"))


def export(case: Path, folder: Path) -> Path:
    file = folder / "snapshot.json"
    file.write_bytes(dump(load(case).snapshot))
    done = ecs2k8s("export", "--from", str(file), "-o", str(folder / "out"))
    assert done.returncode == 0, done.stderr
    return folder / "out"


@pytest.fixture
def place(exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported, tmp_path / "out"))


def ingress(place: Path, name: str = "shop-443") -> Path:
    return next((place / "traffic" / "ingress").rglob(f"{name}.yaml"))


def service(place: Path) -> Path:
    return place / "manifests" / "prod" / "api" / "service.yaml"


def edit(file: Path, change: Callable[[Any], Any]) -> None:
    manifest = yaml.safe_load(file.read_text())
    change(manifest)
    file.write_text(yaml.safe_dump(manifest))


def asked(place: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    """The exit code, and what is said of the one load balancer."""
    code = diff.routing(str(place), as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "ecs2k8s/routing/v1"
    (balancer,) = found["load_balancers"]
    assert balancer["name"] == "shop"
    return code, balancer


def test_what_was_exported_is_proved(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = asked(place, capsys)
    assert (code, found["proved"], found["difference"]) == (0, True, "")
    assert {key: found["rows"][0][key] for key in ("listener", "request")} == {
        "listener": "HTTP:80",
        "request": "GET example.com/ from 203.0.113.7",
    }
    assert all(row["today"] == row["ingress"] for row in found["rows"])
    assert len(found["rows"]) == 5


def test_as_a_table_and_exit_codes(place: Path) -> None:
    done = ecs2k8s("diff", "routing", str(place))
    assert done.returncode == 0, done.stderr
    assert b"shop: proved." in done.stdout
    assert b"from the Ingress" in done.stdout
    edit(ingress(place), lambda m: m["spec"]["rules"].reverse())
    done = ecs2k8s("diff", "routing", str(place))
    assert done.returncode == 3
    assert b"shop: not proved." in done.stdout
    assert not done.stderr


def test_json_is_one_document_on_stdout(place: Path) -> None:
    edit(ingress(place), lambda m: m["spec"]["rules"].pop(0))
    done = ecs2k8s("diff", "routing", str(place), "--format", "json")
    assert done.returncode == 3
    found = json.loads(done.stdout)
    assert found["load_balancers"][0]["proved"] is False
    assert found["load_balancers"][0]["rows"] == []


def _annotation(name: str, value: str | None) -> Callable[[Any], Any]:
    def change(manifest: Any) -> None:
        annotations = manifest["metadata"]["annotations"]
        annotations.pop(f"alb.ingress.kubernetes.io/{name}", None)
        if value is not None:
            annotations[f"alb.ingress.kubernetes.io/{name}"] = value

    return change


EDITS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a rule is lost": (lambda m: m["spec"]["rules"].pop(0), "answers"),
    "a path is widened": (
        lambda m: m["spec"]["rules"][1]["http"]["paths"][0].update(path="/static", pathType="Prefix"),
        "/static",
    ),
    "another backend": (
        lambda m: m["spec"]["rules"][2]["http"]["paths"][0]["backend"]["service"].update(name="api"),
        "prod/api",
    ),
    "another default": (lambda m: m["spec"].pop("defaultBackend"), "404"),
    "another port": (_annotation("listen-ports", '[{"HTTPS":8443}]'), "no listener HTTPS:443"),
    "another protocol": (_annotation("listen-ports", '[{"HTTP":443}]'), "HTTP:443"),
    "another group": (_annotation("group.name", "other"), "no listener HTTPS:443"),
    "a group order that is none": (_annotation("group.order", "first"), "not a whole number"),
    "a Service that is missing": (
        lambda m: m["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"].update(name="gone"),
        "503",
    ),
    "sign-in by hand": (_annotation("jwt-validation", '{"jwksEndpoint":"https://a","issuer":"b"}'), "jwt-validation"),
    "what is no JSON": (_annotation("mutual-authentication", "{"), "not JSON"),
    "a path that the API server refuses": (
        lambda m: m["spec"]["rules"][2]["http"]["paths"][0].update(path="healthz"),
        "absolute",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_that_routes_differently_is_found(name: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change, told = EDITS[name]
    edit(ingress(place), change)
    code, found = asked(place, capsys)
    assert (code, found["proved"]) == (3, False)
    assert told in found["difference"]


def test_an_edit_that_changes_nothing_is_proved(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A rule cut in two by hand, labels, nulls, and the namespace that is meant without one."""

    def change(manifest: Any) -> None:
        manifest["metadata"]["labels"] = None
        rules = manifest["spec"]["rules"]
        exact = {"path": "/v1", "pathType": "Exact", "backend": rules[0]["http"]["paths"][0]["backend"]}
        below = {**exact, "path": "/v1/*", "pathType": "ImplementationSpecific"}
        rules[:1] = [{"host": "api.example.com", "http": {"paths": [one]}} for one in (exact, below)]

    edit(ingress(place), change)
    code, found = asked(place, capsys)
    assert (code, found["difference"]) == (0, "")


def test_ingresses_that_were_deleted(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ingress(place, "shop-80").unlink()
    code, found = asked(place, capsys)
    assert (code, found["difference"]) == (3, "there would be no listener HTTP:80")
    ingress(place).write_text("---\n")
    code, found = asked(place, capsys)
    assert (code, found["difference"]) == (3, "the directory holds no Ingress of it")
    assert found["rows"] == []


def test_a_service_that_was_deleted(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    service(place).unlink()
    code, found = asked(place, capsys)
    assert code == 3
    assert "503" in found["difference"]


def test_a_service_without_the_annotation_of_its_targets(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(service(place), lambda m: m["metadata"].pop("annotations"))
    code, found = asked(place, capsys)
    assert code == 3
    assert "instance targets" in found["difference"]


@pytest.mark.parametrize("tree", ["traffic/ingress", "manifests"])
def test_an_ingress_of_somebody_else_counts_where_it_is_in_the_group(
    tree: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = yaml.safe_load(ingress(place).read_text())
    other["metadata"] = {"name": "other", "namespace": "prod", "annotations": dict(other["metadata"]["annotations"])}
    other["spec"] = {
        "rules": [
            {
                "http": {
                    "paths": [
                        {
                            "pathType": "Exact",
                            "path": "/x",
                            "backend": {"service": {"name": "api", "port": {"number": 8080}}},
                        }
                    ]
                }
            }
        ]
    }
    file = place / tree / "prod" / "other.yaml"
    group = "alb.ingress.kubernetes.io/group.name"
    other["metadata"]["annotations"][group] = "theirs"
    file.write_text(yaml.safe_dump(other))
    assert asked(place, capsys)[0] == 0
    other["metadata"]["annotations"][group] = "shop"
    file.write_text(yaml.safe_dump(other))
    code, found = asked(place, capsys)
    assert code == 3
    assert "/x" in found["difference"]


BROKEN = {
    "no YAML": "a: [",
    "a list": "- a\n",
    "a text": "hello\n",
    "a key twice": "kind: Ingress\nkind: Ingress\n",
    "no metadata": "apiVersion: v1\nkind: Ingress\n",
    "metadata of null": "apiVersion: v1\nkind: Ingress\nmetadata:\nspec: {}\n",
    "metadata as a text": "apiVersion: v1\nkind: Ingress\nmetadata: name\nspec: {}\n",
    "a kind that is a list": "apiVersion: v1\nkind: [Ingress]\nmetadata: {name: a}\n",
    "no spec": "apiVersion: v1\nkind: Ingress\nmetadata: {name: a}\n",
    "annotations as a list": "apiVersion: v1\nkind: Ingress\nmetadata: {name: a, annotations: [b]}\nspec: {}\n",
    "an annotation that is a number": "apiVersion: v1\nkind: Ingress\nmetadata: {name: a, annotations: {b: 1}}\nspec: {}\n",
    "rules as a map": "apiVersion: v1\nkind: Ingress\nmetadata: {name: a}\nspec: {rules: {}}\n",
    "a rule of null": "apiVersion: v1\nkind: Ingress\nmetadata: {name: a}\nspec: {rules: [null]}\n",
    "a port that is a text": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: web}]}\n",
    "other bytes": "\xff\xfe\x00",
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("tree", ["traffic/ingress", "manifests"])
def test_a_file_that_holds_no_object_is_named(name: str, tree: str, place: Path) -> None:
    file = place / tree / "prod" / "broken.yaml"
    file.write_bytes(BROKEN[name].encode("latin-1"))
    with pytest.raises(OutputError, match=r"broken\.yaml"):
        diff.routing(str(place), as_json=True)


def test_one_line_for_the_user(place: Path) -> None:
    ingress(place).write_text("a: [")
    done = ecs2k8s("diff", "routing", str(place))
    assert done.returncode not in {0, 3}
    assert b"shop-443.yaml" in done.stderr
    assert b"Traceback" not in done.stderr


def test_without_a_snapshot(place: Path) -> None:
    (place / "snapshot.json").unlink()
    with pytest.raises(SnapshotError, match=r"snapshot\.json"):
        diff.routing(str(place), as_json=True)


def test_what_is_no_directory_of_an_export(tmp_path: Path) -> None:
    for name in ("none", "."):
        with pytest.raises(OutputError):
            diff.routing(str(tmp_path / name), as_json=True)


def test_a_load_balancer_that_was_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = export(CASES / "unknown-condition.yaml", tmp_path)
    code, found = asked(place, capsys)
    assert (code, found["proved"], found["rows"]) == (3, False, [])
    assert diff.routing(str(place), as_json=False) == 3
    shown = capsys.readouterr().out
    assert "Conditions[0].Field" in shown
    assert "It was refused:" in shown


def test_nothing_to_prove(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = export(CASES / "load-balancer-not-used.yaml", tmp_path)
    assert diff.routing(str(place), as_json=False) == 0
    assert "No load balancer forwards" in capsys.readouterr().out


def test_a_gateway_is_proved_as_it_lies(tmp_path: Path) -> None:
    (tmp_path / "in.json").write_bytes(dump(estate("split/gateway.yaml")[0]))
    out, chosen = tmp_path / "out", ("--set", "routing=gateway", "--set", "shift=weighted-dns")
    ecs2k8s("export", "-q", "--from", str(tmp_path / "in.json"), "-o", str(out), *chosen)
    assert ecs2k8s("diff", "routing", str(out)).returncode == 0
    (route,) = (file for file in (out / "traffic" / "gateway").rglob("*.yaml") if "kind: HTTPRoute" in file.read_text())
    route.write_text(route.read_text().replace("name: shop\n", "name: nobody\n"))
    done = ecs2k8s("diff", "routing", str(out))
    assert (done.returncode, done.stderr) == (3, b"")
    (gateway,) = (
        file for file in (out / "traffic" / "gateway").rglob("*.yaml") if "kind: Gateway\n" in file.read_text()[:99]
    )
    gateway.unlink()
    done = ecs2k8s("diff", "routing", str(out))
    assert b"the directory holds no Gateway of it" in done.stdout
