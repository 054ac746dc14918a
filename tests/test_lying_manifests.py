"""What lies in a directory is read as it was written, in every format, with the lines that it stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ecs2k8s.cli.lying_manifests import lying_manifests
from ecs2k8s.compare.definitions import custom
from ecs2k8s.compare.leftovers import EMITTED
from ecs2k8s.core.manifests import Bundle, ObjectRef, Placed, Tree
from ecs2k8s.core.paths import leaves
from ecs2k8s.pipeline import translate
from ecs2k8s.render import FORMATS
from tests.estates import ESTATES, SAMPLES, estate
from tests.test_formats import TEXTS, deployment, write

if TYPE_CHECKING:
    from pathlib import Path

    from ecs2k8s.core.formats import Format

MANAGED = "app.kubernetes.io/managed-by"


def read(bundle: Bundle, form: Format, tree: Tree, folder: Path) -> dict[ObjectRef, Any]:
    write(FORMATS[form](bundle), folder)
    found = lying_manifests(folder, tree)
    assert not found.untold
    return {item.ref: item for item in found.objects}


def of_helm(manifest: Any) -> Any:
    labels = manifest["metadata"].get("labels", {}) | {MANAGED: "Helm"}
    return manifest | {"metadata": manifest["metadata"] | {"labels": labels}}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_format_is_read_back_as_it_was_written(name: str, form: Format, tmp_path: Path) -> None:
    bundle = translate(*estate(name)).bundle
    found = read(bundle, form, "manifests", tmp_path)
    expected = {ObjectRef.of(each.manifest): each.manifest for each in bundle.tree("manifests")}
    expected = {ref: of_helm(manifest) if form == "helm" else manifest for ref, manifest in expected.items()}
    assert {ref: item.manifest for ref, item in found.items()} == expected


@pytest.mark.parametrize("form", FORMATS)
def test_odd_text_is_read_back_as_it_was_written(form: Format, tmp_path: Path) -> None:
    manifest = deployment(TEXTS)
    (item,) = read(Bundle.of([Placed("global/x", manifest)]), form, "manifests", tmp_path).values()
    assert item.manifest == (of_helm(manifest) if form == "helm" else manifest)


@pytest.mark.parametrize("form", FORMATS)
def test_each_value_has_the_line_that_it_stands_on(form: Format, tmp_path: Path) -> None:
    bundle = translate(*estate("three-tier")).bundle
    found = read(bundle, form, "manifests", tmp_path)
    (item,) = [item for ref, item in found.items() if (ref.kind, ref.name) == ("Deployment", "backend")]
    lines = (tmp_path / item.file).read_text().splitlines()
    for path, _ in leaves(item.manifest):
        named = [step for step in path if isinstance(step, str)]
        if form != "helm" or "resources" not in named:
            _, line = item.origin(path).rsplit(":", 1)
            assert (named[-1] in lines[int(line) - 1]) or isinstance(path[-1], int) or named[-1] == MANAGED


def test_values_of_a_chart_that_people_changed_are_taken(tmp_path: Path) -> None:
    write(FORMATS["helm"](Bundle.of([Placed("global/x", deployment([]))])), tmp_path)
    file = tmp_path / "manifests" / "values.yaml"
    values = yaml.safe_load(file.read_text())
    its = values["workloads"]["global"]["x"]
    its["replicas"], its["containers"]["app"]["image"]["tag"] = 3, "2.0"
    file.write_text(yaml.safe_dump(values))
    (item,) = lying_manifests(tmp_path, "manifests").objects
    assert item.manifest["spec"]["replicas"] == 3
    assert item.manifest["spec"]["template"]["spec"]["containers"][0]["image"] == "r/a:2.0"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("$workload.replicas | int", "$workload.replicas | int | add 1"),
        ("  name: x\n", "  name: {{ .Release.Name }}\n"),
        ("{{- $workload := index", "{{- $workload := first"),
    ],
)
def test_what_only_helm_can_render_is_named(old: str, new: str, tmp_path: Path) -> None:
    write(FORMATS["helm"](Bundle.of([Placed("global/x", deployment([]))])), tmp_path)
    file = next((tmp_path / "manifests" / "templates").rglob("*.yaml"))
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    found = lying_manifests(tmp_path, "manifests")
    assert (found.objects, found.untold) == ([], ["manifests/templates/global/x/deployment.yaml"])


def test_a_value_that_is_gone_is_not_guessed(tmp_path: Path) -> None:
    write(FORMATS["helm"](Bundle.of([Placed("global/x", deployment([]))])), tmp_path)
    (tmp_path / "manifests" / "values.yaml").write_text("workloads: {}\n")
    assert lying_manifests(tmp_path, "manifests").untold


def check_emitted(names: list[str]) -> None:
    """A kind that is missing there would leave objects behind that nobody hears of."""
    emitted = {(version, kind) for version, kinds in EMITTED.items() for kind in kinds}
    made = {ObjectRef.of(each.manifest) for name in names for each in translate(*estate(name)).bundle.everything}
    assert {(ref.api_version, ref.kind) for ref in made} <= emitted
    custom_ = {(version, kind) for version, kind in emitted if custom(version, kind)}
    assert len(custom_) > 15


def test_every_kind_of_the_samples_is_looked_for_in_the_cluster() -> None:
    check_emitted(SAMPLES)


@pytest.mark.long
def test_every_kind_that_is_ever_generated_is_looked_for_in_the_cluster() -> None:
    check_emitted(ESTATES)
