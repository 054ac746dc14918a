"""How ECS or CodeDeploy shifts traffic between two versions of a service, as one value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ecs2k8s.core.arns import last
from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.translate.disregard import disregard
from ecs2k8s.translate.routing import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.resolve.index import Index
    from ecs2k8s.resolve.workload import AwsMap, Workload

Kind = Literal["blue-green", "canary", "linear"]
STRATEGIES: dict[str, Kind] = {"BLUE_GREEN": "blue-green", "CANARY": "canary", "LINEAR": "linear"}
# Configurations that CodeDeploy itself has for ECS; they need no document.
# https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
PREDEFINED = re.compile(r"CodeDeployDefault\.ECS(Canary|Linear)(\d+)Percent(?:Every)?(\d+)Minutes")
ALL_AT_ONCE = "CodeDeployDefault.ECSAllAtOnce"
BEFORE = ("POST_SCALE_UP", "TEST_TRAFFIC_SHIFT", "POST_TEST_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT")
AFTER = ("POST_PRODUCTION_TRAFFIC_SHIFT",)
OF_SERVICE = ("bakeTimeInMinutes", "lifecycleHooks", "linearConfiguration", "canaryConfiguration")
OF_GROUP = ("deploymentConfigName", "blueGreenDeploymentConfiguration", "autoRollbackConfiguration")
OF_CONFIG = ("deploymentConfigName", "trafficRoutingConfig")
WHOLE = 100
FOR_EVER = -1  # minutes of a pause that only a person ends


@dataclass(frozen=True, slots=True)
class Shift:
    """Weights in percent, times in minutes (`FOR_EVER`: until a person goes on, None: no pause at all).

    `bake`: how long both versions stay after all traffic has moved. `at`: the leaf that asked for it.
    """

    kind: Kind
    at: tuple[AwsMap, str]
    percent: int = 0
    interval: int = 0
    bake: int | None = None
    before: int | None = None  # a pause while the new version runs and has no traffic
    after: int | None = None  # a pause when it has all of it
    abort: bool = False  # go back when there is no progress


class UnknownShiftError(Exception):
    """Traffic is shifted, but how is not known; the text says why."""


def shift_of(workload: Workload, index: Index) -> Shift | None:
    """How the service is deployed; None where it rolls. Raises `UnknownShiftError`."""
    controller = workload.service.get("deploymentController", NOTHING)
    if controller.get("type") == "CODE_DEPLOY":
        return _of_codedeploy(workload, controller, index)
    config = workload.service.get("deploymentConfiguration", NOTHING)
    kind = STRATEGIES.get(config.get("strategy", ""))
    return _of_ecs(config, kind) if kind else None


def say_not_made(workload: Workload, index: Index, why: object) -> None:
    """Say that no Rollout was made, on the leaf that asked for a shift, and on those that say how."""
    controller = workload.service.get("deploymentController", NOTHING)
    config = workload.service.get("deploymentConfiguration", NOTHING)
    at = (controller, "type") if controller.get("type") == "CODE_DEPLOY" else (config, "strategy")
    note(*at, "rollout-not-made", why=why)
    say_rolling(workload)
    for view, keys in described(workload, index):
        disregard(view, "shift-not-made", but=tuple(key for key in view if key not in keys))


def say_rolling(workload: Workload) -> None:
    """What a Deployment that rolls does not do: go back by itself, and call hooks."""
    config = workload.service.get("deploymentConfiguration", NOTHING)
    breaker = config.get("deploymentCircuitBreaker", NOTHING)
    if breaker.get("enable") and breaker.get("rollback"):
        note(breaker, "rollback", "no-automatic-rollback")
    for hook in config.get("lifecycleHooks", []):
        plain(hook)
        _say_hook(hook)


def _say_hook(hook: AwsMap) -> None:
    stages = ", ".join(str(stage) for stage in hook.get("lifecycleStages", []))
    if hook.get("targetType", "AWS_LAMBDA") == "PAUSE":
        note(hook, ("lifecycleStages", 0), "pause-without-place", stages=stages)
    else:
        note(
            hook,
            "hookTargetArn",
            "hook-calls-function",
            function=hook.get("hookTargetArn", "a function"),
            stages=stages,
        )


def described(workload: Workload, index: Index) -> list[tuple[AwsMap, tuple[str, ...]]]:
    """The views that say how the traffic of a service is shifted, each with the keys that do; none where it rolls."""
    if workload.service.get("deploymentController", NOTHING).get("type") == "CODE_DEPLOY":
        group = _find_group(workload, index)
        if group is None:
            return []
        configs = index.views("codedeploy.DeploymentConfig").values()
        named = [view for view in configs if view.get("deploymentConfigName") == group.get("deploymentConfigName")]
        return [(group, OF_GROUP), *((view, OF_CONFIG) for view in named)]
    config = workload.service.get("deploymentConfiguration", NOTHING)
    return [(config, OF_SERVICE)] if config.get("strategy") in STRATEGIES else []


def _of_ecs(config: AwsMap, kind: Kind) -> Shift:
    percent, interval = 0, 0
    if kind == "canary":
        its = config.get("canaryConfiguration", NOTHING)
        percent, interval = _weight(its, "canaryPercent", 5.0), int(its.get("canaryBakeTimeInMinutes", 10))
    if kind == "linear":
        its = config.get("linearConfiguration", NOTHING)
        percent, interval = _weight(its, "stepPercent", 10.0), int(its.get("stepBakeTimeInMinutes", 6))
    breaker = config.get("deploymentCircuitBreaker", NOTHING)
    switches = [bool(breaker.get("enable")), bool(breaker.get("rollback"))]
    hooks = list(_pauses(config, kind))
    return Shift(
        kind,
        (config, "strategy"),
        percent,
        interval,
        int(config["bakeTimeInMinutes"]) or None if "bakeTimeInMinutes" in config else None,
        _longest(minutes for stage, minutes in hooks if stage in BEFORE),
        _longest(minutes for stage, minutes in hooks if stage in AFTER),
        all(switches),
    )


def _weight(config: AwsMap, key: str, assumed: float) -> int:
    """Weights of Rollouts are integers, those of ECS have one decimal."""
    exact = float(config.get(key, assumed))
    rounded = min(99, max(1, int(exact + 0.5)))
    if rounded != exact:
        note(config, key, "weight-rounded", exact=exact, rounded=rounded)
    return rounded


def _longest(minutes: Iterator[int]) -> int | None:
    found = list(minutes)
    return FOR_EVER if FOR_EVER in found else max(found, default=None)


def _pauses(config: AwsMap, kind: Kind) -> Iterator[tuple[str, int]]:
    """Stage and minutes of each hook that only waits; what calls a function is said, and so is what fits nowhere."""
    for hook in config.get("lifecycleHooks", []):
        stages = [str(stage) for stage in hook.get("lifecycleStages", [])]
        fits = kind == "blue-green" and set(stages) <= {*BEFORE, *AFTER}
        if hook.get("targetType", "AWS_LAMBDA") != "PAUSE" or not fits:
            _say_hook(hook)
            continue
        limit = hook.get("timeoutConfiguration", NOTHING)
        minutes = int(limit.get("timeoutInMinutes", FOR_EVER))
        goes_on = limit.get("action") == "CONTINUE"
        if not goes_on and "action" in limit:
            note(limit, "action", "pause-without-rollback", minutes=minutes)
        yield from ((stage, minutes if goes_on else FOR_EVER) for stage in stages)


def _of_codedeploy(workload: Workload, controller: AwsMap, index: Index) -> Shift:
    group = _group(workload, index)
    kind, percent, interval = _routing(group, index)
    blue = group.get("blueGreenDeploymentConfiguration", NOTHING)
    ready = blue.get("deploymentReadyOption", NOTHING)
    stops = ready.get("actionOnTimeout") == "STOP_DEPLOYMENT"
    if stops:
        note(ready, "actionOnTimeout", "promotion-by-a-person")
    waits = int(ready.get("waitTimeInMinutes", 0)) or None
    rollback = group.get("autoRollbackConfiguration", NOTHING)
    events = list(rollback.get("events", []))
    abort = bool(rollback.get("enabled")) and "DEPLOYMENT_FAILURE" in events
    return Shift(kind, (controller, "type"), percent, interval, _kept(blue), FOR_EVER if stops else waits, None, abort)


def _kept(blue: AwsMap) -> int | None:
    """How long the old tasks stay. Those that are kept alive stay until a person ends the pause."""
    ending = blue.get("terminateBlueInstancesOnDeploymentSuccess", NOTHING)
    minutes = int(ending.get("terminationWaitTimeInMinutes", 0)) or None
    if ending.get("action") == "KEEP_ALIVE":
        note(ending, "action", "old-tasks-kept-alive")
        return FOR_EVER
    return minutes


def _group(workload: Workload, index: Index) -> AwsMap:
    found = _find_group(workload, index)
    if found is None:
        raise UnknownShiftError("the deployment group of CodeDeploy was not read")
    return found


def _find_group(workload: Workload, index: Index) -> AwsMap | None:
    """The deployment group that names the service."""
    wanted = (workload.cluster_name, str(workload.service.get("serviceName", "")))
    for view in index.views("codedeploy.DeploymentGroup").values():
        for named in view.get("ecsServices", []):
            if (last(str(named.get("clusterName"))), named.get("serviceName")) == wanted:
                return view
    return None


def _routing(group: AwsMap, index: Index) -> tuple[Kind, int, int]:
    """Kind, percent and minutes between the steps."""
    name = str(group.get("deploymentConfigName", ALL_AT_ONCE))
    for view in index.views("codedeploy.DeploymentConfig").values():
        if view.get("deploymentConfigName") == name:
            return _read(view.get("trafficRoutingConfig", NOTHING))
    if name == ALL_AT_ONCE:
        return "blue-green", 0, 0
    found = PREDEFINED.fullmatch(name)
    if not found:
        raise UnknownShiftError(f"the deployment configuration {name} was not read")
    return ("canary" if found[1] == "Canary" else "linear"), int(found[2]), int(found[3])


def _read(routing: AwsMap) -> tuple[Kind, int, int]:
    kinds: dict[str, tuple[Kind, str, str]] = {
        "TimeBasedCanary": ("canary", "timeBasedCanary", "canary"),
        "TimeBasedLinear": ("linear", "timeBasedLinear", "linear"),
    }
    kind, key, prefix = kinds.get(str(routing.get("type")), ("blue-green", "", ""))
    its: Any = routing.get(key, NOTHING)
    percent, interval = int(its.get(f"{prefix}Percentage", 0)), int(its.get(f"{prefix}Interval", 0))
    if kind != "blue-green" and not 0 < percent < WHOLE:
        raise UnknownShiftError(f"the deployment configuration has no percentage for {kind}")
    return kind, percent, interval
