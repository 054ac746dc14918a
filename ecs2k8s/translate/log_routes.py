"""Where the output of each container goes: log drivers of ECS as routes for the log agent of the cluster.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_firelens.html
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.core import names
from ecs2k8s.core.redacted import REDACTED, looks_secret
from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.translate.fargate_logging import LONGEST, is_meant_too, is_too_long
from ecs2k8s.translate.lifecycle import arrange
from ecs2k8s.translate.log_drivers import DRIVERS, NotCarried, firelens_output, unknown
from ecs2k8s.translate.log_patterns import first_line, is_setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.manifests import Placed
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Inventory, Workload
    from ecs2k8s.translate.log_drivers import Settings

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
GROUP = re.compile(r"[A-Za-z0-9_./#-]{1,512}")
STREAM = "awslogs-stream-prefix"
REGION = re.compile(r"[a-z]{2,}(-[a-z0-9]+)+")
PREFIX = re.compile(r"[A-Za-z0-9_./=+@#-]{1,256}")
ON_FARGATE = {"es", "firehose", "kinesis_firehose", "cloudwatch", "cloudwatch_logs", "kinesis", "kinesis_streams"}
OF_NODES = ("json-file", "journald", "local", "none")  # drivers that leave the output on the instance
AWSLOGS = {
    "awslogs-group",
    "awslogs-region",
    "awslogs-stream-prefix",
    "awslogs-create-group",
    "awslogs-datetime-format",
    "awslogs-multiline-pattern",
    "mode",
    "max-buffer-size",
}
OF_DELIVERY = ("mode", "max-buffer-size", "log-driver-buffer-limit")
OPTIONS = ("logConfiguration", "options")


@dataclass(frozen=True, slots=True)
class LogRoute:
    """One container's way: a group of CloudWatch Logs, or the settings of an output.

    `start` is the regular expression of the first line of a record; `filters` are those of `grep`.
    """

    workload: Workload
    view: AwsMap  # of the container
    container: str  # its name in the pod
    group: str = ""
    region: str = ""
    prefix: str = ""
    start: str = ""
    output: Settings = ()
    filters: Settings = ()

    @property
    def parser(self) -> str:
        """The name of its parser, where it has one."""
        return f"ecs2k8s-{self.workload.namespace}-{self.workload.name}-{self.container}" if self.start else ""


def say_log_routes(_inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[Placed]:
    """Findings only: the files for the log agent are no manifests, because they would replace what the cluster has."""
    routes = [route for workload in workloads for route in log_routes(workload, target)]
    if routes and target.compute == "fargate":
        _say_fargate(routes)
    return iter(())


def _say_fargate(routes: list[LogRoute]) -> None:
    """Its one ConfigMap has a limit, and its matches are globs."""
    if is_too_long(routes):
        note(routes[0].view, ("logConfiguration", "logDriver"), "fargate-logging-too-long", most=LONGEST)
    alike: dict[tuple[str, str], list[LogRoute]] = defaultdict(list)
    for route in routes:
        alike[route.workload.namespace, route.container].append(route)
    for route in routes:
        others = [other for other in alike[route.workload.namespace, route.container] if is_meant_too(route, other)]
        if others:
            names_ = ", ".join(other.workload.name for other in others)
            note(route.view, ("logConfiguration", "logDriver"), "log-match-too-wide", others=names_)


def log_routes(workload: Workload, target: Target) -> list[LogRoute]:
    """A route for each container that has one, in the order of the pod; what cannot be had is said on its leaf."""
    slots = arrange(workload).slots
    called = names.unique(slot.name for slot in slots)
    found = (_route(workload, slot.container, called[slot.name], target) for slot in slots)
    return [route for route in found if route]


def _route(workload: Workload, container: AwsMap, name: str, target: Target) -> LogRoute | None:
    config = container.get("logConfiguration", NOTHING)
    driver, options = str(config.get("logDriver", "")), config.get("options", NOTHING)
    if not driver:
        return None
    if target.logging == "none":
        note(container, ("logConfiguration", "logDriver"), "logs-stay-on-nodes")
        return None
    if driver in OF_NODES:
        _say(container, options, "option-of-node-driver")
        return None
    if workload.is_windows:
        note(container, ("logConfiguration", "logDriver"), "log-agent-on-windows")
        return None
    if driver == "awslogs":
        return _awslogs(workload, container, name, target)
    return _other(workload, container, name, target)


def _awslogs(workload: Workload, container: AwsMap, name: str, target: Target) -> LogRoute | None:
    options = container["logConfiguration"].get("options", NOTHING)
    _say(container, [key for key in options if key not in AWSLOGS], "log-option-not-carried")
    if target.logging == "loki" and target.compute == "fargate":
        note(container, ("logConfiguration", "logDriver"), "loki-not-on-fargate")
        return None
    group = str(options.get("awslogs-group", ""))
    if not GROUP.fullmatch(group):
        note(container, (*OPTIONS, "awslogs-group"), "log-group-illegal")
        return None
    region = str(options.get("awslogs-region", workload.region))
    if not REGION.fullmatch(region) if region else target.compute == "fargate":
        note(container, (*OPTIONS, "awslogs-region"), "log-region-illegal")
        return None
    prefix = str(options.get("awslogs-stream-prefix", ""))
    if prefix and not PREFIX.fullmatch(prefix):
        note(container, (*OPTIONS, STREAM), "log-stream-prefix-not-carried")
        prefix = ""
    elif prefix:
        note(container, (*OPTIONS, STREAM), "log-stream-differs", stream=f"{prefix}/{name}/<pod>")
    return LogRoute(workload, container, name, group, region, prefix, _start(container, options, target))


def _start(container: AwsMap, options: AwsMap, target: Target) -> str:
    """The first line of a record; the pattern wins over the format of dates, as with the driver."""
    for key in ("awslogs-multiline-pattern", "awslogs-datetime-format"):
        if key in options:
            start = first_line(str(options[key]), is_format=key.endswith("format"))
            if start and target.compute != "fargate":
                note(container, (*OPTIONS, key), "multiline-pattern-rewritten")
                return start
            note(container, (*OPTIONS, key), "multiline-pattern-not-carried")
            return ""
    return ""


def _other(workload: Workload, container: AwsMap, name: str, target: Target) -> LogRoute | None:
    """FireLens, and the drivers for which Fluent Bit has an output."""
    config = container["logConfiguration"]
    driver, options = str(config["logDriver"]), config.get("options", NOTHING)
    secrets = {str(item.get("name", "")): variable(workload, name, item) for item in config.get("secretOptions", [])}
    given = {key: str(options[key]) for key in options}
    make = firelens_output if driver == "awsfirelens" else DRIVERS.get(driver, unknown)
    try:
        output, filters, rest = make(given | {key: f"${{{name}}}" for key, name in secrets.items()})
        _checked(given, output, filters, target)
    except NotCarried as why:
        at = (*OPTIONS, why.key) if why.key and why.key in given else ("logConfiguration", "logDriver")
        note(container, at, "log-driver-not-carried", driver=driver, why=why.why)
        return None
    for key in sorted(rest & given.keys() - set(OF_DELIVERY)):
        slug = "option-of-another-driver" if key in AWSLOGS else "log-option-not-carried"
        note(container, (*OPTIONS, key), slug)
    if driver == "awsfirelens":
        note(container, ("logConfiguration", "logDriver"), "firelens-output")
    for item in config.get("secretOptions", []):
        note(item, "valueFrom", "log-secret-for-agent", variable=variable(workload, name, item))
    return LogRoute(workload, container, name, output=output, filters=filters)


def _checked(given: dict[str, str], output: Settings, filters: Settings, target: Target) -> None:
    for key, value in given.items():
        if value == REDACTED or looks_secret(key, value):
            raise NotCarried(key, f"the value of {key} looks like a secret, which no file gets")
        if not is_setting(value):
            raise NotCarried(key, f"the value of {key} would mean something else in the file")
    if target.compute == "fargate":
        plugin = dict(output)["Name"].lower()
        values = [value for _, value in (*output, *filters)]
        if plugin not in ON_FARGATE or any("${" in value for value in values):
            raise NotCarried(None, f"the log router of EKS Fargate has no output {plugin} with such settings")


def variable(workload: Workload, container: str, item: AwsMap) -> str:
    """The environment variable that the log agent is to have the secret in."""
    text = "_".join((workload.namespace, workload.name, container, str(item.get("name", ""))))
    return "ECS2K8S_" + re.sub(r"[^A-Z0-9]+", "_", text.upper())


def _say(container: AwsMap, keys: Iterable[str], slug: str) -> None:
    for key in keys:
        note(container, (*OPTIONS, key), slug)
