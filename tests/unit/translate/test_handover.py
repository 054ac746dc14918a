"""What the handover turns on, and the commands for it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ecs2k8s.compare import schema
from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from ecs2k8s.render.kustomize import kustomize
from ecs2k8s.report.schedules import handover_lines, schedule_lines
from tests.case_files import load
from tests.estates import SAMPLES, estate

if TYPE_CHECKING:
    from ecs2k8s.assess.translation import Translation

CASES = Path(__file__).parents[2] / "cases" / "schedules"
SCHEDULE = "arn:aws:scheduler:eu-west-1:111122223333:schedule/jobs/it's"


@pytest.mark.parametrize("name", SAMPLES)
def test_turning_on_gives_what_an_export_with_background_eks_gives(name: str) -> None:
    snapshot, target = estate(name)
    held = translate(snapshot, target).bundle
    later = translate(snapshot, msgspec.structs.replace(target, background="eks")).bundle
    assert later.handover == ()
    now = {ObjectRef.of(m): m for m in held.manifests}
    then = {ObjectRef.of(m): m for m in later.manifests}
    turned = {ObjectRef.of(p.manifest): p.manifest for p in held.handover}
    for ref, manifest in turned.items():
        if ref.kind == "CronJob":
            assert manifest["spec"].pop("startingDeadlineSeconds") == 60
            assert then[ref]["spec"].pop("startingDeadlineSeconds") == 300
        assert manifest == then[ref] != now.get(ref)
    assert {ref for ref in then if then[ref] != now.get(ref) and ref.kind != "Job"} == turned.keys()


@pytest.mark.skipif(not schema.available(), reason="the extra `validate` is not installed")
@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_turned_on_is_valid(name: str) -> None:
    snapshot, target = estate(name)
    manifests = [placed.manifest for placed in translate(snapshot, target).bundle.handover]
    assert schema.problems(manifests, target.kubernetes_version) == []


def test_the_tree_is_a_kustomization_of_its_own() -> None:
    files = kustomize(translate(*estate("three-tier")).bundle)
    assert "suspend: true" in files["manifests/shop/shop-close-day/cronjob.yaml"]
    assert "suspend: false" in files["traffic/background/shop/shop-close-day/cronjob.yaml"]
    assert "shop/worker/deployment.yaml" in files["traffic/background/kustomization.yaml"]


def words(text: str) -> list[list[str]]:
    return [shlex.split(line) for line in text.replace("\\\n", " ").split("\n")]


def test_a_rule_is_disabled_before_and_enabled_after() -> None:
    close = next(s for s in translate(*estate("three-tier")).handover_steps if ":rule/" in s.subject)
    stop, running, resume = words(close.command)
    named = ["--name", "shop-close-day", "--event-bus-name", "default"]
    assert stop == ["aws", "events", "disable-rule", *named]
    assert running[:3] == ["aws", "ecs", "list-tasks"]
    assert json.loads(resume[-1]) == {"spec": {"startingDeadlineSeconds": 60, "suspend": False}}
    suspend, again = words(close.back)
    assert json.loads(suspend[-1]) == {"spec": {"suspend": True}}
    assert again == ["aws", "events", "enable-rule", *named]


def test_a_worker_is_stopped_before_its_pods_start() -> None:
    worker = next(s for s in translate(*estate("three-tier")).handover_steps if ":service/" in s.subject)
    stop, wait, scale = words(worker.command)
    assert stop == ["aws", "ecs", "update-service", "--cluster", "shop", "--service", "worker", "--desired-count", "0"]
    assert wait[:4] == ["aws", "ecs", "wait", "services-stable"]
    assert scale == ["kubectl", "-n", "shop", "scale", "deployment/worker", "--replicas=2"]
    assert [line[-1] for line in words(worker.back)] == ["--replicas=0", "2"]


def test_of_a_rule_with_other_targets_only_the_target_is_taken_out() -> None:
    case = load(CASES / "two-targets-and-a-run.yaml")
    first = translate(case.snapshot, case.target).handover_steps[0]
    save, remove, *_ = words(first.command)
    assert save[-2:] == [">", "hourly-b-target.json"]
    assert 'Targets[?Id==`"b"`]' in save
    assert remove == [
        "aws",
        "events",
        "remove-targets",
        "--rule",
        "hourly",
        "--event-bus-name",
        "default",
        "--ids",
        "b",
    ]
    assert words(first.back)[-1][-1] == "file://hourly-b-target.json"
    assert "disable-rule" not in first.command


def scheduled(**changes: Any) -> Translation:
    data = {
        "Name": "it's",
        "GroupName": "jobs",
        "Arn": SCHEDULE,
        "State": "ENABLED",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ScheduleExpression": "cron(0 9 * * ? *)",
        "Target": {
            "Arn": "arn:aws:ecs:eu-west-1:111122223333:cluster/prod",
            "EcsParameters": {"TaskDefinitionArn": "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:1"},
        },
    } | changes
    case = load(CASES / "cannot-be-said.yaml")
    definition = case.snapshot.of("ecs.TaskDefinition")
    return translate(Snapshot((*definition, Document("scheduler.Schedule", SCHEDULE, data))), convert({}))


def test_a_schedule_is_sent_back_whole_with_another_state() -> None:
    (step,) = scheduled().handover_steps
    change, update, *_ = words(step.command)
    assert change[: change.index("|")] == ["aws", "scheduler", "get-schedule", "--name", "it's", "--group-name", "jobs", "--output", "json"]  # fmt: skip
    assert 'del(.Arn, .CreationDate, .LastModificationDate) | .State = "DISABLED"' in change
    assert update[-1] == f"file://{change[-1]}"
    assert '.State = "ENABLED"' in step.back


@pytest.mark.parametrize("changes", [{"State": "DISABLED"}, {"ScheduleExpression": "cron(0 9 L * ? *)"}])
def test_what_stays_suspended_has_no_step(changes: dict[str, Any]) -> None:
    made = scheduled(**changes)
    assert made.handover_steps == ()
    assert made.bundle.handover == ()
    assert list(handover_lines(made, convert({}))) == []
    assert "stays suspended" in schedule_lines(made.schedules)[-2]


def test_the_report_shows_both_schedules_and_the_next_runs() -> None:
    row = schedule_lines(scheduled().schedules)[-2]
    assert "`cron(0 9 * * ? *)` | `0 9 * * *` | Etc/UTC | 2026-01-01 09:00, 2026-01-02 09:00" in row
    assert row.endswith("| yes |")


ODD = ["", 0, -1, 10**12, 1.5, True, [], {}, [[]], [{}], ["x"], "x" * 300, "\u0000", {"a": 1}, None]
PLACES = [
    ("containerOverrides",),
    ("containerOverrides", 0),
    ("containerOverrides", 0, "name"),
    ("containerOverrides", 0, "command"),
    ("containerOverrides", 0, "environment"),
    ("containerOverrides", 0, "environment", 0, "value"),
    ("containerOverrides", 0, "memory"),
    ("cpu",),
    ("ephemeralStorage",),
    ("ephemeralStorage", "sizeInGiB"),
    ("taskRoleArn",),
    ("unknown",),
]


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_whatever_an_input_holds_is_carried_or_refused_and_never_lost(place: tuple[str | int, ...]) -> None:
    for odd in ODD:
        given: Any = {
            "containerOverrides": [{"name": "work", "command": ["a"], "environment": [{"name": "A", "value": "b"}]}],
            "ephemeralStorage": {"sizeInGiB": 30},
        }
        inner = given
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = odd
        parameters = {"TaskDefinitionArn": "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:1"}
        target = {"Arn": "arn:aws:ecs:eu-west-1:111122223333:cluster/prod", "EcsParameters": parameters}
        made = scheduled(Target=target | {"Input": json.dumps(given)})
        slugs = {slug for entry in made.ledger.entries for slug in entry.slugs}
        assert "unread-field" not in slugs
        jobs = [m for m in made.bundle.manifests if m["kind"] == "CronJob"]
        assert jobs or made.refused or "run-input-unreadable" in slugs
        assert schema.problems(jobs, "1.34") == [] if schema.available() else True
