"""Objects on the AWS side as files: one CloudFormation template, and a folder for each document that changes."""

from __future__ import annotations

import json
from difflib import unified_diff
from typing import TYPE_CHECKING, Any

from ecs2k8s.render.dump import dump

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.aws_objects import AwsChange, AwsResource
    from ecs2k8s.core.target import Target

TEMPLATE = "aws/template.yaml"
DESCRIPTION = "New objects of AWS for workloads that move from ECS to EKS, made by ecs2k8s."


def aws_objects(translation: Translation, _target: Target) -> dict[str, str]:
    """aws/template.yaml where there are new objects; old.json, new.json and diff in a folder for each change."""
    files = {TEMPLATE: template(translation.resources)} if translation.resources else {}
    for change in translation.changes:
        files |= _change(change)
    return files


def template(resources: tuple[AwsResource, ...]) -> str:
    """A template of CloudFormation, in YAML."""
    found: dict[str, Any] = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": DESCRIPTION,
        "Resources": {each.logical_id: {"Type": each.type, "Properties": dict(each.properties)} for each in resources},
    }
    return dump(found)


def _change(change: AwsChange) -> dict[str, str]:
    old, new = document(change.old), document(change.new)
    lines = unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), "old.json", "new.json", n=1000)
    folder = f"aws/{change.name}"
    return {f"{folder}/old.json": old, f"{folder}/new.json": new, f"{folder}/diff": "".join(lines)}


def document(value: Mapping[str, Any]) -> str:
    """JSON in one form: sorted keys, two spaces, a final newline, and ASCII only, so that nothing hides in a review."""
    return json.dumps(value, indent=2, sort_keys=True) + "\n"
