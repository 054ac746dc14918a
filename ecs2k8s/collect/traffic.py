"""What leads to the services: target groups, and the load balancers in front of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.collect import estate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.collect.reading import Item, Reading


def service_groups(reading: Reading) -> set[str]:
    """Target groups that services and task sets register with, and those that they alternate with."""
    found = set()
    for each in estate.configurations(reading):
        for balancer in each.get("loadBalancers", ()):
            found.add(balancer.get("targetGroupArn"))
            found.add(balancer.get("advancedConfiguration", {}).get("alternateTargetGroupArn"))
    return {str(arn) for arn in found if arn}


def load_balancers(reading: Reading) -> list[Item]:
    """Load balancers in front of those target groups."""
    groups = service_groups(reading)
    arns = {
        arn
        for group in reading.items("elbv2.DescribeTargetGroups", "TargetGroups")
        if group.get("TargetGroupArn") in groups
        for arn in group.get("LoadBalancerArns", ())
    }
    found = reading.items("elbv2.DescribeLoadBalancers", "LoadBalancers")
    return [balancer for balancer in found if balancer.get("LoadBalancerArn") in arns]


def listeners(reading: Reading) -> list[Item]:
    return list(reading.items("elbv2.DescribeListeners", "Listeners"))


def forwarded(actions: Iterable[Item]) -> Iterator[str]:
    """Target groups that actions of a listener or a rule forward to."""
    for action in actions:
        if action.get("TargetGroupArn"):
            yield str(action["TargetGroupArn"])
        for group in action.get("ForwardConfig", {}).get("TargetGroups", ()):
            yield str(group.get("TargetGroupArn"))


def target_groups(reading: Reading) -> list[Item]:
    """Target groups of services, and the others that their load balancers forward to."""
    wanted = service_groups(reading)
    for listener in listeners(reading):
        wanted.update(forwarded(listener.get("DefaultActions", ())))
    for rule in reading.items("elbv2.DescribeRules", "Rules"):
        wanted.update(forwarded(rule.get("Actions", ())))
    found = reading.items("elbv2.DescribeTargetGroups", "TargetGroups")
    return [group for group in found if group.get("TargetGroupArn") in wanted]


def dns_names(reading: Reading) -> set[str]:
    """Names of the load balancers, as records and origins write them."""
    return {plain_name(str(balancer.get("DNSName", ""))) for balancer in load_balancers(reading)} - {""}


def plain_name(name: str) -> str:
    return name.lower().removesuffix(".").removeprefix("dualstack.")
