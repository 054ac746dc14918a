"""Each tree of the bundle as a Helm chart: what teams change stands in values.yaml, all else in the templates.

With the values as they are written, Helm renders the very objects of the other formats.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.formats import chart_name, written
from ecs2k8s.render.dump import dump
from ecs2k8s.render.helm_values import Chart, parametrised
from ecs2k8s.render.kustomize import file_of

if TYPE_CHECKING:
    from ecs2k8s.core.manifests import Bundle, Placed

VERSION = "0.1.0"
CHART, TEMPLATES = "Chart.yaml", "templates"
HEADER = """\
# What teams change, for each namespace and workload. Keep tags and values of the environment in quotes: Helm would read
# 1.20 as the number 1.2.
"""
NO_VALUES = "# Nothing in this chart is meant to be changed by values.\n"
IMAGE = """\
{{- define "%s.image" -}}
{{ .repository }}{{ with .tag }}:{{ . }}{{ end }}{{ with .digest }}@{{ . }}{{ end }}
{{- end }}
"""
ABOUT = {
    "manifests": "Workloads that came from Amazon ECS; nothing in it takes traffic",
    "traffic/ingress": "Ingresses that take the traffic of load balancers",
    "traffic/gateway": "Gateways and routes that take the traffic of load balancers",
    "traffic/load-balancer": "Services that take the traffic of network load balancers",
    "traffic/target-group-binding": "Bindings of pods to new target groups",
    "monitoring": "Rules and monitors of the workloads",
}


def helm(bundle: Bundle) -> dict[str, str]:
    """Path below the migration directory to text. The folder of each tree is a chart that is called as the folder."""
    files: dict[str, str] = {}
    for tree, group in groupby(written(bundle, "helm"), key=lambda placed: placed.tree):
        files |= {f"{tree}/{path}": text for path, text in _chart(tree, list(group)).items()}
    return files


def place(placed: Placed) -> str:
    """The template of an object, below the migration directory."""
    return f"{placed.tree}/{TEMPLATES}/{file_of(placed)}"


def _chart(tree: str, members: list[Placed]) -> dict[str, str]:
    name = chart_name(tree)
    chart = Chart(name)
    files = {f"{TEMPLATES}/{file_of(placed)}": parametrised(placed.manifest, chart) for placed in members}
    if any("image" in text for text in chart.used):
        files[f"{TEMPLATES}/_image.tpl"] = IMAGE % name
    about: dict[str, Any] = {
        "apiVersion": "v2",
        "name": name,
        "description": ABOUT.get(tree, f"Objects of {tree}"),
        "type": "application",
    }
    files[CHART] = dump(about | {"version": VERSION})
    files["values.yaml"] = HEADER + dump({"workloads": chart.workloads}) if chart.workloads else NO_VALUES
    return files
