"""The pod template: what belongs to the task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core import names
from ecs2k8s.core.manifests import prune
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.affinity import affinity, topology_spread
from ecs2k8s.translate.balancing import balanced, preparation
from ecs2k8s.translate.capacity import capacity_spread, node_selector, tolerations
from ecs2k8s.translate.container import Parts, container
from ecs2k8s.translate.environment import environment
from ecs2k8s.translate.fargate import say_fargate_limits
from ecs2k8s.translate.lifecycle import Arrangement, arrange
from ecs2k8s.translate.logging import log_annotations
from ecs2k8s.translate.network import dns, host_aliases, hostname
from ecs2k8s.translate.ports import port_names, ports
from ecs2k8s.translate.probes import OFF, startup_deadline
from ecs2k8s.translate.registries import pull_secrets
from ecs2k8s.translate.resources import resources
from ecs2k8s.translate.secret_provider_classes import mount_secrets
from ecs2k8s.translate.secret_references import referred_secrets
from ecs2k8s.translate.security import pod_security
from ecs2k8s.translate.tags import pod_tags, tag_labels
from ecs2k8s.translate.volumes import volumes

if TYPE_CHECKING:
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Workload
    from ecs2k8s.translate.efs import Claims

STOP = 30  # seconds between SIGTERM and SIGKILL where nothing is said


@dataclass(frozen=True, slots=True)
class Pod:
    """The template, and what its owner must know of it."""

    template: dict[str, Any]
    arrangement: Arrangement
    deadline: int  # seconds that the slowest container may take to start
    config: dict[str, str]  # values of environment files, by ConfigMap key
    redacted: list[str]  # keys of the Secret that a person makes
    checked: bool  # whether anything tells that a container is healthy


def pod(workload: Workload, claims: Claims, target: Target) -> Pod:
    """The workload's pod template. Raises `Refusal` for what ECS rejects too."""
    arrangement = arrange(workload)
    containers = [slot.container for slot in arrangement.slots]
    found = ports(workload, containers)
    grace = int(workload.service.get("healthCheckGracePeriodSeconds", 0))
    references = referred_secrets(workload)
    environments = {str(c["name"]): environment(workload, c, references, target) for c in containers}
    sizes = resources(workload, arrangement, target)
    mounts = volumes(workload, arrangement, claims)
    mount_secrets(workload, arrangement, target, mounts)
    parts = Parts(
        names=names.unique(str(c["name"]) for c in containers),
        ports=found,
        port_names=port_names(found),
        environments=environments,
        amounts=sizes.containers,
        mounts=mounts.mounts,
        grace=grace,
        preparation=preparation(workload),
    )
    if target.compute == "fargate":
        say_fargate_limits(workload)
    made = [container(workload, slot, parts, target) for slot in arrangement.slots]
    count = len(arrangement.init)
    spec = {
        "enableServiceLinks": False,
        "automountServiceAccountToken": False,
        "serviceAccountName": workload.name,
        "terminationGracePeriodSeconds": _grace(workload, arrangement, parts.preparation),
        **_shared_namespaces(workload),
        "hostname": hostname(workload, containers, target),
        **dns(workload, containers),
        "hostAliases": host_aliases(containers) or None,
        "nodeSelector": node_selector(workload, target) or None,
        "affinity": affinity(workload, target),
        "tolerations": tolerations(workload, target) or None,
        "topologySpreadConstraints": [*topology_spread(workload), *capacity_spread(workload, target)] or None,
        "imagePullSecrets": pull_secrets(workload) or None,
        "securityContext": pod_security(workload, arrangement, mounts.fs_group, target) or None,
        "resources": sizes.pod,
        "initContainers": made[:count] or None,
        "containers": made[count:],
        "volumes": mounts.volumes or None,
        "restartPolicy": "Never" if workload.is_job else None,
    }
    _note_grace(workload, grace, containers)
    return Pod(
        template={"metadata": _metadata(workload, arrangement, parts), "spec": prune(spec)},
        arrangement=arrangement,
        deadline=startup_deadline(workload, arrangement.slots, grace),
        config={key: value for made in environments.values() for key, value in made.config.items()},
        redacted=sorted(key for made in environments.values() for key in made.redacted),
        checked=any("livenessProbe" in c or "startupProbe" in c for c in made),
    )


