"""The numbers that are read back from manifests and documents, and each check at its edge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ecs2k8s.assess.timing import Outcome, Probe, Timing, stopping, timings
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from ecs2k8s.report.timing import lines
from tests.case_files import load, snapshot

CASES = Path(__file__).parents[2] / "cases" / "timing"
ELB = "arn:aws:elasticloadbalancing:eu-west-1:111122223333"
GROUP = f"{ELB}:targetgroup/web/0123456789abcdef"
PROBE = {"periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 3}


def of_case(name: str) -> list[Timing]:
    case = load(CASES / f"{name}.yaml")
    made = translate(case.snapshot, case.target)
    return timings(made.inventory, made.bundle)


def container(sleep: int | None = None, **more: Any) -> dict[str, Any]:
    return {"name": "c"} | ({} if sleep is None else {"lifecycle": {"preStop": {"sleep": {"seconds": sleep}}}}) | more


def numbers(
    pod: dict[str, Any], stops: list[int], floor: int | None, delay: int | None, unread: tuple[str, ...] = ()
) -> Timing:
    (known,) = of_case("alb")
    return Timing(known.workload, stopping(pod, stops), pod["terminationGracePeriodSeconds"], floor, delay, unread, ())


def verdicts(timing: Timing) -> dict[str, str]:
    return {outcome.check: outcome.verdict for outcome in timing.outcomes}


def test_all_numbers_of_a_pod_with_sidecars() -> None:
    (timing,) = of_case("sidecars")
    assert (timing.delay, timing.floor, timing.unread) == (60, 30, ())
    assert (timing.pre_stop, timing.longest_stop, timing.sidecar_stops, timing.grace) == (70, 60, 50, 180)
    assert [(c.name, c.sidecar, c.pre_stop, c.stop) for c in timing.containers] == [
        ("log", True, 0, 20),
        ("envoy", True, 0, 30),
        ("web", False, 70, 60),
    ]
    assert timing.outcomes[:2] == (
        Outcome("drain", "pass", "max(60 + 10, 30) <= 70"),
        Outcome("stop", "pass", "70 + 60 + 50 <= 180"),
    )
    assert timing.verdict == "pass"


@pytest.mark.parametrize(
    ("name", "delay", "floor", "unread", "verdict"),
    [
        ("alb", 60, 30, 0, "pass"),
        ("alb-by-default", 300, 30, 0, "pass"),
        ("alb-not-read", None, 30, 1, "inconclusive"),
        ("alb-above-the-most", 900, 30, 0, "fail"),
        ("alb-just-above-the-most", 305, 30, 0, "fail"),
        ("delay-is-no-number", None, 30, 1, "inconclusive"),
        ("nlb", 60, 120, 0, "pass"),
        ("type-of-the-document", 20, 120, 0, "pass"),
        ("blue-and-green", 90, 30, 0, "pass"),
        ("blue-and-green-half-read", 90, 30, 1, "inconclusive"),
        ("service-connect", None, None, 0, "pass"),
        ("job", None, None, 0, "pass"),
    ],
)
def test_what_is_known_of_the_load_balancer(
    name: str, delay: int | None, floor: int | None, unread: int, verdict: str
) -> None:
    (timing,) = of_case(name)
    assert (timing.delay, timing.floor, len(timing.unread), timing.verdict) == (delay, floor, unread, verdict)


@pytest.mark.parametrize(
    ("sleep", "floor", "delay", "verdict"),
    [
        (30, 30, 20, "pass"),
        (30, 30, 21, "fail"),
        (29, 30, 0, "fail"),
        (310, 120, 300, "pass"),
        (310, 120, 301, "fail"),
        (119, 120, 0, "fail"),
        (0, 30, None, "fail"),
        (30, 30, None, "inconclusive"),
    ],
)
def test_drain(sleep: int, floor: int, delay: int | None, verdict: str) -> None:
    unread = () if delay is not None else ("the delay",)
    pod = {"containers": [container(sleep)], "terminationGracePeriodSeconds": 900}
    assert verdicts(numbers(pod, [30], floor, delay, unread))["drain"] == verdict


def test_a_known_delay_that_is_too_long_fails_whatever_else_is_not_known() -> None:
    pod = {"containers": [container(310)], "terminationGracePeriodSeconds": 900}
    assert numbers(pod, [30], 30, 600, ("another delay",)).verdict == "fail"


def test_the_shortest_sleep_of_the_regular_containers_counts() -> None:
    pod = {"containers": [container(70), container(30), container()], "terminationGracePeriodSeconds": 900}
    assert numbers(pod, [30, 30, 30], 30, 60).pre_stop == 0


@pytest.mark.parametrize(("grace", "verdict"), [(120, "pass"), (119, "fail")])
def test_stop(grace: int, verdict: str) -> None:
    init = [container(restartPolicy="Always"), container()]
    pod = {"initContainers": init, "containers": [container(70), container(70)], "terminationGracePeriodSeconds": grace}
    assert verdicts(numbers(pod, [20, 500, 30, 10], None, None)) == {"stop": verdict}


@pytest.mark.parametrize(
    ("bound", "stop", "verdict"),
    [(30, 60, "pass"), (31, 60, "fail"), (20, 20, "pass"), (21, 20, "fail"), (1, 0, "pass"), (None, 60, "fail")],
)
def test_probe_kill(bound: int | None, stop: int, verdict: str) -> None:
    probe = PROBE | ({} if bound is None else {"terminationGracePeriodSeconds": bound})
    pod = {"containers": [container(70, livenessProbe=probe)], "terminationGracePeriodSeconds": 900}
    assert verdicts(numbers(pod, [stop], 30, 60))["probe-kill"] == verdict


def test_a_probe_needs_no_bound_where_nothing_sleeps() -> None:
    pod = {"containers": [container(livenessProbe=PROBE)], "terminationGracePeriodSeconds": 900}
    assert "probe-kill" not in verdicts(numbers(pod, [30], None, None))


@pytest.mark.parametrize(("failures", "verdict"), [(5, "pass"), (4, "fail")])
def test_withdrawal(failures: int, verdict: str) -> None:
    ready, live = PROBE, PROBE | {"failureThreshold": failures}  # 35 seconds, and 40 or 30
    pod = {"containers": [container(readinessProbe=ready, livenessProbe=live)], "terminationGracePeriodSeconds": 900}
    assert verdicts(numbers(pod, [30], None, None))["withdrawal"] == verdict


def test_at_the_same_moment_is_not_before() -> None:
    live = PROBE | {"periodSeconds": 35, "failureThreshold": 2}
    pod = {"containers": [container(readinessProbe=PROBE, livenessProbe=live)], "terminationGracePeriodSeconds": 900}
    assert numbers(pod, [30], None, None).outcomes[-1] == Outcome("withdrawal", "fail", "35 < 35", "c")


def test_a_probe_that_takes_longer_than_its_period_is_late() -> None:
    assert Probe("readinessProbe", period=5, timeout=20, failures=3, bound=None).latest == 5 + 3 * 20
    assert Probe("readinessProbe", period=20, timeout=5, failures=3, bound=None).latest == 3 * 20 + 5
    assert Probe("livenessProbe", period=20, timeout=5, failures=3, bound=None).earliest == 40


def test_stop_timeouts_follow_containers_that_got_another_name_or_were_left_out() -> None:
    containers = [
        {"name": "router", "essential": True, "stopTimeout": 99, "firelensConfiguration": {"type": "fluentbit"}},
        {"name": "Web_App", "stopTimeout": 7},
        {"name": "web-app", "stopTimeout": 8},
    ]
    made = translate(snapshot({"containerDefinitions": containers, "service": {}}), convert({}))
    (timing,) = timings(made.inventory, made.bundle)
    assert [each.stop for each in timing.containers] == [7, 8]
    assert len({each.name for each in timing.containers}) == 2


def test_a_refused_workload_has_no_timing() -> None:
    containers = [{"name": "a", "dependsOn": [{"containerName": "gone", "condition": "START"}]}]
    made = translate(snapshot({"containerDefinitions": containers, "service": {}}), convert({}))
    assert len(made.refused) == 1
    assert timings(made.inventory, made.bundle) == []
    assert lines(made) == []


def behind(name: str, attributes: list[dict[str, str]] | None) -> dict[str, Any]:
    arn = f"{ELB}:loadbalancer/app/{name}/1"
    others: list[dict[str, Any]] = [
        {"shape": "elbv2.LoadBalancer", "id": arn, "data": {"LoadBalancerArn": arn, "LoadBalancerName": name}}
    ]
    if attributes is not None:
        data = {"LoadBalancerArn": arn, "Attributes": attributes}
        others.append({"shape": "elbv2.LoadBalancerAttributes", "id": arn, "data": data})
    entry = {"targetGroupArn": GROUP, "containerName": "c", "containerPort": 80}
    return {
        "containerDefinitions": [{"portMappings": [{"containerPort": 80}]}],
        "service": {"loadBalancers": [entry]},
        "targetGroups": [{"TargetGroupArn": GROUP, "Protocol": "HTTP", "LoadBalancerArns": [arn]}],
        "others": others,
    }


@pytest.mark.parametrize(
    ("attributes", "seconds"),
    [
        ([{"Key": "idle_timeout.timeout_seconds", "Value": "75"}], 75),
        ([{"Key": "other", "Value": "1"}], 60),
        ([{"Key": "idle_timeout.timeout_seconds", "Value": "long"}], None),
        (None, None),
    ],
)
def test_the_idle_timeout_of_the_load_balancer_in_front(
    attributes: list[dict[str, str]] | None, seconds: int | None
) -> None:
    made = translate(snapshot(behind("web", attributes)), convert({}))
    (timing,) = timings(made.inventory, made.bundle)
    assert timing.idle_timeouts == (("web", seconds),)
    assert f"- web behind `web`: {'not read' if seconds is None else seconds}" in lines(made)


def test_foreign_text_stays_text_in_the_report() -> None:
    made = translate(snapshot(behind("a|b`<c>", None)), convert({}))
    assert "- web behind `` a|b`<c> ``: not read" in lines(made)


def test_the_table_of_the_report() -> None:
    rows = {name: next(line for line in lines(made(name)) if line.startswith("| prod |")) for name in ROWS}
    assert rows == ROWS


ROWS: dict[str, str] = yaml.load(
    """
