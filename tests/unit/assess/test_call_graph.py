"""Who depends on whom, found in small worlds and in the samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecs2k8s.pipeline import translate
from tests.estates import estate

if TYPE_CHECKING:
    from ecs2k8s.assess.dependencies import Dependencies


def lines(found: Dependencies) -> list[str]:
    """One line for each edge that is a use: labels, evidence, and what shows it."""
    labels = {node.ident: node.label for node in found.nodes}
    return [f"{labels[edge.source]} -> {labels[edge.target]}: {', '.join(edge.via)}" for edge in found.uses]


def test_three_tiers_and_what_they_keep_things_in() -> None:
    assert lines(translate(*estate("three-tier")).dependencies) == [
        "shop -> shop/backend: /api/*",
        "shop -> shop/frontend: all else",
        "Internet -> shop: d111111abcdef8.cloudfront.net, shop.example.com, www.shop.example.com",
        "shop/backend -> shop (postgres): DB_HOST",
        "shop/backend -> shop-orders (queue): QUEUE_URL",
        "shop/frontend -> shop/backend: BACKEND_URL, shop.example.com",
        "shop/shop-close-day -> shop (postgres): DB_HOST",
        "shop/shop-close-day -> shop-orders (queue): QUEUE_URL",
        "shop/worker -> shop (postgres): DB_HOST",
        "shop/worker -> shop-orders (queue): QUEUE_URL",
    ]


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        (
            "microservices",
            [
                "market -> market/payment: payment.market.example.com",
                "Internet -> market: ",
                "market/inventory -> fs-0123456789abcdef0 (file system): volume files, volume plain",
                "market/order -> fs-0123456789abcdef0 (file system): volume Shared_Files",
            ],
        ),
        (
            "routing",
            [
                "store -> store/admin: admin.example.com",
                "store -> store/api: /api, /api/*",
                "store -> store/api-canary: /api, /api/*",
                "store -> store/web: all else, ~^pr-[0-9]+\\.example\\.com$",
                "Internet -> store: *.example.com, admin.example.com, store.example.com, www.example.com",
            ],
        ),
    ],
)
def test_the_other_samples(sample: str, expected: list[str]) -> None:
    assert lines(translate(*estate(sample)).dependencies) == expected


def test_a_cache_that_only_security_groups_show_is_a_permission() -> None:
    found = translate(*estate("three-tier")).dependencies
    (cache,) = [node.ident for node in found.nodes if node.label == "shop-cache (valkey)"]
    callers = [edge for edge in found.edges if edge.target == cache]
    assert [edge.source for edge in callers] == ["shop/backend", "shop/shop-close-day", "shop/worker"]
    assert all(edge.may_only and edge.ports == "TCP 6379" for edge in callers)


def test_a_group_that_admits_itself_ties_nobody_together() -> None:
    found = translate(*estate("microservices")).dependencies
    assert [(edge.source, edge.target) for edge in found.edges if edge.source == "market/auth"] == [
        ("market/auth", "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/market/50dc6c495c0c9188"),
        ("market/auth", "fs-0123456789abcdef0"),
    ]
    assert {permission.evidence for permission in found.wide} == {("security-group",), ("discovery",)}
