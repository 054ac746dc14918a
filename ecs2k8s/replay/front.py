"""What a load balancer of the account sees and tells: for one that serves requests for real."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.replay import state_health, state_rules

if TYPE_CHECKING:
    from ecs2k8s.replay.state import Account, Item
    from ecs2k8s.replay.state_health import Health


@dataclass(frozen=True, slots=True)
class Group:
    """A target group: its settings and attributes as AWS names them, and its targets as they are now."""

    arn: str
    settings: Item
    attributes: dict[str, str]
    targets: tuple[Health, ...]


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener with its rules in the order in which they are tried; the last one is the default rule."""

    arn: str
    settings: Item
    rules: tuple[Item, ...]


def listeners(account: Account, load_balancer: str) -> tuple[Listener, ...]:
    with account.open():
        found = account.estate.where("elbv2.Listener", LoadBalancerArn=load_balancer)
        return tuple(_listener(account, each) for each in found)


def _listener(account: Account, settings: Item) -> Listener:
    arn = settings["ListenerArn"]
    rules = [*state_rules.rules_of(account, arn)]
    if not any(rule["IsDefault"] for rule in rules):  # of a network load balancer the documents have none
        rules.append(
            {"Priority": "default", "Conditions": [], "IsDefault": True, "Actions": settings["DefaultActions"]}
        )
    return Listener(arn, copy.deepcopy(settings), tuple(copy.deepcopy(rules)))


def weights(action: Item) -> dict[str, int]:
    """The groups of a `forward` action with their weights: zero stays in it."""
    return dict(state_health.forwards([action]))


def group(account: Account, arn: str) -> Group:
    """Raises `Refusal` where there is none."""
    with account.open():
        settings = copy.deepcopy(state_health.group_of(account, arn))
        documents = account.estate.where("elbv2.TargetGroupAttributes", TargetGroupArn=arn)
        attributes = {each["Key"]: each["Value"] for document in documents for each in document["Attributes"]}
        return Group(arn, settings, attributes, tuple(state_health.health(account, arn)))


def checks_targets(account: Account) -> None:
    """From now on new targets stay `initial` until `report` tells what a health check found."""
    with account.open():
        state_health.targets(account).checked = True


def report(account: Account, arn: str, target: tuple[str, int], *, failed: str = "") -> None:
    """As many health checks of the target, id and port, as the group's threshold says passed, or failed: the reason."""
    with account.open():
        state_health.report(account, arn, target, failed)
