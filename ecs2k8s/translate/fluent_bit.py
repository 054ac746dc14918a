"""Sections for the Fluent Bit of the cluster's nodes: pods that came from ECS leave its output and get their own.

Which records are whose is told by the tag. It holds the path of the file, and so the names of pod, namespace and
container. https://docs.fluentbit.io/manual/data-pipeline/filters/rewrite-tag
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from ecs2k8s.translate.promql import pod_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.translate.log_drivers import Settings
    from ecs2k8s.translate.log_routes import LogRoute

FILE = "[0-9a-f]{64}[.]log$"  # the id of the container
FLUSH = "5000"  # milliseconds after which a record of several lines is sent; the log driver waits as long
LOKI = "LOKI_HOST"  # the environment variable of the log agent that says where Loki is
OF_AGENT = "kubernetes,stream,time,_p,logtag"  # what the agent adds to a line


def section(name: str, settings: Iterable[tuple[str, str]]) -> str:
    """A section of a classic file, with the values in one column."""
    rows = list(settings)
    width = max(len(key) for key, _ in rows)
    return "\n".join((f"[{name}]", *(f"    {key:<{width}} {value}" for key, value in rows))) + "\n"


def sections(routes: Iterable[LogRoute], target: Target) -> str:
    """Filters and outputs, to stand behind the filters that the cluster's log agent has."""
    parts = []
    for _, of_workload in groupby(routes, key=lambda route: (route.workload.namespace, route.workload.name)):
        members = list(of_workload)
        parts.append(section("FILTER", _rewrite(members, target)))
        for route in members:
            parts += [section("FILTER", settings) for settings in _filters(route)]
            parts.append(section("OUTPUT", _output(route, target)))
    return "\n".join(parts)


def parsers(routes: Iterable[LogRoute]) -> str:
    """Parsers for records of several lines, for the file of parsers.

    https://docs.fluentbit.io/manual/data-pipeline/parsers/multiline-parsing
    """
    return "\n".join(section("MULTILINE_PARSER", _parser(route)) for route in routes if route.start)


def _rewrite(routes: list[LogRoute], target: Target) -> Iterator[tuple[str, str]]:
    """A tag of our own: what only our sections match. The rule holds for every line that there is."""
    workload = routes[0].workload
    containers = "|".join(route.container for route in routes)
    yield "Name", "rewrite_tag"
    yield "Match_Regex", f"^(application|kube)[.]var[.]log[.]containers[.]{_file(routes[0], containers)}"
    yield "Rule", f"$log ^ {_tag(routes[0])}.$TAG false"
    yield "Emitter_Name", f"ecs2k8s_{workload.namespace}_{workload.name}"
    if target.logging == "cloudwatch":
        yield "Emitter_Storage.type", "filesystem"


def _tag(route: LogRoute) -> str:
    return f"ecs2k8s.{route.workload.namespace}.{route.workload.name}"


def _file(route: LogRoute, containers: str) -> str:
    return f"{pod_names(route.workload)}_{route.workload.namespace}_({containers})-{FILE}"


def _match(route: LogRoute) -> tuple[str, str]:
    return "Match_Regex", f"^{_tag(route).replace('.', '[.]')}[.].*_{route.workload.namespace}_{route.container}-{FILE}"


def _filters(route: LogRoute) -> Iterator[Settings]:
    if route.start:
        settings = (("multiline.key_content", "log"), ("multiline.parser", route.parser))
        yield (("Name", "multiline"), _match(route), *settings)
    for name, value in route.filters:
        yield (("Name", "grep"), _match(route), (name, value))


def _output(route: LogRoute, target: Target) -> Settings:
    if route.output:
        name, *others = route.output
        return (name, _match(route), *others)
    return _loki(route) if target.logging == "loki" else _group(route)


def _group(route: LogRoute) -> Settings:
    """The same group, and streams of the same form with the pod in place of the task.

    https://docs.fluentbit.io/manual/data-pipeline/outputs/cloudwatch
    """
    stream = "/".join(part for part in (route.prefix, route.container) if part)
    return (
        ("Name", "cloudwatch_logs"),
        _match(route),
        ("region", route.region or "${AWS_REGION}"),
        ("log_group_name", route.group),
        ("log_stream_prefix", f"{stream}/"),
        ("log_stream_template", f"{stream}/$kubernetes['pod_name']"),
        ("log_key", "log"),
        ("auto_create_group", "false"),
    )


def _loki(route: LogRoute) -> Settings:
    """The group is a label (https://docs.fluentbit.io/manual/data-pipeline/outputs/loki)."""
    labels = {
        "job": "ecs2k8s",
        "log_group": route.group,
        "namespace": route.workload.namespace,
        "app": route.workload.name,
        "container": route.container,
        "pod": "$kubernetes['pod_name']",
    }
    return (
        ("Name", "loki"),
        _match(route),
        ("host", f"${{{LOKI}}}"),
        ("labels", ", ".join(f"{key}={value}" for key, value in labels.items())),
        ("line_format", "json"),
        ("remove_keys", OF_AGENT),
        ("drop_single_key", "raw"),
    )


def _parser(route: LogRoute) -> Settings:
    """A line that does not hold the pattern goes on the record before it."""
    return (
        ("name", route.parser),
        ("type", "regex"),
        ("flush_timeout", FLUSH),
        ("rule", f'"start_state" "/{route.start}/" "cont"'),
        ("rule", f'"cont" "/^(?!.*(?:{route.start}))/" "cont"'),
    )
