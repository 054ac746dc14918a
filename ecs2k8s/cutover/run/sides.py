"""Both sides of a move as one world: things of AWS and things of the cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.cutover.cluster.asking import PREFIX
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.cutover.world import RefusedError, UnreadableError

if TYPE_CHECKING:
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
