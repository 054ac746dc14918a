"""L17 and T21: room in the pods, and how much both fleets hold."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.cutover.checks.judging import Judges
from ecs2k8s.cutover.plan import Step
from tests.watched import DEPLOYMENT, World, healthy, pod, scene

if TYPE_CHECKING:
    from ecs2k8s.cutover.verdicts import Result

STEP = Step("dark", "check.dark", "P4", "", "", "")


def judged(ident: str, world: World) -> Result:
    return Judges(scene(world), fixed=0.0).judge(ident, STEP)


def limited(memory: str, limits: dict[str, str]) -> World:
    """One pod that uses so much."""
    world = healthy()
    its: Any = pod("web-1", "10.0.0.1")
    its["spec"] |= {"containers": [{"name": "web", "resources": {"limits": limits}}]}
    usage = {"name": "web", "usage": {"cpu": "250m", "memory": memory}}
    metrics = {"apiVersion": "metrics.k8s.io/v1beta1", "kind": "PodMetrics"}
    world.objects = [each for each in world.objects if each["kind"] != "Pod"]
    world.objects += [its, {**metrics, "metadata": {"name": "web-1", "namespace": "shop"}, "containers": [usage]}]
    return world


@pytest.mark.parametrize(
    ("memory", "limits", "verdict", "said"),
    [
        ("800Mi", {"memory": "1Gi"}, "pass", "78% of the memory"),
        ("820Mi", {"memory": "1Gi"}, "fail", "80% of the memory"),
        ("9Gi", {}, "pass", "without a limit"),
        ("100Mi", {"memory": "1Gi", "cpu": "1"}, "inconclusive", "250m of 1"),
    ],
)
def test_a_pod_has_room_or_not(memory: str, limits: dict[str, str], verdict: str, said: str) -> None:
    found = judged("L17", limited(memory, limits))
    assert (found.verdict, said in found.text) == (verdict, True)


def test_what_nobody_measures_is_undecided() -> None:
    world = limited("100Mi", {"memory": "1Gi"})
    world.objects = [each for each in world.objects if each["kind"] != "PodMetrics"]
    assert judged("L17", world).verdict == "inconclusive"
    world.denied.add("PodMetrics")
    found = judged("L17", world)
    assert (found.verdict, "metrics.k8s.io" in found.text) == ("inconclusive", True)


def test_both_fleets_are_shown_in_vcpu_and_gib() -> None:
    world = healthy()
    definition = world.answers["ecs.DescribeTaskDefinition"]["taskDefinition"]
    definition |= {"cpu": "512", "memory": "1024"}
    deployment = copy.deepcopy(DEPLOYMENT)
    requests = [{"cpu": "500m", "memory": "1Gi"}, {"cpu": "0.1", "memory": "256Mi"}]
    containers = [{"resources": {"requests": each}} for each in requests]
    deployment["spec"]["template"] = {"spec": {"containers": containers}}
    world.objects = [deployment, *(each for each in world.objects if each["kind"] != "Deployment")]
    found = judged("T21", world)
    assert found.value == {"ecs": [1.0, 2.0], "eks": [1.2, 2.5]}
    definition |= {"cpu": None, "memory": None}
    definition["containerDefinitions"] = [{"cpu": 256, "memory": 512, "memoryReservation": 256}, {"memory": 256}]
    assert judged("T21", world).value["ecs"] == [0.5, 1.0]
