"""A request is sent once, as the plan has it, with the rights that it needs; what came of it is said as it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.assess.iam import Request as Asked
from ecs2k8s.assess.iam import decide
from ecs2k8s.collect.guard import NotAllowedError
from ecs2k8s.collect.login import Login
from ecs2k8s.core.errors import PlanError, WrongAccountError
from ecs2k8s.cutover.aws.calls import Place, needed, writes
from ecs2k8s.cutover.aws.connect import connect
from ecs2k8s.cutover.aws.sender import LONGEST, NAME, session_name
from ecs2k8s.cutover.plan import Request
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.cutover.things.autoscaling_target import target_id
from ecs2k8s.cutover.things.ecs_service import scaled
from ecs2k8s.cutover.things.elbv2_rule import test_rule_id as id_of_test_rule
from ecs2k8s.cutover.things.events_rule import rule_target_id
from ecs2k8s.cutover.things.later import SECRET_VALUE, TEST_HEADER
from ecs2k8s.cutover.world import NotNowError, RefusedError, UnreadableError, UnsureError
from ecs2k8s.replay.stand_in import Fault
from tests.connected import WRITER, connected, plan_of
from tests.estates import estate
from tests.iam_actions import services
from tests.replayed import ACCOUNT, REGION, prepared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.documents import Document
    from tests.connected import Connected

PLACE = Place("aws", REGION, ACCOUNT)
OURS = {"ecs2k8s": "cutover"}
NEW = "targetgroup:web-eks"


def documents(name: str) -> tuple[Document, ...]:
    return estate(name)[0].documents


def first(name: str, shape: str, which: int = 0) -> Document:
    return estate(name)[0].of(shape)[which]


def suspended(state: Any) -> Any:
    return {**state, "MinCapacity": 4, "SuspendedState": {**state["SuspendedState"], "DynamicScalingInSuspended": True}}


def weighted(state: Any, key: str) -> Any:
    """The group of the first forward gets half a share of what it has, beside another group without one."""
    groups = [*state[key][-1]["ForwardConfig"]["TargetGroups"], {"TargetGroupArn": NEW, "Weight": 0}]
    groups.sort(key=lambda each: str(each["TargetGroupArn"]))
    forward = {**state[key][-1], "ForwardConfig": {**state[key][-1]["ForwardConfig"], "TargetGroups": groups}}
    return {**state, key: [*state[key][:-1], forward]}


def forwards(name: str, shape: str, key: str) -> str:
    """The first rule or listener whose last action is a forward."""
    for each in estate(name)[0].of(shape):
        if (
            each.data[key][-1]["Type"] == "forward"
            and not each.data.get("IsDefault")
            and ":listener/net/" not in each.id
        ):
            return each.id
    raise LookupError(shape)


def group(name: str) -> Any:
    state = KINDS["elbv2.target-group"].then(
        {(each.shape, each.id): each.data for each in documents(name)}, first(name, "elbv2.TargetGroup").id
    )
    return {**state, "TargetType": "ip", "Tags": OURS}


def moves() -> Iterator[tuple[str, str, str, Any]]:
    """Sample, kind and id of a thing, and how the state becomes the wanted one."""
    yield "three-tier", "elbv2.target-group", NEW, lambda _: group("three-tier")
    yield (
        "three-tier",
        "elbv2.rule",
        forwards("three-tier", "elbv2.Rule", "Actions"),
        lambda state: weighted(state, "Actions"),
    )
    yield (
        "routing",
        "elbv2.listener",
        forwards("routing", "elbv2.Listener", "DefaultActions"),
        lambda state: weighted(state, "DefaultActions"),
    )
    yield "three-tier", "autoscaling.target", target_id("service/shop/worker"), suspended
    yield (
        "three-tier",
        "ecs.service",
        next(each.id for each in estate("three-tier")[0].of("ecs.Service") if each.id.endswith("/worker")),
        lambda state: scaled(state, 3),
    )
    yield (
        "three-tier",
        "events.rule",
        first("three-tier", "events.Rule").id,
        lambda state: state | {"State": "DISABLED"},
    )
    yield (
        "three-tier",
        "events.targets",
        rule_target_id(first("three-tier", "events.Rule").id, "close-day"),
        lambda _: None,
    )
    yield (
        "microservices",
        "scheduler.schedule",
        first("microservices", "scheduler.Schedule").id,
        lambda state: state | {"State": "DISABLED"},
    )
    yield (
        "three-tier",
        "iam.trust",
        first("three-tier", "iam.Role").id,
        lambda state: {
            **state,
            "Statement": [
                *state["Statement"],
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "pods.eks.amazonaws.com"},
                    "Action": ["sts:AssumeRole", "sts:TagSession"],
                },
            ],
        },
    )
    yield (
        "three-tier",
        "ec2.security-group-rule",
        "sg-0a1b2c3d4e5f60004/ingress/tcp/5432/5432/10.0.0.0/16",
        lambda _: {"Description": "pods", "Tags": OURS},
    )
    yield (
        "microservices",
        "eks.pod-identity-association",
        f"{first('microservices', 'eks.Cluster').data['name']}/market/new",
        lambda _: {"roleArn": first("microservices", "iam.Role").id, "tags": OURS},
    )
    yield "three-tier", "elbv2.test-rule", id_of_test_rule(first("three-tier", "elbv2.Listener").id, "shop"), lambda _: {
        "Actions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": first("three-tier", "elbv2.TargetGroup").id, "Weight": 1}], "TargetGroupStickinessConfig": {"Enabled": False}}}],
        "Conditions": [{"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": TEST_HEADER, "Values": [SECRET_VALUE]}}],
        "Priority": "1",
        "Tags": OURS | {"ecs2k8s:test-rule": "shop"},
    }  # fmt: skip


MOVES = list(moves())


def ready(world: Connected, kind: str, name: str) -> None:
    """The group to which a weight is given exists before."""
    if kind in ("elbv2.rule", "elbv2.listener"):
        world.send(KINDS["elbv2.target-group"].request(NEW, None, group(name)))


@dataclass(frozen=True, slots=True)
class Carried:
    """A move made and taken back: the states before and after, and the world after it."""

    world: Connected
    before: Any
    wanted: Any
    seen: tuple[Any, Any]
    already: int  # writes that made the account ready

    def policies(self) -> list[tuple[str, dict[str, Any]]]:
        """The session policy of each request, as AWS got it."""
        return [(each.call, each.policy) for each in self.world.stand.policy.writes()[self.already :] if each.policy]


@cache
def carried(at: int) -> Carried:
    """The move of this number, both ways, with the role; for all tests that look at it."""
    name, kind, ident, change = MOVES[at]
    world = connected(documents(name), "web-eks")
    ready(world, kind, name)
    before, already = world.read(kind, ident), len(world.stand.policy.writes())
    wanted, seen = change(before), []
    for one, other in ((before, wanted), (wanted, before)):
        world.send(KINDS[kind].request(ident, one, other))
        seen.append(world.read(kind, ident))
    return Carried(world, before, wanted, (seen[0], seen[1]), already)


@pytest.mark.parametrize("at", range(len(MOVES)), ids=[move[1] for move in MOVES])
def test_a_move_is_made_and_taken_back_with_the_rights_of_its_step(at: int) -> None:
    its = carried(at)
    assert its.wanted != its.before
    assert its.seen == (its.wanted, its.before)
    assert len(its.policies()) == 2
    assert its.world.sent("sts.AssumeRole") == len(its.world.stand.policy.writes())


def test_without_a_role_the_credentials_of_the_login_are_used() -> None:
    world = connected(documents("three-tier"), role=False)
    world.send(again(world))
    assert [each.policy for each in world.stand.policy.writes()] == [None]
    assert world.sent("sts.AssumeRole") == 0


@cache
def actions() -> tuple[str, ...]:
    """Every IAM action of the services that a cutover writes to, from the list that comes with cfn-lint."""
    chosen = (
        "elasticloadbalancing",
        "ecs",
        "application-autoscaling",
        "events",
        "scheduler",
        "iam",
        "ec2",
        "eks",
        "sts",
        "route53",
        "kms",
    )
    return tuple(f"{service}:{action}" for service in chosen for action in services()[service]["Actions"])


def context_of(statement: dict[str, Any]) -> dict[str, Any]:
    return {key: value for keys in statement.get("Condition", {}).values() for key, value in keys.items()}


def test_a_session_allows_one_step_and_nothing_else() -> None:
    found = [each for at in range(len(MOVES)) for each in carried(at).policies()]
    assert len(found) == 2 * len(MOVES)
    grants = [
        (action, arn, context_of(each))
        for _, policy in found
        for each in policy["Statement"]
        for action in each["Action"]
        for arn in each["Resource"]
    ]
    asked = looked = 0
    for call, policy in found:
        text = json.dumps(policy, separators=(",", ":"))
        assert len(text) <= LONGEST
        own = {
            (action.lower(), arn)
            for each in policy["Statement"]
            for action in each["Action"]
            for arn in each["Resource"]
        }
        allowed = {action for action, _ in own}
        resources = {arn for _, arn in own}
        assert "*" not in resources, call
        for action, arn, context in grants:  # what this or any other step may do
            decision = decide(policy, Asked(("AWS", WRITER), action, context, arn.replace("*", "x")))
            if (action.lower(), arn) in own:
                assert decision == "allowed", (call, action, arn)
                asked += 1
            elif action.lower() not in allowed or not any(covers(each, arn) for each in resources):
                assert decision == "denied", (call, action, arn)
                looked += 1
        near = {action.partition(":")[0] for action in allowed}
        for action in actions():  # and anything else that such an object knows, on itself
            if action.lower() not in allowed and action.partition(":")[0] in near:
                assert decide(policy, Asked(("AWS", WRITER), action, {}, min(resources).replace("*", "x"))) == "denied"
                looked += 1
    assert asked >= len(found)
    assert looked > 2_000


def covers(pattern: str, arn: str) -> bool:
    return arn.startswith(pattern.rstrip("*"))


RULE = forwards("three-tier", "elbv2.Rule", "Actions")


def again(world: Connected) -> Request:
    """A request that sets what is there."""
    state = world.read("elbv2.rule", RULE)
    return KINDS["elbv2.rule"].request(RULE, state, state)


@pytest.mark.parametrize(
    ("what", "when", "error", "changed"),
    [
        ("throttled", "before", NotNowError, False),
        ("denied", "before", RefusedError, False),
        ("expired", "before", RefusedError, False),
        ("broken", "before", UnsureError, False),
        ("broken", "after", UnsureError, True),
        ("silent", "before", UnsureError, False),
        ("silent", "after", UnsureError, True),
    ],
)
def test_a_request_is_sent_once_and_what_is_not_known_is_unsure(
    what: str, when: Any, error: type[Exception], changed: bool
) -> None:
    world = connected(documents("three-tier"))
    world.stand.policy.faults.append(Fault("elbv2.ModifyRule", what, 1, when, 99))
    with pytest.raises(error, match=r"^elbv2\.ModifyRule: ") as raised:
        world.send(again(world))
    assert raised.type is error
    assert world.sent("elbv2.ModifyRule") == 1
    assert bool(world.stand.policy.writes()) is changed


@pytest.mark.parametrize(
    ("what", "error"),
    [("throttled", NotNowError), ("denied", RefusedError), ("broken", NotNowError), ("silent", NotNowError)],
)
def test_without_the_role_nothing_is_sent(what: str, error: type[Exception]) -> None:
    world = connected(documents("three-tier"))
    world.stand.policy.faults.append(Fault("sts.AssumeRole", what, 1, "before", 99))
    with pytest.raises(error, match=r"could not be assumed .* nothing was sent") as raised:
        world.send(again(world))
    assert raised.type is error
    assert world.sent("elbv2.ModifyRule") == 0


def test_no_connection_means_that_nothing_was_sent() -> None:
    from botocore.exceptions import ConnectionClosedError, EndpointConnectionError

    for raised, error in ((EndpointConnectionError, NotNowError), (ConnectionClosedError, UnsureError)):

        def fails(request: Any, _: int, raised: Any = raised) -> None:
            if request.call == "elbv2.ModifyRule":
                raise raised(endpoint_url="https://aws.invalid")

        world = connected(documents("three-tier"), before=(fails,))
        with pytest.raises(error):
            world.send(again(world))


def test_an_arn_that_cannot_be_looked_up_now_is_looked_up_again() -> None:
    world = connected(documents("three-tier"), "web-eks")
    world.stand.policy.faults.append(Fault("elbv2.DescribeTargetGroups", "throttled", 1, "before", 99))
    request = Request("elbv2.ModifyTargetGroup", {"TargetGroupArn": "targetgroup:web-eks", "HealthCheckPath": "/"})
    with pytest.raises(NotNowError, match="nothing was sent"):
        world.send(request)


def test_parameters_that_aws_does_not_know_are_not_sent() -> None:
    world = connected(documents("three-tier"), role=False)
    with pytest.raises(RefusedError, match="was not sent"):
        world.send(Request("elbv2.ModifyRule", {"RuleArn": RULE, "Weights": [1]}))
    assert world.sent("elbv2.ModifyRule") == 0


def test_an_entry_that_eventbridge_refuses_is_refused() -> None:
    def fails(request: Any, _: int) -> dict[str, Any] | None:
        entry = {"TargetId": "close-day", "ErrorCode": "ConcurrentModificationException"}
        return {"FailedEntryCount": 1, "FailedEntries": [entry]} if request.call == "events.RemoveTargets" else None

    world = connected(documents("three-tier"), before=(fails,))
    with pytest.raises(RefusedError, match="ConcurrentModificationException"):
        world.send(
            Request("events.RemoveTargets", {"Rule": "shop-close-day", "EventBusName": "default", "Ids": ["close-day"]})
        )


def test_what_does_not_exist_yet_is_not_sent() -> None:
    world = connected(documents("three-tier"), "web-eks")
    with pytest.raises(RefusedError, match="targetgroup:web-eks does not exist; nothing was sent"):
        world.send(Request("elbv2.DeleteTargetGroup", {"TargetGroupArn": NEW}))
    assert not world.stand.policy.writes()


def test_an_arn_is_asked_for_again_after_its_group_was_made_anew() -> None:
    world = connected(documents("three-tier"), "web-eks", role=False)
    kind, wanted = KINDS["elbv2.target-group"], group("three-tier")
    for _ in range(2):
        world.send(kind.request(NEW, None, wanted))
        world.send(kind.request(NEW, wanted, None))
    assert len(world.stand.policy.writes()) == 4


@pytest.mark.parametrize("call", [name for name, row in writes().items() if row.mode == "guided"])
def test_what_only_a_person_sends_is_not_sent(call: str) -> None:
    world = connected(documents("three-tier"), role=False)
    with pytest.raises(NotAllowedError, match="nothing was sent"):
        world.send(Request(call, {}))
    assert world.sent(call) == 0


def test_a_secret_header_is_another_one_each_time_and_in_no_state() -> None:
    values = set()
    for _ in range(2):
        world = connected(documents("three-tier"), role=False)
        _, kind, ident, change = MOVES[-1]
        world.send(KINDS[kind].request(ident, None, change(None)))
        [made] = world.stand.policy.writes()
        values.add(str(made.parameters["Conditions"][0]["HttpHeaderConfig"]["Values"][0]))
        assert SECRET_VALUE not in str(made.parameters)
        assert not any(value in str(world.read(kind, ident)) for value in values)
    assert len({len(value) for value in values}) == 1
    assert len(values) == 2


@pytest.mark.parametrize("name", ["*", "a?", "${aws:username}", "rule/*"])
def test_a_name_that_iam_would_read_as_a_pattern_gives_no_rights(name: str) -> None:
    for request in (
        Request("elbv2.ModifyRule", {"RuleArn": name}),
        Request("events.PutTargets", {"Rule": "a", "Targets": [{"RoleArn": name}]}),
    ):
        with pytest.raises(PlanError, match="no name that a policy can be limited to"):
            needed(request, PLACE)


def test_a_rule_that_signs_users_in_needs_a_look_at_the_client_of_their_pool() -> None:
    pool = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{REGION}_a"
    signs_in = {"Type": "authenticate-cognito", "AuthenticateCognitoConfig": {"UserPoolArn": pool}}
    one, other = needed(Request("elbv2.ModifyRule", {"RuleArn": RULE, "Actions": [signs_in]}), PLACE)
    assert (one["Resource"], other["Resource"], other["Action"]) == (
        [RULE],
        [pool],
        ["cognito-idp:DescribeUserPoolClient"],
    )
    assert len(needed(Request("elbv2.ModifyRule", {"RuleArn": RULE, "Actions": []}), PLACE)) == 1


def test_no_row_no_rights() -> None:
    with pytest.raises(PlanError, match="no operation of a cutover"):
        needed(Request("elbv2.DeleteLoadBalancer", {}), PLACE)


def test_a_session_is_called_as_its_run_and_step() -> None:
    assert session_name("01JABC", "elb.weights-5") == "ecs2k8s-01JABC-elb.weights-5"
    assert session_name("run é", "a b/c") == "ecs2k8s-run---a-b-c"
    long = session_name("r" * 80, "s" * 80)
    assert len(long) <= NAME
    assert long.endswith("s" * 40)


def test_the_region_is_that_of_the_plan() -> None:
    world = connected(documents("three-tier"))
    world.send(again(world))
    assert {each.region for each in world.stand.hook.calls} == {REGION}


def test_a_plan_of_another_account_is_not_connected() -> None:
    world, other = connected(documents("three-tier")), plan_of(account="999999999999")
    with pytest.raises(WrongAccountError, match="999999999999"):
        connect(Login(regions=(REGION,)), other, world.stand.clock, prepared(world.stand.hook))


FAULTS: list[tuple[str, Any]] = [
    ("throttled", "before"),
    ("denied", "before"),
    ("expired", "before"),
    ("broken", "before"),
    ("broken", "after"),
    ("silent", "before"),
    ("silent", "after"),
]


@pytest.mark.long
@pytest.mark.parametrize("at", range(len(MOVES)), ids=[move[1] for move in MOVES])
@pytest.mark.parametrize(("what", "when"), FAULTS)
def test_each_request_with_each_fault_is_sent_once_and_told_as_it_is(at: int, what: str, when: Any) -> None:
    name, kind, ident, change = MOVES[at]
    world = connected(documents(name), "web-eks")
    ready(world, kind, name)
    before = world.read(kind, ident)
    wanted = change(before)
    for one, other in ((before, wanted), (wanted, before)):
        request, already = KINDS[kind].request(ident, one, other), world.stand.policy.seen.copy()
        fault = Fault(request.call, what, already[request.call] + 1, when, 1)
        world.stand.policy.faults.append(fault)
        with pytest.raises(UnsureError if what in ("broken", "silent") else RefusedError):
            world.send(request)
        assert world.stand.policy.seen[request.call] == already[request.call] + 1
        assert world.read(kind, ident) == (other if when == "after" else one)
        if when == "before":
            world.send(request)
            assert world.read(kind, ident) == other


@pytest.mark.long
@pytest.mark.parametrize("at", range(len(MOVES)), ids=[move[1] for move in MOVES])
def test_a_fault_of_any_read_of_a_thing_is_never_a_state(at: int) -> None:
    name, kind, ident, change = MOVES[at]
    world = connected(documents(name), "web-eks", role=False)
    ready(world, kind, name)
    before = world.read(kind, ident)
    world.send(KINDS[kind].request(ident, before, change(before)))
    begin = len(world.stand.hook.calls)
    state = world.read(kind, ident)
    asked = {each.call for each in world.stand.hook.calls[begin:]}
    assert asked
    for call in sorted(asked):
        for what, when in FAULTS:
            world.stand.policy.faults[:] = [Fault(call, what, 1, when, 9999)]
            with pytest.raises(UnreadableError):
                world.read(kind, ident)
    world.stand.policy.faults.clear()
    assert world.read(kind, ident) == state
