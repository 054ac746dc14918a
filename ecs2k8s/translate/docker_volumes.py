"""Docker volumes: by scope, driver and driver options."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.names import label
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.disregard import disregard

if TYPE_CHECKING:
    from ecs2k8s.resolve.workload import AwsMap

AT = "dockerVolumeConfiguration"


def docker_volume(view: AwsMap) -> dict[str, Any] | None:
    """The pod volume for a Docker volume; None where its driver has no counterpart."""
    docker = view[AT]
    driver = str(docker.get("driver", "local"))
    options = {str(key): str(value) for key, value in docker.get("driverOpts", {}).items()}
    shared = docker.get("scope") == "shared"
    if driver != "local":
        note(view, (AT, "driver"), "volume-driver-unknown", driver=driver)
        disregard(docker, "of-unknown-volume-driver", but=("driver",))
        return None
    special = _by_options(view, options)
    if special is not None:
        return special
    if shared:
        note(view, (AT, "scope"), "volume-shared-on-instance")
        if not docker.get("autoprovision", True):
            note(view, (AT, "autoprovision"), "volume-must-exist")
        return {"hostPath": {"path": f"/var/lib/ecs2k8s/{label(str(view['name']))}", "type": "DirectoryOrCreate"}}
    note(view, "name", "image-content-not-copied")
    return {"emptyDir": {}}


def _by_options(view: AwsMap, options: dict[str, str]) -> dict[str, Any] | None:
    kind = options.get("type", "")
    details = dict(part.partition("=")[::2] for part in options.get("o", "").split(",") if part)
    if kind == "tmpfs":
        size = re.fullmatch(r"(\d+)([kmg]?)", details.get("size", ""), re.IGNORECASE)
        _note_rest(view, details, {"size"})
        unit = {"": "", "k": "Ki", "m": "Mi", "g": "Gi"}[size[2].lower()] if size else ""
        return {"emptyDir": {"medium": "Memory", **({"sizeLimit": f"{size[1]}{unit}"} if size else {})}}
    for key in options:
        note(view, (AT, "driverOpts", key), "driver-option-unknown", option=key)
    return None


def _note_rest(view: AwsMap, details: dict[str, str], known: set[str]) -> None:
    rest = sorted(details.keys() - known)
    if rest:
        note(view, (AT, "driverOpts", "o"), "mount-option-lost", option=", ".join(rest))
