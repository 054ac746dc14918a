"""Which IAM actions a write needs, and on which resources: https://docs.aws.amazon.com/service-authorization/latest/reference/.

A second opinion on mappings/cutover.yaml, from which session policies are made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecs2k8s.replay.hook import Request
    from ecs2k8s.replay.state import Account, Asked

PREFIX = {"elbv2": "elasticloadbalancing"}


@dataclass(frozen=True, slots=True)
class Need:
    """One action on one resource; `context` has the condition keys that are known."""

    action: str
    resource: str
    context: dict[str, str] = field(default_factory=dict, hash=False)


Resources = Callable[["Account", "Asked"], "list[str]"]


def _in(name: str) -> Resources:
    """The ARN, or the ARNs, that a parameter holds."""

    def resources(_: Account, asked: Asked) -> list[str]:
        value: Any = asked[name]
        return list(value) if isinstance(value, list) else [value]

    return resources


def _new_group(account: Account, asked: Asked) -> list[str]:
    return [account.arn("elasticloadbalancing", f"targetgroup/{asked['Name']}/*")]


def _new_rule(_: Account, asked: Asked) -> list[str]:
    return [asked["ListenerArn"].replace(":listener/", ":listener-rule/") + "/*"]


# The resource of the operation's own action.
RESOURCES: dict[str, Resources] = {
    "elbv2.CreateTargetGroup": _new_group,
    "elbv2.ModifyTargetGroup": _in("TargetGroupArn"),
    "elbv2.ModifyTargetGroupAttributes": _in("TargetGroupArn"),
    "elbv2.DeleteTargetGroup": _in("TargetGroupArn"),
    "elbv2.RegisterTargets": _in("TargetGroupArn"),
    "elbv2.DeregisterTargets": _in("TargetGroupArn"),
    "elbv2.CreateRule": _in("ListenerArn"),
    "elbv2.ModifyRule": _in("RuleArn"),
    "elbv2.DeleteRule": _in("RuleArn"),
    "elbv2.ModifyListener": _in("ListenerArn"),
    "elbv2.AddTags": _in("ResourceArns"),
    "elbv2.RemoveTags": _in("ResourceArns"),
}
# What a call that brings tags needs besides, and on what.
TAGGING: dict[str, tuple[str, Resources]] = {
    "elbv2.CreateTargetGroup": ("elasticloadbalancing:AddTags", _new_group),
    "elbv2.CreateRule": ("elasticloadbalancing:AddTags", _new_rule),
}


def needs(account: Account, request: Request) -> list[Need]:
    """What a write needs. Of a read only the action is looked at: its resource is empty."""
    service, _, operation = request.call.partition(".")
    action, asked = f"{PREFIX.get(service, service)}:{operation}", request.parameters
    context = {f"aws:RequestTag/{each['Key']}": each["Value"] for each in _tags(asked)}
    found = RESOURCES.get(request.call)
    own = [Need(action, resource, context) for resource in (found(account, asked) if found else [""])]
    if context and request.call in TAGGING:
        also, resources = TAGGING[request.call]
        own += [Need(also, resource, context) for resource in resources(account, asked)]
    return own


def _tags(asked: Asked) -> list[dict[str, str]]:
    tags = asked.get("Tags", [])
    return tags if isinstance(tags, list) else [{"Key": key, "Value": value} for key, value in tags.items()]
