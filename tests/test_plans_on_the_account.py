"""Every call of every plan of the samples, sent by the program to the account that stands in for AWS.

Before each move the account says what the plan says, the call is accepted with the rights of that call alone, and then
the account says what is wanted; and the whole way back leads to where it began. Only the calls for AWS: what the cluster
does is tested elsewhere.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ecs2k8s.cutover.aws.calls import Place
from ecs2k8s.cutover.aws.names import named_in
from ecs2k8s.cutover.aws.policy import of_plans
from ecs2k8s.cutover.plan import Plan
from ecs2k8s.replay.permissions import needs
from tests.claims import STAND_IN
from tests.connected import connected
from tests.estates import SAMPLES, estate
from tests.planned import ground, made, units
from tests.replayed import ACCOUNT, REGION
from tests.test_cutover_policy import allowed

if TYPE_CHECKING:
    from ecs2k8s.cutover.plan import Move, State, Step
    from tests.connected import Connected
    from tests.figures import Figure

USUAL = ("three-tier", "routing")
LONG = [pytest.param(name, marks=pytest.mark.long) for name in SAMPLES if name not in USUAL]
LONG_ENOUGH = 600.0  # for tasks, targets and records to follow
PLACE = Place("aws", REGION, ACCOUNT)


def plans(name: str) -> list[Plan]:
    found = [made(ground(name), unit) for unit in units(ground(name))]
    return [plan for plan in found if isinstance(plan, Plan)]


def account(name: str, plan: Plan) -> Connected:
    named = (each.removeprefix("targetgroup:") for each in named_in(plan))
    return connected(estate(name)[0].documents, *named)


def state(world: Connected, move: Move) -> State:
    return world.read(move.thing.kind, move.thing.id)


def sent(world: Connected, step: Step, move: Move, plan: Plan) -> None:
    """By the role's rights in this session, and within what `policy cutover` gives the role."""
    world.sender.send(step, move.request)
    last = world.stand.hook.calls[-1]
    assert last.call == move.request.call
    for need in needs(world.stand.account, last) if plan.executable else ():
        assert allowed(of_plans([plan], PLACE)["write"], need.action, need.resource, need.context), need
    world.stand.clock.sleep(LONG_ENOUGH)
    assert state(world, move) == move.wanted, move.thing


def of_aws(moves: tuple[Move, ...]) -> list[Move]:
    return [move for move in moves if not move.thing.kind.startswith("kubernetes.")]


@pytest.mark.claim("R13", STAND_IN)
@pytest.mark.parametrize("name", [*USUAL, *LONG])
def test_every_plan_leads_where_it_says_and_back(name: str, figure: Figure) -> None:
    calls, longest = 0, 0
    for plan in plans(name):
        world = account(name, plan)
        steps = [step for step in plan.steps if not step.guided]
        for step in steps:
            for move in of_aws(step.moves):
                assert state(world, move) == move.before, move.thing
                sent(world, step, move, plan)
        writes = world.stand.policy.writes()
        assert len(writes) == sum(len(of_aws(step.moves)) for step in steps)
        lengths = [len(json.dumps(each.policy, separators=(",", ":"))) for each in writes if each.policy]
        assert len(lengths) == len(writes)
        calls, longest = calls + len(writes), max(longest, *lengths, 0)
        assert longest <= 2048
        for step in reversed(steps):
            for move in of_aws(step.back):
                if state(world, move) != move.wanted:
                    sent(world, step, move, plan)
    figure(calls=calls, length=longest)


@pytest.mark.parametrize("name", [*USUAL, *LONG])
def test_what_a_plan_relies_on_is_what_the_account_says(name: str) -> None:
    for plan in plans(name):
        world = account(name, plan)
        for relied in plan.fingerprints:
            if not relied.thing.kind.startswith("kubernetes."):
                assert world.read(relied.thing.kind, relied.thing.id) == relied.state, relied.thing
