"""The log router of EKS Fargate: one ConfigMap for the whole cluster.

https://docs.aws.amazon.com/eks/latest/userguide/fargate-logging.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.translate.fluent_bit import section

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.translate.log_drivers import Settings
    from ecs2k8s.translate.log_routes import LogRoute

SPACE, NAME = "aws-observability", "aws-logging"
LONGEST = 5300  # characters of all values
LINE = (
    ("Name", "ecs2k8s_line"),
    ("Format", "regex"),
    ("Regex", "^(?<time>[^ ]+) (?<stream>stdout|stderr) (?<part>[PF]) (?<log>.*)$"),
    ("Time_Key", "time"),
    ("Time_Format", "%Y-%m-%dT%H:%M:%S.%L%z"),
)


def objects(routes: list[LogRoute]) -> list[dict[str, Any]]:
    """The Namespace and the ConfigMap; it takes the place of one that is there. Only filters, outputs and parsers."""
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": SPACE, "labels": {"aws-observability": "enabled"}},
    }
    metadata = {"name": NAME, "namespace": SPACE}
    return [namespace, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data(routes)}]


def data(routes: Iterable[LogRoute]) -> dict[str, str]:
    filters: list[Settings] = [
        (("Name", "parser"), ("Match", "kube.*"), ("Key_Name", "log"), ("Parser", "ecs2k8s_line"))
    ]
    outputs: list[Settings] = []
    for route in routes:
        filters += [(("Name", "grep"), _match(route), setting) for setting in route.filters]
        outputs.append(_output(route))
    return {
        "flb_log_cw": "false",
        "filters.conf": "\n".join(section("FILTER", settings) for settings in filters),
        "output.conf": "\n".join(section("OUTPUT", settings) for settings in outputs),
        "parsers.conf": section("PARSER", LINE),
    }


def is_too_long(routes: Iterable[LogRoute]) -> bool:
    return sum(len(text) for text in data(routes).values()) > LONGEST


def glob(route: LogRoute) -> str:
    return f"kube.var.log.containers.{route.workload.name}-*_{route.workload.namespace}_{route.container}-*"


def is_meant_too(one: LogRoute, other: LogRoute) -> bool:
    """Whether the glob of *one* holds files of *other*: both have the same container, and one name begins the other."""
    same = (one.workload.namespace, one.container) == (other.workload.namespace, other.container)
    return same and one.workload is not other.workload and other.workload.name.startswith(f"{one.workload.name}-")


def _match(route: LogRoute) -> tuple[str, str]:
    return "Match", glob(route)


def _output(route: LogRoute) -> Settings:
    if route.output:
        name, *others = route.output
        return (name, _match(route), *others)
    stream = "/".join(part for part in (route.prefix, route.container) if part)
    return (
        ("Name", "cloudwatch_logs"),
        _match(route),
        ("region", route.region),
        ("log_group_name", route.group),
        ("log_stream_prefix", f"{stream}/"),
        ("log_key", "log"),
        ("auto_create_group", "false"),
    )
