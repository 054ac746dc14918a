"""Which IAM actions a write needs, and on which resources: https://docs.aws.amazon.com/service-authorization/latest/reference/.

A second opinion on mappings/cutover.yaml, from which session policies are made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.arns import last

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


def _new_security_group_rule(account: Account, _: Asked) -> list[str]:
    return [account.arn("ec2", "security-group-rule/*")]


def _named(service: str, form: str) -> Resources:
    """An ARN with names from the request in it."""
    return lambda account, asked: [account.arn(service, form.format(**asked))]


def _rule(name: str) -> Resources:
    """Rules of other buses than the default one have its name before theirs."""

    def resources(account: Account, asked: Asked) -> list[str]:
        bus = last(asked.get("EventBusName", "default"))
        return [account.arn("events", f"rule/{asked[name]}" if bus == "default" else f"rule/{bus}/{asked[name]}")]

    return resources


def _service(account: Account, asked: Asked) -> list[str]:
    name = f"service/{last(asked.get('cluster', 'default'))}/{last(asked['service'])}"
    return [account.arn("ecs", name)]


def _scalable_target(account: Account, asked: Asked) -> list[str]:
    names = ("ServiceNamespace", "ResourceId", "ScalableDimension")
    shape = "application-autoscaling.ScalableTarget"
    found = account.estate.where(shape, **{name: asked[name] for name in names})
    new = account.arn("application-autoscaling", "scalable-target/*")
    return [found[0]["ScalableTargetARN"] if found else new]


def _schedule(account: Account, asked: Asked) -> list[str]:
    return [account.arn("scheduler", f"schedule/{asked.get('GroupName', 'default')}/{asked['Name']}")]


def _zone(account: Account, asked: Asked) -> list[str]:
    return [f"arn:{account.partition}:route53:::hostedzone/{last(asked['HostedZoneId'])}"]


def _role(account: Account, asked: Asked) -> list[str]:
    found = account.estate.where("iam.Role", RoleName=asked["RoleName"])
    return [each["Arn"] for each in found] or [account.arn("iam", f"role/{asked['RoleName']}", region="")]


def _roles(targets: list[dict[str, Any]]) -> list[str]:
    return [each["RoleArn"] for each in targets if "RoleArn" in each]


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
    "ecs.UpdateService": _service,
    "ecs.DeleteService": _service,
    "application-autoscaling.RegisterScalableTarget": _scalable_target,
    "application-autoscaling.DeregisterScalableTarget": _scalable_target,
    "events.DisableRule": _rule("Name"),
    "events.EnableRule": _rule("Name"),
    "events.PutTargets": _rule("Rule"),
    "events.RemoveTargets": _rule("Rule"),
    "scheduler.UpdateSchedule": _schedule,
    "iam.UpdateAssumeRolePolicy": _role,
    "ec2.AuthorizeSecurityGroupIngress": _named("ec2", "security-group/{GroupId}"),
    "ec2.AuthorizeSecurityGroupEgress": _named("ec2", "security-group/{GroupId}"),
    "ec2.RevokeSecurityGroupIngress": _named("ec2", "security-group/{GroupId}"),
    "ec2.RevokeSecurityGroupEgress": _named("ec2", "security-group/{GroupId}"),
    "eks.CreatePodIdentityAssociation": _named("eks", "cluster/{clusterName}"),
    "eks.DeletePodIdentityAssociation": _named("eks", "podidentityassociation/{clusterName}/{associationId}"),
    "route53.ChangeResourceRecordSets": _zone,
    "servicediscovery.RegisterInstance": _named("servicediscovery", "service/{ServiceId}"),
    "servicediscovery.DeregisterInstance": _named("servicediscovery", "service/{ServiceId}"),
}
# Who gets the role that a call hands on, and where it is named.
PASSING: dict[str, tuple[str, Resources]] = {
    "events.PutTargets": ("events.amazonaws.com", lambda _, asked: _roles(asked["Targets"])),
    "scheduler.UpdateSchedule": ("scheduler.amazonaws.com", lambda _, asked: _roles([asked["Target"]])),
    "eks.CreatePodIdentityAssociation": ("pods.eks.amazonaws.com", _in("roleArn")),
}
# What a call that brings tags needs besides, and on what.
TAGGING: dict[str, tuple[str, Resources]] = {
    "elbv2.CreateTargetGroup": ("elasticloadbalancing:AddTags", _new_group),
    "elbv2.CreateRule": ("elasticloadbalancing:AddTags", _new_rule),
    "ec2.AuthorizeSecurityGroupIngress": ("ec2:CreateTags", _new_security_group_rule),
    "ec2.AuthorizeSecurityGroupEgress": ("ec2:CreateTags", _new_security_group_rule),
    "eks.CreatePodIdentityAssociation": ("eks:TagResource", _named("eks", "podidentityassociation/{clusterName}/*")),
}
# What the service does in the caller's name.
ALSO: dict[str, tuple[tuple[str, Resources], ...]] = {
    "application-autoscaling.RegisterScalableTarget": (
        ("ecs:DescribeServices", _named("ecs", "{ResourceId}")),
        ("ecs:UpdateService", _named("ecs", "{ResourceId}")),
    ),
    "eks.CreatePodIdentityAssociation": (("iam:GetRole", _in("roleArn")),),
}

SCALED = {"service-namespace": "ServiceNamespace", "scalable-dimension": "ScalableDimension"}


def needs(account: Account, request: Request) -> list[Need]:
    """What a write needs. Of a read only the action is looked at: its resource is empty."""
    service, _, operation = request.call.partition(".")
    action, asked = f"{PREFIX.get(service, service)}:{operation}", request.parameters
    context = {f"aws:RequestTag/{each['Key']}": str(each["Value"]) for each in _tags(asked)}
    if service == "application-autoscaling":
        context = context | {f"{service}:{key}": asked[name] for key, name in SCALED.items() if name in asked}
    found = RESOURCES.get(request.call)
    own = [Need(action, resource, context) for resource in (found(account, asked) if found else [""])]
    if context and request.call in TAGGING:
        also, resources = TAGGING[request.call]
        context = context | {f"{also.partition(':')[0]}:CreateAction": operation}
        own += [Need(also, resource, context) for resource in resources(account, asked)]
    if request.call in PASSING:
        who, resources = PASSING[request.call]
        passed = {"iam:PassedToService": who}
        own += [Need("iam:PassRole", resource, passed) for resource in resources(account, asked)]
    for also, resources in ALSO.get(request.call, ()):
        own += [Need(also, resource) for resource in resources(account, asked)]
    return own


def _tags(asked: Asked) -> list[dict[str, str]]:
    by_name = [{"Key": key, "Value": value} for key, value in asked.get("tags", {}).items()]
    specified = [tag for each in asked.get("TagSpecifications", ()) for tag in each["Tags"]]
    return [*asked.get("Tags", ()), *by_name, *specified]
