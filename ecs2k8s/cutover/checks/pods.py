"""L01, L02, L04, L07, T08: what the cluster says of the workloads of the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.listing import listed
from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.cutover.checks.health import BINDING, selected
from ecs2k8s.cutover.checks.scene import Said, told
from ecs2k8s.cutover.cluster.workloads import STUCK, incomplete, seconds, troubles, ungated, warnings
from ecs2k8s.cutover.verdicts import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.cutover.checks.scene import Scene
    from ecs2k8s.cutover.plan import Step

QUIET = 300.0  # seconds without a warning
RUNNING = ("Deployment", "DaemonSet")
NAMED_AT_MOST = 3


def workloads(scene: Scene) -> list[Manifest]:
    """Those of the plan that run all the time."""
    return [each for each in scene.objects if each["kind"] in RUNNING]


def live(scene: Scene, manifest: Manifest) -> Manifest | None:
    return scene.live(ObjectRef.of(manifest))


def rollout(scene: Scene, step: Step) -> Result:
    """L01."""
    del step
    parts = [said for manifest in workloads(scene) for said in (_rolled(scene, manifest), *_warned(scene, manifest))]
    return told("L01", scene.plan.unit, parts)


def _rolled(scene: Scene, manifest: Manifest) -> Said:
    name, found = str(ObjectRef.of(manifest)), live(scene, manifest)
    if found is None:
        return Said("fail", f"{name}: is not there")
    why = incomplete(found)
    return Said("fail" if why else "pass", f"{name}: {why or 'every pod is new and ready'}")


def _warned(scene: Scene, manifest: Manifest) -> Iterator[Said]:
    namespace, name = manifest["metadata"].get("namespace", ""), manifest["metadata"]["name"]
    for line in warnings(scene.listed("v1", "Event", namespace), scene.clock.now() - QUIET, name):
        yield Said("fail", line)


def pods_of(scene: Scene, manifest: Manifest) -> list[Manifest]:
    selector = manifest["spec"].get("selector", {}).get("matchLabels", {})
    found = scene.listed("v1", "Pod", manifest["metadata"].get("namespace", ""))
    return [pod for pod in found if selected(pod, selector)]


def restarts(scene: Scene, step: Step) -> Result:
    """L02."""
    del step
    parts = []
    for manifest in workloads(scene):
        pods = pods_of(scene, manifest)
        bad = [f"{pod['metadata']['name']}, {line}" for pod in pods for line in troubles(pod)]
        parts += [Said("fail", line) for line in bad]
        parts += [Said("pass", f"{ObjectRef.of(manifest)}: {len(pods)} pods without a restart")] if not bad else []
    return told("L02", scene.plan.unit, parts)


def _containers(pod: Manifest) -> list[dict[str, Any]]:
    status = pod.get("status", {})
    return [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]


def gates(scene: Scene, step: Step) -> Result:
    """L07: the gate of every binding of the Service that selects the pods."""
    del step
    bound: dict[tuple[str, str], list[str]] = {}
    for each in scene.objects:
        if each["kind"] == BINDING:
            key = (each["metadata"].get("namespace", ""), each["spec"]["serviceRef"]["name"])
            bound.setdefault(key, []).append(each["metadata"]["name"])
    parts = []
    for manifest in scene.objects:
        key = (manifest["metadata"].get("namespace", ""), manifest["metadata"]["name"])
        if manifest["kind"] == "Service" and key in bound:
            found = scene.listed("v1", "Pod", key[0])
            its = [pod for pod in found if selected(pod, manifest["spec"].get("selector") or {})]
            parts.append(_gated(manifest, its, bound[key]))
    return told("L07", scene.plan.unit, parts)


def _gated(service: Manifest, pods: list[Manifest], bindings: list[str]) -> Said:
    lacks, name = ungated(pods, bindings), str(ObjectRef.of(service))
    if not pods:
        return Said("inconclusive", f"{name}: has no pod")
    if lacks:
        return Said("fail", f"{name}: {len(lacks)} of {len(pods)} pods have no gate: {listed(lacks, NAMED_AT_MOST)}")
    return Said("pass", f"{name}: {len(pods)} pods have the gate")


def secrets(scene: Scene, step: Step) -> Result:
    """L04: the operator says Ready only when every key that it was asked for was found."""
    del step
    parts = []
    for manifest in scene.objects:
        if manifest["kind"] == "ExternalSecret":
            found = live(scene, manifest)
            conditions = (found or {}).get("status", {}).get("conditions", ())
            ready = [each for each in conditions if each.get("type") == "Ready"]
            good = any(each.get("status") == "True" for each in ready)
            why = "is synchronised" if good else "is not there" if found is None else _why(ready)
            parts.append(Said("pass" if good else "fail", f"{ObjectRef.of(manifest)}: {why}"))
    if not parts:
        return Result("L04", scene.plan.unit, "not_applicable", "the plan has no ExternalSecret")
    return told("L04", scene.plan.unit, parts)


def _why(conditions: list[dict[str, Any]]) -> str:
    return next(
        (f"{each.get('reason', '')} {each.get('message', '')}".strip() for each in conditions), "not synchronised"
    )


def stay_up(scene: Scene, step: Step) -> Result:
    """T08: pods that restarted since the share is in force; two, or one in twenty, are too many."""
    del step
    parts = []
    for manifest in workloads(scene):
        pods = pods_of(scene, manifest)
        bad = [pod["metadata"]["name"] for pod in pods if _fell(pod, scene.since)]
        many = len(bad) >= scene.threshold("restarts", 2) or len(bad) > scene.threshold("restarts-part", 0.05) * len(
            pods
        )
        waiting = [pod["metadata"]["name"] for pod in pods if pod.get("status", {}).get("phase") == "Pending"]
        said = f"{ObjectRef.of(manifest)}: {len(bad)} of {len(pods)} pods restarted, {len(waiting)} pending"
        parts.append(Said("fail" if bad and many else "inconclusive" if bad or waiting else "pass", said))
        parts += _at_most(scene, manifest)
    return told("T08", scene.plan.unit, parts)


def _fell(pod: Manifest, since: float) -> bool:
    if pod.get("status", {}).get("reason") == "Evicted":
        return True
    for each in _containers(pod):
        ended = each.get("lastState", {}).get("terminated") or {}
        waiting = (each.get("state", {}).get("waiting") or {}).get("reason", "")
        when = seconds(ended.get("finishedAt"))
        if waiting in STUCK or (each.get("restartCount", 0) and (when is None or when >= since)):
            return True
    return False


def _at_most(scene: Scene, manifest: Manifest) -> Iterator[Said]:
    namespace, name = manifest["metadata"].get("namespace", ""), manifest["metadata"]["name"]
    for each in scene.objects:
        its = each.get("spec", {}).get("scaleTargetRef", {}).get("name") == name
        if each["kind"] == "HorizontalPodAutoscaler" and its and each["metadata"].get("namespace", "") == namespace:
            found = live(scene, each) or {}
            most, current = found.get("spec", {}).get("maxReplicas"), found.get("status", {}).get("currentReplicas")
            room = most is None or current is None or current < most or found["spec"].get("minReplicas") == most
            yield Said("pass" if room else "inconclusive", f"{ObjectRef.of(each)}: {current} of at most {most} pods")
