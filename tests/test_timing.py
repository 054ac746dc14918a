"""No request is lost when a pod stops, or it is said: held against a load balancer and a kubelet that count seconds."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecs2k8s.assess.timing import STRICT, Timing, stopping, timings
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from tests.case_files import snapshot
from tests.stopping import HEARS_WITHIN, Pod, acts, last_request, restart, stop
from tests.test_cases import chosen

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.assess.translation import Translation

ELB = "arn:aws:elasticloadbalancing:eu-west-1:111122223333"
GROUP = f"{ELB}:targetgroup/web/0123456789abcdef"
FRONT = {"application": f"{ELB}:loadbalancer/app/web/1", "network": f"{ELB}:loadbalancer/net/web/1"}
SAID = {"timing-loses-requests", "timing-not-proven"}


def estate(kind: str, containers: list[dict[str, Any]], delay: int | None, *, by_document: bool = False) -> Translation:
    """A service behind a load balancer of *kind*; its target group's attributes were read where *delay* is a number."""
    front = "front" if by_document else FRONT[kind]
    group: dict[str, Any] = {"TargetGroupArn": GROUP, "LoadBalancerArns": [front], "HealthCheckPort": "traffic-port"}
    group |= {"Protocol": "HTTP", "HealthCheckProtocol": "HTTP"} if kind == "application" else {"Protocol": "TCP"}
    others = [{"shape": "elbv2.LoadBalancer", "id": front, "data": {"LoadBalancerArn": front, "Type": kind}}]
    if delay is not None:
        attributes = [{"Key": "deregistration_delay.timeout_seconds", "Value": str(delay)}]
        data = {"TargetGroupArn": GROUP, "Attributes": attributes}
        others.append({"shape": "elbv2.TargetGroupAttributes", "id": GROUP, "data": data})
    web = [container | {"portMappings": [{"containerPort": 80}]} for container in containers[:1]]
    entry = {"targetGroupArn": GROUP, "containerName": containers[0]["name"], "containerPort": 80}
    given_case = {"containerDefinitions": [*web, *containers[1:]], "service": {"loadBalancers": [entry]}}
    return translate(snapshot(given_case | {"targetGroups": [group], "others": others}), convert({}))


def pod_of(made: Translation) -> Pod:
    deployment = chosen(made.bundle.manifests, "Deployment")
    assert deployment is not None
    pod: Pod = deployment["spec"]["template"]["spec"]
    return pod


def stops_of(pod: Pod, containers: list[dict[str, Any]]) -> list[int]:
    """The stop timeouts in the order of the pod; the names of these containers stay as they are."""
    by_name = {container["name"]: container.get("stopTimeout", 30) for container in containers}
    return [by_name[item["name"]] for item in [*pod.get("initContainers", []), *pod["containers"]]]


