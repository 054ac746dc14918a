"""The random listeners are such as AWS would print them, and hold what they promise."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.validate import ParamValidator
from hypothesis import given, settings

from ecs2k8s.assess.lbc_limits import check
from ecs2k8s.assess.lbc_optimizer import optimize
from ecs2k8s.translate.routes import Forward
from tests.listener_rules import Source, listeners
from tests.source_routes import source


@cache
def shape(name: str) -> Any:
    return botocore.session.get_session().get_service_model("elbv2").shape_for(name)


def assert_valid(document: dict[str, Any], name: str) -> None:
    report = ParamValidator().validate(document, shape(name))
    assert not report.has_errors(), report.generate_report()


@given(listeners())
def test_listeners_are_of_aws(found: list[Source]) -> None:
    assert len({one.listener["Port"] for one in found}) == len(found)
    for one in found:
        assert_valid(one.listener, "Listener")
        for rule in one.rules:
            assert_valid(rule, "Rule")
        assert len({rule["Priority"] for rule in one.rules}) == len(one.rules)
        routes, default = source(one.listener, one.rules)
        assert len(routes) == len(one.rules) - 1
        for route in (*routes, default):
            check(route, one.listener["Protocol"])
            assert one.listener["Protocol"] == "HTTPS" or not route.authentication


def features(found: list[Source]) -> set[str]:
    """What is in *found* that translations stumble over."""
    seen = {f"{len(found)} listeners"}
    for one in found:
        routes, default = source(one.listener, one.rules)
        kept = optimize(routes, one.listener["Port"], one.listener["Protocol"])
        seen |= {"a rule that the controller leaves out"} if len(kept) < len(routes) else set()
        seen |= {f"default: {type(default.action).__name__}"} | (
            {"default behind a login"} if default.authentication else set()
        )
        for route in routes:
            seen |= {c.field + (" by regex" if c.regex else "") for c in route.conditions}
            seen |= {type(route.action).__name__} | {transform.kind for transform in route.transforms}
            seen |= {route.authentication.kind} if route.authentication else set()
            seen |= {"weights"} if isinstance(route.action, Forward) and len(route.action.backends) > 1 else set()
    return seen


FEATURES = {
    *("1 listeners", "2 listeners", "3 listeners", "a rule that the controller leaves out", "default behind a login"),
    *("default: Forward", "default: Redirect", "default: FixedResponse", "Forward", "Redirect", "FixedResponse"),
    *("host-header", "path-pattern", "http-header", "http-request-method", "query-string", "source-ip"),
    *("host-header by regex", "path-pattern by regex", "http-header by regex", "weights"),
    *("host-header-rewrite", "url-rewrite", "authenticate-oidc", "authenticate-cognito", "jwt-validation"),
}


def test_there_is_what_translations_stumble_over() -> None:
    seen: set[str] = set()

    @settings(max_examples=200, derandomize=True, database=None, deadline=None)
    @given(listeners())
    def look(found: list[Source]) -> None:
        seen.update(features(found))

    look()
    assert seen == FEATURES
