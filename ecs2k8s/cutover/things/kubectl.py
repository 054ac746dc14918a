"""A request to a cluster as the kubectl command that does the same, run in the migration directory."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from ecs2k8s.core.errors import PlanError
from ecs2k8s.core.formats import AS_US, MANAGER

if TYPE_CHECKING:
    from ecs2k8s.cutover.plan import Request


def kubectl(request: Request) -> str:
    """Never forced. A patch of a handover says what the fields are now, and changes nothing where they are not."""
    asked = request.parameters
    match request.call:
        case "kubernetes.Apply":
            return f"kubectl apply {AS_US} -R -f {shlex.quote(asked['path'])}"
        case "kubernetes.Delete":
            return f"kubectl delete --ignore-not-found -R -f {shlex.quote(asked['path'])}"
        case "kubernetes.Patch":
            patch = json.dumps(asked["operations"], separators=(",", ":"))
            words = ["kubectl", "-n", asked["namespace"], "patch", f"{asked['kind'].lower()}/{asked['name']}"]
            return shlex.join([*words, "--type=json", f"--field-manager={MANAGER}", "-p", patch])
    raise PlanError(f"{request.call}: no command of kubectl does it")
