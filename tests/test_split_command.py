"""`ecs2k8s split` as people run it, and what it does to a target.yaml that is theirs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from ecs2k8s.assess import routing
from ecs2k8s.cli import split
from ecs2k8s.cli.console import Talk
from ecs2k8s.core.documents import dump
from ecs2k8s.core.errors import TargetError
from ecs2k8s.core.splits import Part, Split
from ecs2k8s.core.target import load
from ecs2k8s.render.split_text import with_split
from tests.estates import estate
from tests.test_cli import ecs2k8s

if TYPE_CHECKING:
    from pathlib import Path

SPLIT = Split("path", {"orders": Part(paths=["/orders", "/orders/*"])})
ENTRY = {"by": "path", "parts": {"orders": {"paths": ["/orders", "/orders/*"]}}}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migration directory of a service `shop` with three listener paths, and of what cannot be split."""
    folder = tmp_path_factory.mktemp("split")
    (folder / "in.json").write_bytes(dump(estate("split/paths.yaml")[0]))
    (folder / "agent.json").write_text(
        json.dumps({"family": "agent", "containerDefinitions": [{"name": "a", "image": "a:1"}]})
    )
    sources = ("--from", str(folder / "in.json"), "--from", str(folder / "agent.json"))
    done = ecs2k8s("export", "-q", *sources, "-o", str(folder / "out"))
    assert done.returncode == 0, done.stderr
    return folder / "out"


def test_a_dry_run_prints_the_parts_and_writes_nothing(made: Path) -> None:
    before = (made / "target.yaml").read_bytes()
    done = ecs2k8s("split", str(made), "shop", "--by", "path")
    assert done.returncode == 0, done.stderr
    said = done.stdout.decode()
    rows = {line.split("  ")[0]: line for line in said.splitlines()}
    assert "/orders, /orders/*" in rows["orders"]
    assert "front HTTP:80 rule 20 (host-header shop.example.com); front HTTP:80 rule 30" in rows["pay"]
    assert "front HTTP:80 default action" in rows["(the rest)"]
    objects = "Deployment/shop-pay, PodDisruptionBudget/shop-pay, Service/shop-pay, ServiceAccount/shop-pay"
    assert f"pay: {objects}, TargetGroupBinding/shop-pay" in said
    assert "routing of front: proved" in said
    assert yaml.safe_load(said[said.index("\nsplits:") :])["splits"]["prod/shop"]["parts"]["pay"] == {
        "paths": ["/pay/*"]
    }
    assert b"nothing was written: --write" in done.stderr
    assert (made / "target.yaml").read_bytes() == before


def test_json_is_one_document(made: Path) -> None:
    done = ecs2k8s("split", str(made), "prod/shop", "--by", "path", "--format", "json", "-q")
    found = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, b"")
    assert [each["workload"] for each in found["parts"]] == ["shop-old", "shop-orders", "shop-pay", "shop"]
    assert found["routing"] == [{"name": "front", "proved": True, "said": "proved"}]
    assert found["written"] is False


