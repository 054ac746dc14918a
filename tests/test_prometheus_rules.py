"""Prometheus itself takes the rules, whatever the alarms are called and say."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.target import Target, convert
from ecs2k8s.pipeline import objects, translate
from ecs2k8s.resolve.alarms import MISSING, OPERATORS, STATISTICS
from ecs2k8s.translate.promql import LETTERS, METRICS, pod_names
from tests.case_files import load, snapshot
from tests.estates import ROOT, SAMPLES
from tests.estates import estate as sample

if TYPE_CHECKING:
    from pathlib import Path

CASES = ROOT / "tests" / "cases" / "observability"
PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(not PROMTOOL, reason="no promtool: it is in Debian's package `prometheus`")
LEFT_OUT = {"alarm-not-valid", "alarm-statistic-without-counterpart"}
HOSTILE = ['"', "\\", "{{ .Labels }}", "{{", "}} {{", "$value", "a\nb", "'", "# x", "é\u202e", "[5m]", "`"]


def checked(groups: list[Any], place: Path) -> str:
    """What promtool says against the groups; empty where it takes them."""
    file = place / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": groups}, allow_unicode=True), encoding="utf-8")
    command = [str(PROMTOOL), "check", "rules", "--lint=all", "--lint-fatal", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def groups(made: Any) -> list[Any]:
    return [group for m in made.bundle.manifests if m["kind"] == "PrometheusRule" for group in m["spec"]["groups"]]


def alarm(**values: Any) -> Document:
    least = {
        "AlarmName": "a",
        "Namespace": "AWS/ECS",
        "MetricName": "CPUUtilization",
        "Dimensions": [{"Name": "ClusterName", "Value": "prod"}, {"Name": "ServiceName", "Value": "web"}],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "LessThanThreshold",
    }
    data = least | values
    return Document("cloudwatch.MetricAlarm", f"alarm {data['AlarmName']}", data)


def estate(alarms: list[Document], **target: Any) -> Any:
    given = snapshot({"containerDefinitions": [{"name": "c", "memory": 512}], "service": {}})
    return translate(Snapshot((*given.documents, *alarms)), Target(monitoring="prometheus", **target))


@needs_promtool
def test_the_alerts_of_the_cases_are_rules(tmp_path: Path) -> None:
    found = []
    for path in sorted(CASES.glob("ale*.yaml")) + sorted(CASES.glob("alarms-as*.yaml")):
        case = load(path)
        found += [group | {"name": path.stem} for group in groups(objects(case.snapshot, case.target))]
    assert len(found) > 2
    assert checked(found, tmp_path) == ""


@needs_promtool
def test_a_broken_rule_is_found(tmp_path: Path) -> None:
    rule = {"alert": "A", "expr": "sum(up", "annotations": {"summary": "x"}}
    assert checked([{"name": "x", "rules": [rule]}], tmp_path) != ""
    rule = {"alert": "A", "expr": "up", "annotations": {"summary": "{{ .X "}}
    assert checked([{"name": "x", "rules": [rule]}], tmp_path) != ""


@needs_promtool
def test_hostile_names_and_texts_stay_text(tmp_path: Path) -> None:
    alarms = [alarm(AlarmName=text, AlarmDescription=text, AlarmActions=[text]) for text in HOSTILE]
    found = groups(estate(alarms))
    assert checked(found, tmp_path) == ""
    (group,) = found
    assert len({rule["alert"] for rule in group["rules"]}) == len(HOSTILE)
    assert all(re.fullmatch(r"[A-Za-z0-9]+", rule["alert"]) for rule in group["rules"])


ALARMS = st.fixed_dictionaries(
    {
        "metric": st.sampled_from(sorted(METRICS)),
        "Statistic": st.sampled_from(STATISTICS),
        "Period": st.sampled_from([10, 20, 30, 60, 90, 300, 3600, 86400, 0, True]),
        "EvaluationPeriods": st.integers(0, 10),
        "Threshold": st.floats(allow_nan=True, allow_infinity=True)
        | st.integers(-5, 100)
        | st.sampled_from(["x", 10**400]),
        "ComparisonOperator": st.sampled_from([*OPERATORS, "GreaterThanUpperThreshold"]),
    },
    optional={"DatapointsToAlarm": st.integers(0, 10), "TreatMissingData": st.sampled_from([*MISSING, "x"])},
)


@needs_promtool
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(ALARMS, min_size=10, max_size=20), compute=st.sampled_from(["existing", "karpenter"]))
def test_an_alarm_becomes_a_rule_or_a_finding(drawn: list[dict[str, Any]], compute: Any, tmp_path: Path) -> None:
    alarms = []
    for number, given_ in enumerate(drawn):
        (namespace, metric), values = given_["metric"], {k: v for k, v in given_.items() if k != "metric"}
        alarms.append(alarm(AlarmName=f"n{number}", Namespace=namespace, MetricName=metric, **values))
    made = estate(alarms, compute=compute)
    found = groups(made)
    assert not found or checked(found, tmp_path) == ""
    named = [rule["alert"] for group in found for rule in group["rules"]]
    left = {finding.subject for finding in made.findings if finding.slug in LEFT_OUT}
    assert sorted([*named, *(f"N{name.removeprefix('alarm n')}" for name in left)]) == sorted(
        f"N{number}" for number in range(len(alarms))
    )


@pytest.mark.parametrize("longest", [1, 30, 46, 47, 52])
def test_names_of_pods_are_matched_and_those_of_others_are_not(longest: int) -> None:
    name = ("w" * longest)[:longest]
    given = snapshot({"containerDefinitions": [{"name": "c", "memory": 512}], "service": {"serviceName": name}})
    (workload,) = objects(given, Target()).inventory.workloads
    pattern = re.compile(pod_names(workload))
    for hashed in ("bcdfgh", "bcdfghjk24", "6789x2bcd"):
        base = f"{name}-{hashed}-"[:58]  # what the API server leaves of the name of a ReplicaSet
        assert pattern.fullmatch(f"{base}x7k2p"), base
    assert not pattern.fullmatch(f"{name}-migrate-x7k2p")
    assert not pattern.fullmatch(f"{name}-2-bcdfgh24-x7k2p")


def test_the_letters_are_those_of_generated_names() -> None:
    letters = set("bcdfghjklmnpqrstvwxz2456789")  # https://github.com/kubernetes/apimachinery/blob/master/pkg/util/rand
    assert {letter for letter in map(chr, range(128)) if re.fullmatch(LETTERS, letter)} == letters


@needs_promtool
@pytest.mark.parametrize("compute", ["existing", "karpenter"])
def test_the_queries_of_dashboards_are_queries(compute: str, tmp_path: Path) -> None:
    boards = []
    for name in SAMPLES:
        made = objects(sample(name)[0], convert({"monitoring": "prometheus", "compute": compute}))
        configs = [
            placed.manifest for placed in made.bundle.tree("monitoring") if placed.manifest["kind"] == "ConfigMap"
        ]
        boards += [json.loads(text) for config in configs for text in config["data"].values()]
    queries = {t["expr"] for board in boards for panel in board["panels"] for t in panel["targets"]}
    assert len(queries) > len(boards)
    rules = [{"record": f"r{number}", "expr": query} for number, query in enumerate(sorted(queries))]
    assert checked([{"name": "boards", "rules": rules}], tmp_path) == ""


POD = 'namespace="prod",pod="web-bcdfgh2456-x7k2p",container="c"'
JOB = 'namespace="prod",pod="web-migrate-x7k2p",container="c"'
REPLICAS = 'kube_deployment_status_replicas_available{namespace="prod",deployment="web"}'
CPU = {"Period": 60, "EvaluationPeriods": 3, "Threshold": 80, "ComparisonOperator": "GreaterThanThreshold"}
SERIES = {  # half a core of half a core is used by the pod for ten minutes, and then nothing; a Job uses far more
    f"container_cpu_usage_seconds_total{{{POD}}}": "0+30x10 300x20",
    f"container_cpu_usage_seconds_total{{{JOB}}}": "0+600x30",
    f'kube_pod_container_resource_requests{{{POD},resource="cpu"}}': "0.5x30",
    f'kube_pod_container_resource_requests{{{JOB},resource="cpu"}}': "0.1x30",
    REPLICAS: "2x10 1x5 2x5 _x20",
}
RUNNING = {
    "Namespace": "ECS/ContainerInsights",
    "MetricName": "RunningTaskCount",
    "Statistic": "Minimum",
    "Threshold": 2,
}


@needs_promtool
@pytest.mark.parametrize(
    ("values", "firing", "silent"),
    [
        (CPU, [4, 8, 10], [1, 2, 12, 25]),
        (CPU | {"Threshold": 100}, [], [4, 8, 16]),
        (CPU | {"Threshold": 100, "ComparisonOperator": "GreaterThanOrEqualToThreshold"}, [4, 8], [2, 16]),
        (RUNNING, [11, 15], [9, 19, 25, 32]),
        (RUNNING | {"TreatMissingData": "breaching"}, [11, 15, 25, 32], [9, 19]),
        (RUNNING | {"EvaluationPeriods": 5, "DatapointsToAlarm": 3}, [13, 15, 18], [9, 11, 23]),
        (RUNNING | {"EvaluationPeriods": 3}, [13, 15], [11, 12, 19]),
    ],
)
def test_an_alert_fires_when_the_alarm_would(
    values: dict[str, Any], firing: list[int], silent: list[int], tmp_path: Path
) -> None:
    """Minutes at which Prometheus itself, given series, fires it and does not."""
    (group,) = groups(estate([alarm(AlarmName="a", **values)]))
    (rule,) = group["rules"]
    alert = {"exp_labels": rule["labels"], "exp_annotations": rule["annotations"]}
    expected = [(minute, [alert]) for minute in firing] + [(minute, []) for minute in silent]
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": points} for name, points in SERIES.items()],
        "alert_rule_test": [
            {"eval_time": f"{minute}m", "alertname": rule["alert"], "exp_alerts": alerts} for minute, alerts in expected
        ],
    }
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [group]}), encoding="utf-8")
    whole = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [test]}
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump(whole), encoding="utf-8")
    command = [str(PROMTOOL), "test", "rules", str(tmp_path / "tests.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
