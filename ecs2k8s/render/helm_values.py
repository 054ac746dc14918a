"""Templates of a chart and the values that they take: image, environment, resources, replicas of each workload."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import TEMPLATES
from ecs2k8s.core.scalers import BOUNDS, scaled
from ecs2k8s.render.dump import dump

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.core.manifests import Manifest

    Values = dict[str, Any]
    Holder = tuple[Any, Any]  # a map or a list of a manifest, and the key whose value is taken out

# Kind to the name of the group of values and the numbers below `spec` that are in it.
NUMBERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "Deployment": ("", ("replicas",)),
    "Rollout": ("rollout", ("replicas",)),  # which takes the pods of a Deployment that has none of its own
    **{kind: ("autoscaling", bounds) for kind, bounds in BOUNDS.items()},
}
IMAGE = re.compile(r"(?P<repository>[^@]*?)(?::(?P<tag>[^:/@]+))?(?:@(?P<digest>[^@]+))?")
ACTION = "{{"
ESCAPED = '{{ "{{" }}'
HEAD = "{{- $workload := "  # of a template that takes values


@dataclass(slots=True)
class Chart:
    """A chart while its templates are made. `workloads`: namespace to workload to values; `used`: actions so far."""

    name: str
    workloads: dict[str, dict[str, Values]] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)
    pods: set[tuple[str, str]] = field(default_factory=set)  # workloads whose pods have their values


@dataclass(slots=True)
class _Template:
    """A manifest whose values are replaced by marks, which become actions in its text."""

    chart: Chart
    values: Values
    marks: dict[str, str] = field(default_factory=dict)
    prefix: str = "ecs2k8s-value"

    def take(self, holder: Holder, action: str) -> None:
        """Put *action* where the value of *holder* stands."""
        mark = f"{self.prefix}-{len(self.marks)}-"
        self.marks[mark] = action
        self.chart.used.append(action)
        holder[0][holder[1]] = mark


def parametrised(manifest: Manifest, chart: Chart) -> str:
    """The template for *manifest*; what it takes from values is added to *chart*."""
    name = _workload(manifest)
    if not name:
        return _escaped(dump(manifest))
    made, space = deepcopy(manifest), manifest["metadata"]["namespace"]
    values: Values = chart.workloads.get(space, {}).get(name, {})
    template = _Template(chart, values, prefix=_free_prefix(dump(manifest)))
    _numbers(made, template)
    if manifest["kind"] in TEMPLATES and (space, name) not in chart.pods:
        chart.pods.add((space, name))
        _containers(made, template)
    if not template.marks:
        return _escaped(dump(manifest))
    chart.workloads.setdefault(space, {})[name] = values
    head = f"{HEAD}index .Values.workloads {_go(space)} {_go(name)} }}}}\n"
    return head + _with_actions(_escaped(dump(made)), template.marks)


def _workload(manifest: Manifest) -> str:
    """The workload whose values an object takes; empty where it takes none."""
    if manifest["kind"] in (*TEMPLATES, "Rollout"):
        return str(manifest["metadata"]["name"])
    return scaled(manifest)[1]


def _free_prefix(text: str) -> str:
    prefix = "ecs2k8s-value"
    while prefix in text:
        prefix += "x"
    return prefix


def _numbers(made: Manifest, template: _Template) -> None:
    group, keys = NUMBERS.get(made["kind"], ("", ()))
    spec = made["spec"]
    for key in keys:
        if isinstance(spec.get(key), int):
            values = template.values.setdefault(group, {}) if group else template.values
            if key in values:
                continue
            values[key] = spec[key]
            path = f".{group}.{key}" if group else f".{key}"
            template.take((spec, key), f"$workload{path} | int")


def _containers(made: Manifest, template: _Template) -> None:
    pod = made
    for step in TEMPLATES[made["kind"]]:
        pod = pod[step]
    for container in (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]):
        values: Values = {}
        at = f"index $workload.containers {_go(container['name'])}"
        for holder, keys, value, form in _of_container(container):
            if len(keys) > 1:
                values.setdefault(keys[0], {})[keys[1]] = value
            else:
                values[keys[0]] = value
            template.take(holder, form.format(f"{at} {' '.join(map(_go, keys))}", chart=template.chart.name))
        if values:
            template.values.setdefault("containers", {})[container["name"]] = values


def _of_container(container: dict[str, Any]) -> Iterator[tuple[Holder, tuple[str, ...], Any, str]]:
    """Where a value stands, its keys below the container, the value itself, and how an action writes it."""
    image = _image(str(container.get("image", "")))
    if image:
        yield (container, "image"), ("image",), image, 'include "{chart}.image" ({0}) | quote'
    if container.get("resources"):
        yield (container, "resources"), ("resources",), deepcopy(container["resources"]), "{0} | toJson"
    listed = container.get("env", [])
    names = [item["name"] for item in listed]
    for item in listed:
        if isinstance(item.get("value"), str) and names.count(item["name"]) == 1:
            yield (item, "value"), ("env", item["name"]), item["value"], "{0} | quote"


def _image(text: str) -> dict[str, str]:
    """Repository, tag and digest; empty where *text* is not made of these alone."""
    found = IMAGE.fullmatch(text)
    parts = {key: part for key, part in found.groupdict().items() if part} if found else {}
    return parts if "repository" in parts else {}


def _go(text: str) -> str:
    """*text* as a string of a template."""
    return json.dumps(text, ensure_ascii=False)


def _escaped(text: str) -> str:
    """*text* so that a template gives it back as it is: only what opens an action means something there."""
    return text.replace(ACTION, ESCAPED)


def literal(text: str) -> str:
    """The object's own text in a template that takes no values."""
    return text.replace(ESCAPED, ACTION)


def takes_values(text: str) -> bool:
    return text.startswith(HEAD)


def _with_actions(text: str, marks: dict[str, str]) -> str:
    pattern = re.compile("|".join(re.escape(mark) for mark in marks))
    return pattern.sub(lambda found: f"{{{{ {marks[found[0]]} }}}}", text)
