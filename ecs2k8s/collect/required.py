"""What a document cannot be without, beyond its types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.collect.checks import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SKELETON = ": this is the skeleton that `--generate-cli-skeleton` prints: fill it in"


def missing(shape: str, data: Mapping[str, Any]) -> list[Problem]:
    """*data* has the types of *shape* already."""
    return list(_containers(data)) if shape == "ecs.TaskDefinition" else []


NAMES = {
    "ecs.TaskDefinition": ("family",),
    "ecs.Service": ("serviceName", "service"),
    "github.Workflow": ("name",),
    "codebuild.Buildspec": ("name",),
}


def nameless(shape: str, data: Mapping[str, Any]) -> list[Problem]:
    """What AWS answers has a name; a file may lend its own to what it holds."""
    keys = NAMES.get(shape, ())
    return [] if not keys or any(data.get(key) for key in keys) else [Problem((keys[0],), "is missing")]


def _containers(data: Mapping[str, Any]) -> Iterator[Problem]:
    """A container is told apart by its name alone; what has no image is translated, with a finding."""
    containers = data.get("containerDefinitions")
    if not containers:
        what = "is missing" if containers is None else "is empty"
        yield Problem(("containerDefinitions",), f"{what}: a task has at least one container")
        return
    seen: dict[str, int] = {}
    for index, container in enumerate(containers):
        path = ("containerDefinitions", index, "name")
        name = container.get("name")
        if not name:
            skeleton = SKELETON if name == "" and data.get("family") == "" else ""
            yield Problem(path, ("is missing" if name is None else "is empty") + skeleton)
        elif name in seen:
            yield Problem(path, f"is the name of containerDefinitions[{seen[name]}] too: name each container once")
        else:
            seen[name] = index
