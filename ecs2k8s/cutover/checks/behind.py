"""T10: what lies behind both sides: queues, their dead letters, connections of databases.

The last minutes are compared with the hour before EKS had its share, or before this process began to look.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.core.arns import Arn
from ecs2k8s.cutover.checks.one_side import ON_EKS, handovers
from ecs2k8s.cutover.checks.scene import PERIOD, Said, told
from ecs2k8s.cutover.journal.events import Observed
from ecs2k8s.cutover.verdicts import Result
from ecs2k8s.cutover.world import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ecs2k8s.cutover.checks.scene import Scene, Store
    from ecs2k8s.cutover.plan import Step

BEFORE, NOW = 3_600.0, 300.0  # seconds
SUFFIXES = {"aws-cn": "amazonaws.com.cn"}
AGE, VISIBLE = "AWS/SQS ApproximateAgeOfOldestMessage", "AWS/SQS ApproximateNumberOfMessagesVisible"
CONNECTIONS = "AWS/RDS DatabaseConnections"
UNKNOWN = "no queue and no database of RDS is known by a name in the environment of the workloads"


@dataclass(frozen=True, slots=True)
class Windows:
    """The highest value of each; None where nobody measured."""

    before: float | None
    now: float | None
    falls: bool = False


def behind(scene: Scene, step: Step) -> Result:
    """What grows while EKS does the work of a queue is given back to ECS: a pause would let it grow."""
    del step
    found = [store for store in scene.stores if _kind(store) in LOOKS]
    if not found:
        return Result("T10", scene.plan.unit, "not_applicable", UNKNOWN)
    return told("T10", scene.plan.unit, [said for store in found for said in LOOKS[_kind(store)](scene, store)])


def _kind(store: Store) -> str:
    arn = Arn.parse(store.ident)
    if arn is None:
        return ""
    return arn.service if arn.service == "sqs" else f"{arn.service}.{arn.resource.partition(':')[0]}"


def _queue(scene: Scene, store: Store) -> Iterator[Said]:
    yield _age(scene, store)
    try:
        dead = _dead_letters(scene, store)
    except UnreadableError as error:
        yield Said("error", f"{store.name}: where its dead letters go is not known: {error}")
        return
    if dead:
        yield _dead(scene, store, dead)
    else:
        yield Said("pass", f"{store.name}: has no queue of dead letters")


def _age(scene: Scene, store: Store) -> Said:
    handover = _handover(scene, store)
    found = _windows(scene, AGE, {"QueueName": store.name}, handover)
    said = f"{store.name}: the oldest message is {_shown(found.now)} s old, {_shown(found.before)} s before"
    if found.now is None:
        return Said("inconclusive", f"{said}: no data")
    if found.now <= scene.threshold("queue-age-seconds", 60):
        return Said("pass", said)
    if found.before is None:
        return Said("inconclusive", f"{said}: nothing to compare with")
    if found.now <= scene.threshold("queue-age-factor", 2) * found.before:
        return Said("pass", said)
    if found.falls or (handover and scene.clock.now() < handover[1] + scene.threshold("queue-settle-seconds", 600)):
        return Said("inconclusive", f"{said}: what waited for the handover is still being worked off")
    return Said("fail", said, grave=_is_handed_over(scene, store))


def _dead(scene: Scene, store: Store, dead: str) -> Said:
    found = _windows(scene, VISIBLE, {"QueueName": dead}, _handover(scene, store))
    said = f"{store.name}: {_shown(found.now)} dead letters in {dead}, {_shown(found.before)} before"
    if found.now is None or found.before is None:
        return Said("inconclusive", f"{said}: no data")
    more = found.now > found.before
    return Said("fail" if more else "pass", said, grave=more and _is_handed_over(scene, store))


def _dead_letters(scene: Scene, store: Store) -> str:
    """The name of the queue that they go to; empty where there is none."""
    arn = Arn.parse(store.ident)
    assert arn  # noqa: S101 (for mypy: `_kind` parsed it)
    url = f"https://sqs.{arn.region}.{SUFFIXES.get(arn.partition, 'amazonaws.com')}/{arn.account}/{arn.resource}"
    answer = scene.asked("sqs.GetQueueAttributes", QueueUrl=url, AttributeNames=["RedrivePolicy"])
    if answer is None:
        raise UnreadableError(f"there is no queue {arn.resource}")
    policy = json.loads((answer.get("Attributes") or {}).get("RedrivePolicy") or "{}")
    return str(policy.get("deadLetterTargetArn", "")).rpartition(":")[2]


def _instance(scene: Scene, store: Store) -> Iterator[Said]:
    yield _connections(scene, store, {"DBInstanceIdentifier": store.name})


def _cluster(scene: Scene, store: Store) -> Iterator[Said]:
    yield _connections(scene, store, {"DBClusterIdentifier": store.name})


def _connections(scene: Scene, store: Store, dimensions: dict[str, str]) -> Said:
    """How many it can take nobody tells: a step is what can be seen."""
    found = _windows(scene, CONNECTIONS, dimensions, None)
    said = f"{store.name}: {_shown(found.now)} connections, {_shown(found.before)} before"
    if found.now is None or found.before is None:
        return Said("inconclusive", f"{said}: no data")
    more = found.now - found.before
    grew = more > scene.threshold("connections-more", 20)
    step = grew and found.now > scene.threshold("connections-factor", 2) * found.before
    return Said("fail" if step else "pass", said)


LOOKS: Mapping[str, Callable[[Scene, Store], Iterator[Said]]] = {
    "sqs": _queue,
    "rds.db": _instance,
    "rds.cluster": _cluster,
}


def _is_handed_over(scene: Scene, store: Store) -> bool:
    """Whether EKS works on it now, because the plan led it there."""
    its = {name: eks for name, (_, eks) in handovers(scene.plan).items() if name in store.users}
    return any(ON_EKS[thing.kind](scene.read(thing)) for eks in its.values() for thing in eks)


def _handover(scene: Scene, store: Store) -> tuple[float, float] | None:
    """When this run began and ended to hand the work on it over; None where it did not."""
    sides = [sides for name, sides in handovers(scene.plan).items() if name in store.users]
    things = {thing for ecs, eks in sides for thing in (*ecs, *eks)}
    moved = [
        line.head.ts_wall for line in scene.lines() if isinstance(line.event, Observed) and line.event.thing in things
    ]
    return (min(moved), max(moved)) if moved else None


def _windows(scene: Scene, metric: str, dimensions: dict[str, str], handover: tuple[float, float] | None) -> Windows:
    recent = scene.until - NOW
    since = min(recent, handover[0] if handover else scene.since)
    points = scene.series(metric, dimensions, "Maximum", since - BEFORE).points
    before = [value for at, value in points if at < since - PERIOD]
    now = [value for at, value in points if at >= recent]
    return Windows(max(before, default=None), max(now, default=None), falls=bool(now) and now[-1] < now[0])


def _shown(value: float | None) -> str:
    return "?" if value is None else f"{value:,.0f}"
