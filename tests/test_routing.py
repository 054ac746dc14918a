"""Random listeners of an ALB: what the controller builds of the Ingresses does the same, or the ALB was refused."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from ecs2k8s.assess.alb import choose
from ecs2k8s.assess.lbc import build
from ecs2k8s.assess.normal_form import normal_form
from ecs2k8s.assess.routing import services_of
from ecs2k8s.assess.witness import probes
from ecs2k8s.core.findings import catalogue
from ecs2k8s.resolve.balancers import target_groups
from ecs2k8s.translate import ingress, ingress_rules
from tests.listener_rules import TARGET_GROUPS, Source, listeners
from tests.routed import account, oracle, outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecs2k8s.assess.lbc import Built
    from ecs2k8s.assess.routing import Proof
    from ecs2k8s.translate.routes import Route
    from tests.routed import Outcome

CHUNKS = 10  # so that several processes share the work
EACH = int(os.environ.get("ECS2K8S_LISTENERS", "520"))  # listener sets of a chunk: 5,200 of a run
MANY = settings(max_examples=EACH, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
PLANTED_EXAMPLES = min(250, settings.default.max_examples if settings.default else 100)  # the long suite has all


def without_secret(route: Route) -> Route:
    """Only the cluster has names of Secrets."""
    known = route.authentication
    if known is None:
        return route
    kept = tuple(setting for setting in known.settings if setting[0] != "SecretName")
    return replace(route, authentication=replace(known, settings=kept))


def deed(route: Route) -> tuple[object, ...]:
    return without_secret(route).normal[1:]


def differences(each: Source, made: Built) -> list[str]:
    """Where the listener that is built is not the one that AWS has: rule by rule, and by every request worth trying."""
    rules, default = oracle(each)
    built = tuple(without_secret(route) for route in made.rules), without_secret(made.default)
    wrong = [] if normal_form(rules, default) == normal_form(*built) else ["the rules differ"]
    requests = probes([*rules, *built[0]], dual_stack=False)
    elsewhere = [r for r in requests if deed(choose(rules, default, r)) != deed(choose(*built, r))]
    return [*wrong, *(f"{request} goes elsewhere" for request in elsewhere)]


def built_of(proof: Proof) -> dict[int, Built]:
    members = [placed.manifest for placed in proof.routing.placed]
    return build(members, services_of(account()[1].manifests))


def silent_differences(sources: Sequence[Source], found: Outcome) -> list[str]:
    """What is wrong although nothing was said: it must be nothing."""
    if found.proof is None:
        forwards = [group for each in sources for rule in each.rules for group in target_groups(rule)]
        return ["no rule was found to forward to a service"] if forwards else []
    if not found.proof.holds:
        said = [slug for slug in found.said if catalogue()[slug].severity == "error"]
        return [] if said else ["refused without a reason"]
    built = built_of(found.proof)
    if set(built) != {each.listener["Port"] for each in sources}:
        return ["the ports differ"]
    return [line for each in sources for line in differences(each, built[each.listener["Port"]])]


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_listener_is_rebuilt_differently_in_silence(
    chunk: int, record_testsuite_property: Callable[[str, object], None]
) -> None:
    counts: Counter[str] = Counter()

    @MANY
    @seed(chunk if os.environ.get("CI") else int.from_bytes(os.urandom(4), "big"))
    @given(sources=listeners())
    def check(sources: list[Source]) -> None:
        found = outcome(sources)
        counts["unused" if found.proof is None else "proved" if found.proof.holds else "refused"] += 1
        counts["rules"] += sum(len(each.rules) - 1 for each in sources)
        counts.update(slug for slug in found.said if catalogue()[slug].severity == "error")
        assert silent_differences(sources, found) == []
        # A refusal must come from what no Ingress can hold, never from an encoder and a model that disagree.
        assert not found.said & {"routing-differs", "routing-not-built"}, found.proof

    check()
    record_testsuite_property(f"routing {chunk}", dict(counts))
    assert counts["proved"] > 8 * counts["refused"], counts


def with_a_dead_value() -> list[Source]:
    """Behind a redirect of `/api/*`, `/api/*` is dead in a rule with five values, which has to be cut (2.7)."""
    balancer = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/shop/50dc6c495c0c9188/0000000000000050"
    to = {"Host": "#{host}", "Path": "/#{path}", "Port": "8443", "Protocol": "#{protocol}", "Query": ""}
    first = {**to, "Host": "shop.example.com", "Port": "#{port}", "Query": "#{query}"}
    here = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
    forward = {"Type": "forward", "TargetGroupArn": group("api")}
    hosts = ["^[a-z]+\\.example\\.org$", "example"]
    rules: list[tuple[list[dict[str, Any]], dict[str, Any]]] = [
        ([pattern("path-pattern", Values=["/api", "/api/*"])], redirect(first)),
        ([pattern("host-header", Values=["shop.example.com"])], forward),
        (
            [
                pattern("path-pattern", Values=["/static/*", "*.php", "/api/*"]),
                pattern("host-header", RegexValues=hosts),
            ],
            redirect(to),
        ),
        ([], here),
    ]
    documents = [
        {
            "RuleArn": f"{balancer.replace(':listener/', ':listener-rule/')}/{number}",
            "Priority": str(number) if conditions else "default",
            "Conditions": conditions,
            "Actions": [action],
            "IsDefault": not conditions,
        }
        for number, (conditions, action) in enumerate(rules, 1)
    ]
    listener = {
        "ListenerArn": balancer,
        "LoadBalancerArn": balancer.replace(":listener/", ":loadbalancer/").rpartition("/")[0],
        "Port": 80,
        "Protocol": "HTTP",
        "DefaultActions": [here],
    }
    return [Source(listener, documents, [])]


def test_a_value_that_no_request_can_reach_refuses_no_load_balancer() -> None:
    found = outcome(with_a_dead_value())
    assert found.proof is not None
    assert found.proof.holds, found.proof.difference
    assert "value-unreachable" in found.said
    assert len(built_of(found.proof)[80].rules) == 3, "the part with the dead value is left out, and all else is there"


@pytest.mark.parametrize(("lost", "holds"), [(0, False), (1, True)])
def test_of_a_rule_that_is_cut_only_a_dead_part_can_be_missing(
    lost: int, holds: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever leaves it out, the encoder or the controller."""

    def with_one_less(*args: Any) -> Any:
        parts = SPLIT(*args)
        return parts if len(parts) == 1 else [part for number, part in enumerate(parts) if number != lost]

    monkeypatch.setattr(ingress_rules, "split", with_one_less)
    found = outcome(with_a_dead_value())
    assert found.proof is not None
    assert found.proof.holds is holds
    assert ("routing-differs" in found.said) is not holds


