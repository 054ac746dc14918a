"""aws/README.md: what has to change on the AWS side, in which order, with the command and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.report.aws_objects import block, object_lines
from ecs2k8s.report.escape_markdown import plain, span
from ecs2k8s.report.group_rule_steps import rules_json, section
from ecs2k8s.report.identity_steps import identity_lines
from ecs2k8s.report.name_steps import with_names
from ecs2k8s.report.schedules import handover_lines
from ecs2k8s.translate.security_group_rules import group_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.aws_steps import AwsStep
    from ecs2k8s.core.target import Target

HEAD = """# On the AWS side

Nothing here was done, and `ecs2k8s` does none of it. Keep every existing statement of a role's trust: ECS needs it
until it is gone.
"""
TRAFFIC = """## Traffic

In this order, and nothing before the one above it was seen to work:

1. Save what the listeners, rules and target groups say now: it is the way out.
2. Take the steps below.
3. Add each new target group at weight 0 beside the old one, in every rule and default action that names the old one.
   Targets of a group that no action names are never healthy, and pods with a readiness gate would wait for ever.
4. Label the namespaces for readiness gates, apply `manifests/` without the workloads, then
   `traffic/target-group-binding/`, then the workloads.
5. When all pods are healthy targets in every zone, shift the weights. The way back is weight 0 for the new group, which
   stays in the action.
"""


def aws_files(translation: Translation, target: Target) -> dict[str, str]:
    """aws/README.md, and beside it the rules of security groups and the names for CoreDNS, where there are any."""
    rules = group_rules(translation.inventory, translation.translated, translation.bundle.manifests)
    parts = [HEAD, *identity_lines(translation, target), *object_lines(translation)]
    parts += [*_steps(list(translation.steps)), *section(rules)]
    parts += handover_lines(translation, target)
    files = with_names("\n".join(parts).rstrip() + "\n", translation, target)
    return files | ({"aws/security-group-rules.json": rules_json(rules).decode()} if rules else {})


def _steps(steps: list[AwsStep]) -> Iterator[str]:
    if not steps:
        return
    yield TRAFFIC
    for step in steps:
        yield from (f"### {plain(step.title)}", "", f"About {span(step.subject)}. {plain(step.why)}", "")
        yield from (*block(step.command), "", "Way back:", "", *block(step.back), "")
