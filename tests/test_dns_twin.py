"""Names move as they do with Route 53: by weight, as slowly as answers are kept, and never for who keeps them for ever."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from tests.harness import dns
from tests.harness.account_zone import AccountZone
from tests.harness.clock import Clock, run
from tests.harness.control_plane import LISTENER
from tests.harness.dns import Authority, Resolver, UnknownNameError, ask
from tests.harness.dns_wire import Question
from tests.harness.load import Load, Plan
from tests.harness.scene import OLD, scene
from tests.harness.server import Behaviour
from tests.standing import sample

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

NAME = "shop.example.com"
ECS, EKS = "old.elb.amazonaws.com", "new.elb.amazonaws.com"
ADDRESSES = {ECS: "127.0.0.10", EKS: "127.0.0.20"}


def alias(name: str, weight: int, *, looks: bool = False) -> dict[str, Any]:
    target = {"HostedZoneId": "Z1", "DNSName": f"{name}.", "EvaluateTargetHealth": looks}
    return {"Name": f"{NAME}.", "Type": "A", "SetIdentifier": name, "Weight": weight, "AliasTarget": target}


@dataclass
class Zone:
    records: list[dict[str, Any]]
    ill: set[str] = field(default_factory=set)
    server: tuple[str, int] = ("", 0)
    clock: Any = None

    def resolver(self, **how: Any) -> Resolver:
        return Resolver(self.server, self.clock, **how)


def play(story: Callable[[Zone], Awaitable[None]], *records: dict[str, Any]) -> None:
    async def whole() -> None:
        zone = Zone(list(records))
        authority = Authority(lambda: zone.records, lambda name: ([ADDRESSES[name]], name not in zone.ill), Random(7))
        closing, zone.server = await dns.serve(authority)
        zone.clock = Clock(asyncio.get_running_loop(), scale=600)
        try:
            await story(zone)
        finally:
            closing.close()

    run(whole())


async def asked(zone: Zone, times: int) -> dict[str, int]:
    found = [(await ask(zone.server, NAME))[0].value for _ in range(times)]
    return {side: found.count(ADDRESSES[side]) for side in (ECS, EKS)}


@pytest.mark.parametrize(("old", "new", "least", "most"), [(255, 0, 0, 0), (0, 255, 300, 300), (128, 128, 121, 179), (230, 26, 12, 49)])  # fmt: skip
def test_answers_follow_the_weights(old: int, new: int, least: int, most: int) -> None:
    async def story(zone: Zone) -> None:
        assert least <= (await asked(zone, 300))[EKS] <= most  # 99.9 % of the binomial distribution

    play(story, alias(ECS, old), alias(EKS, new))


def test_a_record_of_weight_zero_is_used_when_all_others_are_ill_and_only_if_somebody_looks() -> None:
    async def story(zone: Zone) -> None:
        zone.ill = {ECS}
        assert await asked(zone, 20) == {ECS: 0, EKS: 20}
        zone.ill = {ECS, EKS}
        assert await asked(zone, 20) == {ECS: 20, EKS: 0}
        zone.ill, zone.records = {ECS}, [alias(ECS, 255), alias(EKS, 0)]
        assert await asked(zone, 20) == {ECS: 20, EKS: 0}

    play(story, alias(ECS, 255, looks=True), alias(EKS, 0, looks=True))


def test_all_weights_zero_is_equal_shares() -> None:
    async def story(zone: Zone) -> None:
        assert 30 <= (await asked(zone, 100))[EKS] <= 70

    play(story, alias(ECS, 0), alias(EKS, 0))


def test_a_resolver_asks_again_when_the_time_to_live_is_over_and_some_never_do() -> None:
    async def story(zone: Zone) -> None:
        good, bad = zone.resolver(), zone.resolver(for_ever=True)
        assert await good.address(NAME) == await bad.address(NAME) == ADDRESSES[ECS]
        zone.records = [alias(ECS, 0), alias(EKS, 255)]
        assert await good.address(NAME) == ADDRESSES[ECS]
        await zone.clock.pause(61)
        assert (await good.address(NAME), await bad.address(NAME)) == (ADDRESSES[EKS], ADDRESSES[ECS])

    play(story, alias(ECS, 255), alias(EKS, 0))


def test_a_cname_is_followed_and_a_name_that_is_not_there_is_an_error() -> None:
    cname = {"Name": "www.example.com.", "Type": "CNAME", "TTL": 30, "ResourceRecords": [{"Value": NAME}]}

    async def story(zone: Zone) -> None:
        assert await zone.resolver().address("www.example.com") == ADDRESSES[ECS]
        with pytest.raises(UnknownNameError):
            await ask(zone.server, "nowhere.example.com")
        with pytest.raises(UnknownNameError):
            await ask(zone.server, NAME, "AAAA")

    play(story, alias(ECS, 1), cname)


def test_a_shift_by_dns_leaves_behind_who_keeps_connections_and_who_keeps_names() -> None:
    """Design B in small: two load balancers; three clients, of which one has an honest resolver and new connections."""

    async def story(zone: Zone) -> None:
        async with scene() as old, scene() as new:
            for at, side in ((old, "ecs"), (new, "eks")):
                await at.serve(OLD, Behaviour(side))
                await at.healthy(OLD, 1)
            nodes = {ADDRESSES[ECS]: old.balancer, ADDRESSES[EKS]: new.balancer}

            async def moved(connections: int, fresh_every: int) -> float:
                resolvers = [zone.resolver(), zone.resolver(for_ever=True)]

                async def where(number: int) -> tuple[str, int]:
                    return nodes[await resolvers[number].address(NAME)].at(LISTENER)[0]

                load = Load(Plan(connections=connections, fresh_every=fresh_every, rate=200), where, zone.clock.now)
                running = asyncio.create_task(load.run())
                zone.records = [alias(ECS, 255), alias(EKS, 0)]
                await zone.clock.pause(70)
                zone.records = [alias(ECS, 0), alias(EKS, 255)]
                await zone.clock.pause(70)
                before = load.tally.requests, load.tally.of("eks")
                await zone.clock.pause(120)
                load.stop()
                tally = await running
                assert tally.failures == []
                return (tally.of("eks") - before[1]) / (tally.requests - before[0])

            assert await moved(2, fresh_every=5) == pytest.approx(0.5, abs=0.15)  # the other one never asks again
            assert await moved(1, fresh_every=0) == 0  # its connection does not know of names

    play(story, alias(ECS, 255), alias(EKS, 0))


def test_what_a_client_of_aws_writes_is_answered_when_it_is_in_sync() -> None:
    aws = sample("three-tier")
    zone = AccountZone(aws.account, "Z0123456789EXAMPLESHOP")
    authority = Authority(zone, lambda name: ([ADDRESSES.get(name, "127.0.0.30")], True), Random(7))
    [simple] = [each for each in zone() if each["Name"] == f"{NAME}." and each["Type"] == "A"]
    changes = [("DELETE", simple), ("CREATE", alias(ECS, 0)), ("CREATE", alias(EKS, 255))]
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record} for action, record in changes]}
    question = Question(1, NAME, "A")
    aws.client("route53").change_resource_record_sets(HostedZoneId=zone.zone, ChangeBatch=batch)
    assert [each.value for each in authority.answers(question)] == ["127.0.0.30"]
    aws.clock.sleep(61)
    assert [each.value for each in authority.answers(question)] == [ADDRESSES[EKS]]
