"""The objects below a path of a plan, and that no path leads out of the directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from ecs2k8s.core.errors import OutputError, PlanError
from ecs2k8s.cutover.manifests import digests, manifests

if TYPE_CHECKING:
    from pathlib import Path


def lay(place: Path, path: str, *kinds: str, name: str = "web") -> None:
    file = place / path
    file.parent.mkdir(parents=True, exist_ok=True)
    documents = [
        {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": {}}
        for kind in kinds
    ]
    file.write_text(yaml.safe_dump_all(documents))


def test_what_others_need_comes_first_and_pods_come_after_their_binding(tmp_path: Path) -> None:
    lay(
        tmp_path,
        "manifests/a.yaml",
        "Deployment",
        "HorizontalPodAutoscaler",
        "TargetGroupBinding",
        "PodDisruptionBudget",
    )
    lay(tmp_path, "manifests/z/b.yaml", "Service", "ServiceAccount", "Namespace")
    (tmp_path / "manifests" / "kustomization.yaml").write_text("resources: [a.yaml]")
    found = [one["kind"] for one in manifests(tmp_path, "manifests")]
    assert found == [
        "Namespace", "ServiceAccount", "Service", "PodDisruptionBudget", "TargetGroupBinding", "Deployment",
        "HorizontalPodAutoscaler",
    ]  # fmt: skip


def test_digests_say_whether_an_object_is_the_same_not_how_it_is_written(tmp_path: Path) -> None:
    lay(tmp_path, "manifests/a.yaml", "Service")
    before = digests(manifests(tmp_path, "manifests/a.yaml"))
    text = (tmp_path / "manifests/a.yaml").read_text()
    (tmp_path / "manifests/a.yaml").write_text(f"# a comment\n{text}")
    assert digests(manifests(tmp_path, "manifests/a.yaml")) == before
    lay(tmp_path, "manifests/a.yaml", "Service", name="other")
    assert digests(manifests(tmp_path, "manifests")) != before


@pytest.mark.parametrize(
    "path",
    ["", ".", "..", "/etc/passwd", "manifests/../../x", "../out/manifests", "snapshot.json", "cutover", "manifests/", "manifests//a",
     "manifests/./a", "manifests\\a", "manifests/\0", "./manifests"],
)  # fmt: skip
def test_no_path_leads_out_of_the_trees(tmp_path: Path, path: str) -> None:
    lay(tmp_path, "manifests/a.yaml", "Service")
    with pytest.raises(PlanError, match="is no path below"):
        manifests(tmp_path, path)


def test_links_are_not_followed(tmp_path: Path) -> None:
    lay(tmp_path, "elsewhere/a.yaml", "Service")
    lay(tmp_path, "out/manifests/b.yaml", "Service")
    (tmp_path / "out/manifests/a.yaml").symlink_to(tmp_path / "elsewhere/a.yaml")
    (tmp_path / "out/traffic").symlink_to(tmp_path / "elsewhere")
    for path in ("manifests", "manifests/a.yaml", "traffic", "traffic/a.yaml"):
        with pytest.raises(PlanError, match="is a link, which is not followed"):
            manifests(tmp_path / "out", path)


@pytest.mark.parametrize(
    ("lying", "said"),
    [
        ({}, "there is no such file or folder"),
        ({"a.txt": "x"}, "holds no object"),
        ({"a.yaml": "---\n"}, "holds no object"),
        ({"a.yaml": "kind: ["}, "line 2"),
        ({"a.yaml": "a: 1"}, "is no Kubernetes object"),
        ({"Chart.yaml": "name: x"}, "is of a chart, which only Helm applies"),
        ({"a.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: web}"}, "neither reads nor applies values"),
        (
            dict.fromkeys(("a.yaml", "b.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}"),
            "ConfigMap/web stands twice below manifests/web",
        ),
    ],
)
def test_what_is_no_set_of_objects_is_one_line(tmp_path: Path, lying: dict[str, str], said: str) -> None:
    for name, text in lying.items():
        file = tmp_path / "manifests" / "web" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    with pytest.raises((PlanError, OutputError), match=said) as found:
        manifests(tmp_path, "manifests/web")
    assert "\n" not in str(found.value)
