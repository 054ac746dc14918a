"""Lines of a Jenkinsfile or a buildspec that speak to ECS, each said with the line that takes its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecs2k8s.core.shell_secrets import line as masked
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.workflow_commands import SPEAKS, Around, NotUnderstoodError, literals, script

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.manifests import Bundle
    from ecs2k8s.resolve.index import Tracked
    from ecs2k8s.resolve.workload import Inventory, Workload

ASSIGNED = re.compile(r"""^\s*(?:def\s+|env\.)?(\w+)\s*=\s*(['"])([^'"$\n]*)\2\s*;?\s*$""")
QUOTED = re.compile(r"""\b(?:sh|bat)\b[^'"\n]*?(?P<quote>'(?!'')|"(?!""))(?P<command>.*?)(?<!\\)(?P=quote)""")
IMAGES = re.compile(r"\bimagedefinitions?(?:\.json)?\b|\bimageDetail\.json\b")


def say_pipeline_lines(inventory: Inventory, workloads: Iterable[Workload], bundle: Bundle) -> None:
    """What must change in these files; neither is written anew."""
    rolled = frozenset(
        (m["metadata"]["namespace"], m["metadata"]["name"]) for m in bundle.manifests if m["kind"] == "Rollout"
    )
    among = tuple(workloads)
    for item in inventory.index.of_shape("jenkins.Jenkinsfile"):
        lines = [str(line) for line in item.document.data["lines"]]
        env = {found[1]: found[3] for line in lines if (found := ASSIGNED.match(line))}
        _jenkinsfile(item, lines, Around(env, among, rolled))
    for item in inventory.index.of_shape("codebuild.Buildspec"):
        given = item.document.data.get("env")
        env = literals(given.get("variables")) if isinstance(given, dict) else {}
        _buildspec(item, Around(env, among, rolled))


def _jenkinsfile(item: Tracked, lines: list[str], around: Around) -> None:
    for first, group in _groups(lines):
        text = "\n".join(group)
        if not SPEAKS.search(text.replace("\\\n", " ")) or text.lstrip().startswith("//"):
            continue
        found = QUOTED.search(text) if len(group) == 1 else None
        command = found["command"] if found else text
        new = _say(item, ("lines", first), command, around, join=" && " if found else "\n")
        if found and new and found["quote"] in new:
            note(item.view, ("lines", first), "pipeline-quotes", line=str(first + 1))


def _groups(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Lines that a backslash joins, with the number of the first one."""
    held: list[str] = []
    for number, line in enumerate(lines):
        held.append(line)
        if not line.rstrip().endswith("\\"):
            yield number + 1 - len(held), held
            held = []
    if held:
        yield len(lines) - len(held), held


def _buildspec(item: Tracked, around: Around) -> None:
    for name, phase in item.document.data["phases"].items():
        for number, command in enumerate(phase.get("commands", [])):
            at = ("phases", name, "commands", number)
            if SPEAKS.search(command.replace("\\\n", " ")):
                _say(item, at, command, around, join="\n")
            elif IMAGES.search(command):
                note(item.view, at, "image-definitions-written", line=masked(command.strip()))


def _say(item: Tracked, at: tuple[str | int, ...], command: str, around: Around, *, join: str) -> str:
    """Say what takes the place of *command*; empty where nothing is known."""
    try:
        new, about = script(command, around)
    except NotUnderstoodError as error:
        note(item.view, at, "pipeline-line-not-understood", why=error.why, line=masked(command.strip()))
        return ""
    said = join.join(line.strip() for line in new.split("\n"))
    if about:
        note(item.view, at, "pipeline-line-to-change", old=masked(command.strip()), new=masked(said))
    return said if about else ""
