"""`make demo-cutover`: it ends as its story has it, README and docs/cutover.md show it, and its hands do what is typed."""

from __future__ import annotations

import json
import re
import shlex
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.cutover.checks import CHECKS
from ecs2k8s.cutover.checks.of_unit import objects
from ecs2k8s.cutover.checks.scene import Scene
from ecs2k8s.cutover.cluster.connections import Context
from ecs2k8s.cutover.plan import Step
from ecs2k8s.replay import state_groups, state_rules
from ecs2k8s.replay.hook import Request
from ecs2k8s.replay.stand_in import StandIn
from tests import demo_hands
from tests.cluster_twin import Twin
from tests.demo_controllers import controllers
from tests.demo_cutover import demo
from tests.demo_desk import Desk, EndedOtherwiseError, parts
from tests.demo_service import Service
from tests.demo_story import OUT
from tests.demo_worker import Worker
from tests.demo_world import PATH
from tests.estates import ROOT
from tests.harness.propagation import Delays
from tests.harness.stage import Stage
from tests.planned import ground, planned
from tests.replayed import ACCOUNT, REGION
from tests.standing import of_sample

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.demo_world import Counted

HOLDER = re.compile(r"on \S+ \(process \d+\) since \S+Z, .+? ago")
RUN, PLAN = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}"), re.compile(r"plan [0-9a-f]{12}")
COUNTED = re.compile(r"^( *# )[\d,]+ requests so far.*$", re.MULTILINE)
# Which minutes were over by then is chance.
AT_WORK = re.compile(r"^( *(?:drill|shift|bake)\S*: .*?) Not passed: [A-Z0-9, ]+\.$", re.MULTILINE)
IN_README = (
    *("$ ecs2k8s cutover run", "$ ecs2k8s cutover pause", "$ ecs2k8s cutover rollback", "$ ecs2k8s cutover evidence"),
    *("$ ecs2k8s cutover resume cutover-demo --unit shop-backend\n", "# Lunch", "shop-backend: paused at shift"),
    "shift-50: back",
)
WORKER = "# The worker"
SCALE = 25.0  # slower than a person would watch it: the machine may have other things to do


@pytest.mark.long
def test_the_demo_ends_well_and_the_docs_show_it(tmp_path: Path, update: bool) -> None:
    lines: list[str] = []
    seen = demo(tmp_path, lines.append, SCALE)
    told = settled("\n".join(lines).strip("\n"))
    for unit in (Service.unit, Worker.unit):
        assert (tmp_path / OUT / "cutover" / unit / "runs").is_dir()
    it_moves_and_comes_back(seen)
    for page, text in (("README.md", excerpt(told)), ("docs/cutover.md", told)):
        shows(ROOT / page, text, update)


def it_moves_and_comes_back(seen: list[Counted]) -> None:
    """After the drill, its way back, 5 %, the pause, 25 %, 50 %, and the way back."""
    assert [each.failed for each in seen] == [0] * 7
    drill, _, five, paused, quarter, half, back = seen
    assert 0 < drill.eks < drill.requests / 100
    assert 0.01 < five.share < 0.1
    assert 0.01 < paused.share < 0.1
    assert 0.15 < quarter.share < 0.35 < half.share < 0.65
    assert back.share == 0.0
    assert back.ecs + back.eks == back.requests


def settled(told: str) -> str:
    """Without what differs from run to run, but for what was counted."""
    told = RUN.sub("01KB0F6H8M2R4T7W9Y1C3E5G7J", told)
    told = PLAN.sub("plan 5d1f20c7a9e3", told)
    told = HOLDER.sub("on laptop (process 4711) since 2026-11-26T12:00:00Z, 20 s ago", told)
    told = re.sub(r"lock [0-9a-f]{16}", "lock 60c8f18696d0d779", told)
    return re.sub(r"ann@[^:\s]+", "ann@laptop", re.sub(r"\S*samples/three-tier", "samples/three-tier", told))


def excerpt(told: str) -> str:
    """What README has room for, of the service."""
    made: list[str] = []
    for part in told.partition(WORKER)[0].split("\n\n"):
        if part.startswith(IN_README) or COUNTED.match(part):
            made.append(part)
        elif made and made[-1] != "…":
            made.append("…")
    return "\n\n".join(made)


def shows(page: Path, text: str, update: bool) -> None:
    """What was counted is as it was when the page was written."""
    shown = "\n".join(f"    {line}".rstrip() for line in text.split("\n"))
    was = page.read_text("utf-8")
    block = f"<!-- demo-cutover -->\n\n{shown}\n\n<!-- /demo-cutover -->"
    made = re.sub(r"<!-- demo-cutover -->.*?<!-- /demo-cutover -->", lambda _: block, was, flags=re.DOTALL)
    if update:
        page.write_text(made, "utf-8")
        was = made
    assert _uncounted(was) == _uncounted(made), "run `python -m pytest -m '' tests/test_demo_cutover.py --update`"
    assert shown in made


def _uncounted(text: str) -> str:
    return AT_WORK.sub(r"\1", COUNTED.sub(r"\1…", text))


def test_what_is_in_the_way_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / OUT).mkdir()
    (tmp_path / OUT / "mine").touch()
    with pytest.raises(EndedOtherwiseError, match="is there already"):
        demo(tmp_path, lambda _: None)
    assert (tmp_path / OUT / "mine").exists()


