"""`make demo-cutover`: it ends as its story has it, README and docs/cutover.md show it, and its hands do what is typed."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests import demo_hands
from tests.cluster_twin import Twin
from tests.demo_cutover import OUT, UNIT, demo
from tests.demo_desk import EndedOtherwiseError, commands
from tests.estates import ROOT
from tests.planned import ground, planned

if TYPE_CHECKING:
    from pathlib import Path

HOLDER = re.compile(r"on \S+ \(process \d+\) since \S+Z, .+? ago")
RUN, PLAN = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}"), re.compile(r"plan [0-9a-f]{12}")
IN_README = (
    *("$ ecs2k8s cutover run", "$ ecs2k8s cutover pause", "$ ecs2k8s cutover rollback", "$ ecs2k8s cutover evidence"),
    *("# Of the worker", "# Work is handed over"),
)
APPROVED = "--approve-file"


@pytest.mark.long
def test_the_demo_ends_well_and_the_docs_show_it(tmp_path: Path, update: bool) -> None:
    lines: list[str] = []
    demo(tmp_path, lines.append)
    told = settled("\n".join(lines).strip("\n"))
    assert (tmp_path / OUT / "cutover" / UNIT / "runs").is_dir()
    for page, text in (("README.md", excerpt(told)), ("docs/cutover.md", told)):
        shows(ROOT / page, text, update)


def settled(told: str) -> str:
    """Without what differs from run to run."""
    told = RUN.sub("01KB0F6H8M2R4T7W9Y1C3E5G7J", told)
    told = PLAN.sub("plan 5d1f20c7a9e3", told)
    told = HOLDER.sub("on laptop (process 4711) since 2026-11-26T12:00:00Z, 20 s ago", told)
    told = re.sub(r"lock [0-9a-f]{16}", "lock 60c8f18696d0d779", told)
    return re.sub(r"ann@[^:\s]+", "ann@laptop", re.sub(r"\S*samples/three-tier", "samples/three-tier", told))


def excerpt(told: str) -> str:
    """What README has room for."""
    made: list[str] = []
    for part in told.split("\n\n"):
        if part.startswith(IN_README) or APPROVED in part:
            made.append(part)
        elif made and made[-1] != "…":
            made.append("…")
    return "\n\n".join(made)


def shows(page: Path, text: str, update: bool) -> None:
    shown = "\n".join(f"    {line}".rstrip() for line in text.split("\n"))
    was = page.read_text("utf-8")
    block = f"<!-- demo-cutover -->\n\n{shown}\n\n<!-- /demo-cutover -->"
    made = re.sub(r"<!-- demo-cutover -->.*?<!-- /demo-cutover -->", lambda _: block, was, flags=re.DOTALL)
    if update:
        page.write_text(made, "utf-8")
    assert page.read_text("utf-8") == made, "run `python -m pytest -m '' tests/test_demo_cutover.py --update`"
    assert shown in made


def test_what_is_in_the_way_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / OUT).mkdir()
    (tmp_path / OUT / "mine").touch()
    with pytest.raises(EndedOtherwiseError, match="is there already"):
        demo(tmp_path, lambda _: None)
    assert (tmp_path / OUT / "mine").exists()


def test_commands_are_found_between_other_lines() -> None:
    lines = ("said", "aws ecs update-service \\", "  --desired-count 0", "said", "kubectl apply -f a")
    assert list(commands(lines)) == ["aws ecs update-service \\\n  --desired-count 0", "kubectl apply -f a"]


def test_aws_understands_every_command_of_a_plan(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent: list[tuple[str, Any]] = []
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")

    def send(_: Any, name: str, asked: Any) -> None:
        sent.append((name, asked))

    monkeypatch.setattr(demo_hands, "_send", send)
    plan = planned(ground("three-tier"), UNIT)
    moves = [
        move
        for step in plan.steps
        for move in (*step.moves, *step.back)
        if not move.thing.kind.startswith("kubernetes.")
    ]
    for move in moves:
        assert demo_hands.main(shlex.split(move.command.replace("\\\n", " "))) == 0
    assert [asked for _, asked in sent] == [move.request.parameters for move in moves]
    assert capsys.readouterr().out.count(": done") == len(moves) == 4


def test_kubectl_applies_patches_and_deletes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    twin = Twin(tmp_path)
    try:
        monkeypatch.setenv("KUBECONFIG", str(twin.kubeconfig()))
        file = tmp_path / "web.yaml"
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
        web = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}
        file.write_text(yaml.safe_dump_all([space, web | {"spec": {"replicas": 0}}]))
        kubectl("apply", "--server-side", "--field-manager=ecs2k8s", "-R", "-f", str(file))
        path = "/apis/apps/v1/namespaces/shop/deployments/web"
        assert twin.send("GET", path)["metadata"]["managedFields"][0]["manager"] == "ecs2k8s"
        operations = json.dumps([{"op": "add", "path": "/spec/replicas", "value": 2}])
        kubectl("-n", "shop", "patch", "deployment/web", "--type=json", "--field-manager=ecs2k8s", "-p", operations)
        assert twin.send("GET", path)["spec"] == {"replicas": 2}
        file.write_text(yaml.safe_dump(web))
        for _ in range(2):
            kubectl("delete", "--ignore-not-found", "-R", "-f", str(file))
        assert twin.send("GET", path)["code"] == 404
        assert capsys.readouterr().out.splitlines()[1:] == [
            "deployment.apps/web serverside-applied",
            "deployment.apps/web patched",
            "deployment.apps/web deleted",
        ]
    finally:
        twin.close()


def kubectl(*words: str) -> None:
    assert demo_hands.main(["kubectl", *words]) == 0
