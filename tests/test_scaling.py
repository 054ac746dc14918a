"""Random scaling policies become valid objects or findings, and none is dropped in silence."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecs2k8s.compare import schema
from ecs2k8s.core.target import Version, convert
from ecs2k8s.pipeline import translate
from tests.case_files import snapshot
from tests.published import said

PACKAGE = "@kubernetes-models/keda"
AUTOSCALERS = ("HorizontalPodAutoscaler", "ScaledObject")
pytestmark = pytest.mark.skipif(not schema.available(), reason="the extra `validate` is not installed")

VALUES = st.sampled_from([60, 75.5, 900.0, 1, 0.2, 0]) | st.floats(0.001, 10_000) | st.integers(1, 200)
IDS = st.sampled_from(["m1", "m2", "waiting"])
TEXTS = st.sampled_from(
    ["orders", "a;b", "", "AWS/SQS", "AWS/ECS", "Shop", "CPUUtilization", "ApproximateNumberOfMessagesVisible"]
)
KEYS = st.sampled_from(["QueueName", "ServiceName", "ClusterName", "TargetGroup", "Kind"])
DIMENSIONS = st.lists(
    st.fixed_dictionaries({"Name": KEYS, "Value": TEXTS | st.sampled_from(["prod", "web"])}), max_size=3
)
STATISTICS = st.sampled_from(["Average", "Average", "Average", "Sum", "Maximum", "p90", ""])
QUEUE: dict[str, Any] = {"Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible"}
QUEUE |= {"Dimensions": [{"Name": "QueueName", "Value": "orders"}]}
OWN: dict[str, Any] = {"Namespace": "AWS/ECS", "MetricName": "CPUUtilization"}
OWN |= {"Dimensions": [{"Name": "ClusterName", "Value": "prod"}, {"Name": "ServiceName", "Value": "web"}]}
KNOWN = st.sampled_from(
    [QUEUE, QUEUE, OWN, {"Namespace": "Shop", "MetricName": "Waiting", "Dimensions": [{"Name": "Kind", "Value": "x"}]}]
)
EXPRESSIONS = st.sampled_from(
    ["m1 / m2", "(m1 + 2) * m2", "m1/m2", "m1 * (m2 + 1.5)", "FILL(m1, 0)", "m1 m2", "(m1", "9", "waiting", "m1 - -m2"]
)
STRANGE = st.fixed_dictionaries({"Namespace": TEXTS, "MetricName": TEXTS}, optional={"Dimensions": DIMENSIONS})
METRIC = KNOWN | KNOWN | STRANGE
SINGLE = st.builds(lambda metric, statistic: metric | {"Statistic": statistic}, METRIC, STATISTICS)
STAT = st.fixed_dictionaries({"Stat": STATISTICS, "Metric": METRIC})
QUERY = st.fixed_dictionaries(
    {"Id": IDS, "MetricStat": STAT}, optional={"ReturnData": st.booleans()}
) | st.fixed_dictionaries({"Id": st.just("e1"), "Expression": EXPRESSIONS}, optional={"ReturnData": st.booleans()})
PAIR = st.builds(
    lambda one, other, text: [
        {"Id": "m1", "ReturnData": False, "MetricStat": one},
        {"Id": "m2", "ReturnData": False, "MetricStat": other},
        {"Id": "e1", "Expression": text},
    ],
    STAT,
    STAT,
    EXPRESSIONS,
)
MATH = st.builds(lambda queries: {"Metrics": queries}, PAIR | PAIR | st.lists(QUERY, min_size=1, max_size=4))
PREDEFINED = st.fixed_dictionaries(
    {
        "PredefinedMetricType": st.sampled_from(
            [
                "ECSServiceAverageCPUUtilization",
                "ECSServiceAverageMemoryUtilization",
                "ECSServiceAverageCPUUtilizationHighResolution",
                *["ALBRequestCountPerTarget"] * 3,
                "WeatherTomorrow",
            ]
        )
    },
    optional={"ResourceLabel": st.sampled_from(["app/a/1/targetgroup/web/2"] * 4 + ["app/a/1", ""])},
)
TRACKING = st.fixed_dictionaries(
    {"TargetValue": VALUES},
    optional={
        "DisableScaleIn": st.booleans(),
        "ScaleInCooldown": st.integers(0, 10_000),
        "ScaleOutCooldown": st.integers(0, 1_000),
    },
)
TRACKED = st.builds(
    lambda config, metric: {
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": config | metric,
    },
    TRACKING,
    st.builds(lambda spec: {"PredefinedMetricSpecification": spec}, PREDEFINED)
    | st.builds(lambda spec: {"CustomizedMetricSpecification": spec}, SINGLE | SINGLE | MATH),
)
STEP = st.fixed_dictionaries(
    {"ScalingAdjustment": st.integers(-50, 50)},
    optional={"MetricIntervalLowerBound": st.floats(-100, 100), "MetricIntervalUpperBound": st.floats(-100, 100)},
)
STEPS = st.builds(
    lambda kind, steps: {
        "PolicyType": "StepScaling",
        "StepScalingPolicyConfiguration": {"AdjustmentType": kind, "StepAdjustments": steps},
    },
    st.sampled_from(["ChangeInCapacity", "PercentChangeInCapacity", "ExactCapacity"]),
    st.lists(STEP, max_size=3),
)
FORECAST = st.builds(
    lambda mode: {"PolicyType": "PredictiveScaling", "PredictiveScalingPolicyConfiguration": {"Mode": mode}},
    st.sampled_from(["ForecastOnly", "ForecastAndScale"]),
)
BOUNDS = st.fixed_dictionaries(
    {"MinCapacity": st.integers(0, 3), "MaxCapacity": st.sampled_from([3, 10, 50, 2_000])},
    optional={
        "SuspendedState": st.fixed_dictionaries(
            {"DynamicScalingInSuspended": st.booleans(), "DynamicScalingOutSuspended": st.booleans()}
        )
    },
)
ALARMS: st.SearchStrategy[dict[str, Any]] = st.just({}) | st.builds(
    lambda period, count: {
        "low": {"ComparisonOperator": "LessThanThreshold", "Period": period, "EvaluationPeriods": count}
    },
    st.sampled_from([10, 60, 300]),
    st.integers(1, 30),
)
ACTION = st.fixed_dictionaries(
    {
        "Schedule": st.sampled_from(
            ["cron(0 8 * * ? *)", "cron(0 20 * * ? *)", "cron(0 8 ? * 2#1 *)", "rate(1 day)", "x"]
        ),
        "ScalableTargetAction": st.fixed_dictionaries(
            {}, optional={"MinCapacity": st.integers(0, 9), "MaxCapacity": st.sampled_from([10, 50])}
        ),
    },
    optional={
        "Timezone": st.sampled_from(["Europe/Berlin", "Mars/Base"]),
        "StartTime": st.just("2026-01-01T00:00:00Z"),
    },
)
CONTAINERS = st.lists(
    st.fixed_dictionaries(
        {"memory": st.integers(6, 900)},
        optional={
            "cpu": st.integers(0, 512),
            "essential": st.booleans(),
            "portMappings": st.just([{"containerPort": 80}]),
        },
    ),
    min_size=1,
    max_size=3,
)


@st.composite
def services(draw: st.DrawFn) -> dict[str, Any]:
    """A service with its policies, in the form of the first part of a case."""
    containers = [{"name": f"c{number}"} | each for number, each in enumerate(draw(CONTAINERS))]
    containers[0]["essential"] = True
    size = draw(st.sampled_from([{}, {"cpu": "1024", "memory": "4096"}]))
    scaling = {
        "target": draw(BOUNDS),
        "policies": draw(st.lists(TRACKED | TRACKED | TRACKED | STEPS | FORECAST, min_size=1, max_size=4)),
    }
    scaling["actions"] = draw(st.lists(ACTION, max_size=3))
    choices = {
        "autoscaling": draw(st.sampled_from(["keda", "keda", "hpa"])),
        "background": draw(st.sampled_from(["ecs", "eks"])),
    }
    choices |= {
        "kubernetes_version": draw(st.sampled_from(get_args(Version))),
        "compute": draw(st.sampled_from(["existing", "karpenter"])),
    }
    service = {"desiredCount": draw(st.integers(0, 9)), "launchType": "EC2"}
    made = {"service": service, "containerDefinitions": containers, "scaling": scaling | {"alarms": draw(ALARMS)}}
    return made | size | {"target": choices}


def problems(given_: dict[str, Any]) -> list[str]:
    """What is wrong with what becomes of *given_*."""
    target = convert(given_["target"])
    made = translate(snapshot(given_), target)
    wrong = schema.problems([item.manifest for item in made.bundle.everything], target.kubernetes_version)
    scalers = [m for m in made.bundle.manifests if m["kind"] in AUTOSCALERS]
    wrong += ["two autoscalers"] if len(scalers) > 1 else []
    said = {finding.subject for finding in made.findings}
    for entry in made.ledger.entries:
        wrong += [f"{entry.path}: unread"] if "unread-field" in entry.slugs else []
        if entry.path in (("PolicyType",), ("Schedule",)):
            carried = entry.fidelity.value in ("exact", "approximated") and len(scalers) == 1
            left_out = entry.document.id in said and entry.fidelity.value in ("manual", "not-applicable")
            wrong += [] if carried or left_out else [f"{entry.document.id}: dropped in silence"]
    return wrong


@given(services())
@settings(max_examples=200)
def test_random_policies_become_valid_objects_or_findings(service: dict[str, Any]) -> None:
    assert problems(service) == []


@pytest.mark.long
@given(services())
@settings(max_examples=1_000)
def test_a_thousand_random_policies_become_valid_objects_or_findings(service: dict[str, Any]) -> None:
    assert problems(service) == []


def test_scaled_objects_are_as_published() -> None:
    from tests.estates import CASES, estate

    found = []
    for name in CASES:
        if name.startswith("scaling/"):
            made = translate(*estate(name))
            found += [i.manifest for i in made.bundle.everything if i.manifest["apiVersion"].startswith("keda.sh/")]
    assert {manifest["kind"] for manifest in found} == {"ScaledObject", "TriggerAuthentication"}
    assert set(said(found, PACKAGE)) == {""}
    wrong = next(manifest for manifest in found if manifest["kind"] == "ScaledObject")
    assert said([wrong | {"spec": wrong["spec"] | {"maxReplicaCount": "many"}}], PACKAGE) != [""]
