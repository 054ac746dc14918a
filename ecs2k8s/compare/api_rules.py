"""Rules of the API server that hold between places of an object, which no schema can say.

Source of the rules: https://github.com/kubernetes/kubernetes/tree/master/pkg/apis, the packages `validation`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.places import repeated
from ecs2k8s.compare.pod_rules import pod_problems
from ecs2k8s.core.manifests import TEMPLATES
from ecs2k8s.core.paths import show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ecs2k8s.compare.places import Problem
    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.core.paths import Path

PODS: dict[str, tuple[str, ...]] = TEMPLATES | {
    "Pod": (),
    "ReplicaSet": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
}
ROLLING = ("Deployment", "DaemonSet", "ReplicaSet", "StatefulSet")
MOST_ANNOTATIONS = 256 * 1024  # bytes of keys and values together
MOST_DATA = 1024 * 1024  # bytes of all values of a ConfigMap or Secret
DEADLINE = 600  # seconds; the server's default for progressDeadlineSeconds
VOLUME_FACTS = {  # fields of a PersistentVolume that are no source
    "accessModes",
    "capacity",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
}


def api_rules(manifest: Manifest) -> list[str]:
    """What is wrong with *manifest* between its places, one line each. It must satisfy its schema (`schema.problems`).

    No such rule depends on the version of Kubernetes; those that do are in mappings/schemas/kubernetes.yaml.
    """
    kind = manifest["kind"]
    found = list(_annotations(manifest, ("metadata",)))
    if kind in RULES:
        found += RULES[kind](manifest)
    if kind in PODS:
        found += _workload(manifest, PODS[kind])
    return [f"{show(path)}: {text}" for path, text in found]


def _annotations(owner: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    annotations = owner.get("metadata", {}).get("annotations", {})
    if sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items()) > MOST_ANNOTATIONS:
        yield (*path, "annotations"), "together more than 256 KiB"


def _workload(manifest: Manifest, template: tuple[str, ...]) -> Iterator[Problem]:
    pod: Any = manifest
    for depth, step in enumerate(template, 1):
        if step not in pod:
            yield template[:depth], "is missing: pods are made from it"
            return
        pod = pod[step]
    if template:
        yield from _annotations(pod, (*template, "metadata"))
    if "spec" not in pod:
        yield (*template, "spec"), "is missing: it names the containers"
        return
    yield from pod_problems(pod["spec"], (*template, "spec"))
    if manifest["kind"] in ROLLING:
        yield from _selector(manifest["spec"], pod)
        if "activeDeadlineSeconds" in pod["spec"]:
            yield (*template, "spec", "activeDeadlineSeconds"), "pods that are kept running have no deadline"


def _selector(spec: dict[str, Any], pod: dict[str, Any]) -> Iterator[Problem]:
    selector = spec["selector"]
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield ("spec", "selector"), "is empty: it would select every pod"
    labels = pod.get("metadata", {}).get("labels", {})
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            yield ("spec", "selector", "matchLabels", key), f"the template's label is {_told(labels.get(key))}"


def _told(value: str | None) -> str:
    return "missing" if value is None else repr(value)


def _deployment(manifest: Manifest) -> Iterator[Problem]:
    spec = manifest["spec"]
    rolling = spec.get("strategy", {}).get("rollingUpdate", {})
    if _nothing(rolling.get("maxSurge")) and _nothing(rolling.get("maxUnavailable")):
        yield ("spec", "strategy", "rollingUpdate"), "maxSurge and maxUnavailable are both 0: nothing could be replaced"
    if spec.get("minReadySeconds", 0) >= spec.get("progressDeadlineSeconds", DEADLINE):
        yield ("spec", "progressDeadlineSeconds"), "must be greater than minReadySeconds"


def _daemon_set(manifest: Manifest) -> Iterator[Problem]:
    rolling = manifest["spec"].get("updateStrategy", {}).get("rollingUpdate", {})
    if _nothing(rolling.get("maxSurge", 0)) == _nothing(rolling.get("maxUnavailable", 1)):
        yield ("spec", "updateStrategy", "rollingUpdate"), "exactly one of maxSurge and maxUnavailable must be above 0"


def _nothing(amount: int | str | None) -> bool:
    """Whether an amount of pods is none of them; one that is not given has a default above 0."""
    return amount is not None and not int(str(amount).removesuffix("%"))


def _service(manifest: Manifest) -> Iterator[Problem]:
    spec = manifest["spec"]
    ports = spec.get("ports", [])
    path = ("spec", "ports")
    if not ports and spec.get("type") != "ExternalName" and spec.get("clusterIP") != "None":
        yield path, "is missing: only a headless Service needs none"
    if len(ports) > 1:
        nameless = [index for index, port in enumerate(ports) if "name" not in port]
        yield from (((*path, index, "name"), "is missing: there are several ports") for index in nameless)
    yield from repeated(path, ports, "name")
    yield from repeated(path, ports, "port", protocol="TCP")


def _data(manifest: Manifest) -> Iterator[Problem]:
    both = manifest.get("data", {}).keys() & manifest.get("binaryData", {}).keys()
    yield from ((("binaryData", key), "stands in data too") for key in sorted(both))
    texts, encoded = ("stringData", "data") if manifest["kind"] == "Secret" else ("data", "binaryData")
    size = sum(len(value.encode()) for value in manifest.get(texts, {}).values())
    size += sum(len(value) * 3 // 4 for value in manifest.get(encoded, {}).values())
    if size > MOST_DATA:
        yield (texts,), "together more than 1 MiB"


def _volume(manifest: Manifest) -> Iterator[Problem]:
    sources = sorted(manifest["spec"].keys() - VOLUME_FACTS)
    if len(sources) != 1:
        yield ("spec",), f"expected exactly one volume source, found {', '.join(sources) or 'none'}"


RULES: dict[str, Callable[[Manifest], Iterator[Problem]]] = {
    "ConfigMap": _data,
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "PersistentVolume": _volume,
    "Secret": _data,
    "Service": _service,
}
