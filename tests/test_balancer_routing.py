"""The fake load balancer picks the rule that `ecs2k8s.assess.alb` picks, whatever the rules and the request are."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecs2k8s.assess.alb import Request, choose
from ecs2k8s.translate.routes import FixedResponse, Forward, Redirect
from tests.harness.background import Background
from tests.harness.control_plane import Listener
from tests.harness.fetch import fetch
from tests.harness.scene import scene
from tests.harness.server import Behaviour
from tests.listener_rules import TARGET_GROUPS, listeners
from tests.routed import name_of
from tests.source_routes import source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.harness.http1 import Head
    from tests.harness.scene import Scene
    from tests.listener_rules import Source

HOSTS = ["shop.example.com", "api1.example.com", "SHOP.example.com", "old7.example.com", "a.example.com", "abc.example.org", "x"]  # fmt: skip
PATHS = ["/", "/api", "/api/", "/api/v2/x", "/API", "/v1/orders", "/static/a.css", "/img/1/thumb-2.png", "/a//b", "/a/../b", "/%2f", "/healthz/", "/~user/$x"]  # fmt: skip
HEADERS = [("X-Canary", "always"), ("x-canary", "1"), ("CloudFront-Forwarded-Proto", "http"), ("User-Agent", "Mozilla/5.0 Mobile"), ("User-Agent", "a bot")]  # fmt: skip
QUERY = [("beta", "true"), ("BETA", "True"), ("q", "*"), ("debug1", ""), ("", "x"), ("v1", "debug"), ("v", "é")]
REQUESTS = st.builds(
    Request,
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PURGE"]),
    st.sampled_from(HOSTS),
    st.sampled_from(PATHS),
    st.lists(st.sampled_from(HEADERS), max_size=2).map(tuple),
    st.lists(st.sampled_from(QUERY), max_size=2).map(tuple),
    st.just("127.0.0.1"),
)


@pytest.fixture(scope="module")
def stand() -> Iterator[tuple[Background, Scene]]:
    background = Background()
    opened = scene(scale=1)
    at = background.run(opened.__aenter__())
    for arn in TARGET_GROUPS:
        at.table.add_group(arn)
        background.run(at.serve(arn, Behaviour(name_of(arn), health_path="/-/health")))
    yield background, at
    background.run(opened.__aexit__(None, None, None))
    background.close()


async def ask(at: Scene, one: Source, request: Request) -> tuple[Head, bytes]:
    arn = one.listener["ListenerArn"]
    beside = {**one.listener, "Port": one.listener["Port"] + 1}  # the scene has one on port 80
    at.table.listeners[arn] = Listener(beside, tuple(one.rules))
    await at.balancer.look()
    for seen in at.balancer.checker.seen.values():
        seen.state = "healthy"  # whether it is, is another test's
    query = "&".join(f"{quote(key)}={quote(value)}" for key, value in request.query)
    target = f"{request.path}?{query}" if request.query else request.path
    headers = [("Host", f"{request.host}:8443"), *request.headers]
    return await fetch(at.balancer.at(arn)[0], target, method=request.method, headers=headers)


def expected(one: Source, request: Request) -> set[tuple[int, str]]:
    """Status, and the group, location or body; of weights, any that has one."""
    action = choose(*source(one.listener, one.rules), request).action
    match action:
        case Forward():
            weighing = {(200, name_of(arn)) for arn, weight in action.backends if weight}
            return weighing or {(503, "")}
        case FixedResponse():
            return {(int(action.status), "" if request.method == "HEAD" else action.body)}
        case Redirect():
            return {(int(action.status.removeprefix("HTTP_")), "")}


@settings(max_examples=60)
@given(st.data())
def test_the_rule_is_the_one_that_the_model_picks(stand: tuple[Background, Scene], data: st.DataObject) -> None:
    background, at = stand
    one = data.draw(st.sampled_from(data.draw(listeners())))
    for _ in range(3):
        request = data.draw(REQUESTS)
        head, body = background.run(ask(at, one, request))
        shown = head.named.get("x-side", "" if head.status == 503 else body.decode())
        assert (head.status, shown) in expected(one, request), str(request)
