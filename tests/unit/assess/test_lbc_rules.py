"""Conditions, actions, transforms and authentication of the rules that the controller builds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecs2k8s.assess.lbc import Rejected, build
from ecs2k8s.translate.routes import Authentication, Condition, FixedResponse, Forward, Redirect, Route, Transform
from tests.unit.assess.test_lbc import HTTPS, SERVICES, annotated, ingress, path, service, to

ARN = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/legacy/0123456789abcdef"


def one(
    text: str | None = "/a",
    kind: str | None = "Exact",
    *,
    host: str = "",
    conditions: Any = None,
    action: Any = None,
    transforms: Any = None,
    services: Any = SERVICES,
    **annotations: str,
) -> Route:
    """The only rule of an Ingress whose only backend is `rule-1`, or the Service web where no action is given."""
    backend = annotated("rule-1") if action is not None else to("web")
    name = "rule-1" if action is not None else "web"
    values = {"conditions": conditions, "actions": action, "transforms": transforms}
    written = {f"{key}.{name}": json.dumps(value) for key, value in values.items() if value is not None}
    plain = {key.replace("_", "-"): value for key, value in annotations.items()}
    port = 443 if "listen-ports" in plain else 80
    made = build([ingress(path(text, kind, backend), host=host, annotations=written | plain)], services)[port]
    (rule,) = made.rules
    return rule


def host(*values: str, regex: bool = False) -> dict[str, Any]:
    return {"field": "host-header", "hostHeaderConfig": {"regexValues" if regex else "values": list(values)}}


def paths(*values: str, regex: bool = False) -> dict[str, Any]:
    return {"field": "path-pattern", "pathPatternConfig": {"regexValues" if regex else "values": list(values)}}


def header(name: str, *values: str) -> dict[str, Any]:
    return {"field": "http-header", "httpHeaderConfig": {"httpHeaderName": name, "values": list(values)}}


ALL = Condition("path-pattern", ("/*",))


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("/a", "Exact", ("/a",)),
        ("/a/", "Exact", ("/a/",)),
        ("/", "Prefix", ("/*",)),
        ("/p", "Prefix", ("/p", "/p/*")),
        ("/p/", "Prefix", ("/p", "/p/*")),
        ("/", "ImplementationSpecific", ("/",)),
        ("/a/*/b?", "ImplementationSpecific", ("/a/*/b?",)),
        ("/*", None, ("/*",)),
        (None, None, ("/*",)),
    ],
)
def test_paths(text: str | None, kind: str | None, values: tuple[str, ...]) -> None:
    assert one(text, kind).conditions == (Condition("path-pattern", values),)


def test_regex_paths_lose_their_first_character() -> None:
    made = one("/^/v[0-9]$", "ImplementationSpecific", use_regex_path_match="true")
    assert made.conditions == (Condition("path-pattern", ("^/v[0-9]$",), regex=True),)
    assert one("/a", "Exact", use_regex_path_match="true").conditions == (Condition("path-pattern", ("/a",)),)


def test_hosts_and_paths_of_the_annotation_join_those_of_the_spec() -> None:
    extra = [header("A", "1"), host("b.example.com"), paths("/b")]
    assert one("/a", "Exact", host="a.example.com", conditions=extra).conditions == (
        Condition("http-header", ("1",), name="A"),
        Condition("host-header", ("a.example.com", "b.example.com")),
        Condition("path-pattern", ("/a", "/b")),
    )


def test_every_field() -> None:
    extra = [
        host("Shop.Example.com"),
        {"field": "http-request-method", "httpRequestMethodConfig": {"values": ["GET"]}},
        {"field": "query-string", "queryStringConfig": {"values": [{"key": "k", "value": "v"}, {"value": "w"}]}},
        {"field": "source-ip", "sourceIPConfig": {"values": ["10.0.0.0/8"]}},
    ]
    assert one(None, None, conditions=extra).conditions == (
        Condition("http-request-method", ("GET",)),
        Condition("query-string", queries=(("k", "v"), (None, "w"))),
        Condition("source-ip", ("10.0.0.0/8",)),
        Condition("host-header", ("Shop.Example.com",)),
    )


def test_an_unknown_field_is_skipped_and_the_rule_matches_everything() -> None:
    misspelt = host("admin.example.com") | {"field": "host-headers"}
    assert one(None, None, conditions=[misspelt]).conditions == (ALL,)


def test_names_of_members_have_any_case() -> None:
    extra = [{"Field": "host-header", "HostHeaderConfig": {"Values": ["a.example.com"]}}]
    action = {"Type": "redirect", "RedirectConfig": {"Host": "b.example.com", "StatusCode": "HTTP_302"}}
    made = one(None, None, conditions=extra, action=action)
    assert (made.conditions[0].values, made.action) == (("a.example.com",), Redirect("HTTP_302", host="b.example.com"))


def test_two_paths_to_one_service_share_its_conditions() -> None:
    extra = {"conditions.web": json.dumps([header("A", "1")])}
    shared = ingress(path("/a", "Exact", to("web")), path("/b", "Exact", to("web")), annotations=extra)
    assert [len(rule.conditions) for rule in build([shared], SERVICES)[80].rules] == [2, 2]


TUPLES = [{"serviceName": "api", "servicePort": 8080, "weight": 90}, {"targetGroupARN": ARN, "weight": 10}]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ({"type": "forward", "targetGroupARN": ARN}, Forward(((ARN, 1),))),
        (
            {"type": "forward", "forwardConfig": {"targetGroups": TUPLES}},
            Forward((("prod/api:8080", 90), (ARN, 10))),
        ),
        (
            {
                "type": "forward",
                "forwardConfig": {
                    "targetGroups": [{"serviceName": "api", "servicePort": "8080"}],
                    "targetGroupStickinessConfig": {"enabled": True, "durationSeconds": 60},
                },
            },
            Forward((("prod/api:8080", 1),), 60),
        ),
        (
            {"type": "forward", "forwardConfig": {"targetGroups": [{"serviceName": "api", "servicePort": "http"}]}},
            Forward((("prod/api:8080", 1),)),
        ),
        (
            {"type": "redirect", "redirectConfig": {"path": "/b", "query": "", "statusCode": "HTTP_301"}},
            Redirect("HTTP_301", path="/b", query=""),
        ),
        (
            {"type": "fixed-response", "fixedResponseConfig": {"statusCode": "403", "messageBody": "no"}},
            FixedResponse("403", "", "no"),
        ),
        (
            {"type": "forward", "forwardConfig": {"targetGroups": [{"serviceName": "gone", "servicePort": 80}]}},
            FixedResponse("503", "text/plain", "Backend service does not exist"),
        ),
    ],
)
def test_actions(action: Any, expected: Any) -> None:
    assert one(action=action).action == expected


def test_an_action_that_nobody_wrote_is_an_answer_503() -> None:
    made = build([ingress(path("/a", "Exact", annotated("rule-1")))], SERVICES)[80]
    assert made.rules[0].action == FixedResponse("503", "text/plain", "Backend action does not exist")


def test_ports_by_name_are_those_of_the_service() -> None:
    named = {"service": {"name": "api", "port": {"name": "http"}}}
    made = build([ingress(path("/a", "Exact", named))], SERVICES)[80]
    assert made.rules[0].action == Forward((("prod/api:8080", 1),))


def test_transforms() -> None:
    transform = [{"type": "url-rewrite", "urlRewriteConfig": {"rewrites": [{"regex": "^/a", "replace": "/b"}]}}]
    assert one(transforms=transform).transforms == (Transform("url-rewrite", (("^/a", "/b"),)),)


OIDC = {
    "issuer": "https://idp.example.com",
    "authorizationEndpoint": "https://idp.example.com/auth",
    "tokenEndpoint": "https://idp.example.com/token",
    "userInfoEndpoint": "https://idp.example.com/userinfo",
    "secretName": "oidc-shop",
    "authenticationRequestExtraParams": {"prompt": "login", "Display": "page"},
}
LOGIN = {
    "OnUnauthenticatedRequest": "authenticate",
    "Scope": "openid",
    "SessionCookieName": "AWSELBAuthSessionCookie",
    "SessionTimeout": "604800",
}
OIDC_SETTINGS = LOGIN | {
    "AuthenticationRequestExtraParams": '{"Display": "page", "prompt": "login"}',
    "SecretName": "oidc-shop",
    "AuthorizationEndpoint": "https://idp.example.com/auth",
    "Issuer": "https://idp.example.com",
    "TokenEndpoint": "https://idp.example.com/token",
    "UserInfoEndpoint": "https://idp.example.com/userinfo",
}
COGNITO = {"userPoolARN": "arn:pool", "userPoolClientID": "client", "userPoolDomain": "shop"}
COGNITO_SETTINGS = {"UserPoolArn": "arn:pool", "UserPoolClientId": "client", "UserPoolDomain": "shop"}
JWT = {
    "jwksEndpoint": "https://i/jwks",
    "issuer": "https://i",
    "additionalClaims": [{"format": "single-string", "name": "aud", "values": ["shop"]}],
}
JWT_SETTINGS = {
    "AdditionalClaims": '[{"Format": "single-string", "Name": "aud", "Values": ["shop"]}]',
    "Issuer": "https://i",
    "JwksEndpoint": "https://i/jwks",
}
AUTHENTICATIONS: list[tuple[dict[str, str], Any, dict[str, str]]] = [
    ({"auth-type": "oidc", "auth-idp-oidc": json.dumps(OIDC)}, "authenticate-oidc", OIDC_SETTINGS),
    (
        {
            "auth-type": "cognito",
            "auth-idp-cognito": json.dumps(COGNITO),
            "auth-scope": "openid email",
            "auth-session-timeout": "60",
            "auth-session-cookie": "c",
            "auth-on-unauthenticated-request": "deny",
        },
        "authenticate-cognito",
        COGNITO_SETTINGS
        | {
            "OnUnauthenticatedRequest": "deny",
            "Scope": "openid email",
            "SessionCookieName": "c",
            "SessionTimeout": "60",
        },
    ),
    ({"jwt-validation": json.dumps(JWT)}, "jwt-validation", JWT_SETTINGS),
]


@pytest.mark.parametrize(("annotations", "kind", "settings"), AUTHENTICATIONS)
def test_authentication_is_for_https_only_and_for_the_default_too(
    annotations: dict[str, str], kind: Any, settings: dict[str, str]
) -> None:
    ports = {"listen-ports": '[{"HTTP":80},{"HTTPS":443}]'}
    made = build(
        [ingress(path("/a", "Exact", to("web")), default="api", annotations=HTTPS | ports | annotations)], SERVICES
    )
    expected = Authentication(kind, tuple(sorted(settings.items())))
    assert [route.authentication for route in (*made[443].rules, made[443].default)] == [expected, expected]
    assert [route.authentication for route in (*made[80].rules, made[80].default)] == [None, None]


def test_the_only_service_may_say_another_authentication_and_its_word_wins() -> None:
    own = {("prod", "web"): service("web", auth_type="none"), ("prod", "api"): service("api")}
    annotations = HTTPS | AUTHENTICATIONS[0][0]
    made = build(
        [ingress(path("/a", "Exact", to("web")), path("/b", "Exact", to("api")), annotations=annotations)], own
    )
    assert [bool(rule.authentication) for rule in made[443].rules] == [False, True]


REJECTED: dict[str, dict[str, Any]] = {
    "exact path shouldn't contain wildcards": {"text": "/a*", "kind": "Exact"},
    "prefix path shouldn't contain wildcards": {"text": "/a?", "kind": "Prefix"},
    "path-pattern: precisely one of": {"conditions": [paths("/b", regex=True)]},
    "host-header: precisely one of": {"host": "a.example.com", "conditions": [host("b", regex=True)]},
    "precisely one of values and regexValues": {
        "conditions": [{"field": "host-header", "hostHeaderConfig": {"values": ["a"], "regexValues": ["b"]}}]
    },
    "missing pathPatternConfig": {"conditions": [{"field": "path-pattern"}]},
    "values cannot be empty": {"conditions": [{"field": "source-ip", "sourceIPConfig": {"values": []}}]},
    "value cannot be empty": {
        "conditions": [{"field": "query-string", "queryStringConfig": {"values": [{"key": "k", "value": ""}]}}]
    },
    "expected a text": {"action": {"type": "fixed-response", "fixedResponseConfig": {"statusCode": 404}}},
    "expected a whole number": {
        "action": {"type": "forward", "forwardConfig": {"targetGroups": [TUPLES[0] | {"weight": "1"}]}}
    },
    "unknown action type": {"action": {"type": "authenticate-oidc"}},
    "statusCode is required": {"action": {"type": "redirect", "redirectConfig": {"host": "a"}}},
    "missing ForwardConfig": {"action": {"type": "forward"}},
    "either ForwardConfig or": {
        "action": {"type": "forward", "targetGroupARN": ARN, "forwardConfig": {"targetGroups": TUPLES}}
    },
    "weight must be set": {
        "action": {"type": "forward", "forwardConfig": {"targetGroups": [TUPLES[0], {"targetGroupARN": ARN}]}}
    },
    "missing servicePort": {"action": {"type": "forward", "forwardConfig": {"targetGroups": [{"serviceName": "api"}]}}},
    "precisely one of targetGroupARN and serviceName": {
        "action": {"type": "forward", "forwardConfig": {"targetGroups": [TUPLES[0] | {"targetGroupARN": ARN}]}}
    },
    "not found": {
        "action": {
            "type": "forward",
            "forwardConfig": {"targetGroups": [TUPLES[0] | {"serviceName": "gone"}, TUPLES[1]]},
        }
    },
    "unable to find port": {"services": {("prod", "web"): service("web", {"port": 80})}},
    "instance targets need": {"services": {("prod", "web"): service("web", target_type="instance")}},
    "unknown targetType": {"services": {("prod", "web"): service("web", target_type="pod")}},
    "a target group by name": {"action": {"type": "forward", "targetGroupName": "legacy"}},
    "unknown transform type": {"transforms": [{"type": "rewrite"}]},
    "rewrites cannot be empty": {"transforms": [{"type": "url-rewrite", "urlRewriteConfig": {"rewrites": []}}]},
    "unknown authType": {"auth_type": "OIDC"},
    "missing IDPConfigOIDC": {**HTTPS, "auth_type": "oidc"},
    "no SecretName": {**HTTPS, "auth_type": "oidc", "auth_idp_oidc": json.dumps(OIDC | {"secretName": ""})},
    "both auth-type and jwt-validation": {
        **HTTPS,
        "auth_type": "cognito",
        "auth_idp_cognito": json.dumps(COGNITO),
        "jwt_validation": json.dumps(JWT),
    },
    "jwt-validation: no issuer": {"jwt_validation": '{"jwksEndpoint":"https://i/jwks"}'},
    "use-regex-path-match: not a truth value": {"use_regex_path_match": "yes"},
    # what the controller hands on and ELB refuses
    "more than 5 condition values": {"conditions": [header("A", "1", "2", "3", "4", "5")]},
    "more than 5 wildcards": {"text": None, "kind": None, "conditions": [paths("/*/*/*", "/?/?/?")]},
    "6 target groups": {
        "action": {
            "type": "forward",
            "forwardConfig": {"targetGroups": [{"targetGroupARN": f"{ARN}{n}", "weight": 1} for n in range(6)]},
        }
    },
    "a target group twice": {"action": {"type": "forward", "forwardConfig": {"targetGroups": [TUPLES[1], TUPLES[1]]}}},
    "a weight outside": {
        "action": {"type": "forward", "forwardConfig": {"targetGroups": [TUPLES[0] | {"weight": 1000}, TUPLES[1]]}}
    },
    "stickiness without durationSeconds": {
        "action": {
            "type": "forward",
            "forwardConfig": {"targetGroups": TUPLES, "targetGroupStickinessConfig": {"enabled": True}},
        }
    },
    "redirect with status": {"action": {"type": "redirect", "redirectConfig": {"host": "a", "statusCode": "301"}}},
    "redirect from HTTP to": {
        "action": {"type": "redirect", "redirectConfig": {"protocol": "https", "statusCode": "HTTP_301"}}
    },
    "fixed response with status": {"action": {"type": "fixed-response", "fixedResponseConfig": {"statusCode": "302"}}},
    "two conditions of one field": {
        "conditions": [{"field": "source-ip", "sourceIPConfig": {"values": ["10.0.0.0/8"]}}] * 2
    },
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejected(reason: str) -> None:
    with pytest.raises(Rejected, match=reason):
        one(**REJECTED[reason])


def test_five_values_and_five_wildcards_are_allowed() -> None:
    assert len(one("/a", "Exact", conditions=[header("A", "*", "?", "x*", "*?")]).conditions) == 2
    parts = [
        [host("a.example.com", "b.example.com"), header("X-Canary", "1")],
        [host("c.example.com"), header("X-Canary", "1")],
    ]
    assert all(one("/x", "Prefix", conditions=part) for part in parts)
    with pytest.raises(Rejected, match="more than 5 condition values"):
        one(
            "/x",
            "Prefix",
            conditions=[host("a.example.com", "b.example.com", "c.example.com"), header("X-Canary", "1")],
        )
