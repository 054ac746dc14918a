"""Every call of every plan of the samples, sent by real clients to the account that stands in for AWS.

Before each move the account says what the plan says, the call is accepted, and then the account says what is wanted;
and the whole way back leads to where it began. Only the calls for AWS: what the cluster does is tested elsewhere.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from ecs2k8s.cutover.plan import Plan
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.cutover.things.later import SECRET_VALUE, TEST_HEADER, later
from tests.estates import SAMPLES, estate
from tests.planned import ground, made, units
from tests.standing import Stand, stand

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.cutover.plan import Move, State

SECRET = re.compile(rf'("HttpHeaderName": "{TEST_HEADER}", "Values": \[)"[0-9a-f]{{32}}"')
NAMED = "targetgroup:"
LONG_ENOUGH = 600.0  # for tasks, targets and records to follow


def plans(name: str) -> list[Plan]:
    found = [made(ground(name), unit) for unit in units(ground(name))]
    return [plan for plan in found if isinstance(plan, Plan)]


class Aws:
    """Reads and sends in the words of the plan: a name stands for a target group that the plan makes."""

    def __init__(self, aws: Stand) -> None:
        self.aws = aws

    def arns(self) -> dict[str, str]:
        return {
            f"{NAMED}{each['TargetGroupName']}": each["TargetGroupArn"]
            for each in self.aws.all("elbv2.TargetGroup")
            if each["TargetGroupName"].endswith("-eks")
        }

    def call(self, call: str, parameters: Mapping[str, Any]) -> Any:
        service, _, operation = call.partition(".")
        answer = getattr(self.aws.client(service), xform_name(operation))(**self.filled(parameters))
        del answer["ResponseMetadata"]
        said = json.dumps(answer, default=str)
        for name, arn in self.arns().items():
            said = said.replace(f'"{arn}"', f'"{name}"')
        return json.loads(SECRET.sub(rf'\g<1>"{SECRET_VALUE}"', said))

    def filled(self, value: Any, key: str = "") -> Any:
        """With what exists only now in place of its name."""
        if isinstance(value, dict):
            return {name: self.filled(each, name) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.filled(each, key) for each in value]
        if value in (arns := self.arns()):
            return arns[value]
        found = later(key, value)
        return found[0].find(self.ask, found[1]) if found else value

    def ask(self, call: str, parameters: Mapping[str, Any]) -> Any:
        if NAMED in json.dumps(parameters) and not any(name in json.dumps(parameters) for name in self.arns()):
            return None
        try:
            return self.call(call, parameters)
        except ClientError as error:
            if error.response["Error"]["Code"].removesuffix("Exception").endswith(("NotFound", "NoSuchEntity")):
                return None
            raise

    def state(self, move: Move) -> State:
        return KINDS[move.thing.kind].now(self.ask, move.thing.id)

    def move(self, move: Move) -> None:
        assert self.state(move) == move.before, move.thing
        self.call(move.request.call, move.request.parameters)
        self.aws.clock.sleep(LONG_ENOUGH)
        assert self.state(move) == move.wanted, move.thing

    def move_back(self, move: Move) -> None:
        if self.state(move) != move.wanted:
            self.call(move.request.call, move.request.parameters)
            self.aws.clock.sleep(LONG_ENOUGH)
        assert self.state(move) == move.wanted, move.thing


def of_aws(moves: tuple[Move, ...]) -> list[Move]:
    return [move for move in moves if not move.thing.kind.startswith("kubernetes.")]


@pytest.mark.parametrize("name", SAMPLES)
def test_every_plan_leads_where_it_says_and_back(name: str) -> None:
    for plan in plans(name):
        aws = Aws(stand(*estate(name)[0].documents))
        steps = [step for step in plan.steps if not step.guided]
        for step in steps:
            for move in of_aws(step.moves):
                aws.move(move)
        assert len(aws.aws.policy.writes()) == sum(len(of_aws(step.moves)) for step in steps)
        for step in reversed(steps):
            for move in of_aws(step.back):
                aws.move_back(move)


@pytest.mark.parametrize("name", SAMPLES)
def test_what_a_plan_relies_on_is_what_the_account_says(name: str) -> None:
    aws = Aws(stand(*estate(name)[0].documents))
    for relied in (mark for plan in plans(name) for mark in plan.fingerprints):
        if not relied.thing.kind.startswith("kubernetes."):
            assert KINDS[relied.thing.kind].now(aws.ask, relied.thing.id) == relied.state, relied.thing