def test_commands_are_found_between_other_lines() -> None:
    lines = ("said", "aws ecs update-service \\", "  --desired-count 0", "said", "kubectl apply -f a")
    assert list(parts(lines)) == [
        "said",
        "aws ecs update-service \\\n  --desired-count 0",
        "said",
        "kubectl apply -f a",
    ]


def test_what_happens_at_a_command_happens_instead_of_it(tmp_path: Path) -> None:
    said: list[str] = []
    for name, text in {"ecs2k8s": "echo kubectl one; echo kubectl two; exit $1", "kubectl": "echo typed $1"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    desk = Desk(tmp_path, tmp_path, {"PATH": f"{tmp_path}:/usr/bin:/bin"}, said.append)
    desk.program("0", on={"two": lambda: said.append("lunch")})
    told = ["kubectl one", "    operator: typed one", "kubectl two", "lunch", ""]
    assert said[1:] == ["$ ecs2k8s 0", *told, "(exit 0)"]
    with pytest.raises(EndedOtherwiseError, match="exit 3, and not 0"):
        desk.program("3")


@pytest.mark.parametrize(("unit", "count"), [(Worker.unit, 4), (Service.unit, 26)])
def test_aws_understands_every_command_of_a_plan(
    unit: str, count: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent: list[tuple[str, Any]] = []
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")

    def send(_: Any, name: str, asked: Any) -> None:
        sent.append((name, asked))

    monkeypatch.setattr(demo_hands, "_send", send)
    plan = planned(ground("three-tier"), unit)
    moves = [
        move
        for step in plan.steps
        for move in (*step.moves, *step.back)
        if not move.thing.kind.startswith("kubernetes.")
    ]
    for move in moves:
        typed = re.sub(r"\"\$\([^)]*\)\"", "looked-up", move.command.replace("\\\n", " "))
        assert demo_hands.main(shlex.split(typed)) == 0
    whole = [
        (asked, move.request.parameters)
        for (_, asked), move in zip(sent, moves, strict=True)
        if "$(" not in move.command
    ]
    assert [asked for asked, _ in whole] == [wanted for _, wanted in whole]
    assert capsys.readouterr().out.count(": done") == len(moves) == count


def test_a_header_of_a_test_rule_is_as_long_as_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo_hands.main(["openssl", "rand", "-hex", "16"]) == 0
    assert re.fullmatch(r"[0-9a-f]{32}\n", capsys.readouterr().out)


def test_pods_become_targets_with_their_gates_and_end_when_they_are_too_many(tmp_path: Path) -> None:
    found = ground("three-tier")
    plan = planned(found, Service.unit)
    its = objects(plan, found.translation.bundle)
    documents = of_sample("three-tier")
    balancer = next(each.id for each in documents if each.shape == "elbv2.LoadBalancer")
    stage = Stage(documents, balancer, number=ACCOUNT, region=REGION, delays=Delays(5, 0), scale=240)
    try:
        twin = Twin(tmp_path)
        try:
            api = Context(str(twin.kubeconfig())).reading()
            attach(stage, "shop-backend-eks")
            twin.apply(
                "/api/v1/namespaces/shop", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
            )
            with controllers(stage, twin):
                for manifest in sorted(its, key=lambda each: each["kind"] == "Deployment"):  # bound before they start
                    twin.apply(api.path(ObjectRef.of(manifest)), manifest)
                until(lambda: status(twin).get("readyReplicas") == 2)
                scene = Scene(plan, stage.clock, ask=asking(stage), cluster=api, objects=its)
                step = Step("ready", "k8s.wait", "P3", "", "", "")
                for check in ("S34", "L01", "L02", "L04", "L06", "L07"):
                    assert CHECKS[check](scene, step).verdict == "pass", CHECKS[check](scene, step).lines
                twin.patch(BACKEND, {"spec": {"replicas": 1}}, "ann")
                until(lambda: status(twin)["replicas"] == 1)
                assert len(api.items("v1", "Pod", "shop")) == 1
        finally:
            twin.close()
    finally:
        stage.close()


BACKEND = "/apis/apps/v1/namespaces/shop/deployments/backend"


def status(twin: Twin) -> dict[str, Any]:
    found: dict[str, Any] = twin.send("GET", BACKEND).get("status", {})
    return found


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def attach(stage: Stage, name: str) -> None:
    """A second group beside that of ECS, in the rule, at weight 0."""
    with stage.account.open() as account:
        [old] = account.estate.where("elbv2.TargetGroup", TargetGroupName="shop-backend")
        kept = ("Protocol", "Port", "VpcId", "TargetType", "HealthCheckPath")
        asked = {"Name": name, **{key: old[key] for key in kept}}
        [new] = state_groups.create_target_group(account, asked)["TargetGroups"]
        [rule] = [each for each in account.estate.all("elbv2.Rule") if PATH in str(each["Conditions"])]
        arns = {old["TargetGroupArn"]: 1, new["TargetGroupArn"]: 0}
        groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in arns.items()]
        action = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
        state_rules.modify_rule(account, {"RuleArn": rule["RuleArn"], "Actions": [action]})


def asking(stage: Stage) -> Callable[[str, Any], Any]:
    stand_in = StandIn(stage.account)
    return lambda call, asked: stand_in(Request(call, dict(asked), REGION), 0)


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
