"""observability/: what the log agent of the cluster must be given, as files that replace nothing by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.render.dump import dump
from ecs2k8s.translate import fargate_logging
from ecs2k8s.translate.fluent_bit import parsers, sections
from ecs2k8s.translate.log_routes import log_routes

if TYPE_CHECKING:
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.target import Target
    from ecs2k8s.translate.log_routes import LogRoute

FOLDER = "observability"
NAME = "ecs2k8s.conf"  # among the extra files of the chart


def log_files(translation: Translation, target: Target) -> dict[str, str]:
    """The files of Fluent Bit, or of the log router of EKS Fargate; none where no container has a route."""
    routes = [route for workload in translation.translated for route in log_routes(workload, target)]
    if not routes:
        return {}
    return _fargate(routes) if target.compute == "fargate" else _fluent_bit(routes, target)


def _fargate(routes: list[LogRoute]) -> dict[str, str]:
    if fargate_logging.is_too_long(routes):
        return {}
    return {f"{FOLDER}/aws-logging.yaml": "---\n".join(dump(each) for each in fargate_logging.objects(routes))}


def _fluent_bit(routes: list[LogRoute], target: Target) -> dict[str, str]:
    text = sections(routes, target)
    files = {f"{FOLDER}/{NAME}": text}
    if any(route.start for route in routes):
        files[f"{FOLDER}/parsers.conf"] = parsers(routes)
    if target.logging == "cloudwatch":
        config = {"extraFiles": {NAME: text}}
        files[f"{FOLDER}/values.yaml"] = dump({"containerLogs": {"fluentBit": {"config": config}}})
    return files