def test_what_is_written_is_read_by_the_next_export_and_written_once(made: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ecs2k8s("export", "-q", "--from", str(made / "snapshot.json"), "-o", str(out))
    file = out / "target.yaml"
    file.write_text("# mine\n" + file.read_text())
    file.chmod(0o600)
    done = ecs2k8s("split", str(out), "shop", "--by", "path", "--write")
    assert done.returncode == 0, done.stderr
    assert file.read_text().startswith("# mine\n")
    assert file.stat().st_mode & 0o777 == 0o600
    once = file.read_bytes()
    again = ecs2k8s("split", str(out), "shop", "--by", "path", "--write")
    assert (again.returncode, file.read_bytes()) == (0, once)
    assert b"already: they stay as they are" in again.stderr
    ecs2k8s("export", "-q", "--from", str(out / "snapshot.json"), "-o", str(out))
    assert (out / "manifests/prod/shop-pay/deployment.yaml").is_file()
    assert ecs2k8s("diff", "routing", str(out)).returncode == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["shop", "--by", "host"], "--by"),
        (["shop"], "--by"),
        (["nobody", "--by", "path"], "nobody: no workload is called so; there are default/agent, prod/shop, prod/web"),
        (
            ["agent", "--by", "path"],
            "default/agent cannot be split: it becomes a Deployment, not the Deployment of a service",
        ),
        (["web", "--by", "path"], "prod/web cannot be split: only /web/* leads to it. Make a rule for each path"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_1(made: Path, args: list[str], said: str) -> None:
    done = ecs2k8s("split", str(made), *args)
    assert done.returncode == 1
    assert said in done.stderr.decode()
    assert done.stdout == b""


def test_a_directory_that_is_none_is_exit_1(tmp_path: Path) -> None:
    done = ecs2k8s("split", str(tmp_path), "shop", "--by", "path")
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr


TEXTS = {
    "nothing": ("", "splits:\n  prod/shop:\n"),
    "comments alone": ("# mine\n", "# mine\nsplits:\n  prod/shop:\n"),
    "no line end": ("region: eu-west-1", "region: eu-west-1\nsplits:\n  prod/shop:\n"),
    "the default": ("splits: {}\n# next\nregion: eu-west-1\n", "splits:\n  prod/shop:\n"),
    "a comment behind it": ("splits: {}  # mine\nregion: x\n", "splits:  # mine\n  prod/shop:\n"),
    "another split": (
        "splits:\n    a/b:\n        by: path\n        parts: {x: {paths: [/x]}}  # mine\n\n# next\nregion: x\n",
        "parts: {x: {paths: [/x]}}  # mine\n    prod/shop:\n",
    ),
    "other line ends": ("# mine\r\nsplits: {}\r\nregion: x\r\n", "splits:\r\n  prod/shop:\r\n"),
    "an indented map": ("  region: x\n", "  region: x\n  splits:\n    prod/shop:\n"),
    "another language": ("# Größe\nregion: x # é\n", "region: x # é\nsplits:\n  prod/shop:\n"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_text_is_added_and_all_other_text_stays(name: str) -> None:
    text, expected = TEXTS[name]
    made = with_split(text, "prod/shop", SPLIT)
    assert expected in made
    kept = [line for line in text.splitlines() if "splits: {}" not in line]
    assert [line for line in made.splitlines() if line in kept] == kept
    assert yaml.safe_load(made)["splits"]["prod/shop"] == ENTRY
    assert load(made).splits["prod/shop"] == SPLIT


@pytest.mark.parametrize(
    "text", ["{region: x}\n", "splits: {a/b: {by: path, parts: {x: {paths: [/x]}}}}\n", "region: x\n...\n"]
)
def test_text_that_has_no_place_for_it_is_left_alone(text: str) -> None:
    with pytest.raises(TargetError, match="add it by hand"):
        with_split(text, "prod/shop", SPLIT)


PART = "splits: {a/b: {by: path, parts: {x: %s}}}"
WRONG = {
    "splits: 3": "splits: expected a map, found int",
    "splits: {a/b: 3}": "splits: a/b: expected a map with by, parts and rest",
    "splits: {b: {by: path, parts: {x: {paths: [/x]}}}}": "splits: b: expected NAMESPACE/WORKLOAD",
    "splits: {a/b: {by: host, parts: {x: {paths: [/x]}}}}": "splits: a/b: Invalid enum value 'host' - at `$.by`",
    "splits: {a/b: {by: path}}": "splits: a/b: parts: expected a map",
    "splits: {a/b: {by: path, parts: {}}}": "splits: a/b: parts: expected at least one",
    "splits: {a/b: {by: path, parts: {X: {paths: [/x]}}}}": "splits: a/b: parts: X: expected a DNS-1123 label",
    "splits: {a/b: {by: path, rest: 3, parts: {x: {paths: [/x]}}}}": "splits: a/b: rest: Expected `object`",
    "splits: {a/b: {by: path, parts: {x: {paths: [/x]}, y: {paths: [/x]}}}}": "parts: y: paths: /x belongs to x already",
    PART % "{path: [/x]}": "splits: a/b: parts: x: Object contains unknown field `path`; the keys are",
    PART % "{paths: []}": "splits: a/b: parts: x: paths: expected values",
    PART % "{paths: ['']}": "splits: a/b: parts: x: paths: expected values",
    PART % "{paths: [/x], replicas: lots}": "splits: a/b: parts: x: Expected `int | null`, got `str` - at `$.replicas`",
    PART % "{paths: [/x], replicas: -1}": "splits: a/b: parts: x: replicas: expected 0 or more",
    PART % "{paths: [/x], min_replicas: 3, max_replicas: 2}": "splits: a/b: parts: x: min_replicas: is more than",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_with_a_split_is_named_by_its_keys(text: str) -> None:
    with pytest.raises(TargetError) as raised:
        load(text)
    assert str(raised.value).startswith("target.yaml: splits: ")
    assert WRONG[text] in str(raised.value)


def test_nothing_is_written_where_routing_would_not_stay_proved(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A part that does not count as its workload answers something else than ECS does."""
    monkeypatch.setattr(routing, "_of_wholes", lambda listener, _: listener)
    before = (made / "target.yaml").read_bytes()
    code = split.run(str(made), "shop", Talk(), write=True, as_json=False)
    said = capsys.readouterr()
    assert code == 3
    assert "routing is not proved with the split: front: HTTP:80 answers" in said.err
    assert "nothing was written" in said.err
    assert (made / "target.yaml").read_bytes() == before
