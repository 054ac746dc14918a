"""T10: queues, their dead letters and databases, before and after EKS had its share or its work."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.cutover.aws.metrics import CloudWatch
from ecs2k8s.cutover.aws.reader import AwsReader
from ecs2k8s.cutover.checks.judging import Judges
from ecs2k8s.cutover.checks.of_unit import stores
from ecs2k8s.cutover.checks.scene import Store
from ecs2k8s.cutover.journal.events import Observed
from ecs2k8s.cutover.journal.lines import Head, Line
from ecs2k8s.cutover.plan import Move, Request, Step, Thing
from ecs2k8s.cutover.run.triggers import only_pauses
from ecs2k8s.cutover.world import UnreadableError
from ecs2k8s.replay.series import Series
from ecs2k8s.replay.state_queues import Queues
from tests.planned import ground, planned
from tests.standing import sample
from tests.watched import MINUTE, NOW, SERVICE, World, healthy, plan, scene

if TYPE_CHECKING:
    from ecs2k8s.cutover.verdicts import Result

AGE, DEAD = "AWS/SQS ApproximateAgeOfOldestMessage", "AWS/SQS ApproximateNumberOfMessagesVisible"
CONNECTIONS = "AWS/RDS DatabaseConnections"
BASE = "arn:aws:{}:eu-west-1:111122223333:{}"
QUEUE = Store(BASE.format("sqs", "orders"), "orders", ("shop/web",))
DATABASE = Store(BASE.format("rds", "db:shop"), "shop", ("shop/web",))
CLUSTER = Store(BASE.format("rds", "cluster:shop"), "shop", ("shop/web",))
STEP = Step("bake", "bake", "P6", "bake", "", "")
WORKER, SCALE = Thing("ecs.service", SERVICE), Thing("kubernetes.scale", "shop/web")
OFF = Step("off.shop.web", "work.handover", "P5", "", "", "", moves=(Move(WORKER, {}, {"desiredCount": 0}, Request(""), ""),))  # fmt: skip
ON = Step("on.shop.web", "work.handover", "P5", "", "", "", moves=(Move(SCALE, {}, {"replicas": 2}, Request(""), ""),))


def queued(age: tuple[float, float] = (5, 5), dead: tuple[float, float] = (0, 0)) -> World:
    """Values before the share was set, ten minutes ago, and since."""
    world = healthy()
    policy = json.dumps({"deadLetterTargetArn": BASE.format("sqs", "orders-dead")})
    world.answers["sqs.GetQueueAttributes"] = {"Attributes": {"RedrivePolicy": policy}}
    for metric, where, (before, now) in ((AGE, "orders", age), (DEAD, "orders-dead", dead)):
        put(world, metric, where, before, now)
    return world


def put(world: World, metric: str, where: str, before: float, now: float) -> None:
    world.put(metric, where, before, 60, "Maximum")
    world.put(metric, where, now, 10, "Maximum")


def judged(world: World, *its: Store, handed: float | None = None) -> Result:
    """*handed*: the plan hands the work over, and did so many minutes ago."""
    more: dict[str, Any] = {}
    if handed is not None:
        seen = Observed(step=ON.id, thing=SCALE, found="wanted", state={}, sha256="")
        at = NOW - handed * MINUTE
        more = {"lines": lambda: [Line(Head(1, "", at, at, "", ""), seen, "")]}
        world.states |= {WORKER: {"desiredCount": 0, "running": 0}, SCALE: {"replicas": 2}}
    made = plan(OFF, ON) if handed is not None else plan()
    found = scene(world, made, stores=its, **more)
    return Judges(found, fixed=found.since).judge("T10", STEP)


@pytest.mark.parametrize(
    ("age", "dead", "verdict", "said"),
    [
        ((5, 5), (0, 0), "pass", "5 s old"),
        ((5, 55), (3, 3), "pass", "55 s old"),  # eleven times as old, and not a minute
        ((50, 90), (0, 0), "pass", "90 s old"),  # not twice as old
        ((50, 110), (0, 0), "fail", "110 s old, 50 s before"),
        ((5, 5), (3, 4), "fail", "4 dead letters in orders-dead, 3 before"),
        ((5, 5), (4, 3), "pass", ""),
    ],
)
def test_a_queue_ages_or_has_dead_letters(
    age: tuple[float, float], dead: tuple[float, float], verdict: str, said: str
) -> None:
    found = judged(queued(age, dead), QUEUE)
    assert (found.verdict, said in found.text) == (verdict, True)
    assert not found.grave


def test_what_falls_again_is_waited_for() -> None:
    world = queued((5, 300))
    world.values[AGE, "orders", "Maximum"][NOW - MINUTE] = 200
    assert judged(world, QUEUE).verdict == "inconclusive"


@pytest.mark.parametrize("lacking", [AGE, DEAD])
def test_a_queue_that_nobody_measures_does_not_pass(lacking: str) -> None:
    world = queued()
    world.values = {key: its for key, its in world.values.items() if key[0] != lacking}
    assert judged(world, QUEUE).verdict == "inconclusive"


def test_where_dead_letters_go_has_to_be_known() -> None:
    world = queued()
    world.denied.add("sqs.GetQueueAttributes")
    assert judged(world, QUEUE).verdict == "error"
    world = queued()
    world.answers["sqs.GetQueueAttributes"] = {}
    assert judged(world, QUEUE).verdict == "pass"


@pytest.mark.parametrize(
    ("minutes", "verdict", "grave"),
    [(5, "inconclusive", False), (12, "fail", True)],
)
def test_work_that_eks_does_and_that_piles_up_goes_back(minutes: float, verdict: str, grave: bool) -> None:
    world = queued((5, 5))
    world.put(AGE, "orders", 300, round(minutes) - 1, "Maximum")
    found = judged(world, QUEUE, handed=minutes)
    assert (found.verdict, found.grave, only_pauses(found)) == (verdict, grave, not grave)


@pytest.mark.parametrize(
    ("store", "before", "now", "verdict"),
    [
        (DATABASE, 40, 79, "pass"),
        (DATABASE, 40, 81, "fail"),
        (DATABASE, 5, 25, "pass"),  # five times, and only twenty more
        (CLUSTER, 40, 81, "fail"),
    ],
)
def test_connections_of_a_database_take_no_step(store: Store, before: float, now: float, verdict: str) -> None:
    world = healthy()
    put(world, CONNECTIONS, "shop", before, now)
    assert judged(world, store).verdict == verdict
    assert judged(healthy(), store).verdict == "inconclusive"


def test_what_lies_behind_is_what_names_in_the_environment_lead_to() -> None:
    its = ground("three-tier")
    found = stores(planned(its, "shop-worker"), its.translation.dependencies)
    assert [(each.name, each.users) for each in found] == [
        ("shop", ("shop/worker",)),
        ("shop-orders", ("shop/worker",)),
    ]
    cache = Store(BASE.format("elasticache", "replicationgroup:c"), "c", ("shop/web",))
    assert judged(healthy(), cache).verdict == "not_applicable"
    assert judged(healthy()).verdict == "not_applicable"


def test_the_account_tells_where_dead_letters_go_and_how_old_messages_are() -> None:
    """Through real clients."""
    aws = sample("three-tier")
    aws.account.part(Queues).dead_letters |= {"shop-orders": "shop-dead", "lonely": ""}
    queues = aws.client("sqs")

    def attributes(name: str) -> dict[str, str]:
        url = f"https://sqs.eu-west-1.amazonaws.com/111122223333/{name}"
        found: dict[str, str] = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"]).get(
            "Attributes", {}
        )
        return found

    assert json.loads(attributes("shop-orders")["RedrivePolicy"])["deadLetterTargetArn"].endswith(":shop-dead")
    assert attributes("lonely") == {}
    reader = AwsReader(aws.client, aws.clock)
    begin = aws.clock.at // 60 * 60
    aws.account.part(Series).put_in("AWS/SQS", AGE.split()[1], {"QueueName": "shop-orders"}, begin, [12.0, 7.0])
    found = CloudWatch(reader).series(AGE, {"QueueName": "shop-orders"}, "Maximum", begin, begin + 60)
    assert found.points == ((begin, 12.0),)
    asked = {"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/gone", "AttributeNames": ["RedrivePolicy"]}
    with pytest.raises(UnreadableError):
        reader.plainly("sqs.GetQueueAttributes", asked)
