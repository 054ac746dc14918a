"""The fake load balancer does what AWS's does, well and badly: what the tests of the cutover stand on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tests.harness.scene import NEW, OLD, Scene, scene
from tests.harness.server import Behaviour

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

ECS, EKS = Behaviour("ecs"), Behaviour("eks")


def play(story: Callable[[Scene], Awaitable[None]], **settings: Any) -> None:
    async def whole() -> None:
        async with scene(**settings) as found:
            await story(found)

    asyncio.run(whole())


def test_shares_follow_the_weights() -> None:
    async def story(at: Scene) -> None:
        await at.serve(OLD, ECS, ECS)
        await at.serve(NEW, EKS, EKS)
        at.weigh(90, 10)
        await at.healthy(OLD, 2)
        await at.healthy(NEW, 2)
        tally = await at.ask(2_000)
        assert 130 <= tally.of("eks") <= 272  # 99.9 % of the binomial distribution lie within
        assert tally.of("eks") + tally.of("ecs") == 2_000
        assert tally.failures == []

    play(story)
