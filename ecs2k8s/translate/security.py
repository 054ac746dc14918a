"""Security contexts: user, capabilities, Docker's security options, kernel parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.pod_security import safe_sysctls
from ecs2k8s.core.tracking import note
from ecs2k8s.core.units import whole_number

if TYPE_CHECKING:
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Workload
    from ecs2k8s.translate.lifecycle import Arrangement

LOW_PORTS = "net.ipv4.ip_unprivileged_port_start"
Fragment = dict[str, Any]


def container_security(workload: Workload, container: AwsMap, target: Target) -> Fragment:
    """`securityContext` of a container beyond its direct fields."""
    out: Fragment = {"privileged": True} if container.get("privileged") else {}
    if "user" in container:
        out |= _windows_user(container) if workload.is_windows else run_as(container, str(container["user"]))
    capabilities = container.get("linuxParameters", {}).get("capabilities", {})
    lists = {key: _capabilities(container, key, capabilities.get(key, [])) for key in ("add", "drop")}
    lists = {key: value for key, value in lists.items() if value}
    if lists:
        out["capabilities"] = lists
    for index, option in enumerate(container.get("dockerSecurityOptions", [])):
        out |= _docker_option(container, index, str(option), out)
    if out.get("privileged") and out.get("allowPrivilegeEscalation") is False:
        del out["allowPrivilegeEscalation"]  # the API server rejects the pair
        note(container, "privileged", "privileged-against-no-new-privileges")
    return _hardened(container, out) if target.harden and not workload.is_windows else out


def _hardened(container: AwsMap, given: Fragment) -> Fragment:
    """What the level `restricted` asks of a container beyond its pod, as far as the task does not ask for more."""
    added = given.get("capabilities", {}).get("add", [])
    if given.get("privileged") or {"ALL", "SYS_ADMIN"} & set(added):
        note(container, "name", "not-hardened")
        return given
    note(container, "name", "container-hardened")
    kept = {"add": added} if added else {}
    non_root = {"runAsNonRoot": True} if given.get("runAsUser") else {}
    return given | {"allowPrivilegeEscalation": False, "capabilities": kept | {"drop": ["ALL"]}} | non_root


def run_as(container: AwsMap, user: str) -> Fragment:
    """`uid` or `uid:gid`; a name cannot be resolved without the image, but `root` is 0 everywhere."""
    uid, _, gid = user.partition(":")
    uid, gid = ("0" if part == "root" else part for part in (uid, gid))
    if whole_number(uid) is None or (gid and whole_number(gid) is None):
        note(container, "user", "user-by-name", user=user)
        return {}
    return {"runAsUser": int(uid)} | ({"runAsGroup": int(gid)} if gid else {})


def _windows_user(container: AwsMap) -> Fragment:
    return {"windowsOptions": {"runAsUserName": str(container["user"])}}


def _capabilities(container: AwsMap, key: str, given: list[str]) -> list[str]:
    if "ALL" in given and key == "add":
        note(container, ("linuxParameters", "capabilities", key, given.index("ALL")), "all-capabilities")
    return [str(name).removeprefix("CAP_") for name in given]


def _docker_option(container: AwsMap, index: int, option: str, so_far: Fragment) -> Fragment:
    name, _, value = option.replace("=", ":", 1).partition(":")
    if name == "no-new-privileges" and value in ("", "true"):
        return {"allowPrivilegeEscalation": False}
    if name == "apparmor" and value:
        profile = {"type": "Unconfined"} if value == "unconfined" else {"type": "Localhost", "localhostProfile": value}
        note(container, ("dockerSecurityOptions", index), "profile-on-nodes", profile=value)
        return {"appArmorProfile": profile}
    kind, _, label = value.partition(":")
    if name == "label" and kind in ("user", "role", "type", "level") and label:
        return {"seLinuxOptions": so_far.get("seLinuxOptions", {}) | {kind: label}}
    note(container, ("dockerSecurityOptions", index), "security-option-unknown", option=option)
    return {}


def pod_security(workload: Workload, arrangement: Arrangement, fs_group: int | None, target: Target) -> Fragment:
    """`securityContext` of the pod. Docker's default seccomp profile is RuntimeDefault; a pod's own default is none."""
    if workload.is_windows:
        return {}
    out: Fragment = {"seccompProfile": {"type": "RuntimeDefault"}}
    if fs_group is not None:
        out |= {"fsGroup": fs_group, "fsGroupChangePolicy": "OnRootMismatch"}
    sysctls = _sysctls(workload, arrangement, safe_sysctls(target.kubernetes_version))
    if sysctls:
        out["sysctls"] = [{"name": name, "value": value} for name, value in sorted(sysctls.items())]
    return out


def _sysctls(workload: Workload, arrangement: Arrangement, safe: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    host = workload.network_mode == "host"
    for slot in arrangement.slots:
        for index, item in enumerate(slot.container.get("systemControls", [])):
            name, value = str(item.get("namespace", "")), str(item.get("value", ""))
            at = ("systemControls", index)
            if host and name.startswith("net."):
                note(slot.container, (*at, "namespace"), "sysctl-with-host-network", name=name)
                continue
            if name not in safe:
                note(slot.container, (*at, "namespace"), "sysctl-unsafe", name=name)
            if found.setdefault(name, value) != value:
                note(slot.container, (*at, "value"), "sysctl-conflict", name=name, kept=found[name])
    if not host and _needs_low_ports(arrangement):
        found.setdefault(LOW_PORTS, "0")
    return found


def _needs_low_ports(arrangement: Arrangement) -> bool:
    """Docker lets every user bind ports below 1024, containerd 1.x does not."""
    return any(
        int(port.get("containerPort", 0)) in range(1, 1024)
        and str(slot.container.get("user", "unknown")).partition(":")[0] not in ("0", "root")
        for slot in arrangement.slots
        for port in slot.container.get("portMappings", [])
    )
