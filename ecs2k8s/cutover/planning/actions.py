"""The actions of a rule or a listener as values: which groups a forward names, and the same with other weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Action = Mapping[str, Any]

FORWARD = "forward"
# Actions that stand before a forward and are carried along as they are. The secret of an OIDC client cannot be read;
# `UseExistingClientSecret` keeps it.
CARRIED = ("authenticate-oidc", "authenticate-cognito", "jwt-validation")
KEYS = frozenset({"Type", "Order", "TargetGroupArn", "ForwardConfig"})  # of a forward that can be written again
CONFIG_KEYS = frozenset({"TargetGroups", "TargetGroupStickinessConfig"})
GROUP_KEYS = frozenset({"TargetGroupArn", "Weight"})


def forward_of(actions: Iterable[Action]) -> Action | None:
    """The one that forwards: an action list has at most one, and it is the last."""
    return next((action for action in actions if action.get("Type") == FORWARD), None)


def weights_of(actions: Iterable[Action]) -> dict[str, int]:
    """Target group to weight, in the order of the action. One alone has weight 1, whatever is said."""
    forward = forward_of(actions) or {}
    groups = forward.get("ForwardConfig", {}).get("TargetGroups", [])
    if not groups and "TargetGroupArn" in forward:
        return {str(forward["TargetGroupArn"]): 1}
    return {str(group["TargetGroupArn"]): int(group.get("Weight", 1)) for group in groups}


def with_weights(actions: Iterable[Action], weights: Mapping[str, int], sticky: int | None = None) -> list[Action]:
    """*actions* whose forward sends by *weights*. *sticky*: seconds for which clients keep to a group, if not yet."""
    return [_with(action, weights, sticky) if action.get("Type") == FORWARD else action for action in actions]


def _with(action: Action, weights: Mapping[str, int], sticky: int | None) -> Action:
    config = action.get("ForwardConfig", {})
    found = config.get("TargetGroupStickinessConfig") or {"Enabled": False}
    if sticky is not None and not found.get("Enabled"):
        found = {"Enabled": True, "DurationSeconds": sticky}
    groups = [{"TargetGroupArn": group, "Weight": weight} for group, weight in weights.items()]
    made = {"ForwardConfig": {"TargetGroups": groups, "TargetGroupStickinessConfig": found}}
    return {key: value for key, value in action.items() if key not in ("TargetGroupArn", "ForwardConfig")} | made


def stickiness(actions: Iterable[Action]) -> int | None:
    """For how many seconds clients keep to a group of the action; None where they do not."""
    config = (forward_of(actions) or {}).get("ForwardConfig", {}).get("TargetGroupStickinessConfig") or {}
    return int(config.get("DurationSeconds", 0)) if config.get("Enabled") else None


def not_carried(actions: Iterable[Action]) -> Iterator[str]:
    """What stands in *actions* that this program would lose by writing them again."""
    for action in actions:
        kind = str(action.get("Type", ""))
        if kind == FORWARD:
            config = action.get("ForwardConfig", {})
            yield from (key for key in sorted(action.keys() - KEYS))
            yield from (f"ForwardConfig.{key}" for key in sorted(config.keys() - CONFIG_KEYS))
            for group in config.get("TargetGroups", []):
                yield from (f"TargetGroups[].{key}" for key in sorted(group.keys() - GROUP_KEYS))
        elif kind not in CARRIED:
            yield f"an action of type {kind or 'unknown'}"
