"""Every format holds the same objects: what Helm renders, and what plain files say, is what kustomize builds."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ecs2k8s.core.documents import dump as dumped
from ecs2k8s.core.manifests import Bundle, ObjectRef, Placed
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from ecs2k8s.render import FORMATS
from ecs2k8s.render.argo_cd import argo_cd
from ecs2k8s.render.dump import dump
from ecs2k8s.report.runbook import runbook
from tests.estates import ESTATES, SAMPLES, estate, translated
from tests.test_cli import ecs2k8s, tree
from tests.test_kubectl import TRICKY, Loader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.core.formats import Format

HELM = shutil.which("helm", path=str(Path(sys.executable).parent)) or shutil.which("helm")
needs_helm = pytest.mark.skipif(not HELM, reason="helm is not installed; `make setup` puts one into .venv")
SOURCE = re.compile(r"# Source: [^/]+/charts/([^/]+)/")
Objects = dict[ObjectRef, Any]


def helm(*args: str, home: Path) -> str:
    done = subprocess.run(
        [str(HELM), *args],
        check=False,
        capture_output=True,
        text=True,
        env={"HOME": str(home), "PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def write(files: dict[str, str], folder: Path) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def objects(placed: Iterable[Placed]) -> Objects:
    return {ObjectRef.of(each.manifest): each.manifest for each in placed}


def charts(bundle: Bundle, name: str, folder: Path) -> dict[str, Objects]:
    """Write each tree of *bundle* as a part of the chart in *folder*; name of the part to its objects."""
    files = FORMATS["helm"](bundle)
    expected = {}
    for path in sorted({each.tree for each in bundle.objects}):
        chart = f"{name}-{path.rpartition('/')[2]}"
        its = {key.removeprefix(f"{path}/"): text for key, text in files.items() if key.startswith(f"{path}/")}
        about = yaml.load(its["Chart.yaml"], yaml.CSafeLoader) | {"name": chart}
        write(its | {"Chart.yaml": dump(about)}, folder / "charts" / chart)
        expected[chart] = objects(bundle.tree(path))
    return expected


def rendered(folder: Path) -> dict[str, Objects]:
    """What one run of Helm makes of the chart in *folder*: name of the part to its objects."""
    write({"Chart.yaml": dump({"apiVersion": "v2", "name": "all", "version": "0.1.0"})}, folder)
    found: dict[str, Objects] = defaultdict(dict)
    for text in helm("template", "all", str(folder), home=folder).split("\n---\n"):
        manifest, source = yaml.load(text, Loader), SOURCE.search(text)
        if manifest and source:
            found[source[1]][ObjectRef.of(manifest)] = manifest
    return found


@needs_helm
def test_helm_renders_the_objects_of_every_sample_and_every_case(tmp_path: Path) -> None:
    expected: dict[str, Objects] = {}
    for number, name in enumerate(ESTATES):
        expected |= charts(translated(name).bundle, f"e{number}", tmp_path)
    found = rendered(tmp_path)
    assert found.keys() == expected.keys()
    assert [name for name, its in expected.items() if found[name] != its] == []


@pytest.mark.parametrize("name", SAMPLES)
@needs_helm
def test_helm_accepts_every_chart(name: str, tmp_path: Path) -> None:
    write(FORMATS["helm"](translated(name).bundle), tmp_path)
    folders = sorted(str(path.parent) for path in tmp_path.rglob("Chart.yaml"))
    assert folders
    assert "0 chart(s) failed" in helm("lint", "--strict", *folders, home=tmp_path)


TEXTS = [
    *TRICKY,
    "{{",
    "{{{",
    "{{{{ .Values }}}}",
    "}}",
    "{{- x -}}",
    "{{/*",
    "`",
    "{",
    "{{ end }}\n{{",
    "\x7f",
    "\ufeff",
    "---\n",
]


def deployment(texts: list[str]) -> dict[str, Any]:
    """Each of *texts* as an annotation, and as a value, an argument and a name of the environment."""
    names = [text for text in texts if text]
    env = [{"name": f"V{number}", "value": text} for number, text in enumerate(texts)]
    env += [{"name": name, "value": "x"} for name in names]
    pod = {"name": "app", "image": "r/a:1.20", "args": texts, "env": env}
    sizes = {"requests": {"cpu": "1", "memory": "1e3"}}
    other = {
        "name": "side",
        "image": "h:5000/b@sha256:ab",
        "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}],
    }
    spec = {"replicas": 1000000, "template": {"spec": {"containers": [pod | {"resources": sizes}, other]}}}
    metadata = {"name": "x", "namespace": "global", "annotations": {f"a{n}": text for n, text in enumerate(texts)}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


@needs_helm
def test_text_that_means_something_to_helm_stays_what_it_is(tmp_path: Path) -> None:
    bundle = Bundle.of([Placed("global/x", deployment(TEXTS))])
    expected = charts(bundle, "odd", tmp_path)
    assert rendered(tmp_path) == expected


@needs_helm
def test_values_change_what_teams_change(tmp_path: Path) -> None:
    write(FORMATS["helm"](Bundle.of([Placed("global/x", deployment([]))])), tmp_path)
    values = ["replicas=3", "containers.app.image.tag=2.0", "containers.side.image.digest=sha256:cd"]
    sets = [word for value in values for word in ("--set-string", f"workloads.global.x.{value}")]
    text = helm("template", "x", str(tmp_path / "manifests"), *sets, home=tmp_path)
    made = yaml.load(text, yaml.CSafeLoader)
    wanted = deepcopy(deployment([]))
    wanted["spec"]["replicas"] = 3
    containers = wanted["spec"]["template"]["spec"]["containers"]
    containers[0]["image"], containers[1]["image"] = "r/a:2.0", "h:5000/b@sha256:cd"
    assert made == wanted


@pytest.mark.parametrize("form", ["helm", "plain", "kustomize"])
def test_the_handover_is_no_chart_because_a_release_owns_its_objects_alone(form: Format) -> None:
    choices = {"format": form, "delivery": "argo-cd", "delivery_repository": "https://git.example.com/shop.git"}
    target = convert(choices)
    made = translate(estate("three-tier")[0], target)
    assert made.bundle.handover
    files = FORMATS[form](made.bundle) | argo_cd(made, target) | runbook(made, target)
    applied = "traffic/background" in files["delivery/RUNBOOK.md"]
    written = any(key.startswith("traffic/background/") for key in files)
    assert {written, "delivery/argo-cd/background.yaml" in files, applied} == {form != "helm"}


@pytest.mark.parametrize("name", SAMPLES)
def test_plain_files_hold_the_same_objects_with_namespaces_first(name: str) -> None:
    bundle = translated(name).bundle
    files = FORMATS["plain"](bundle)
    assert len(files) == len(bundle.everything)
    for path in {placed.tree for placed in bundle.objects}:
        its = [yaml.load(text, Loader) for key, text in sorted(files.items()) if key.startswith(f"{path}/")]
        assert {ObjectRef.of(each): each for each in its} == objects(bundle.tree(path))
        of_cluster = [each["kind"] == "Namespace" or "namespace" not in each["metadata"] for each in its]
        assert of_cluster == sorted(of_cluster, reverse=True)
        spaces = [each["kind"] == "Namespace" for each in its]
        assert spaces == sorted(spaces, reverse=True)


def test_another_format_replaces_the_files_of_the_first_and_keeps_edited_ones(tmp_path: Path) -> None:
    out, sample = tmp_path / "out", str(Path(__file__).parent.parent / "samples" / "three-tier")
    assert ecs2k8s("export", "-q", "--from", sample, "-o", str(out)).returncode in (0, 5)
    edited = out / "manifests" / "shop" / "backend" / "service.yaml"
    edited.write_text(edited.read_text() + "# mine\n")
    done = ecs2k8s("export", "--from", sample, "-o", str(out), "--set", "format=helm")
    assert done.returncode == 5
    assert b"service.yaml: conflict: is no longer generated, and was edited by hand" in done.stderr
    assert f"helm template manifests {out}/manifests".encode() in done.stdout
    left = {path for path in tree(out / "manifests") if not path.startswith("templates/")}
    assert left == {"Chart.yaml", "values.yaml", "shop/backend/service.yaml"}
    assert "helm upgrade --install manifests manifests" in (out / "report" / "report.md").read_text()
    edited.unlink()
    ecs2k8s("export", "--from", sample, "-o", str(out))
    ecs2k8s("export", "--from", sample, "-o", str(tmp_path / "new"))
    assert tree(out / "manifests") == tree(tmp_path / "new" / "manifests")
    names = json.loads((out / "report" / "ledger.json").read_text())["files"]
    assert sorted(names) == sorted(
        set(tree(out)) - {"snapshot.json", "target.yaml", "report/ledger.json", "generated.json"}
    )


@pytest.mark.parametrize("form", ["helm", "plain"])
def test_routing_is_proved_as_it_lies_in_every_format(form: str, tmp_path: Path) -> None:
    (tmp_path / "in.json").write_bytes(dumped(estate("split/paths.yaml")[0]))
    out = tmp_path / "out"
    ecs2k8s("export", "-q", "--from", str(tmp_path / "in.json"), "-o", str(out), "--set", f"format={form}")
    assert ecs2k8s("diff", "routing", str(out)).returncode == 0
    (ingress,) = (out / "traffic" / "ingress").rglob("front-80.yaml")
    ingress.write_text(ingress.read_text().replace("/pay/*", "/elsewhere/*"))
    done = ecs2k8s("diff", "routing", str(out))
    assert (done.returncode, done.stderr) == (3, b"")
    assert b"front: not proved" in done.stdout
