"""The fake load balancer does what AWS's does, well and badly: what the tests of the cutover stand on.

Every request here goes over real connections on loopback. A minute of the model is half a second.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from random import SystemRandom
from typing import TYPE_CHECKING, Any

import pytest

from tests.claims import BALANCER
from tests.harness.clock import run
from tests.harness.cluster import Template
from tests.harness.control_plane import HEALTH_CHECK, LISTENER, Target, forward, header_is, path_is, rule
from tests.harness.fetch import ANY, answer, fetch
from tests.harness.metrics import dimension
from tests.harness.process import Real
from tests.harness.propagation import Delays
from tests.harness.scene import NEW, OLD, Scene, scene
from tests.harness.server import Answer, Behaviour

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.figures import Figure
    from tests.harness.server import Asked

ECS, EKS = Behaviour("ecs"), Behaviour("eks")
MINUTE = 120.0
LATE = Delays(rules=60, targets=10)
PODS = Template(EKS, pre_stop=40, grace=70)  # by the one rule: a deregistration delay of 30 s, and 10 more

# A connection that a server accepts while its loop ends is closed by nobody: what is tested is over by then.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:Exception ignored in. <(socket|function _SelectorTransport):pytest.PytestUnraisableExceptionWarning"
)


def play(story: Callable[[Scene], Awaitable[None]], limit: float = 60, scale: float = MINUTE, **settings: Any) -> None:
    async def whole() -> None:
        async with scene(scale=scale, **settings) as found, asyncio.timeout(limit):
            await story(found)

    run(whole())


def likely(got: int, of: int, share: float) -> bool:
    """Whether *got* lies where 99.9 % of the binomial distribution do (by its normal approximation, rounded up)."""
    return abs(got - of * share) <= math.ceil(3.2905 * math.sqrt(of * share * (1 - share))) + 1


async def both(at: Scene, old: int = 2, new: int = 2) -> None:
    """Healthy fleets on both sides, the old one with all the weight."""
    await at.serve(OLD, *[ECS] * old)
    at.cluster.bind(NEW, "web")
    await at.cluster.deploy("web", new, PODS)
    await at.healthy(OLD, old)


@pytest.mark.parametrize(("old", "new"), [(99, 1), (50, 50), (0, 1)])
def test_shares_follow_the_weights(old: int, new: int) -> None:
    async def story(at: Scene) -> None:
        await both(at)
        at.weigh(old, new)
        await at.minutes(0.1)
        tally = await at.ask(2_000)
        assert tally.failures == []
        assert tally.of("eks") + tally.of("ecs") == 2_000
        assert likely(tally.of("eks"), 2_000, new / (old + new))

    play(story)


def test_a_node_that_has_not_heard_goes_on_as_before_and_after_a_minute_all_have_heard() -> None:
    async def story(at: Scene) -> None:
        await both(at)
        at.weigh(0, 100)
        at_once = await at.ask(30)
        assert at_once.of("ecs") > 0
        await at.minutes(1.1)
        assert (await at.ask(300)).of("ecs") == 0

    play(story, delays=LATE, scale=30)


def test_nodes_hear_of_a_change_at_different_times() -> None:
    async def story(at: Scene) -> None:
        await both(at)
        at.weigh(0, 100)
        seen: set[int] = set()
        while len(seen) < 3 and at.clock.monotonic() < 600:
            sides = [(await fetch(address))[0].named["x-side"] for address in at.balancer.at(LISTENER)]
            seen.add(sides.count("eks"))
        assert seen & {1, 2}

    play(story, delays=LATE)


def test_a_shift_between_healthy_targets_loses_no_request() -> None:
    async def story(at: Scene) -> None:
        await both(at)
        load = at.load(rate=400)
        running = asyncio.create_task(load.run())
        for new in (1, 10, 50, 100, 0, 100):
            at.weigh(100 - new, new)
            await at.minutes(0.4)
        load.stop()
        tally = await running
        assert tally.causes(at.balancer.failures) == {}
        assert min(tally.of("eks"), tally.of("ecs")) > 20  # of about 800 on a machine with nothing else to do

    play(story, delays=LATE)


def test_the_other_group_does_not_step_in_for_an_empty_one() -> None:
    async def story(at: Scene) -> None:
        await at.serve(OLD, ECS)
        await at.healthy(OLD, 1)
        at.weigh(50, 50)
        await at.minutes(0.1)
        tally = await at.ask(500)
        assert tally.causes(at.balancer.failures).keys() == {"503: no registered target"}
        assert likely(len(tally.failures), 500, 0.5)

    play(story)


def test_weight_on_targets_that_never_passed_a_check_is_answered_with_503() -> None:
    async def story(at: Scene) -> None:
        await at.serve(OLD, ECS)
        await at.serve(NEW, replace(EKS, healthy=False))
        await at.healthy(OLD, 1)
        at.table.register(NEW, [])
        at.weigh(0, 100)
        await at.minutes(0.05)
        tally = await at.ask(50)
        assert tally.causes(at.balancer.failures) == {"503: all targets are initial": 50}

    play(story)


def test_a_group_that_is_ill_as_a_whole_fails_open() -> None:
    async def story(at: Scene) -> None:
        await at.serve(OLD, ECS)
        await at.serve(NEW, replace(EKS, healthy=False, errors=1.0))
        at.weigh(50, 50)
        await at.state(NEW, "unhealthy")
        tally = await at.ask(400)
        assert at.balancer.failures == []
        assert tally.causes(()).keys() == {"500 from eks"}
        assert likely(len(tally.failures), 400, 0.5)

    play(story)


def test_one_ill_target_of_two_gets_nothing() -> None:
    async def story(at: Scene) -> None:
        await at.serve(OLD, ECS, replace(ECS, side="ill", healthy=False))
        await at.healthy(OLD, 1)
        tally = await at.ask(100)
        assert tally.by == {("ecs", 200): 100}

    play(story)


def test_a_target_is_healthy_after_one_check_and_later_changes_by_the_thresholds() -> None:
    async def story(at: Scene) -> None:
        [running] = await at.serve(OLD, ECS)
        await at.healthy(OLD, 1)
        began = at.clock.now()
        running.process.behaviour = replace(ECS, healthy=False)
        await at.state(OLD, "unhealthy")
        fell = at.clock.now() - began
        running.process.behaviour = ECS
        await at.state(OLD, "healthy")
        rose = at.clock.now() - began - fell
        interval = HEALTH_CHECK["HealthCheckIntervalSeconds"]
        assert interval <= fell  # two checks that fail
        assert 2 * interval <= rose  # three that pass
        assert at.table.health[OLD, running.target] == ("healthy", "")

    play(story)


def test_a_group_that_no_action_names_is_not_checked() -> None:
    async def story(at: Scene) -> None:
        at.table.listen(forward((OLD, 1)))
        [running] = await at.serve(NEW, EKS)
        await at.minutes(0.5)
        assert (NEW, running.target) not in at.table.health
        at.weigh(100, 0)
        await at.healthy(NEW, 1)

    play(story)


@pytest.mark.parametrize(("template", "codes"), [
    (PODS, set()),
    (replace(PODS, pre_stop=0), {502}),
    (replace(PODS, pre_stop=0, behaviour=replace(EKS, on_sigterm="stops")), {502}),
])  # fmt: skip
def test_a_roll_out_loses_requests_exactly_when_pods_stop_without_pre_stop(template: Template, codes: set[int]) -> None:
    async def story(at: Scene) -> None:
        at.cluster.bind(NEW, "web")
        at.weigh(0, 100)
        await at.cluster.deploy("web", 2, template)
        await at.minutes(1.1)
        load = at.load(rate=400, fresh_every=20)
        running = asyncio.create_task(load.run())
        await at.cluster.roll("web", template)
        await at.minutes(0.5)
        load.stop()
        tally = await running
        assert tally.of("eks") > 100
        assert {failure.code for failure in at.balancer.failures} == codes
        assert len(tally.failures) == len(at.balancer.failures)

    play(story, delays=LATE, drain=30)


def test_ecs_that_goes_before_the_weights_are_everywhere_fails_requests_and_after_them_none() -> None:
    async def ramp(at: Scene, hold: float) -> int:
        at.cluster.bind(NEW, "web")
        await at.ecs.scale(2)
        await at.cluster.deploy("web", 2, PODS)
        await at.healthy(OLD, 2)
        load = at.load(rate=300)
        running = asyncio.create_task(load.run())
        at.weigh(0, 100)
        await at.minutes(hold)
        leaving = asyncio.create_task(at.ecs.scale(0))
        await at.minutes(1.2)
        load.stop()
        await leaving
        return len((await running).failures)

    async def too_early(at: Scene) -> None:
        assert await ramp(at, 0) > 0
        assert {failure.code for failure in at.balancer.failures} == {503}

    async def in_time(at: Scene) -> None:
        assert await ramp(at, 1.1) == 0

    play(too_early, delays=LATE, drain=30)
    play(in_time, delays=LATE, drain=30)


@pytest.mark.parametrize("multi_cluster", [False, True])
def test_a_binding_of_the_group_that_ecs_uses_throws_its_tasks_out(multi_cluster: bool) -> None:
    async def story(at: Scene) -> None:
        await at.ecs.scale(3)
        await at.healthy(OLD, 3)
        tasks = set(at.table.registered(OLD))
        at.cluster.bind(OLD, "web", multi_cluster=multi_cluster)
        await at.cluster.deploy("web", 1, PODS)
        await at.minutes(0.2)
        left = tasks & set(at.table.registered(OLD))
        assert left == (tasks if multi_cluster else set())
        assert (await at.ask(90)).of("ecs") == (pytest.approx(68, abs=3) if multi_cluster else 0)

    play(story)


def test_a_request_that_is_under_way_ends_while_its_target_drains_and_is_cut_after_the_delay() -> None:
    async def story(at: Scene) -> None:
        [quick, slow] = await at.serve(OLD, replace(ECS, latency=0.3), replace(ECS, latency=2))
        await at.healthy(OLD, 2)
        asked = [asyncio.create_task(fetch(at.balancer.at(LISTENER)[0])) for _ in range(2)]
        await asyncio.sleep(0.1)
        at.table.deregister(OLD, [quick.target, slow.target])
        statuses = sorted([head.status for head, _ in await asyncio.gather(*asked)])
        assert statuses == [200, 502]
        assert [failure.cause for failure in at.balancer.failures] == ["the deregistration delay is over"]

    play(story, drain=60, idle_timeout=600)


def test_a_target_that_left_gets_new_requests_until_each_node_has_heard() -> None:
    async def story(at: Scene) -> None:
        stays, goes = await at.serve(OLD, ECS, replace(ECS, side="gone"))
        await at.healthy(OLD, 2)  # which all nodes have heard of
        assert (await at.ask(20)).of("gone") == pytest.approx(10, abs=3)
        at.table.deregister(OLD, [goes.target])
        assert (await at.ask(20)).of("gone") > 0
        await at.minutes(2.1)
        assert (await at.ask(20)).of("gone") == 0
        assert at.table.registered(OLD) == (stays.target,)
        assert at.balancer.failures == []

    play(story, delays=Delays(0, targets=120), scale=60)


def test_connections_to_targets_are_used_again() -> None:
    async def story(at: Scene) -> None:
        [running] = await at.serve(OLD, ECS)
        await at.healthy(OLD, 1)
        await at.ask(200, connections=1)
        assert len(running.process.connections) <= len(at.balancer.nodes)  # type: ignore[attr-defined]

    play(story)


@pytest.mark.parametrize(("behaviour", "code", "cause"), [
    (replace(ECS, latency=2), 504, "no answer in time"),
    (replace(ECS, reply=lambda _: Answer(cut=True)), 502, "closed by the target within the answer"),
])  # fmt: skip
def test_targets_that_hang_or_break_off(behaviour: Behaviour, code: int, cause: str) -> None:
    async def story(at: Scene) -> None:
        await at.serve(OLD, behaviour)
        await at.healthy(OLD, 1)
        tally = await at.ask(2)
        assert [(failure.code, failure.cause) for failure in at.balancer.failures] == [(code, cause)] * 2
        assert tally.causes(at.balancer.failures) == {f"{code}: {cause}": 2}
        assert [dict(node.open) for node in at.balancer.nodes] == [{}, {}, {}]  # nothing is under way

    play(story, idle_timeout=24)


def test_a_target_that_does_not_listen_is_a_502_and_a_connection_error() -> None:
    async def story(at: Scene) -> None:
        [running] = await at.serve(OLD, ECS)
        await at.healthy(OLD, 1)
        running.process.kill()
        tally = await at.ask(5)
        assert tally.causes(at.balancer.failures) == {"502: refused": 5}
        await at.minutes(1.1)
        assert at.metric("TargetConnectionErrorCount", OLD) == 5
        assert at.metric("HTTPCode_ELB_502_Count") == 5

    play(story)


def test_metrics_say_what_the_clients_saw_and_are_absent_where_nothing_was() -> None:
    async def story(at: Scene) -> None:
        await both(at)
        at.weigh(50, 50)
        await at.minutes(0.1)
        tally = await at.ask(200)
        await at.minutes(1.1)
        assert at.metric("RequestCount", OLD) == tally.of("ecs")
        assert at.metric("RequestCount", NEW) == at.metric("HTTPCode_Target_2XX_Count", NEW) == tally.of("eks")
        assert at.metric("RequestCount") == 200
        for absent in ("HTTPCode_Target_5XX_Count", "HTTPCode_ELB_503_Count", "TargetConnectionErrorCount"):
            assert at.metric(absent) is None
        names = {"LoadBalancer": "app/shop/50dc6c495c0c9188", "TargetGroup": dimension(NEW)}
        [p99] = [value for _, value in at.store.series("TargetResponseTime", names, "p99", 0, math.inf).points]
        assert 0 < p99 < 1
        before = len(at.store.series("RequestCount", names, "Sum", 0, math.inf).points)
        await at.minutes(2.1)  # without traffic
        assert len(at.store.series("RequestCount", names, "Sum", 0, math.inf).points) == before
        assert len(at.store.series("HealthyHostCount", names, "Average", 0, math.inf).points) >= 2

    play(story)


def test_a_rule_with_a_secret_header_leads_to_the_new_side_alone() -> None:
    async def story(at: Scene) -> None:
        await both(at)
        secret = rule(1, [header_is("X-Test", "s3cret")], forward((NEW, 1)))
        at.table.listen(forward((OLD, 100), (NEW, 0)), secret)
        await at.minutes(0.1)
        assert (await at.ask(50)).by == {("ecs", 200): 50}
        assert (await at.ask(50, headers=(("X-Test", "s3cret"),))).by == {("eks", 200): 50}

    play(story)


@pytest.mark.parametrize("stays", [True, False])
def test_a_cookie_keeps_its_client_with_the_group(stays: bool) -> None:
    async def story(at: Scene) -> None:
        await both(at)
        at.weigh(50, 50, sticky=3600)
        await at.minutes(0.1)
        load = at.load(connections=1, keeps_cookies=True)
        tally = await load.run(40)
        [(side, _)] = tally.by
        at.weigh(*((0, 100) if side == "ecs" else (100, 0)), sticky=3600)
        await at.minutes(0.1)
        cookie = ("Cookie", f"AWSALBTG={load.clients[0].cookies['AWSALBTG']}")
        kept, _ = await fetch(at.balancer.at(LISTENER)[0], headers=[*ANY, cookie])
        assert (kept.named["x-side"] == side) == stays  # whether it does at weight 0 is not documented: both can be had

    play(story, stays_at_zero=stays)


def test_bodies_of_every_kind_pass_through_unchanged() -> None:
    def reply(asked: Asked) -> Answer:
        return Answer(body=asked.method.encode() + b" " + asked.body * (3 if asked.query == "more" else 1))

    async def story(at: Scene) -> None:
        await at.serve(OLD, replace(ECS, reply=reply))
        await at.healthy(OLD, 1)
        node = at.balancer.at(LISTENER)[0]
        _, got = await fetch(node, method="POST", body=b"x" * 300_000)
        assert got == b"POST " + b"x" * 300_000
        _, got = await fetch(node, "/?more", method="PUT", body=b"y" * 2_000_000)
        assert got == b"PUT " + b"y" * 6_000_000
        head, got = await fetch(node, method="HEAD")
        assert (head.named["content-length"], got) == ("5", b"")

    play(story)


def test_two_requests_that_are_sent_at_once_are_answered_in_their_order() -> None:
    async def story(at: Scene) -> None:
        await at.serve(OLD, replace(ECS, reply=lambda asked: Answer(body=asked.path.encode(), after=0.05)))
        await at.healthy(OLD, 1)
        reader, writer = await asyncio.open_connection(*at.balancer.at(LISTENER)[0])
        writer.write(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert [(await answer(reader))[1] for _ in range(2)] == [b"/1", b"/2"]
        writer.close()

    play(story)


@pytest.mark.parametrize(("on_sigterm", "fails"), [("drains", False), ("stops", True)])
def test_a_process_of_its_own_that_gets_sigterm_under_load(on_sigterm: Any, fails: bool) -> None:
    """It still gets requests for as long as nobody has heard; here, a preStop of none."""

    async def story(at: Scene) -> None:
        slow = Behaviour("eks", on_sigterm=on_sigterm, latency=0.2)
        at.cluster.bind(NEW, "web")
        await at.cluster.deploy("web", 1, Template(slow, pre_stop=0, grace=120))
        at.weigh(0, 100)
        await at.minutes(0.1)
        asked = [asyncio.create_task(fetch(at.balancer.at(LISTENER)[0])) for _ in range(3)]
        await asyncio.sleep(0.1)
        await at.cluster.scale_down("web", 0)
        assert {head.status for head, _ in await asyncio.gather(*asked)} == ({502} if fails else {200})

    play(story, kind=Real)


def test_a_process_that_ignores_sigterm_is_killed_when_its_grace_is_over() -> None:
    async def story(at: Scene) -> None:
        running = await at.machines.start(Behaviour("eks", on_sigterm="ignores"))
        began = at.clock.monotonic()
        await at.machines.end(running.process, grace=30)
        assert at.clock.monotonic() - began >= 30

    play(story, kind=Real)


async def raw_target(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What a plain server does not do: an upgrade, chunks that come one by one, a body that ends with the connection."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    if "Upgrade: websocket" in head:
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")
        while data := await reader.read(100):
            writer.write(data[::-1])
    elif "GET /chunks" in head:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
        for part in (b"3\r\nabc\r\n", b"2\r\nde\r", b"\n0\r\n\r\n"):
            writer.write(part)
            await asyncio.sleep(0.02)
    else:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nto the end")
    writer.close()


def test_upgrades_chunks_and_bodies_without_a_length_pass_through() -> None:
    async def story(at: Scene) -> None:
        address, port = at.addresses.take(), at.addresses.port(9000)
        async with await asyncio.start_server(raw_target, address, port):
            at.table.register(OLD, [Target(address, port)])
            await at.healthy(OLD, 1)
            node = at.balancer.at(LISTENER)[0]
            assert (await fetch(node, "/chunks"))[1] == b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
            head, body = await fetch(node, "/endless")
            assert (head.named["connection"], body) == ("close", b"to the end")
            reader, writer = await asyncio.open_connection(*node)
            writer.write(b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
            for sent in (b"hello", b"again"):
                writer.write(sent)
                assert await reader.readexactly(5) == sent[::-1]
            writer.close()

    play(story)


def test_redirects_and_fixed_responses_are_answered_by_the_load_balancer_itself() -> None:
    parts = {"Protocol": "HTTPS", "Port": "443", "Host": "www.#{host}", "Path": "/x/#{path}", "Query": "#{query}&y=1"}
    redirect = [{"Type": "redirect", "RedirectConfig": {**parts, "StatusCode": "HTTP_302"}}]
    fixed = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "410", "MessageBody": "gone"}}]

    async def story(at: Scene) -> None:
        at.table.listen(fixed, rule(1, [path_is("/old/*")], redirect))
        await at.minutes(0.05)
        node = at.balancer.at(LISTENER)[0]
        head, _ = await fetch(node, "/old/a?b=c")
        assert (head.status, head.named["location"]) == (302, "https://www.shop.example.com:443/x/old/a?b=c&y=1")
        head, body = await fetch(node, "/")
        assert (head.status, body) == (410, b"gone")

    play(story)


def test_a_roll_out_leaves_those_alone_that_end_already() -> None:
    async def story(at: Scene) -> None:
        at.cluster.bind(NEW, "web")
        await at.cluster.deploy("web", 1, PODS)
        for _ in range(3):
            await at.cluster.roll("web", PODS)
        await at.minutes(1.5)
        assert [pod.terminating for pod in at.cluster.pods["web"]] == [False]

    play(story)


@pytest.mark.claim("R5-balancer", BALANCER)
@pytest.mark.parametrize("requests", [10_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_a_whole_ramp_with_roll_outs_and_ways_back_loses_nothing(requests: int, figure: Figure) -> None:
    seed = SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 - pytest shows it when the test fails

    async def story(at: Scene) -> None:
        await at.ecs.scale(3)
        at.cluster.bind(NEW, "web")
        await at.cluster.deploy("web", 3, PODS)
        await at.healthy(OLD, 3)
        load = at.load(connections=32, rate=900 if requests < 100_000 else None, fresh_every=50)
        running = asyncio.create_task(load.run())
        for new in (1, 0, 1, 5, 50, 100, 0, 100):
            at.weigh(100 - new, new)
            if new == 50:
                await at.cluster.roll("web", PODS)
            await at.minutes(1.05)
        while load.tally.requests < requests:
            for new in (50, 0, 50, 100):
                at.weigh(100 - new, new)
                await at.cluster.roll("web", PODS)
                await at.minutes(1.05)
        await at.ecs.scale(1)
        await at.minutes(0.5)
        load.stop()
        tally = await running
        figure(requests=tally.requests, failed=len(tally.failures), seed=seed)
        assert tally.requests >= requests
        assert tally.causes(at.balancer.failures) == {}
        assert min(tally.of("ecs"), tally.of("eks")) > requests / 10

    # A request takes real seconds: the load balancer waits for ten of them.
    play(story, delays=LATE, drain=30, seed=seed, limit=900, idle_timeout=10 * MINUTE)
