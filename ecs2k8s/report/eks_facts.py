"""What a workload becomes, in lines by topic, from the generated objects. No value of the environment, no command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import pod_template

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.manifests import Manifest

Lines = list[str]
RUNS = ("Deployment", "DaemonSet", "Job", "CronJob")
ROLE, MEMBER, LOG_GROUP = "eks.amazonaws.com/role-arn", "sg.ecs2k8s.io/", "ecs2k8s.io/log-group"
HANDLERS = {"exec": "command", "httpGet": "HTTP", "tcpSocket": "TCP", "grpc": "gRPC"}


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects of one workload, and those in front of it."""

    own: tuple[Manifest, ...]
    entrances: tuple[str, ...] = ()  # lines about bindings and routes that name its Services

    def of(self, *kinds: str) -> list[Manifest]:
        return [manifest for manifest in self.own if manifest["kind"] in kinds]

    @property
    def pod(self) -> Manifest:
        return next((pod_template(manifest) for manifest in self.of(*RUNS)), {})

    @property
    def containers(self) -> list[Manifest]:
        spec = self.pod.get("spec", {})
        return [*spec.get("initContainers", []), *spec.get("containers", [])]


def eks_facts(objects: Objects) -> dict[str, Lines]:
    """Topic to lines; empty topics are left out."""
    containers, spec = objects.containers, objects.pod.get("spec", {})
    found = {
        "Runs as": [f"{each['kind']} {_named(each)}" for each in objects.of(*RUNS, "Rollout")],
        "Schedule": [line for each in objects.of("CronJob") for line in _schedule(each["spec"])],
        "Copies": [line for each in objects.of("Deployment", "DaemonSet", "Rollout") for line in _copies(each)],
        "Images": [f"{each['name']}: {each.get('image', 'none')}" for each in containers],
        "CPU and memory": [f"{each['name']}: {_size(each.get('resources', {}))}" for each in _sized(objects)],
        "Ports": [line for each in containers for line in _ports(each)],
        "Health checks": [line for each in containers for line in _probes(each)],
        "Environment": [line for each in containers for line in _environment(each)],
        "Secrets": [line for each in containers for line in _secrets(each)],
        "Volumes": [line for each in spec.get("volumes", []) for line in _volume(each, containers)],
        "Identity": [line for each in objects.of("ServiceAccount") for line in _identity(each)],
        "Scaling": [line for each in objects.of("HorizontalPodAutoscaler", "ScaledObject") for line in _scaling(each)],
        "Entrances": [*(line for each in objects.of("Service") for line in _service(each)), *objects.entrances],
        "Network": list(_network(objects)),
        "Rollout": [line for each in objects.of("Deployment", "DaemonSet", "Rollout") for line in _rollout(each)],
        "Stopping": list(_stopping(spec, containers)),
        "Logs": list(_logs(objects)),
    }
    return {topic: lines for topic, lines in found.items() if lines}


