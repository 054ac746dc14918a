"""delivery/github/: rewritten workflows as YAML that GitHub reads back as what it was."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import yaml

from ecs2k8s.core.escape import escape
from ecs2k8s.render.dump import CORE, ManifestDumper

if TYPE_CHECKING:
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.pipelines import Workflow
    from ecs2k8s.core.target import Target

HEAD = "# The workflow {title}, for EKS: written by ecs2k8s, without the comments of the original.\n"
LEFT = "# Still for ECS, to be replaced by hand: {place}\n"
# In the order in which people write them; others follow by name.
ORDER = (
    *("name", "id", "run-name", "on", "permissions", "concurrency", "needs", "if", "runs-on", "environment"),
    *("uses", "with", "env", "defaults", "run", "shell", "working-directory", "jobs", "steps"),
)
LAST = ("jobs", "steps")


def github(translation: Translation, _target: Target) -> dict[str, str]:
    """Path to text."""
    return {f"delivery/github/{each.name}.yaml": text(each) for each in translation.pipelines}


def text(workflow: Workflow) -> str:
    """The file; `on` is a key of GitHub and no boolean, so it stands without quotes as people write it."""
    head = HEAD.format(title=escape(workflow.title))
    head += "".join(LEFT.format(place=escape(place)) for place in workflow.left)
    stream = io.StringIO()
    dumper = ManifestDumper(stream, width=10**9)
    dumper.open()
    dumper.serialize(_node(dict(workflow.data)))
    dumper.close()
    return head + "\n".join(
        "on:" + line[5:] if line.startswith("'on':") else line for line in stream.getvalue().split("\n")
    )


def _rank(key: str) -> tuple[bool, int, str]:
    return key in LAST, ORDER.index(key) if key in ORDER else len(ORDER), key


def _node(value: Any) -> yaml.Node:
    if isinstance(value, dict):
        keys = sorted(value, key=_rank)
        pairs = [(yaml.ScalarNode(f"{CORE}str", key), _node(value[key])) for key in keys]
        return yaml.MappingNode(f"{CORE}map", pairs, flow_style=False if pairs else None)
    if isinstance(value, list):
        return yaml.SequenceNode(f"{CORE}seq", [_node(child) for child in value], flow_style=False if value else None)
    return _scalar(value)


def _scalar(value: Any) -> yaml.Node:
    if value is None:
        return yaml.ScalarNode(f"{CORE}null", "null")
    if isinstance(value, bool):
        return yaml.ScalarNode(f"{CORE}bool", "true" if value else "false")
    if isinstance(value, int | float):
        return yaml.ScalarNode(f"{CORE}{type(value).__name__}", repr(value))
    return yaml.ScalarNode(f"{CORE}str", str(value), style="|" if "\n" in value else None)
