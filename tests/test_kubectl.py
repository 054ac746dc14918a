"""kubectl itself reads the generated tree back as what it was."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.pipeline import translate
from ecs2k8s.render.dump import dump
from ecs2k8s.render.kustomize import kustomize
from tests.estates import SAMPLES, estate

KUBECTL = shutil.which("kubectl", path=str(Path(sys.executable).parent)) or shutil.which("kubectl")
pytestmark = pytest.mark.skipif(not KUBECTL, reason="kubectl is not installed; `make setup` puts one into .venv")
TRICKY = [
    "yes",
    "y",
    "N",
    "on",
    "off",
    "1e3",
    "08",
    "0o7",
    "0x1F",
    "12e4567",
    "1:30",
    ".inf",
    "~",
    "null",
    "",
    "2020-01-01",
]
TRICKY += [
    "1_000",
    "+1",
    ".5",
    "0b1",
    "true",
    "=",
    "<<",
    "é",
    "\U0001f600",
    "\u202e",
    "a\nb\n",
    " a",
    "a ",
    "#",
    "- a",
    "a: b",
    "|",
    "\t",
]


class Loader(yaml.CSafeLoader):
    """PyYAML reads `=` and `<<` as special values, which kubectl does not."""


for tag in ("value", "merge"):
    Loader.add_constructor(f"tag:yaml.org,2002:{tag}", lambda _, node: str(node.value))


def kubectl(*args: str, home: Path) -> list[dict[str, Any]]:
    done = subprocess.run(
        [str(KUBECTL), *args],
        check=False,
        capture_output=True,
        text=True,
        env={"HOME": str(home), "PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.load_all(done.stdout, Loader) if document]


@pytest.mark.parametrize("name", SAMPLES)
def test_kustomize_builds_what_was_generated(name: str, tmp_path: Path) -> None:
    bundle = translate(*estate(name)).bundle
    for path, text in kustomize(bundle).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    for tree in {placed.tree for placed in bundle.everything}:
        built = kubectl("kustomize", str(tmp_path / tree), home=tmp_path)
        expected = {ObjectRef.of(placed.manifest): placed.manifest for placed in bundle.tree(tree)}
        assert {ObjectRef.of(manifest): manifest for manifest in built} == expected


def test_strings_that_look_like_something_else_stay_strings(tmp_path: Path) -> None:
    data = {f"key{number}": text for number, text in enumerate(TRICKY)}
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": data}
    (tmp_path / "x.yaml").write_text(dump(manifest), encoding="utf-8")
    (tmp_path / "kustomization.yaml").write_text(dump({"resources": ["x.yaml"]}), encoding="utf-8")
    assert json.loads(json.dumps(kubectl("kustomize", str(tmp_path), home=tmp_path))) == [manifest]