def _named(manifest: Manifest) -> str:
    metadata = manifest["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if "namespace" in metadata else str(metadata["name"])


def _schedule(spec: Manifest) -> Lines:
    return [f"{spec['schedule']} {spec.get('timeZone', '')}".strip() + (" (suspended)" if spec.get("suspend") else "")]


def _copies(manifest: Manifest) -> Lines:
    if manifest["kind"] == "DaemonSet":
        return ["one pod on each node that matches"]
    count = manifest["spec"].get("replicas")
    return [] if count is None else [f"{count} pods" + (" until the handover" if count == 0 else "")]


def _sized(objects: Objects) -> list[Manifest]:
    resources = objects.pod.get("spec", {}).get("resources")
    return [*([{"name": "pod", "resources": resources}] if resources else []), *objects.containers]


def _size(resources: Manifest) -> str:
    requests, limits = resources.get("requests", {}), resources.get("limits", {})
    names = list(dict.fromkeys((*requests, *limits)))
    shown = []
    for name in names:
        wanted, most = requests.get(name), limits.get(name)
        text = f"{name} {wanted}" if wanted is not None else name
        shown.append(text + (f" (limit {most})" if most is not None else ""))
    return ", ".join(shown) or "nothing requested"


def _ports(container: Manifest) -> Iterator[str]:
    for each in container.get("ports", []):
        name = f" ({each['name']})" if "name" in each else ""
        yield f"{container['name']}: {each['containerPort']}/{each.get('protocol', 'TCP').lower()}{name}"


def _probes(container: Manifest) -> Iterator[str]:
    for kind in ("startup", "liveness", "readiness"):
        probe = container.get(f"{kind}Probe")
        if probe:
            how = next((word for key, word in HANDLERS.items() if key in probe), "")
            every, fails = probe.get("periodSeconds", 10), probe.get("failureThreshold", 3)
            yield f"{container['name']}: {kind} by {how}, every {every} s, {fails} failures"


def _environment(container: Manifest) -> Lines:
    plain = [each["name"] for each in container.get("env", []) if "secretKeyRef" not in each.get("valueFrom", {})]
    return [f"{container['name']}: {', '.join(plain)}"] if plain else []


def _secrets(container: Manifest) -> Iterator[str]:
    for each in container.get("env", []):
        ref = each.get("valueFrom", {}).get("secretKeyRef")
        if ref:
            yield f"{container['name']}: {each['name']} from Secret {ref['name']}, key {ref['key']}"


def _volume(volume: Manifest, containers: Iterable[Manifest]) -> Lines:
    kind = next((key for key in volume if key != "name"), "emptyDir")
    claim = volume.get("persistentVolumeClaim", {}).get("claimName")
    at = [
        f"{each['name']}:{mount['mountPath']}"
        for each in containers
        for mount in each.get("volumeMounts", [])
        if mount["name"] == volume["name"]
    ]
    return [f"{volume['name']}: {kind}{f' {claim}' if claim else ''}" + (f" at {', '.join(at)}" if at else "")]


def _identity(account: Manifest) -> Lines:
    role = account["metadata"].get("annotations", {}).get(ROLE)
    return [f"ServiceAccount {account['metadata']['name']}", *([f"role {role.rpartition('/')[2]}"] if role else [])]


def _scaling(manifest: Manifest) -> Iterator[str]:
    spec = manifest["spec"]
    if manifest["kind"] == "ScaledObject":
        yield f"KEDA: {spec.get('minReplicaCount', 0)} to {spec.get('maxReplicaCount', 100)} pods"
        yield from (f"trigger {each['type']}" for each in spec.get("triggers", []))
        return
    yield f"{spec.get('minReplicas', 1)} to {spec['maxReplicas']} pods"
    for each in spec.get("metrics", []):
        metric: Any = each.get(each["type"][:1].lower() + each["type"][1:], {})
        name = metric.get("name") or metric.get("metric", {}).get("name", "")
        yield f"by {name} ({each['type']})"


def _service(manifest: Manifest) -> Lines:
    ports = ", ".join(str(each["port"]) for each in manifest["spec"].get("ports", []))
    return [f"Service {manifest['metadata']['name']}" + (f": {ports}" if ports else "")]


def _network(objects: Objects) -> Iterator[str]:
    labels = objects.pod.get("metadata", {}).get("labels", {})
    groups = [key.removeprefix(MEMBER) for key in labels if key.startswith(MEMBER)]
    if groups:
        yield f"NetworkPolicies of {', '.join(groups)}"
    for each in objects.of("SecurityGroupPolicy"):
        yield f"security groups {', '.join(each['spec'].get('securityGroups', {}).get('groupIds', []))}"
    if objects.pod.get("spec", {}).get("hostNetwork"):
        yield "network of the node"


def _rollout(manifest: Manifest) -> Lines:
    spec = manifest["spec"]
    strategy: Any = spec.get("strategy") or spec.get("updateStrategy") or {}
    if manifest["kind"] == "Rollout":
        return [f"Argo Rollouts: {', '.join(strategy)}"]
    rolling = strategy.get("rollingUpdate", {})
    numbers = ", ".join(f"{key} {value}" for key, value in rolling.items())
    return [f"{strategy['type']}{f': {numbers}' if numbers else ''}"] if "type" in strategy else []


def _stopping(spec: Manifest, containers: Iterable[Manifest]) -> Iterator[str]:
    if "terminationGracePeriodSeconds" in spec:
        yield f"grace period {spec['terminationGracePeriodSeconds']} s"
    for each in containers:
        sleep = each.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds")
        if sleep is not None:
            yield f"{each['name']}: sleeps {sleep} s before SIGTERM"


def _logs(objects: Objects) -> Iterator[str]:
    group = objects.pod.get("metadata", {}).get("annotations", {}).get(LOG_GROUP)
    if group:
        yield f"log agent to {group}"
