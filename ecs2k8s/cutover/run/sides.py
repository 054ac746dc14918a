"""Both sides of a move as one world: things of AWS and things of the cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.cutover.cluster.asking import PREFIX
from ecs2k8s.cutover.cluster.bindings import forbidden, group_of
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.cutover.things.kind import NAMED
from ecs2k8s.cutover.world import RefusedError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.cutover.cluster.reading import Api
    from ecs2k8s.cutover.plan import Plan, Request, State, Step, Thing
    from ecs2k8s.cutover.things.kind import Ask
    from ecs2k8s.cutover.world import Reader, Sender


def needs_cluster(plan: Plan) -> bool:
    return any(move.thing.kind.startswith(PREFIX) for step in plan.steps for move in step.moves)


@dataclass(frozen=True, slots=True)
class BothReader:
    """`world.Reader`. Without `cluster` its things cannot be read, which is not the same as absent."""

    aws: Reader
    cluster: Ask | None

    def read(self, thing: Thing) -> State:
        if not thing.kind.startswith(PREFIX):
            return self.aws.read(thing)
        if self.cluster is None:
            raise UnreadableError(f"{thing.id}: no cluster is named: --context")
        return KINDS[thing.kind].now(self.cluster, thing.id)


@dataclass(frozen=True, slots=True)
class BothSender:
    """`world.Sender`."""

    aws: Sender
    cluster: Sender | None

    def send(self, step: Step, request: Request) -> str:
        if not request.call.startswith(PREFIX):
            return self.aws.send(step, request)
        if self.cluster is None:
            raise RefusedError(f"{request.call}: no cluster is named: --context; nothing was sent")
        return self.cluster.send(step, request)


def refusing(ask: Ask, api: Api, ecs_groups: Collection[str]) -> Callable[[Manifest], str]:
    """Why a TargetGroupBinding must not be applied (invariant I8). *ask* is that of AWS."""

    def why(binding: Manifest) -> str:
        group = group_of(binding)
        arn = group if group.startswith("arn:") else NAMED + group
        health = ask("elbv2.DescribeTargetHealth", {"TargetGroupArn": arn})
        if health is None:
            return f"there is no target group {group}"
        targets = [str(each["Target"]["Id"]) for each in health["TargetHealthDescriptions"]]
        pods = [str((pod.get("status") or {}).get("podIP", "")) for pod in api.items("v1", "Pod")] if targets else []
        return forbidden(arn, targets, ecs_groups, pods)

    return why