sidecars: "| prod | web | 60 | 70 | 60 + 50 | 180 | `drain: max(60 + 10, 30) <= 70`<br>`stop: 70 + 60 + 50 <= 180`<br>`withdrawal: 65 < 150` | pass |"
alb-not-read: "| prod | web | not read | 30 | 30 | 60 | `drain: max(? + 10, 30) <= 30`<br>`stop: 30 + 30 + 0 <= 60`<br>`withdrawal: 65 < 150` | inconclusive |"
alb-above-the-most: "| prod | web | 900 | 310 | 30 | 340 | `drain: max(900 + 10, 30) <= 310`<br>`stop: 310 + 30 + 0 <= 340`<br>`withdrawal: 65 < 150` | **fail**: drain |"
blue-and-green-half-read: "| prod | web | 90 and not read | 100 | 30 | 130 | `drain: max(90 + 10, 30) <= 100`<br>`stop: 100 + 30 + 0 <= 130`<br>`withdrawal: 65 < 150` | inconclusive |"
restarted-before-withdrawal: "| prod | web | 60 | 70 | 30 | 100 | `drain: max(60 + 10, 30) <= 70`<br>`stop: 70 + 30 + 0 <= 100`<br>`withdrawal: 65 < 60` | pass; restarted before withdrawal |"
service-connect: "| prod | web | none | 15 | 30 | 45 | `stop: 15 + 30 + 0 <= 45` | pass |"
""",
    yaml.CSafeLoader,
)


def made(name: str) -> Any:
    case = load(CASES / f"{name}.yaml")
    return translate(case.snapshot, case.target)
