"""Says what a file probably is that is none of ours, and what to give instead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.placeholders import PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Callable

DIRECTIVE = re.compile(r"^[ \t]*\{[{%]", re.MULTILINE)
CLOUDFORMATION = re.compile(r"^(AWSTemplateFormatVersion|Resources|Transform)[ \t]*:", re.MULTILINE)
TEMPLATE = "it looks like a template: render it first"
LINE = 5_000  # characters of a line that are looked at
STACK = "it is a CloudFormation template: deploy it, or export the service with `ecs2k8s export`"


def text_hint(text: str, line: int) -> str:
    """Why *text* may not parse; *line* is where it did not, 0 where that is unknown."""
    if CLOUDFORMATION.search(text):
        return STACK
    near = text.split("\n", line + 1)[max(0, line - 2) : line + 1] if line else []
    return TEMPLATE if PLACEHOLDER.search("\n".join(each[:LINE] for each in near)) or DIRECTIVE.search(text) else ""


def _has(*keys: str) -> Callable[[dict[str, Any]], bool]:
    return lambda value: all(key in value for key in keys)


def _of(key: str, kind: type) -> Callable[[dict[str, Any]], bool]:
    return lambda value: isinstance(value.get(key), kind)


APPSPEC = (
    "it is an AppSpec file of CodeDeploy, which nothing reads on EKS (see the choice `rollouts`): "
    "give the task definition that it names"
)
IMAGES = (
    "it is an imagedefinitions.json of CodePipeline, which nothing reads on EKS (`kubectl set image` in its place): "
    "give the task definition"
)
ELEMENT = "it is one element of a list that AWS printed: give the whole output"

# In this order: the first that holds speaks.
MAPS: tuple[tuple[Callable[[dict[str, Any]], bool], str], ...] = (
    (lambda value: not value, "it is {}"),
    (_has("AWSTemplateFormatVersion"), STACK),
    (_of("Resources", dict), STACK),
    (_of("Resources", list), APPSPEC),
    (_has("terraform_version"), "it is Terraform's state or plan: export with `aws ecs describe-services` instead"),
    (_has("planned_values"), "it is a Terraform plan: export with `aws ecs describe-services` instead"),
    (_has("container_definitions"), "it holds Terraform's arguments: export with `aws ecs describe-task-definition`"),
    (_has("ContainerDefinitions"), "it holds CloudFormation properties: export with `ecs2k8s export`"),
    (_has("version", "artifacts"), "it is a manifest of the CDK: export with `aws ecs describe-services` instead"),
    (_has("apiVersion", "kind"), "it is a Kubernetes manifest already"),
    (_of("services", dict), "it is a Compose file: register it with ECS and export that"),
    (_has("service_definition"), "it is the configuration of ecspresso: give the files that it names"),
    (_has("task_definition"), "it is the configuration of a tool: give the task definition that ECS has"),
    (_has("taskDefinitionArns"), "it lists names only: export with `aws ecs describe-task-definition`"),
    (_has("serviceArns"), "it lists names only: export with `aws ecs describe-services`"),
    (_has("clusterArns"), "it lists names only: export with `aws ecs describe-clusters`"),
    (_has("taskArns"), "it lists names only: export with `aws ecs describe-tasks`"),
    (_has("ImageURI"), "it is an imageDetail.json: give the task definition"),
    (_has("name", "image"), "it is one container definition: put it into a list, or into a task definition"),
    (_has("family"), "it is part of a task definition: containerDefinitions is not there"),
    *((_has(key), ELEMENT) for key in ("taskArn", "clusterArn", "TargetGroupArn", "LoadBalancerArn", "ListenerArn")),
    *((_has(key), ELEMENT) for key in ("RuleArn", "GroupId", "SubnetId", "RoleName", "ScalableDimension")),
)


def hint(value: Any) -> str:
    """What the decoded *value* probably is; empty where nothing is known."""
    if isinstance(value, dict):
        return next((text for test, text in MAPS if test(value)), "")
    if isinstance(value, list):
        return _list_hint(value)
    return TEMPLATE if isinstance(value, str) and PLACEHOLDER.search(value[:10_000]) else "it holds no object"


def _list_hint(value: list[Any]) -> str:
    if not value:
        return "it is an empty list"
    first = value[0]
    if isinstance(first, dict) and "imageUri" in first:
        return IMAGES
    return hint(first) if isinstance(first, dict) else "it is a list of plain values"
