"""ALBs as Gateways: what is made, what is refused on which leaf, and that it is proved."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ecs2k8s.compare import schema
from ecs2k8s.core.findings import message
from tests.gateway_estates import (
    BALANCER,
    estate,
    exported,
    forward,
    group,
    listener,
    matching,
    objects,
    redirect,
    respond,
    rule,
    said,
    when,
)

OIDC = {
    "Type": "authenticate-oidc",
    "Order": 1,
    "AuthenticateOidcConfig": {
        "Issuer": "https://idp.example.com",
        "AuthorizationEndpoint": "https://idp.example.com/auth",
        "TokenEndpoint": "https://idp.example.com/token",
        "UserInfoEndpoint": "https://idp.example.com/userinfo",
        "ClientId": "shop",
        "Scope": "openid email",
    },
}
COGNITO = {
    "Type": "authenticate-cognito",
    "Order": 1,
    "AuthenticateCognitoConfig": {
        "UserPoolArn": "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_abc",
        "UserPoolClientId": "client",
        "UserPoolDomain": "shop",
        "AuthenticationRequestExtraParams": {"prompt": "login"},
    },
}
JWT = {
    "Type": "jwt-validation",
    "Order": 1,
    "JwtValidationConfig": {
        "JwksEndpoint": "https://idp.example.com/jwks",
        "Issuer": "https://idp.example.com",
        "AdditionalClaims": [{"Format": "single-string", "Name": "aud", "Values": ["shop"]}],
    },
}


def https(rules: list[Any], default: list[Any] | None = None) -> list[Any]:
    return listener(rules, default, 443, "HTTPS")


def matches(made: Any, kind: str = "HTTPRoute") -> list[Any]:
    return [
        match for route in objects(made, kind) for given in route["spec"]["rules"] for match in given.get("matches", [])
    ]


def proved(made: Any) -> bool:
    (proof,) = made.proofs
    if schema.available():
        assert schema.problems(made.bundle.manifests, "1.34") == []
    return bool(proof.holds)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([when("path-pattern", "/*")], [{"path": ("PathPrefix", "/")}]),
        ([when("path-pattern", "/a", "/a/*")], [{"path": ("PathPrefix", "/a")}]),
        ([when("path-pattern", "/a/*", "/b", "/a")], [{"path": ("PathPrefix", "/a")}, {"path": ("Exact", "/b")}]),
        ([when("path-pattern", "/a/")], [{"path": ("Exact", "/a/")}]),
        ([matching("path-pattern", "^/v[0-9]+/(.*)")], [{"path": ("RegularExpression", "^/v[0-9]+/(.*)")}]),
        (
            [when("http-request-method", "GET", "PUT")],
            [{"path": ("PathPrefix", "/"), "method": "GET"}, {"path": ("PathPrefix", "/"), "method": "PUT"}],
        ),
        (
            [when("http-header", "1", HttpHeaderName="X-Canary"), when("http-header", "b", HttpHeaderName="X-B")],
            [{"path": ("PathPrefix", "/"), "headers": {"X-Canary": "1", "X-B": "b"}}],
        ),
        (
            [when("query-string", {"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"})],
            [
                {"path": ("PathPrefix", "/"), "queryParams": {"a": "1"}},
                {"path": ("PathPrefix", "/"), "queryParams": {"b": "2"}},
            ],
        ),
    ],
)
def test_conditions_become_matches(conditions: list[Any], expected: list[Any]) -> None:
    made = exported(estate(listener([rule(*conditions, to=forward("web"))])))
    assert proved(made)
    assert [_short(match) for match in matches(made)] == expected


def _short(match: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = dict(match)
    found["path"] = (match["path"]["type"], match["path"]["value"])
    for key in {"headers", "queryParams"} & match.keys():
        found[key] = {item["name"]: item["value"] for item in match[key]}
    return found


@pytest.mark.parametrize(
    "condition",
    [
        when("path-pattern", "/static/*"),
        when("path-pattern", "/img/*/thumb-?.png"),
        when("path-pattern", "*.php"),
        when("path-pattern", "/foo*"),
        when("path-pattern", "/a//b"),
        when("path-pattern", "/%2fx"),
        when("path-pattern", "/a b"),
        when("path-pattern", "/a", "/a/*", "/b/*"),
        when("host-header", "www.*.example.com"),
        when("host-header", "*example.com"),
        when("host-header", "10.0.0.1"),
        matching("host-header", "^a"),
        when("http-header", "a, b", HttpHeaderName="X-A"),
        when("http-header", "*Mobile*", HttpHeaderName="User-Agent"),
        when("http-header", "a\\b", HttpHeaderName="X-A"),
        when("http-header", "a", HttpHeaderName="X A"),
        {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-A", "RegexValues": ["a"]}},
        when("http-request-method", "PURGE"),
        when("query-string", {"Value": "debug"}),
        when("query-string", {"Key": "a*", "Value": "1"}),
        when("query-string", {"Key": "a", "Value": "1*"}),
        when("query-string", {"Key": "a", "Value": "\\*"}),
    ],
)
def test_a_pattern_that_the_api_has_no_match_for_is_refused_on_its_leaf(condition: Any) -> None:
    given = rule(when("source-ip", "10.0.0.0/8"), condition, to=forward("web"))
    made = exported(estate(listener([given])))
    assert said(made)["condition-not-in-gateway"] == ["Conditions.1.Field"]
    assert objects(made, "Gateway") == []


@pytest.mark.parametrize(
    "conditions",
    [
        [when("http-header", "1", HttpHeaderName="X-A"), when("http-header", "2", HttpHeaderName="x-a")],
        [when("query-string", {"Key": "a", "Value": "1"}), when("query-string", {"Key": "A", "Value": "2"})],
    ],
)
def test_a_name_that_two_conditions_have_is_refused(conditions: list[Any]) -> None:
    made = exported(estate(listener([rule(*conditions, to=forward("web"))])))
    assert said(made)["condition-not-in-gateway"] == ["Conditions.1.Field"]


def test_every_rule_that_is_refused_says_so() -> None:
    bad = [rule(when("path-pattern", f"/{name}/*"), to=forward("web")) for name in "abc"]
    made = exported(estate(listener(bad)))
    assert len(said(made)["condition-not-in-gateway"]) == 3


@pytest.mark.parametrize(
    "action",
    [
        redirect(Path="/new/#{path}"),
        redirect(Host="www.#{host}"),
        redirect(Host="*.example.com"),
        redirect(Query="a=b"),
        redirect(Protocol="FTP"),
        forward("web", "api", weights=(0, 0)),
        redirect(Port="none"),
        redirect(StatusCode="HTTP_308", Port="81"),
        redirect(Path="/a*"),
        respond("404", kind=""),
    ],
)
def test_an_action_that_no_route_can_hold_is_refused(action: Any) -> None:
    made = exported(estate(listener([rule(when("path-pattern", "/a"), to=action)], [forward("web")])))
    assert said(made)["action-not-in-gateway"] == ["Actions.0.Type"]


def test_a_default_action_that_no_route_can_hold_is_refused_on_the_listener() -> None:
    made = exported(
        estate(listener([rule(when("path-pattern", "/a"), to=forward("web"))], [redirect(Host="x.#{host}")]))
    )
    assert said(made)["action-not-in-gateway"] == ["DefaultActions.0.Type"]


def test_a_transform_is_refused() -> None:
    rewrite = {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/a", "Replace": "/b"}]}}
    given = rule(when("path-pattern", "/a"), to=forward("web")) | {"Transforms": [rewrite]}
    assert said(exported(estate(listener([given]))))["transform-not-in-gateway"] == ["Transforms.0.Type"]


def test_sign_in_without_tls_is_refused() -> None:
    given = rule(when("path-pattern", "/a"), to=[OIDC, forward("web") | {"Order": 2}])
    assert said(exported(estate(listener([given]))))["authentication-on-http"] == ["Actions.0.Type"]


def test_priorities_against_the_order_of_the_api_are_refused_with_the_pair_and_a_request() -> None:
    rules = [
        rule(when("path-pattern", "/api", "/api/*"), to=forward("api")),
        rule(when("path-pattern", "/api/v2", "/api/v2/*"), to=forward("admin")),
        rule(when("path-pattern", "/*"), to=forward("web")),
    ]
    made = exported(estate(listener(rules)))
    (proof,) = made.proofs
    assert not proof.holds
    assert objects(made, "HTTPRoute") == []
    texts = [message(finding) for finding in made.findings if finding.slug == "rule-in-gateway-order"]
    assert len(texts) == 2
    assert all("rule 10 comes before rule 20" in text and "`GET example.com/api/v2" in text for text in texts)


def test_the_order_of_the_api_is_proved() -> None:
    rules = [
        rule(when("path-pattern", "/api/v2", "/api/v2/*"), to=forward("admin")),
        rule(when("path-pattern", "/api", "/api/*"), to=forward("api")),
    ]
    made = exported(estate(listener(rules, [forward("web")])))
    assert proved(made)
    (proof,) = made.proofs
    assert len(proof.rows) == 3
    assert all(row.source == row.made for row in proof.rows)


def test_a_default_action_becomes_the_last_rule_and_the_api_own_needs_none() -> None:
    rules = [rule(when("path-pattern", "/a"), to=forward("api"))]
    (route,) = objects(exported(estate(listener(rules, [forward("web")]))), "HTTPRoute")
    assert [given["name"] for given in route["spec"]["rules"]] == ["rule-10", "rule-default"]
    (route,) = objects(exported(estate(listener(rules))), "HTTPRoute")
    assert [given["name"] for given in route["spec"]["rules"]] == ["rule-10"]


def test_a_listener_with_nothing_but_a_404_is_made_all_the_same() -> None:
    made = exported(estate(listener([rule(when("path-pattern", "/a"), to=forward("web"))]), listener([], port=81)))
    assert proved(made)
    assert len(objects(made, "HTTPRoute")) == 2


def test_a_catch_all_hides_regular_expressions_of_the_same_host() -> None:
    rules = [rule(matching("path-pattern", "^/v[0-9]"), to=forward("api"))]
    made = exported(estate(listener(rules, [forward("web")])))
    (text,) = [message(f) for f in made.findings if f.slug == "rule-in-gateway-order"]
    assert "rule 10 comes before the default action" in text


def test_hosts_share_a_route_where_they_have_the_same_rules() -> None:
    rules = [
        rule(when("host-header", "a.com", "b.com", "C.com"), when("path-pattern", "/x"), to=forward("api")),
        rule(when("host-header", "b.com", "a.com"), to=forward("web")),
        rule(when("host-header", "*.org"), to=forward("admin")),
    ]
    made = exported(estate(listener(rules)))
    assert proved(made)
    found = {tuple(r["spec"]["hostnames"]): [g["name"] for g in r["spec"]["rules"]] for r in objects(made, "HTTPRoute")}
    assert found == {("a.com", "b.com"): ["rule-10", "rule-20"], ("c.com",): ["rule-10"], ("*.org",): ["rule-30"]}


def test_equally_specific_rules_keep_the_order_of_their_route() -> None:
    canary = when("http-header", "1", HttpHeaderName="X-Canary")
    beta = when("http-header", "1", HttpHeaderName="X-Beta")
    rules = [
        rule(canary, to=forward("api")),
        rule(beta, to=forward("admin")),
        rule(when("path-pattern", "/*"), to=forward("web")),
    ]
    assert proved(exported(estate(listener(rules))))


def test_equally_specific_rules_that_need_two_routes_are_refused() -> None:
    rules = [
        rule(when("http-header", str(at), HttpHeaderName=f"X-{at}"), to=forward("api" if at % 2 else "web"))
        for at in range(17)
    ]
    made = exported(estate(listener(rules)))
    assert "rule-in-gateway-order" in said(made)
    fewer = exported(estate(listener(rules[:16])))
    assert proved(fewer)


def test_listeners_that_do_the_same_share_their_routes() -> None:
    rules = [rule(when("path-pattern", "/a"), to=forward("api"))]
    made = exported(estate(listener(rules), https(rules)))
    assert proved(made)
    (route,) = objects(made, "HTTPRoute")
    assert [parent["sectionName"] for parent in route["spec"]["parentRefs"]] == ["http-80", "https-443"]


def test_http_that_only_redirects() -> None:
    moved = [redirect(Protocol="HTTPS", Port="443")]
    made = exported(
        estate(listener([], moved), https([rule(when("path-pattern", "/a"), to=forward("api"))], [forward("web")]))
    )
    assert proved(made)
    route = next(r for r in objects(made, "HTTPRoute") if r["metadata"]["name"] == "shop-80")
    (only,) = route["spec"]["rules"]
    assert only["filters"] == [
        {"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "port": 443, "statusCode": 301}}
    ]
    assert "backendRefs" not in only


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (respond("403", "no", "text/html"), {"statusCode": 403, "contentType": "text/html", "messageBody": "no"}),
        (redirect(Host="x.example.com", Query="a=#{path}"), {"query": "a=#{path}"}),
        (redirect(Port="8443", Query=""), {"query": ""}),
        (
            forward("web", "api", weights=(90, 10), sticky=60),
            {"targetGroupStickinessConfig": {"enabled": True, "durationSeconds": 60}},
        ),
    ],
)
def test_what_routes_have_no_word_for_is_in_a_configuration_of_the_rule(action: Any, expected: Any) -> None:
    made = exported(estate(listener([rule(when("path-pattern", "/a"), to=action)], [forward("web")])))
    assert proved(made)
    (found,) = objects(made, "ListenerRuleConfiguration")
    (only,) = found["spec"]["actions"]
    assert next(value for key, value in only.items() if key != "type") == expected


def test_weights() -> None:
    made = exported(estate(listener([rule(when("path-pattern", "/a"), to=forward("web", "api", weights=(90, 10)))])))
    assert proved(made)
    (route,) = objects(made, "HTTPRoute")
    refs = route["spec"]["rules"][0]["backendRefs"]
    assert [(ref["name"], ref["port"], ref["weight"]) for ref in refs] == [("web", 8080, 90), ("api", 8081, 10)]


def test_a_second_target_group_outside_goes_by_its_name() -> None:
    outside = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/legacy/0123456789abcdef"
    given = estate(listener([rule(when("path-pattern", "/a"), to=forward("web", "api", weights=(9, 1)))]))
    made = exported(given, target_groups={group("api"): outside})
    assert proved(made)
    (route,) = objects(made, "HTTPRoute")
    assert route["spec"]["rules"][0]["backendRefs"][1] == {
        "group": "",
        "kind": "TargetGroupName",
        "name": "legacy",
        "weight": 1,
    }


@pytest.mark.parametrize("proving", [OIDC, COGNITO, JWT])
def test_sign_in_is_of_one_rule(proving: Any) -> None:
    rules = [
        rule(when("path-pattern", "/admin", "/admin/*"), to=[proving, forward("admin") | {"Order": 2}]),
        rule(when("path-pattern", "/up"), to=forward("web")),
    ]
    made = exported(estate(https(rules, [forward("web")])))
    assert proved(made)
    (found,) = objects(made, "ListenerRuleConfiguration")
    assert [action["type"] for action in found["spec"]["actions"]] == [proving["Type"]]
    assert ("oidc-client-secret" in said(made)) is (proving is OIDC)


def test_addresses_are_split_where_they_are_too_many_for_one_rule() -> None:
    ranges = [f"10.{at}.0.0/16" for at in range(5)]
    made = exported(estate(listener([rule(when("source-ip", *ranges), to=forward("web"))])))
    assert proved(made)
    found = [c["spec"]["conditions"][0]["sourceIPConfig"]["values"] for c in objects(made, "ListenerRuleConfiguration")]
    assert sorted(found) == [ranges[:4], ranges[4:]]


def test_calls_become_routes_of_their_own_kind_and_may_have_all_methods_of_a_service() -> None:
    rules = [
        rule(when("path-pattern", "/shop.Cart/*"), when("host-header", "calls.example.com"), to=forward("calls")),
        rule(when("path-pattern", "/api", "/api/*"), when("host-header", "www.example.com"), to=forward("api")),
    ]
    made = exported(estate(https(rules)))
    assert proved(made)
    assert matches(made, "GRPCRoute") == [{"method": {"type": "Exact", "service": "shop.Cart"}}]
    assert len(objects(made, "HTTPRoute")) == 1


def test_calls_and_others_at_one_host_are_all_of_one_kind() -> None:
    rules = [
        rule(when("path-pattern", "/shop.Cart/Add"), to=forward("calls")),
        rule(when("path-pattern", "/api", "/api/*"), to=forward("api")),
    ]
    made = exported(estate(https(rules)))
    assert proved(made)
    assert objects(made, "GRPCRoute") == []
    mixed = [rule(when("path-pattern", "/shop.Cart/*"), to=forward("calls")), rules[1]]
    assert said(exported(estate(https(mixed))))["condition-not-in-gateway"] == ["Conditions.0.Field"]


def test_the_load_balancer_and_its_listeners() -> None:
    view: dict[str, Any] = {
        "SecurityGroups": ["sg-2", "sg-1"],
        "AvailabilityZones": [
            {"ZoneName": "eu-west-1b", "SubnetId": "subnet-2"},
            {"ZoneName": "eu-west-1a", "SubnetId": "subnet-1"},
        ],
        "IpAddressType": "dualstack",
        "Scheme": "internet-facing",
    }
    given = estate(https([rule(when("path-pattern", "/a"), to=forward("web"))]), **view)
    found = next(item for item in given["others"] if item["shape"] == "elbv2.Listener")
    found["data"]["MutualAuthentication"] = {
        "Mode": "verify",
        "TrustStoreArn": "arn:ts",
        "IgnoreClientCertificateExpiry": True,
    }
    more = [
        ("elbv2.LoadBalancerAttributes", BALANCER, [{"Key": "idle_timeout.timeout_seconds", "Value": "60"}]),
        ("elbv2.ListenerAttributes", found["id"], [{"Key": "routing.http.response.server.enabled", "Value": "a,b"}]),
    ]
    given["others"] += [{"shape": shape, "id": ident, "data": {"Attributes": pairs}} for shape, ident, pairs in more]
    certificates = [
        {"CertificateArn": "arn:sni", "IsDefault": False},
        {"CertificateArn": "arn:main", "IsDefault": True},
    ]
    given["others"].append(
        {"shape": "elbv2.ListenerCertificates", "id": found["id"], "data": {"Certificates": certificates}}
    )
    given["others"].append(
        {
            "shape": "elbv2.Tags",
            "id": BALANCER,
            "data": {"Tags": [{"Key": "team", "Value": "a"}, {"Key": "aws:x", "Value": "y"}]},
        }
    )
    made = exported(given)
    assert proved(made)
    (configuration,) = objects(made, "LoadBalancerConfiguration")
    assert configuration["spec"] == yaml.safe_load("""
        loadBalancerName: shop-eks
        scheme: internet-facing
        ipAddressType: dualstack
        loadBalancerSubnets: [{identifier: subnet-1}, {identifier: subnet-2}]
        securityGroups: [sg-1, sg-2]
        manageBackendSecurityGroupRules: true
        loadBalancerAttributes: [{key: idle_timeout.timeout_seconds, value: '60'}]
        tags: {team: a}
        listenerConfigurations:
          - protocolPort: HTTPS:443
            defaultCertificate: arn:main
            certificates: [arn:sni]
            sslPolicy: ELBSecurityPolicy-TLS13-1-2-2021-06
            mutualAuthentication: {mode: verify, trustStore: 'arn:ts', ignoreClientCertificateExpiry: true, advertiseTrustStoreCaNames: 'off'}
            listenerAttributes: [{key: routing.http.response.server.enabled, value: 'a,b'}]
    """)


def test_names_wait_for_the_traffic() -> None:
    made = exported(estate(listener([rule(when("host-header", "a.com"), to=forward("web"))])))
    for kind in ("Gateway", "HTTPRoute"):
        (found,) = objects(made, kind)
        assert set(found["metadata"]["annotations"].values()) == {"ecs2k8s-hold"}
        assert len(found["metadata"]["annotations"]) == 2


def test_nothing_of_it_is_applied_with_the_workloads() -> None:
    made = exported(estate(listener([rule(when("host-header", "a.com"), to=forward("web"))])))
    trees = {placed.tree for placed in made.bundle.objects if "gateway" in placed.manifest["apiVersion"]}
    assert trees == {"traffic/gateway"}


def test_more_rules_than_the_quota_are_said() -> None:
    many = [
        rule(
            when("host-header", *(f"{a}-{at}.com" for a in "abc")),
            when("http-request-method", "GET", "PUT"),
            to=forward("web"),
        )
        for at in range(17)
    ]
    made = exported(estate(listener(many)))
    assert proved(made)
    assert "many-rules-in-gateway" in said(made)
    assert "many-rules-in-gateway" not in said(exported(estate(listener(many[:16]))))