@st.composite
def tasks(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Up to five containers; each may wait for later ones, which makes native sidecars and init containers of them."""
    names = [f"c{index}" for index in range(draw(st.integers(1, 5)))]
    made: list[dict[str, Any]] = []
    for index, name in enumerate(names):
        container: dict[str, Any] = {"name": name, "essential": index == 0 or draw(st.booleans())}
        if draw(st.booleans()):
            container["stopTimeout"] = draw(st.integers(0, 300))
        if draw(st.booleans()):
            container["healthCheck"] = {"command": ["CMD", "ok"]}
        made.append(container)
    for index, container in enumerate(made):
        edges = []
        for other in made[index + 1 :]:
            able = ["START", *(["HEALTHY"] if "healthCheck" in other else [])]
            able += [] if other["essential"] else ["SUCCESS"]
            condition = draw(st.sampled_from(["", *able]))
            edges += [{"containerName": other["name"], "condition": condition}] if condition else []
        container["dependsOn"] = edges
    return made


@given(
    tasks(),
    st.sampled_from(["application", "network"]),
    st.one_of(st.integers(0, 900), st.sampled_from([0, 19, 20, 21, 109, 110, 111, 299, 300, 301, 310, 311])),
    st.booleans(),
    st.booleans(),
    st.integers(0, HEARS_WITHIN),
)
@settings(max_examples=200)
def test_no_request_is_lost_or_it_is_said(
    containers: list[dict[str, Any]], kind: str, delay: int, read: bool, by_document: bool, heard: int
) -> None:
    made = estate(kind, containers, delay if read else None, by_document=by_document)
    (timing,) = timings(made.inventory, made.bundle)
    said = {finding.slug for finding in made.findings} & SAID
    assert (
        said
        == {"pass": set(), "fail": {"timing-loses-requests"}, "inconclusive": {"timing-not-proven"}}[timing.verdict]
    )
    assert (timing.verdict == "pass") is (read and delay <= 300)
    pod = pod_of(made)
    wrong = stop(pod, stops_of(pod, containers), last_request(kind, delay, heard))
    assert wrong == [] or said, wrong
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        for probe in ("livenessProbe", "startupProbe"):
            if probe in container and "lifecycle" in container:
                assert restart(pod, container, probe) <= 32


SECONDS = st.integers(0, 400)


@st.composite
def pods(draw: st.DrawFn) -> tuple[Pod, list[int]]:
    """Any pod at all, whatever formula it may come from."""

    def container(name: str) -> dict[str, Any]:
        sleep = draw(st.one_of(st.none(), SECONDS))
        return {"name": name} | ({} if sleep is None else {"lifecycle": {"preStop": {"sleep": {"seconds": sleep}}}})

    init = [
        container(f"i{index}") | draw(st.sampled_from([{}, {"restartPolicy": "Always"}]))
        for index in range(draw(st.integers(0, 3)))
    ]
    main = [container(f"c{index}") for index in range(draw(st.integers(1, 3)))]
    stops = [draw(st.integers(0, 120)) for _ in (*init, *main)]
    pod: Pod = {"initContainers": init, "containers": main, "terminationGracePeriodSeconds": draw(st.integers(0, 900))}
    return pod, stops


def measured(pod: Pod, stops: list[int], kind: str, delay: int) -> Timing:
    """The numbers of a pod that nothing but the test made."""
    made = estate(kind, [{"name": "web"}], delay)
    (timing,) = timings(made.inventory, made.bundle)
    return Timing(
        timing.workload, stopping(pod, stops), pod["terminationGracePeriodSeconds"], timing.floor, delay, (), ()
    )


@given(pods(), st.sampled_from(["application", "network"]), st.integers(0, 400), st.integers(0, HEARS_WITHIN))
@settings(max_examples=300)
def test_a_pod_that_passes_loses_nothing_wherever_it_comes_from(
    drawn: tuple[Pod, list[int]], kind: str, delay: int, heard: int
) -> None:
    pod, stops = drawn
    if measured(pod, stops, kind, delay).verdict == "pass":
        assert stop(pod, stops, last_request(kind, delay, heard)) == []


CONTAINERS = [
    {"name": "web", "stopTimeout": 60, "dependsOn": [{"containerName": "envoy", "condition": "START"}]},
    {"name": "php", "stopTimeout": 45},
    {"name": "envoy", "stopTimeout": 30, "dependsOn": [{"containerName": "log", "condition": "START"}]},
    {"name": "log", "stopTimeout": 20},
]


def sleeping(pod: Pod, seconds: int) -> None:
    for container in pod["containers"]:
        container["lifecycle"]["preStop"]["sleep"]["seconds"] = seconds


def no_margin(pod: Pod) -> None:
    sleeping(pod, 60)


def no_delay(pod: Pod) -> None:
    sleeping(pod, 30)


def only_the_balanced_container(pod: Pod) -> None:
    del pod["containers"][1]["lifecycle"]


def longest_instead_of_sum(pod: Pod) -> None:
    pod["terminationGracePeriodSeconds"] = 70 + 60


def sleep_inside_the_grace(pod: Pod) -> None:
    pod["terminationGracePeriodSeconds"] = 60 + 30 + 20


def longest_sidecar(pod: Pod) -> None:
    pod["terminationGracePeriodSeconds"] = 70 + 60 + 30


WRONG: list[tuple[Callable[[Pod], None], str]] = [
    (no_margin, "drain"),
    (no_delay, "drain"),
    (only_the_balanced_container, "drain"),
    (longest_instead_of_sum, "stop"),
    (sleep_inside_the_grace, "stop"),
    (longest_sidecar, "stop"),
]


@pytest.mark.parametrize(("plant", "check"), WRONG, ids=[plant.__name__ for plant, _ in WRONG])
def test_a_wrong_formula_is_found_by_the_check_and_by_the_witness(plant: Callable[[Pod], None], check: str) -> None:
    pod = pod_of(estate("application", CONTAINERS, 60))
    stops, last = stops_of(pod, CONTAINERS), last_request("application", 60)
    assert stop(pod, stops, last) == []
    assert measured(pod, stops, "application", 60).verdict == "pass"
    wrong = copy.deepcopy(pod)
    plant(wrong)
    failed = {
        outcome.check for outcome in measured(wrong, stops, "application", 60).outcomes if outcome.verdict == "fail"
    }
    assert failed & set(STRICT) == {check}
    assert stop(wrong, stops, last) != []


def test_the_least_of_a_network_load_balancer_is_needed() -> None:
    pod = pod_of(estate("application", CONTAINERS, 60))
    stops = stops_of(pod, CONTAINERS)
    assert measured(pod, stops, "network", 60).verdict == "fail"
    assert stop(pod, stops, last_request("network", 60)) != []


def test_a_probe_without_a_bound_keeps_a_container_that_hangs() -> None:
    pod = pod_of(estate("application", CONTAINERS, 60))
    web = pod["containers"][0]
    assert restart(pod, web, "livenessProbe") == 32
    del web["livenessProbe"]["terminationGracePeriodSeconds"]
    assert restart(pod, web, "livenessProbe") == 180
    timing = measured(pod, stops_of(pod, CONTAINERS), "application", 60)
    failed = [(each.check, each.container) for each in timing.outcomes if each.verdict == "fail"]
    assert failed == [("probe-kill", "web")]


PROBE = st.fixed_dictionaries(
    {"periodSeconds": st.integers(1, 60), "timeoutSeconds": st.integers(1, 60), "failureThreshold": st.integers(1, 12)}
)


@given(PROBE, PROBE, st.data())
@settings(max_examples=300)
def test_traffic_is_withdrawn_before_a_restart_where_the_check_says_so(
    ready: dict[str, Any], live: dict[str, Any], data: st.DataObject
) -> None:
    container = {"name": "c", "readinessProbe": ready, "livenessProbe": live}
    pod: Pod = {"containers": [container], "terminationGracePeriodSeconds": 900}
    (outcome,) = [o for o in measured(pod, [30], "application", 60).outcomes if o.check == "withdrawal"]
    phases = {name: data.draw(st.integers(0, probe["periodSeconds"])) for name, probe in (("r", ready), ("l", live))}
    takes = data.draw(st.booleans())  # it hangs, or it fails at once
    withdrawn = acts(ready, phases["r"], ready["timeoutSeconds"] if takes else 0)
    restarted = acts(live, phases["l"], live["timeoutSeconds"] if takes else 0)
    assert withdrawn < restarted or outcome.verdict == "fail"