def _metadata(workload: Workload, arrangement: Arrangement, parts: Parts) -> dict[str, Any]:
    annotations = log_annotations(workload, [slot.container for slot in arrangement.slots])
    annotations |= _docker_labels(arrangement, parts)
    if arrangement.main.role != "main":
        annotations["kubectl.kubernetes.io/default-container"] = parts.names[arrangement.main.name]
    tags = pod_tags(workload)
    metadata = {
        "labels": tag_labels(tags) | _managed_labels(workload) | workload.membership_labels | workload.labels,
        "annotations": annotations or None,
    }
    pruned: dict[str, Any] = prune(metadata)
    return pruned


def _managed_labels(workload: Workload) -> dict[str, str]:
    """In place of the tags `aws:ecs:clusterName` and `aws:ecs:serviceName`, which ECS sets where it is asked to."""
    if not workload.run.get("enableECSManagedTags"):
        return {}
    given = {
        "ecs2k8s.io/cluster": workload.cluster_name,
        "ecs2k8s.io/service": str(workload.service.get("serviceName", "")),
    }
    return {key: value for key, value in given.items() if value and names.is_label_value(value)}


def _docker_labels(arrangement: Arrangement, parts: Parts) -> dict[str, str]:
    """Docker labels are per container, annotations per pod: the container's name keeps them apart."""
    found: dict[str, str] = {}
    for slot in arrangement.slots:
        for key, value in slot.container.get("dockerLabels", {}).items():
            name = f"{parts.names[slot.name]}.{key}"
            legal = names.label_name(name)
            if legal != name:
                note(slot.container, ("dockerLabels", key), "docker-label-renamed", new=legal)
            found[f"docker.ecs2k8s.io/{legal}"] = str(value)
    return found


def _grace(workload: Workload, arrangement: Arrangement, seconds: int | None) -> int:
    """Sidecars stop one after another after the regular containers, so their times add up."""
    main = max(_stop(slot.container) for slot in arrangement.containers)
    sidecars = sum(_stop(slot.container) for slot in arrangement.init if slot.role == "sidecar")
    if not workload.is_fargate:
        for slot in arrangement.slots:
            if "stopTimeout" not in slot.container and slot.role != "init":
                note(slot.container, "name", "stop-timeout-of-instance")
    return (seconds or 0) + main + sidecars


def _stop(ecs: AwsMap) -> int:
    return int(ecs.get("stopTimeout", STOP))


def _shared_namespaces(workload: Workload) -> dict[str, Any]:
    """Host network, process and IPC namespaces."""
    definition = workload.definition
    pid, ipc = definition.get("pidMode"), definition.get("ipcMode")
    host = workload.network_mode == "host"
    if ipc == "none":
        note(definition, "ipcMode", "ipc-shared-in-pod")
    return {
        "hostNetwork": True if host else None,
        "hostPID": True if pid == "host" else None,
        "shareProcessNamespace": True if pid == "task" else None,
        "hostIPC": True if ipc == "host" else None,
    }


def _note_grace(workload: Workload, grace: int, containers: list[AwsMap]) -> None:
    if "healthCheckGracePeriodSeconds" not in workload.service:
        return
    if grace >= OFF:
        note(workload.service, "healthCheckGracePeriodSeconds", "replacement-switched-off")
    elif not any("healthCheck" in c or balanced(workload, c) is not None for c in containers):
        note(workload.service, "healthCheckGracePeriodSeconds", "grace-without-check")
