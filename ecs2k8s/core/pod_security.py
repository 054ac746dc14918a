"""The Pod Security level that a pod meets: what stands against `baseline`, and against `restricted`.

The standard: https://kubernetes.io/docs/concepts/security/pod-security-standards/. It is asked of a finished pod spec
as the admission of a cluster is, so it does not matter which field of AWS led to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Level = Literal["privileged", "baseline", "restricted"]
LEVELS: tuple[Level, ...] = ("privileged", "baseline", "restricted")  # the weakest first

CAPABILITIES = frozenset({
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
    "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
})  # fmt: skip
SELINUX_TYPES = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
VOLUMES = frozenset({
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret",
})  # fmt: skip
SYSCTLS = {  # since which minor version of Kubernetes
    "kernel.shm_rmid_forced": 0,
    "net.ipv4.ip_local_port_range": 0,
    "net.ipv4.ip_unprivileged_port_start": 0,
    "net.ipv4.ping_group_range": 0,
    "net.ipv4.tcp_syncookies": 0,
    "net.ipv4.ip_local_reserved_ports": 27,
    "net.ipv4.tcp_fin_timeout": 29,
    "net.ipv4.tcp_keepalive_intvl": 29,
    "net.ipv4.tcp_keepalive_probes": 29,
    "net.ipv4.tcp_keepalive_time": 29,
    "net.ipv4.tcp_rmem": 32,
    "net.ipv4.tcp_wmem": 32,
    "net.ipv4.tcp_notsent_lowat": 37,
    "net.ipv4.tcp_slow_start_after_idle": 37,
}
NO_HOST_IN_CHECKS = 34  # from this minor version on a probe or a hook must not name a host
Spec = dict[str, Any]


def safe_sysctls(version: str) -> frozenset[str]:
    """Kernel parameters that a pod may set under the level `baseline` of *version*; kubelets allow the same."""
    return frozenset(name for name, since in SYSCTLS.items() if since <= _minor(version))


def level(spec: Spec, version: str) -> Level:
    """The strictest level that a pod with *spec* meets on a cluster of *version*."""
    if any(against_baseline(spec, version)):
        return "privileged"
    return "baseline" if any(against_restricted(spec)) else "restricted"


def weakest(levels: Iterable[Level]) -> Level:
    return min(levels, key=LEVELS.index)


def against_baseline(spec: Spec, version: str) -> Iterator[str]:
    """What keeps the pod from the level `baseline`, as fields with their values."""
    yield from (key for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key))
    yield from (f"volume {each['name']} (hostPath)" for each in spec.get("volumes", []) if "hostPath" in each)
    pod: Mapping[str, Any] = spec.get("securityContext", {})
    safe = safe_sysctls(version)
    yield from (f"sysctl {each['name']}" for each in pod.get("sysctls", []) if each["name"] not in safe)
    yield from _of_context(pod)
    for container in containers(spec):
        hosts = _hosts(container) if _minor(version) >= NO_HOST_IN_CHECKS else ()
        for found in (*_of_container(container), *hosts):
            yield f"{found} of container {container['name']}"


def _hosts(container: Mapping[str, Any]) -> Iterator[str]:
    checks = [container.get(f"{name}Probe", {}) for name in ("liveness", "readiness", "startup")]
    for check in (*checks, *container.get("lifecycle", {}).values()):
        for kind in ("httpGet", "tcpSocket"):
            if host := check.get(kind, {}).get("host"):
                yield f"{kind}.host {host}"


def _of_container(container: Mapping[str, Any]) -> Iterator[str]:
    context: Mapping[str, Any] = container.get("securityContext", {})
    if context.get("privileged"):
        yield "privileged"
    added = context.get("capabilities", {}).get("add", [])
    yield from (f"capability {name}" for name in added if name not in CAPABILITIES)
    yield from (f"hostPort {port['hostPort']}" for port in container.get("ports", []) if port.get("hostPort"))
    yield from _of_context(context)


def _of_context(context: Mapping[str, Any]) -> Iterator[str]:
    """What a pod's and a container's security context have in common."""
    for key in ("seccompProfile", "appArmorProfile"):
        if context.get(key, {}).get("type") == "Unconfined":
            yield f"{key} Unconfined"
    options: Mapping[str, str] = context.get("seLinuxOptions", {})
    if options.get("type", "") not in SELINUX_TYPES or options.get("user") or options.get("role"):
        yield "seLinuxOptions"
    if context.get("windowsOptions", {}).get("hostProcess"):
        yield "hostProcess"


def against_restricted(spec: Spec) -> Iterator[str]:
    """What keeps a pod that meets `baseline` from the level `restricted`."""
    for volume in spec.get("volumes", []):
        if not volume.keys() & VOLUMES:
            yield f"volume {volume['name']} ({next(key for key in volume if key != 'name')})"
    pod: Mapping[str, Any] = spec.get("securityContext", {})
    if pod.get("runAsUser") == 0:
        yield "runAsUser 0"
    if pod.get("runAsNonRoot") is False:
        yield "runAsNonRoot is false"
    for container in containers(spec):
        for found in _missing(pod, container.get("securityContext", {})):
            yield f"{found} of container {container['name']}"


def _missing(pod: Mapping[str, Any], context: Mapping[str, Any]) -> Iterator[str]:
    if context.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"
    if "ALL" not in context.get("capabilities", {}).get("drop", []):
        yield "not all capabilities dropped"
    added = context.get("capabilities", {}).get("add", [])
    yield from (f"capability {name}" for name in added if name != "NET_BIND_SERVICE")
    if not context.get("runAsNonRoot", pod.get("runAsNonRoot", False)):
        yield "runAsNonRoot is not true"
    if context.get("runAsUser") == 0:
        yield "runAsUser 0"
    if "seccompProfile" not in context and "seccompProfile" not in pod:
        yield "no seccompProfile"


def containers(spec: Spec) -> list[dict[str, Any]]:
    return [*spec.get("initContainers", []), *spec.get("containers", [])]


def _minor(version: str) -> int:
    return int(version.split(".")[1])
