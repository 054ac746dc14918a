"""What a container is told in text: variables, commands and checks, each with the leaf that it stands on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.resolve.workload import AwsMap, Workload

WORDS = {
    ("entryPoint",): "The entry point",
    ("command",): "The command",
    ("healthCheck", "command"): "The health check",
}


@dataclass(frozen=True, slots=True)
class Text:
    """One text and its leaf. `variable` is the name of a variable, `where` is how a sentence about it begins."""

    view: AwsMap
    at: tuple[str | int, ...]
    where: str
    value: str
    variable: str = ""

    @property
    def is_check(self) -> bool:
        return self.at[0] == "healthCheck"


def texts(workload: Workload, container: AwsMap) -> Iterator[Text]:
    """Everything that the processes of *container* get to read, those of the task's own overrides included."""
    overrides = workload.task.get("overrides", {}).get("containerOverrides", [])
    for view in (container, *(each for each in overrides if each.get("name") == container["name"])):
        for index, item in enumerate(view.get("environment", [])):
            name, value = str(item.get("name", "")), str(item.get("value", ""))
            yield Text(view, ("environment", index, "value"), f"The variable {name}", value, name)
        for path, where in WORDS.items():
            parent = view.get(path[0], {}) if len(path) > 1 else view
            for index, word in enumerate(parent.get(path[-1], [])):
                yield Text(view, (*path, index), where, str(word))
    for index, item in enumerate(container.get("secrets", [])):
        name = str(item.get("name", ""))
        yield Text(container, ("secrets", index, "name"), f"The secret {name}", "", name)
    yield from _of_files(workload, container)


def _of_files(workload: Workload, container: AwsMap) -> Iterator[Text]:
    for item in container.get("environmentFiles", []):
        file: AwsMap = workload.environment_files.get(str(item.get("value", ""))) or {}
        for index, variable in enumerate(file.get("variables", [])):
            name, value = str(variable.get("name", "")), str(variable.get("value", ""))
            at = ("variables", index, "value" if "value" in variable else "name")
            yield Text(file, at, f"The variable {name} of the file", value, name)
