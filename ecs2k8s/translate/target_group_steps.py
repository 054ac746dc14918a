"""How to make each new target group with the AWS CLI: the settings of the source, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.aws_steps import AwsStep, aws, pairs
from ecs2k8s.core.tracking import NOTHING
from ecs2k8s.translate.target_group_binding import bindings
from ecs2k8s.translate.target_group_settings import attributes, health_check, own_tags

if TYPE_CHECKING:
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Inventory, Workload
    from ecs2k8s.translate.target_group_binding import Binding

CHECK_OPTIONS = {
    "HealthCheckProtocol": "--health-check-protocol",
    "HealthCheckPort": "--health-check-port",
    "HealthCheckPath": "--health-check-path",
    "HealthCheckIntervalSeconds": "--health-check-interval-seconds",
    "HealthCheckTimeoutSeconds": "--health-check-timeout-seconds",
    "HealthyThresholdCount": "--healthy-threshold-count",
    "UnhealthyThresholdCount": "--unhealthy-threshold-count",
}
ARN_ONLY = ("--query", "TargetGroups[0].TargetGroupArn", "--output", "text")


def target_group_steps(inventory: Inventory, workloads: list[Workload], target: Target) -> list[AwsStep]:
    """One step for each new target group, in order of the source's ARN: before its binding is applied.

    https://docs.aws.amazon.com/cli/latest/reference/elbv2/create-target-group.html
    """
    tags = inventory.index.views("elbv2.Tags")
    found = bindings(inventory, workloads, target)
    return [_step(binding, own_tags(tags.get(binding.group.source.arn, NOTHING))) for binding in found]


def _step(binding: Binding, tags: dict[str, str]) -> AwsStep:
    source, name = binding.group.source, binding.group.name
    found = aws("elbv2", "describe-target-groups", "--names", name, *ARN_ONLY)
    words = _create(binding, tags | {"ecs2k8s": "cutover"})
    lines = [f"NEW=$({aws(*words, *ARN_ONLY)})"]
    if wanted := attributes(source):
        modify = aws("elbv2", "modify-target-group-attributes", "--attributes", *pairs(wanted))
        lines.append(f'{modify} --target-group-arn "$NEW"')
    return AwsStep(
        subject=source.arn,
        title=f"New target group {name} for the pods of {binding.service.namespace}/{binding.service.workload.name}",
        command="\n".join(lines),
        back=f'{aws("elbv2", "delete-target-group")} --target-group-arn "$({found})"',
        why=f"It stands beside {source.name}, which stays with ECS. Compare both before anything is bound to it."
        + _rules(binding),
    )


def _rules(binding: Binding) -> str:
    """Of a part: which rules give it a weight."""
    paths = ", ".join(sorted(binding.service.workload.paths))
    return f" Only rules whose paths are all among {paths} shift to it." if paths else ""


def _create(binding: Binding, tags: dict[str, str]) -> list[str]:
    view = binding.group.source.view
    words = ["elbv2", "create-target-group", "--name", binding.group.name, "--target-type", "ip"]
    words += ["--protocol", str(view.get("Protocol", ""))]
    if "ProtocolVersion" in view:
        words += ["--protocol-version", str(view["ProtocolVersion"])]
    words += ["--port", str(binding.service.port), "--vpc-id", str(view.get("VpcId", ""))]
    words += ["--ip-address-type", str(view.get("IpAddressType", "ipv4"))]
    if "TargetControlPort" in view:
        words += ["--target-control-port", str(view["TargetControlPort"])]
    check = health_check(binding.service)
    for key, option in CHECK_OPTIONS.items():
        words += [option, check[key]] if key in check else []
    matcher = [f"{key}={check[key]}" for key in ("HttpCode", "GrpcCode") if key in check]
    words += ["--matcher", *(_shorthand(text) for text in matcher)] if matcher else []
    return [*words, "--tags", *pairs(tags)]


def _shorthand(text: str) -> str:
    """A value with commas (`200,301`) needs quotes of the CLI's own."""
    key, _, value = text.partition("=")
    return f'{key}="{value}"' if "," in value else text
