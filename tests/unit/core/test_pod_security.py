"""The level of a pod, against a table read off the published standard (and held against its admission code, v0.37.2)."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ecs2k8s.core.pod_security import level

RESTRICTED: dict[str, Any] = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "initContainers": [],
    "containers": [
        {"name": "c", "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}}
    ],
    "volumes": [],
}
CONTAINER = {"name": "i"}
ROWS = [
    ((), None, "1.34", "restricted"),
    (("hostNetwork",), True, "1.34", "privileged"),
    (("hostPID",), True, "1.34", "privileged"),
    (("hostIPC",), True, "1.34", "privileged"),
    (("initContainers",), [CONTAINER], "1.34", "baseline"),
    (("initContainers",), [CONTAINER | {"securityContext": {"privileged": True}}], "1.34", "privileged"),
    (("volumes",), [{"name": "v", "hostPath": {"path": "/x"}}], "1.34", "privileged"),
    (("volumes",), [{"name": "v", "nfs": {}}], "1.34", "baseline"),
    (("volumes",), [{"name": "v", "ephemeral": {}}, {"name": "w", "csi": {}}], "1.34", "restricted"),
    (("securityContext", "sysctls"), [{"name": "net.ipv4.tcp_rmem"}], "1.31", "privileged"),
    (("securityContext", "sysctls"), [{"name": "net.ipv4.tcp_rmem"}], "1.32", "restricted"),
    (("securityContext", "sysctls"), [{"name": "net.ipv4.tcp_notsent_lowat"}], "1.36", "privileged"),
    (("securityContext", "sysctls"), [{"name": "net.ipv4.tcp_notsent_lowat"}], "1.37", "restricted"),
    (("securityContext", "seccompProfile"), {"type": "Unconfined"}, "1.34", "privileged"),
    (("securityContext",), {"runAsNonRoot": True}, "1.34", "baseline"),
    (("securityContext", "runAsUser"), 0, "1.34", "baseline"),
    (("securityContext", "runAsNonRoot"), False, "1.34", "baseline"),
    (("containers", 0, "ports"), [{"containerPort": 80, "hostPort": 80}], "1.34", "privileged"),
    (("containers", 0, "livenessProbe"), {"httpGet": {"port": 1, "host": "x"}}, "1.33", "restricted"),
    (("containers", 0, "livenessProbe"), {"httpGet": {"port": 1, "host": "x"}}, "1.34", "privileged"),
    (("containers", 0, "lifecycle"), {"preStop": {"httpGet": {"port": 1, "host": "x"}}}, "1.34", "privileged"),
    (("containers", 0, "securityContext", "capabilities", "add"), ["NET_BIND_SERVICE"], "1.34", "restricted"),
    (("containers", 0, "securityContext", "capabilities", "add"), ["CHOWN"], "1.34", "baseline"),
    (("containers", 0, "securityContext", "capabilities", "add"), ["SYS_PTRACE"], "1.34", "privileged"),
    (("containers", 0, "securityContext", "capabilities", "drop"), ["NET_RAW"], "1.34", "baseline"),
    (("containers", 0, "securityContext", "allowPrivilegeEscalation"), True, "1.34", "baseline"),
    (("containers", 0, "securityContext", "seLinuxOptions"), {"type": "container_engine_t"}, "1.34", "restricted"),
    (("containers", 0, "securityContext", "seLinuxOptions"), {"user": "u"}, "1.34", "privileged"),
    (("containers", 0, "securityContext", "appArmorProfile"), {"type": "Unconfined"}, "1.34", "privileged"),
    (("containers", 0, "securityContext", "windowsOptions"), {"hostProcess": True}, "1.34", "privileged"),
    (("containers", 0, "securityContext", "runAsUser"), 0, "1.34", "baseline"),
    (("containers", 0, "securityContext", "runAsNonRoot"), False, "1.34", "baseline"),
]


@pytest.mark.parametrize(("path", "value", "version", "expected"), ROWS)
def test_level(path: tuple[Any, ...], value: Any, version: str, expected: str) -> None:
    spec = copy.deepcopy(RESTRICTED)
    inner: Any = spec
    for step in path[:-1]:
        inner = inner[step]
    if path:
        inner[path[-1]] = value
    assert level(spec, version) == expected