def group(name: str) -> str:
    return next(arn for arn in TARGET_GROUPS if f"targetgroup/{name}/" in arn)


def pattern(field: str, **values: list[str]) -> dict[str, Any]:
    config = {"host-header": "HostHeaderConfig", "path-pattern": "PathPatternConfig"}[field]
    return {"Field": field, config: values}


def redirect(to: dict[str, str]) -> dict[str, Any]:
    return {"Type": "redirect", "RedirectConfig": {**to, "StatusCode": "HTTP_301"}}


def everything_is_a_prefix(condition: Any) -> dict[str, str] | None:
    if condition.field != "path-pattern" or condition.regex or not condition.values[0].startswith("/"):
        return None
    return {"path": condition.values[0].rstrip("*").rstrip("/") or "/", "pathType": "Prefix"}


def wildcards_anywhere(condition: Any) -> bool:
    return condition.field == "host-header" and not condition.regex and len(condition.values) == 1


def in_reverse(*args: Any, **kwargs: Any) -> Any:
    return list(reversed(ENTRIES(*args, **kwargs)))


def one_rule_less(*args: Any, **kwargs: Any) -> Any:
    return ENTRIES(*args, **kwargs)[1:]


def without_last_condition(value: Any) -> Any:
    found = CONDITION(value)
    config = next(part for part in found.values() if isinstance(part, dict))
    for key in ("values", "regexValues"):
        config[key] = config.get(key, [])[:-1] or config.get(key, [])
    return {key: part for key, part in found.items() if not (isinstance(part, dict) and not part)}


def never_sticky(value: Any) -> Any:
    found = FORWARD(value)
    return {key: part for key, part in found.items() if key != "targetGroupStickinessConfig"}


def equal_weights(value: Any) -> Any:
    found = FORWARD(value)
    return found | {
        "targetGroups": [item | ({"weight": 1} if "weight" in item else {}) for item in found["targetGroups"]]
    }


SPLIT = ingress_rules.split
ENTRIES, CONDITION, FORWARD = ingress._entries, ingress_rules.condition, ingress_rules._forward
PLANTED = {
    "every path is a prefix": (ingress_rules, "path_field", everything_is_a_prefix),
    "any host goes into the field": (ingress_rules, "is_field_host", wildcards_anywhere),
    "the rules stand in reverse": (ingress, "_entries", in_reverse),
    "the first rule is lost": (ingress, "_entries", one_rule_less),
    "a value of a condition is lost": (ingress_rules, "condition", without_last_condition),
    "stickiness is lost": (ingress_rules, "_forward", never_sticky),
    "weights are lost": (ingress_rules, "_forward", equal_weights),
    "redirects on regular expressions are not guarded": (ingress_rules, "_hides_later_rules", lambda *_: False),
    "redirects that look like loops are not guarded": (ingress_rules, "_looks_like_loop", lambda *_: False),
    "runs of one authentication are not cut": (ingress, "_fits", lambda *_: True),
    "transforms are lost": (ingress_rules, "_transform", lambda *_: {"type": "url-rewrite", "urlRewriteConfig": {}}),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_error_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof refuses what a wrong encoder writes: it never passes in silence, and it does not pass always."""
    monkeypatch.setattr(*PLANTED[name])
    caught: list[str] = []

    @settings(MANY, max_examples=PLANTED_EXAMPLES)
    @seed(0)
    @given(sources=listeners())
    def check(sources: list[Source]) -> None:
        found = outcome(sources)
        caught.extend(found.said & {"routing-differs", "routing-not-built"})
        assert silent_differences(sources, found) == []

    check()
    assert caught, "no example shows the error"
