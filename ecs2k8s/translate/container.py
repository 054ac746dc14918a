"""One container of the pod."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.fields import direct
from ecs2k8s.core.manifests import prune
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.disregard import disregard
from ecs2k8s.translate.escape import literal
from ecs2k8s.translate.image import image
from ecs2k8s.translate.ports import Port, container_ports
from ecs2k8s.translate.probes import probes
from ecs2k8s.translate.security import container_security

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Workload
    from ecs2k8s.translate.environment import Environment
    from ecs2k8s.translate.lifecycle import Slot
    from ecs2k8s.translate.resources import Amounts

TABLE = "ecs/container-definition.yaml"
SHELLS = {"sh", "bash", "ash", "dash"}


@dataclass(frozen=True, slots=True)
class Parts:
    """What of the pod a container needs, per container name where it differs."""

    names: Mapping[str, str]
    ports: list[Port]
    port_names: dict[str, str]
    environments: Mapping[str, Environment]
    amounts: Mapping[str, Amounts]
    mounts: Mapping[str, list[dict[str, Any]]]
    grace: int
    preparation: int | None


def container(workload: Workload, slot: Slot, parts: Parts, target: Target) -> dict[str, Any]:
    """The container as Kubernetes writes it; a sidecar among the init containers restarts always."""
    ecs = slot.container
    name = parts.names[slot.name]
    if name != slot.name:
        note(ecs, "name", "name-changed", old=slot.name, new=name)
    security = container_security(workload, ecs, target)
    straight = direct(TABLE, ecs)
    security = straight.pop("securityContext", {}) | security
    if straight.get("tty"):
        straight["stdin"] = True  # Kubernetes wants stdin for a tty
    _say_what_is_lost(workload, slot)
    found: dict[str, Any] = {
        "name": name,
        **image(workload, ecs),
        **_command(workload, slot),
        "ports": container_ports(parts.ports, ecs, parts.port_names) or None,
        "env": parts.environments[slot.name].env or None,
        "resources": parts.amounts[slot.name] or None,
        "volumeMounts": parts.mounts[slot.name] or None,
        **probes(workload, slot, parts.grace, parts.preparation),
        **_preparation(slot, parts.preparation),
        "securityContext": security or None,
        **straight,
        **_restart(workload, slot, target),
    }
    cleaned: dict[str, Any] = prune(found)
    return cleaned


def _command(workload: Workload, slot: Slot) -> dict[str, Any]:
    """ECS `entryPoint` is Kubernetes `command`, ECS `command` is `args`; a task's own override wins."""
    entry = [literal(str(word)) for word in slot.container.get("entryPoint", [])]
    if entry == [""]:
        note(slot.container, ("entryPoint", 0), "entry-point-reset")
        entry = []
    args = [literal(str(word)) for word in slot.container.get("command", [])]
    for override in workload.task.get("overrides", {}).get("containerOverrides", []):
        if override.get("name") == slot.name and "command" in override:
            for index in range(len(args)):
                note(slot.container, ("command", index), "overridden-by-task")
            args = [literal(str(word)) for word in override["command"]]
    if slot.any_exit:
        entry, args = _any_exit(slot, entry, args)
    return {"command": entry or None, "args": args or None}


def _any_exit(slot: Slot, entry: list[str], args: list[str]) -> tuple[list[str], list[str]]:
    """ECS accepts any exit code here, the kubelet only 0. A shell is known to be there where it is the entry point."""
    shell = entry[0] if entry else ""
    if shell.rsplit("/", 1)[-1] in SHELLS:
        return [shell, "-c", '"$@" || true', "--", *entry], args
    note(slot.container, "essential", "exit-code-counts")
    return entry, args


def _preparation(slot: Slot, seconds: int | None) -> dict[str, Any]:
    """Keep serving while the load balancer forgets the pod, which ECS waits for before it stops a task."""
    if seconds is None or not slot.drains:
        return {}
    return {"lifecycle": {"preStop": {"sleep": {"seconds": seconds}}}}


def _restart(workload: Workload, slot: Slot, target: Target) -> dict[str, Any]:
    policy = slot.container.get("restartPolicy", {})
    enabled, codes = policy.get("enabled", False), list(policy.get("ignoredExitCodes", []))
    if slot.role == "sidecar":
        _note_policy(slot.container, "restart-policy-of-sidecar")
        return {"restartPolicy": "Always"}
    if not enabled or not codes or slot.role == "init":
        return {}
    if workload.is_job or not target.at_least("1.35"):
        _note_policy(slot.container, "ignored-exit-codes")
        return {}
    rule = {"action": "Restart", "exitCodes": {"operator": "NotIn", "values": codes}}
    return {"restartPolicy": "Never", "restartPolicyRules": [rule]}


def _note_policy(ecs: AwsMap, slug: str) -> None:
    for index in range(len(ecs.get("restartPolicy", {}).get("ignoredExitCodes", []))):
        note(ecs, ("restartPolicy", "ignoredExitCodes", index), slug)


def _say_what_is_lost(workload: Workload, slot: Slot) -> None:
    ecs = slot.container
    linux = ecs.get("linuxParameters", {})
    if workload.is_fargate and not workload.is_windows and "ulimits" not in ecs:
        note(ecs, "name", "open-files-limit")
    if slot.role == "init" and "startTimeout" in ecs:
        note(ecs, "startTimeout", "start-timeout-of-init")
    elif "startTimeout" in ecs and not slot.gate:
        note(ecs, "startTimeout", "start-timeout-unused")
    if workload.network_mode == "bridge" and linux and workload.is_windows:
        disregard(linux, "linux-parameters-on-windows")
    essential = [c for c in workload.containers if c.get("essential", True)]
    if len(essential) > 1 and slot.essential and slot.role != "init" and "essential" in ecs:
        note(ecs, "essential", "siblings-keep-running")
