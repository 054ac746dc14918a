"""The commands that add rules to security groups, as steps, and as lines of aws/README.md."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from ecs2k8s.core.aws_steps import AwsStep
from ecs2k8s.core.documents import canonical
from ecs2k8s.report.escape_markdown import span
from ecs2k8s.translate.security_group_rules import PODS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.translate.security_group_rules import GroupRule

TITLES = {
    "pods-out": "Let pods reach what tasks reach",
    "pods-in": "Let in to pods what may reach tasks",
    "others-out": "Let others call pods where they call tasks",
}
HEAD = """## Rules of security groups

Pods have the security group of their nodes, not those of the tasks. Add these before the first target is registered;
each is beside what is there, and nothing of ECS changes. Every pod on those nodes gets the right: the network policies
narrow it. With a SecurityGroupPolicy in strict mode pods keep the tasks' groups, and none of these is needed; in
standard mode both groups may have to allow. `security-group-rules.json` has the same as data.
"""
UNKNOWN = f"""`{PODS}` stands for the group of the pods, which was not read. It is the cluster's security group unless a
launch template, a node class or an ENIConfig names others:

    aws eks describe-cluster --name <cluster> --query cluster.resourcesVpcConfig.clusterSecurityGroupId --output text
"""


def group_rule_steps(rules: Iterable[GroupRule]) -> list[AwsStep]:
    """One step for each rule, in the order given."""
    return [_step(rule) for rule in rules]


def _step(rule: GroupRule) -> AwsStep:
    direction = "egress" if rule.egress else "ingress"
    what = f"--group-id {quote(rule.group)} --ip-permissions {quote(permission(rule))}"
    later = " Only tasks of ECS need it: take it away after the cutover." if rule.until_cutover else ""
    return AwsStep(
        subject=rule.group,
        title=TITLES[rule.option],
        why=_why(rule) + later,
        command=f"aws ec2 authorize-security-group-{direction} {what}",
        back=f"aws ec2 revoke-security-group-{direction} {what}",
    )


def _why(rule: GroupRule) -> str:
    return {
        "pods-out": f"{rule.source} lets in a group of tasks; pods do not have that group.",
        "pods-in": f"{rule.source}, a group of tasks, lets this in; pods have another group.",
        "others-out": f"{rule.source} may call a group of tasks; pods do not have that group.",
    }[rule.option]


def permission(rule: GroupRule) -> str:
    """`--ip-permissions` in the CLI's shorthand: `IpProtocol=tcp,FromPort=1,ToPort=1,UserIdGroupPairs=[{…}]`."""
    protocol, first, last = rule.permission
    ports = [f"FromPort={first}"] if first is not None else []
    ports += [f"ToPort={last}"] if last is not None else []
    return ",".join([f"IpProtocol={protocol}", *ports, _peer(rule)])


def _peer(rule: GroupRule) -> str:
    if rule.kind == "range":
        wide = ":" in rule.peer
        return f"Ipv6Ranges=[{{CidrIpv6={rule.peer}}}]" if wide else f"IpRanges=[{{CidrIp={rule.peer}}}]"
    if rule.kind == "prefix-list":
        return f"PrefixListIds=[{{PrefixListId={rule.peer}}}]"
    parts = [f"GroupId={rule.peer}"]
    parts += [f"UserId={rule.owner}"] if rule.owner else []
    parts += [f"VpcPeeringConnectionId={rule.peering}"] if rule.peering else []
    return f"UserIdGroupPairs=[{{{','.join(parts)}}}]"


def section(rules: list[GroupRule]) -> list[str]:
    """Lines of aws/README.md; none where nothing is to do."""
    if not rules:
        return []
    lines = [HEAD]
    if any(PODS in (rule.group, rule.peer) for rule in rules):
        lines.append(UNKNOWN)
    for step in group_rule_steps(rules):
        lines += [
            f"### {step.title}: {span(step.subject)}",
            "",
            f"{step.why}",
            "",
            f"Change: {span(step.command)}  ",
            f"Way back: {span(step.back)}",
            "",
        ]
    return lines


def rules_json(rules: list[GroupRule]) -> bytes:
    """aws/security-group-rules.json."""
    items = [rule.plain() | {"command": step.command, "back": step.back} for rule, step in _pairs(rules)]
    return canonical({"format": "ecs2k8s/security-group-rules/v1", "rules": items})


def _pairs(rules: list[GroupRule]) -> Iterable[tuple[GroupRule, AwsStep]]:
    return zip(rules, group_rule_steps(rules), strict=True)
