"""What live objects say of a rollout: whether it is complete, how pods fare, what was warned of. Pure functions."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.core.manifests import Manifest

# Why a container waits that will not get better by waiting: pkg/kubelet/images/types.go, kuberuntime.
STUCK = frozenset(
    {
        *("CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName"),
        *("CreateContainerConfigError", "CreateContainerError", "RunContainerError", "ImageInspectError"),
    }
)
OF_DEPLOYMENT = ("readyReplicas", "updatedReplicas", "availableReplicas")
OF_DAEMON_SET = ("numberReady", "updatedNumberScheduled", "numberAvailable")
# Of the controllers that a namespace that asks for gates may have: `target-health.elbv2.k8s.aws/<name of the binding>`.
GATE = "target-health."


def incomplete(live: Manifest) -> str:
    """Why a Deployment or DaemonSet is not rolled out, judged as `kubectl rollout status` does; empty: it is."""
    status, generation = _map(live.get("status")), _number(live["metadata"], "generation")
    if _number(status, "observedGeneration") < generation:
        return f"its controller has not seen generation {generation}"
    if any(one.get("reason") == "ProgressDeadlineExceeded" for one in _maps(status.get("conditions"))):
        return "it made no progress before its deadline"
    if live.get("kind") == "DaemonSet":
        wanted = _number(status, "desiredNumberScheduled")
        ready, new, available = (_number(status, key) for key in OF_DAEMON_SET)
    else:
        wanted = _number(_map(live.get("spec")), "replicas", 1)
        ready, new, available = (_number(status, key) for key in OF_DEPLOYMENT)
        if _number(status, "replicas") > wanted:
            return f"{_number(status, 'replicas') - wanted} pods too many: older ones are not gone"
    if min(ready, new, available) >= wanted:
        return ""
    return f"{ready} of {wanted} pods ready, {new} of them new, {available} available"


def troubles(pod: Manifest) -> list[str]:
    """What is wrong with containers: restarts, kills for memory, images, crash loops. None of them passes for quiet."""
    status = _map(pod.get("status"))
    found = []
    if status.get("phase") == "Failed" or status.get("reason") == "Evicted":
        found.append(str(status.get("reason") or "Failed"))
    for container in _maps(status.get("initContainerStatuses")) + _maps(status.get("containerStatuses")):
        name, restarts = str(container.get("name")), _number(container, "restartCount")
        waiting = _map(_map(container.get("state")).get("waiting")).get("reason")
        ends = [_map(_map(container.get(key)).get("terminated")) for key in ("state", "lastState")]
        found += [f"{name}: {waiting}"] if waiting in STUCK else []
        found += [f"{name}: OOMKilled"] if any(end.get("reason") == "OOMKilled" for end in ends) else []
        found += [f"{name}: {restarts} restarts"] if restarts else []
        exits = ends[0].get("exitCode")
        found += [f"{name}: ended with {exits}"] if exits and not restarts else []
    return found


def warnings(events: Iterable[Manifest], since: float, name: str) -> list[str]:
    """Of the workload of this name and of what it made, at *since* or later; an event without a time counts."""
    found = []
    for event in events:
        its = _map(event.get("involvedObject") or event.get("regarding"))
        when, said = _time_of(event), event.get("message") or event.get("note")
        about = f"{its.get('name')}-".startswith(f"{name}-")
        if event.get("type") == "Warning" and about and (when is None or when >= since):
            found.append(f"{its.get('kind')}/{its.get('name')}: {event.get('reason')}: {said}")
    return sorted(found)


def ungated(pods: Iterable[Manifest], bindings: Iterable[str]) -> list[str]:
    """Pods without the gate of one of the *bindings*: they are ready before a load balancer finds them healthy."""
    wanted, found = set(bindings), []
    for pod in pods:
        types = [str(gate.get("conditionType")) for gate in _maps(_map(pod.get("spec")).get("readinessGates"))]
        has = {kind.partition("/")[2] for kind in types if kind.startswith(GATE)}
        found += [pod["metadata"]["name"]] if wanted - has else []
    return sorted(found)


def seconds(stamp: Any) -> float | None:
    """Since 1970, of a time as the API has it."""
    try:
        return datetime.fromisoformat(stamp).timestamp() if isinstance(stamp, str) else None
    except ValueError:
        return None


def _time_of(event: Manifest) -> float | None:
    """When it happened last: events.k8s.io/v1 has a series, the core one a last time."""
    series = _map(event.get("series"))
    times = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    found = [when for when in map(seconds, times) if when is not None]
    return max(found, default=None)


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _maps(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _number(value: Mapping[str, Any], key: str, default: int = 0) -> int:
    found = value.get(key, default)
    return found if isinstance(found, int) else default
