"""Who gets which share of the requests, by the state of a rule or of a listener."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.cutover.things.kind import NAMED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.cutover.plan import State, Step

KEYS = ("Actions", "DefaultActions")
PLACES = ("elbv2.rule", "elbv2.listener")  # kinds of things that share out requests
HEALTH = "elbv2.target-health"  # the kind that says who of a group may get them


def forwards(state: State) -> Iterator[list[dict[str, Any]]]:
    """The groups with their weights, of each action that forwards; a test rule answers nobody who does not know it."""
    if not isinstance(state, dict) or "Tags" in state:  # records of a name are a list
        return
    for key in KEYS:
        for action in state.get(key, ()):
            if "ForwardConfig" in action:
                yield action["ForwardConfig"]["TargetGroups"]


def weights(state: State) -> dict[str, int]:
    """By target group, `targetgroup:NAME` for those of EKS."""
    return {group["TargetGroupArn"]: int(group["Weight"]) for groups in forwards(state) for group in groups}


def is_eks(group: str) -> bool:
    """The groups of the plan are named, because they had no ARN when it was made."""
    return group.startswith(NAMED)


def share(state: State) -> float:
    """The part of the requests that the groups of EKS get, from 0 to 1."""
    found = weights(state)
    whole = sum(found.values())
    return sum(weight for group, weight in found.items() if is_eks(group)) / whole if whole else 0.0


def shifts(step: Step) -> bool:
    """Whether the step changes who gets requests."""
    return any(weights(move.before) or weights(move.wanted) for move in step.moves)


def back_image(live: State, image: State) -> State:
    """*live* with the weights of *image*, and all else as it is: going back takes nothing else of others away.

    A group of EKS that is not in *image* gets 0, another keeps what it has. The result may be the same as *live*.
    """
    wanted = weights(image)

    def weighed(group: dict[str, Any]) -> dict[str, Any]:
        arn = group["TargetGroupArn"]
        return {**group, "Weight": wanted.get(arn, 0 if is_eks(arn) else group["Weight"])}

    def action(found: dict[str, Any]) -> dict[str, Any]:
        if "ForwardConfig" not in found:
            return found
        config = found["ForwardConfig"]
        return {
            **found,
            "ForwardConfig": {**config, "TargetGroups": [weighed(each) for each in config["TargetGroups"]]},
        }

    return {key: [action(each) for each in value] if key in KEYS else value for key, value in live.items()}
