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
# Of the controllers that a namespace that asks for gates may have: `target-health.elbv2.k8s.aws/<name of the binding>`.
GATE = "target-health."


def incomplete(live: Manifest) -> str:
    """Why a Deployment or DaemonSet is not rolled out, judged as `kubectl rollout status` does; empty: it is."""
    status, spec = _map(live.get("status")), _map(live.get("spec"))
    if _number(status, "observedGeneration") < _number(live["metadata"], "generation"):
        return "its controller has not seen what it asks for"
    names: tuple[str, ...] = ("updatedReplicas", "readyReplicas", "availableReplicas")
    if live.get("kind") == "DaemonSet":
        wanted, names = _number(status, "desiredNumberScheduled"), ("updatedNumberScheduled", "numberReady")
    else:
        wanted = _number(spec, "replicas", 1)
        failed = [one for one in _maps(status.get("conditions")) if one.get("reason") == "ProgressDeadlineExceeded"]
        if failed:
            return "it made no progress before its deadline"
        if _number(status, "replicas") > wanted:
            return f"{_number(status, 'replicas') - wanted} pods too many: older ones are not gone"
    lacks = [f"{name} {_number(status, name)} of {wanted}" for name in names if _number(status, name) < wanted]
    return ", ".join(lacks)


def is_ready(pod: Manifest) -> bool:
    """A pod that is on its way out is none."""
    return "deletionTimestamp" not in pod["metadata"] and _condition(pod, "Ready").get("status") == "True"


def ready_for(pod: Manifest, now: float) -> float | None:
    """Seconds since it became ready, by the clocks of the cluster and of this machine; None where it is not."""
    since = seconds(_condition(pod, "Ready").get("lastTransitionTime")) if is_ready(pod) else None
    return None if since is None else now - since


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


def warnings(events: Iterable[Manifest], since: float, names: Iterable[str]) -> list[str]:
    """Of the objects of these *names*, what was warned of at *since* or later; an event without a time counts."""
    about, found = set(names), []
    for event in events:
        its = _map(event.get("involvedObject") or event.get("regarding"))
        when, said = _time_of(event), event.get("message") or event.get("note")
        if event.get("type") == "Warning" and its.get("name") in about and (when is None or when >= since):
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


def selected(pods: Iterable[Manifest], labels: Mapping[str, str]) -> list[Manifest]:
    """Those with all of the *labels*, as the selector of a Service has them; an empty selector selects none."""
    return [pod for pod in pods if labels and labels.items() <= _map(pod["metadata"].get("labels")).items()]


def secret_keys(metadata: Manifest) -> frozenset[str]:
    """The names of the keys of a Secret, from who owns which field: its values are never read."""
    entries = (_map(entry.get("fieldsV1")) for entry in _maps(metadata["metadata"].get("managedFields")))
    owned = (key for entry in entries for part in ("f:data", "f:stringData") for key in _map(entry.get(part)))
    return frozenset(key.removeprefix("f:") for key in owned if key != ".")


def unsynchronised(external: Manifest) -> str:
    """Why an ExternalSecret has not made its Secret as it stands; empty: it has."""
    ready = _condition(external, "Ready")
    if ready.get("status") != "True":
        return str(ready.get("message") or ready.get("reason") or "it has no condition Ready")
    return ""


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


def _condition(live: Manifest, kind: str) -> dict[str, Any]:
    found = (one for one in _maps(_map(live.get("status")).get("conditions")) if one.get("type") == kind)
    return next(found, {})


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _maps(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _number(value: Mapping[str, Any], key: str, default: int = 0) -> int:
    found = value.get(key, default)
    return found if isinstance(found, int) else default
