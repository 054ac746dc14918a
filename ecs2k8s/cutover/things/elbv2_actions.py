"""Actions and conditions of rules and listeners in one form, whichever way AWS or a person wrote them.

`forward` has a short form (`TargetGroupArn`) and a long one (`ForwardConfig`); AWS answers a request in the short form
with both. https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Action.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.documents import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Item = dict[str, Any]
SECRET = ("ClientSecret", "UseExistingClientSecret")  # AWS never says the first; the second is only said to AWS
CONFIG = {"host-header": "HostHeaderConfig", "path-pattern": "PathPatternConfig"}  # that `Values` is short for


def actions(found: Iterable[Mapping[str, Any]]) -> list[Item]:
    """The actions in their order. What this gives back, it leaves as it is."""
    return [_action(each) for each in sorted(found, key=lambda action: int(action.get("Order") or 0))]


def _action(action: Mapping[str, Any]) -> Item:
    kept = {
        key: {name: its for name, its in value.items() if name not in SECRET and its != {}}
        if isinstance(value, dict)
        else value
        for key, value in action.items()
        if key not in ("Order", "TargetGroupArn", "ForwardConfig")
    }
    return kept | {"ForwardConfig": _forward(action)} if action["Type"] == "forward" else kept


def _forward(action: Mapping[str, Any]) -> Item:
    config = action.get("ForwardConfig") or {}
    groups = config.get("TargetGroups") or [{"TargetGroupArn": action["TargetGroupArn"]}]
    return {
        "TargetGroups": sorted(
            ({"TargetGroupArn": each["TargetGroupArn"], "Weight": int(each.get("Weight", 1))} for each in groups),
            key=lambda each: str(each["TargetGroupArn"]),
        ),
        "TargetGroupStickinessConfig": {"Enabled": False, **(config.get("TargetGroupStickinessConfig") or {})},
    }


def sent(found: list[Item]) -> list[Item]:
    """The actions as a request has them: the secret of an identity provider stays as it is, and is never sent."""
    numbered = [{**action, "Order": number} for number, action in enumerate(found, 1)] if found[1:] else found
    return [
        {**action, "AuthenticateOidcConfig": {**action["AuthenticateOidcConfig"], "UseExistingClientSecret": True}}
        if "AuthenticateOidcConfig" in action
        else action
        for action in numbered
    ]


def conditions(found: Iterable[Mapping[str, Any]]) -> list[Item]:
    """All of them have to hold, so that their order says nothing."""
    return sorted((_condition(each) for each in found), key=canonical)


def _condition(condition: Mapping[str, Any]) -> Item:
    kept = {key: value for key, value in condition.items() if key != "Values" and value != {}}
    config = CONFIG.get(str(condition.get("Field")))
    if config and config not in kept and condition.get("Values"):
        return {**kept, config: {"Values": condition["Values"]}}
    return kept
