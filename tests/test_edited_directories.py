"""Edits of people stay where one export writes several directories, and where a split makes others of a workload."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecs2k8s.cli import export, split
from ecs2k8s.cli.console import Talk
from ecs2k8s.collect import files
from ecs2k8s.collect.login import Login
from ecs2k8s.collect.pace import Pacer
from ecs2k8s.core.documents import Document, dump
from tests.estates import ROOT, estate
from tests.replayed import ACCOUNT, REGION, hook_of, prepared

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

OTHER = "us-east-1"
CACHE, REVISION = '"CACHE_SECONDS", "value": "60"', "task-definition/shop-frontend:42"
FRONTEND = "manifests/shop/frontend/deployment.yaml"
SHOP, PAY = "manifests/prod/shop/deployment.yaml", "manifests/prod/shop-pay/deployment.yaml"


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


def deployed(documents: tuple[Document, ...], seconds: str) -> tuple[Document, ...]:
    """The world after a deployment of another revision, with another CACHE_SECONDS."""
    text = json.dumps([[each.shape, each.id, each.data] for each in documents])
    for old, new in ((CACHE, CACHE.replace("60", seconds)), (REVISION, f"{REVISION}{seconds}")):
        assert old in text
        text = text.replace(old, new)
    return tuple(Document(*each) for each in json.loads(text))


def test_each_directory_of_several_keeps_its_own_edits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Pacer, "wait", lambda *_: None)
    shop = files.read([str(ROOT / "samples" / "three-tier")]).documents

    def exported(seconds: str, **given: Any) -> tuple[int, str]:
        request = export.Request(str(tmp_path), login=Login(regions=(REGION, OTHER)), **given)
        code = export.run(request, Talk(1), prepared(hook_of(deployed(shop, seconds))))
        return code, capsys.readouterr().err

    assert exported("60")[0] == 0
    here, there = (tmp_path / ACCOUNT / region / FRONTEND for region in (REGION, OTHER))
    edit(here, "kind: Deployment\n", "kind: Deployment  # ours\n")
    edit(there, "value: '60'", "value: '90'")
    code, said = exported("120")
    assert code == 5
    assert "kind: Deployment  # ours\n" in here.read_text()
    assert "value: '120'" in here.read_text()
    assert "value: '90'" in there.read_text()
    assert "value: '120'" not in there.read_text()
    assert f"{there}: spec.template.spec.containers[frontend].env[CACHE_SECONDS].value: conflict" in said
    assert f"{here}: spec" not in said
    assert exported("120", keep=(f"{tmp_path}/{ACCOUNT}/{OTHER}/*",))[0] == 0
    assert exported("120")[0] == 0
    assert "value: '90'" in there.read_text()


def test_a_split_keeps_the_edits_of_what_it_divides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in.json").write_bytes(dump(estate("split/paths.yaml")[0]))
    place = tmp_path / "out"

    def exported() -> tuple[int, dict[str, bytes]]:
        request = export.Request(str(place), (str(tmp_path / "in.json"),))
        code = export.run(request, Talk(0))
        tree = {str(each): each.read_bytes() for each in place.rglob("*") if each.is_file()}
        return code, {path: data for path, data in tree.items() if not path.endswith("snapshot.json")}

    assert exported()[0] == 0
    edit(place / SHOP, "image: app:1\n", "image: app:1-mine  # pinned\n")
    edit(place / "target.yaml", "routing: ingress", "routing: ingress  # asked the network team")
    before = (place / SHOP).read_bytes()
    assert split.run(str(place), "shop", Talk(0), write=True, as_json=False) == 0
    assert (place / SHOP).read_bytes() == before
    assert "routing: ingress  # asked the network team" in (place / "target.yaml").read_text()
    code, tree = exported()
    assert code == 0
    assert "image: app:1-mine  # pinned\n" in (place / SHOP).read_text()
    assert "image: app:1\n" in (place / PAY).read_text(), "an edit is of the file that it was made in"
    assert exported() == (0, tree)
    edit(place / PAY, "image: app:1\n", "image: app:2-mine\n")
    assert exported()[0] == 0
    assert "image: app:2-mine\n" in (place / PAY).read_text()
    capsys.readouterr()
