"""Random listeners of one load balancer, as DescribeListeners and DescribeRules print them, and valid as AWS says.

The pools hold the values that translations stumble over; drawing from them keeps an example under ten milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.source_routes import CONFIGS, REWRITES

Document = dict[str, Any]

REGION = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:"
BALANCER = "app/shop/50dc6c495c0c9188"
BALANCER_ARN = f"{REGION}loadbalancer/{BALANCER}"
TARGET_GROUPS = [
    f"{REGION}targetgroup/{name}/{number:016x}"
    for number, name in enumerate(["web", "api", "api-v2", "admin", "img", "legacy"], 0x73E2D6BC24D8A067)
]
CERTIFICATES = [f"arn:aws:acm:eu-west-1:111122223333:certificate/{name}" for name in ("default", "sni-1", "sni-2")]

HOSTS = [
    "shop.example.com",
    "api.example.com",
    "Shop.Example.com",
    "*.example.com",
    "*.shop.example.com",
    "api?.example.com",
    "www.*.example.com",
    "*.example.*",
    "10.example.com",
    "x-1.example.com",
]
HOST_REGEXES = [r"^(www\.)?old[0-9]*\.example\.com$", r"^[a-z]+\.example\.org$", "example"]
PATHS = [
    "/",
    "/*",
    "*",
    "/api",
    "/api/*",
    "/api*",
    "/API",
    "/api/v2",
    "/api/v2/*",
    "/static/*",
    "/img/*/thumb-?.png",
    "*.php",
    "/a//b",
    "/a/../b",
    "/a/.",
    "/%2f",
    "/healthz",
    "/healthz/",
    "/~user/$x",
]
PATH_PAIRS = [("/api", "/api/*"), ("/v1", "/v1/*"), ("/api/*", "/api"), ("/a//b", "/a//b/*"), ("/x/", "/x//*")]
PATH_REGEXES = ["^/v[0-9]+/orders", ".*", "^/(a|b)/?$", "/api"]
HEADERS = ["X-Canary", "x-canary", "CloudFront-Forwarded-Proto", "User-Agent"]
HEADER_VALUES = ["1", "always", "http", "*Mobile*", "v?", "a, b"]
HEADER_REGEXES = ["^Mozilla/[45]", "bot|crawler"]
METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PURGE"]
QUERIES = [
    {"Key": "beta", "Value": "true"},
    {"Value": "debug*"},
    {"Key": "", "Value": "x"},
    {"Key": "q", "Value": r"\*"},
    {"Key": "Beta", "Value": "TRUE"},
    {"Key": "v?", "Value": "*"},
]
SOURCES = ["10.0.0.0/8", "192.0.2.0/24", "203.0.113.7/32", "0.0.0.0/0", "2001:db8::/32", "::/0"]
MOST = 5  # condition values, and wildcards, of a rule


def _values(pool: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(pool), min_size=1, max_size=3, unique=True) | st.sampled_from(pool).map(
        lambda v: [v]
    )


def _patterns(field: str, **config: Any) -> Document:
    """As AWS prints it: hosts and paths once more at the top."""
    shown = {k: v for k, v in config.items() if k != "HttpHeaderName"} if field != "http-header" else {}
    return {"Field": field, **shown, CONFIGS[field]: config}


def _plain(field: str, values: list[Any]) -> Document:
    return {"Field": field, CONFIGS[field]: {"Values": values}}


FIVE = _patterns("host-header", Values=[f"{name}.example.com" for name in "abcde"])
CONDITIONS = st.one_of(
    _values(HOSTS).map(lambda values: _patterns("host-header", Values=values)),
    _values(PATHS).map(lambda values: _patterns("path-pattern", Values=values)),
    _values(PATHS).map(lambda values: _patterns("path-pattern", Values=values)),
    st.sampled_from(PATH_PAIRS).map(lambda pair: _patterns("path-pattern", Values=list(pair))),
    _values(HOST_REGEXES).map(lambda values: _patterns("host-header", RegexValues=values)),
    _values(PATH_REGEXES).map(lambda values: _patterns("path-pattern", RegexValues=values)),
    st.builds(
        lambda name, values: _patterns("http-header", HttpHeaderName=name, Values=values),
        st.sampled_from(HEADERS),
        _values(HEADER_VALUES),
    ),
    st.builds(
        lambda name, value: _patterns("http-header", HttpHeaderName=name, RegexValues=[value]),
        st.sampled_from(HEADERS),
        st.sampled_from(HEADER_REGEXES),
    ),
    _values(METHODS).map(lambda values: _plain("http-request-method", values)),
    st.lists(st.sampled_from(QUERIES), min_size=1, max_size=2, unique_by=str).map(lambda v: _plain("query-string", v)),
    _values(SOURCES).map(lambda values: _plain("source-ip", values)),
    st.just(FIVE),
)


def _allowed(conditions: list[Document]) -> list[Document]:
    """As many of *conditions* from the first on as one rule may have: fields that are there once, values, wildcards."""
    kept: list[Document] = []
    values = wildcards = 0
    for condition in conditions:
        found, stars = _size(condition)
        once = condition["Field"] not in {"http-header", "query-string"}
        again = once and any(condition["Field"] == other["Field"] for other in kept)
        if again or values + found > MOST or wildcards + stars > MOST:
            continue
        kept.append(condition)
        values, wildcards = values + found, wildcards + stars
    return kept


def _size(condition: Document) -> tuple[int, int]:
    config = condition[CONFIGS[condition["Field"]]]
    values = config.get("Values", [])
    return len(values or config["RegexValues"]), sum(str(value).count("*") + str(value).count("?") for value in values)


def _forward(groups: list[str], weights: list[int], seconds: int | None) -> Document:
    sticky = {"Enabled": False} if seconds is None else {"Enabled": True, "DurationSeconds": seconds}
    pairs = [{"TargetGroupArn": group, "Weight": weight} for group, weight in zip(groups, weights, strict=False)]
    single = {"TargetGroupArn": groups[0]} if len(pairs) == 1 else {}
    return {
        "Type": "forward",
        **single,
        "ForwardConfig": {"TargetGroups": pairs, "TargetGroupStickinessConfig": sticky},
    }


SINGLE = [_forward([group], [1], None) for group in TARGET_GROUPS] + [
    {"Type": "forward", "TargetGroupArn": TARGET_GROUPS[0]},
    _forward(TARGET_GROUPS[:1], [1], 3600),
]
WEIGHTED = st.builds(
    _forward,
    st.lists(st.sampled_from(TARGET_GROUPS), min_size=2, max_size=5, unique=True),
    st.lists(st.sampled_from([0, 1, 10, 90, 999]), min_size=5, max_size=5),
    st.sampled_from([None, None, 1, 604800]),
)


def _redirect(**changes: str) -> Document:
    """With all members, as AWS prints them."""
    same = {"Protocol": "#{protocol}", "Port": "#{port}", "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}"}
    return {"Type": "redirect", "RedirectConfig": {**same, "StatusCode": "HTTP_301"} | changes}


REDIRECTS = [
    _redirect(Protocol="HTTPS", Port="443"),  # a loop on HTTPS:443, if the controller is asked
    _redirect(Protocol="HTTPS", Port="443", Host="shop.example.com", StatusCode="HTTP_302"),
    _redirect(Host="shop.example.com"),
    _redirect(Host="old.example.com", Path="/moved", Query="from=#{path}"),
    _redirect(Path="/api", StatusCode="HTTP_302"),
    _redirect(Port="8443", Query=""),
    _redirect(Host="www.#{host}", Path="/x/#{path}"),
]
FIXED = [
    {"Type": "fixed-response", "FixedResponseConfig": config}
    for config in (
        {"StatusCode": "404", "ContentType": "text/plain"},
        {"StatusCode": "404"},
        {"StatusCode": "403", "ContentType": "text/html", "MessageBody": '<p>"no" – c:\\x</p>\n'},
        {"StatusCode": "200", "ContentType": "application/json", "MessageBody": "{}"},
    )
]
ACTIONS = st.one_of(st.sampled_from(SINGLE), WEIGHTED, st.sampled_from(REDIRECTS), st.sampled_from(FIXED))

LOGIN = {
    "SessionCookieName": "AWSELBAuthSessionCookie",
    "Scope": "openid",
    "SessionTimeout": 604800,
    "OnUnauthenticatedRequest": "authenticate",
}
IDP = "https://idp.example.com"
OIDC = {
    "Issuer": IDP,
    "AuthorizationEndpoint": f"{IDP}/auth",
    "TokenEndpoint": f"{IDP}/token",
    "UserInfoEndpoint": f"{IDP}/userinfo",
    "ClientId": "shop",
}
COGNITO = {
    "UserPoolArn": "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_abcdefghi",
    "UserPoolClientId": "1example23456789",
    "UserPoolDomain": "shop",
}
PARAMETERS = {"AuthenticationRequestExtraParams": {"prompt": "login", "Display": "page"}}
JWT = {"JwksEndpoint": f"{IDP}/jwks", "Issuer": IDP}
CLAIM = {"Format": "single-string", "Name": "aud", "Values": ["shop"]}
LOGINS: list[Document] = [
    {"Type": "authenticate-oidc", "AuthenticateOidcConfig": OIDC | LOGIN},
    {"Type": "authenticate-oidc", "AuthenticateOidcConfig": OIDC | LOGIN | {"Scope": "openid email"} | PARAMETERS},
    {"Type": "authenticate-cognito", "AuthenticateCognitoConfig": COGNITO | LOGIN},
    {
        "Type": "authenticate-cognito",
        "AuthenticateCognitoConfig": COGNITO | LOGIN | {"SessionTimeout": 60} | PARAMETERS,
    },
]
TOKENS: list[Document] = [
    {"Type": "jwt-validation", "JwtValidationConfig": JWT},
    {"Type": "jwt-validation", "JwtValidationConfig": JWT | {"AdditionalClaims": [CLAIM]}},
]
AUTHENTICATIONS = st.sampled_from([None] * 8 + LOGINS + TOKENS)
TRANSFORMS = st.sampled_from(
    [None] * 9
    + [
        [{"Type": kind, REWRITES[kind]: {"Rewrites": [{"Regex": regex, "Replace": replace}]}}]
        for kind, regex, replace in (
            ("url-rewrite", "^/v[0-9]+/(.*)$", "/$1"),
            ("host-header-rewrite", r"^(.+)\.example\.com$", "$1.internal"),
        )
    ]
)


@dataclass(frozen=True, slots=True)
class Source:
    """A listener with its rules in any order, the default among them, and the answer of DescribeListenerCertificates."""

    listener: Document
    rules: list[Document]
    certificates: list[Document]


def _actions(protocol: str, before: Document | None, last: Document) -> list[Document]:
    """What AWS allows on *protocol*: authentication on HTTPS only, tokens before a forward only, no way back to HTTP."""
    token = before is not None and before["Type"] == "jwt-validation"
    if protocol == "HTTP" or before is None or (token and last["Type"] != "forward"):
        return [last]
    return [{**before, "Order": 1}, {**last, "Order": 2}]


# What the controller's optimizer takes for a loop, or for a reason to leave out all that follows.
PLANTED: list[tuple[list[Document], Document, None, None]] = [
    (
        [_patterns("http-header", HttpHeaderName="CloudFront-Forwarded-Proto", Values=["http"])],
        REDIRECTS[0],
        None,
        None,
    ),
    ([_patterns("host-header", RegexValues=HOST_REGEXES[:1])], REDIRECTS[1], None, None),
    ([_patterns("path-pattern", Values=["/*"])], REDIRECTS[1], None, None),
    ([_patterns("path-pattern", Values=["/api", "/api/*"])], REDIRECTS[2], None, None),
    ([_patterns("path-pattern", Values=["/*"])], SINGLE[0], None, None),
]
RULE = st.one_of(
    *[st.tuples(st.lists(CONDITIONS, min_size=1, max_size=3).map(_allowed), ACTIONS, AUTHENTICATIONS, TRANSFORMS)] * 5,
    st.sampled_from(PLANTED),
)
PORTS = st.lists(
    st.sampled_from([(80, "HTTP"), (443, "HTTPS"), (8080, "HTTP"), (8443, "HTTPS")]),
    min_size=1,
    max_size=3,
    unique=True,
)


CONTENT = st.tuples(st.lists(RULE, max_size=6), st.tuples(ACTIONS, AUTHENTICATIONS))


@st.composite
def listeners(draw: st.DrawFn) -> list[Source]:
    """One to three listeners, by the rules of AWS. Those that come later often have the rules of the first."""
    first = draw(CONTENT)
    made: list[Source] = []
    for place, (port, protocol) in enumerate(draw(PORTS)):
        content = first if place == 0 or draw(st.booleans()) else draw(CONTENT)
        made.append(_source(draw, port, protocol, *content))
    return made


def _source(draw: st.DrawFn, port: int, protocol: str, rules: list[Any], default: Any) -> Source:
    arn = f"{REGION}listener/{BALANCER}/{port:016x}"
    names = draw(st.integers(1, len(CERTIFICATES))) if protocol == "HTTPS" else 0
    tls = {
        "Certificates": [{"CertificateArn": CERTIFICATES[0]}],
        "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
    }
    listener = {
        "ListenerArn": arn,
        "LoadBalancerArn": BALANCER_ARN,
        "Port": port,
        "Protocol": protocol,
        **(tls if protocol == "HTTPS" else {}),
        "DefaultActions": _actions(protocol, default[1], default[0]),
    }
    priorities = draw(
        st.lists(st.integers(1, 300) | st.integers(1, 50000), min_size=len(rules), max_size=len(rules), unique=True)
    )
    made = [_rule(arn, protocol, *pair) for pair in zip(priorities, rules, strict=True)]
    made.append(
        {**_head(arn, 0, "default"), "Conditions": [], "Actions": listener["DefaultActions"], "IsDefault": True}
    )
    certificates = [{"CertificateArn": name, "IsDefault": at == 0} for at, name in enumerate(CERTIFICATES[:names])]
    return Source(listener, made, certificates)


def _rule(arn: str, protocol: str, priority: int, rule: Any) -> Document:
    conditions, action, before, transforms = rule
    shown = {"Transforms": transforms} if transforms else {}
    actions = _actions(protocol, before, action)
    return {
        **_head(arn, priority, str(priority)),
        "Conditions": conditions,
        "Actions": actions,
        "IsDefault": False,
        **shown,
    }


def _head(arn: str, number: int, priority: str) -> Document:
    return {"RuleArn": f"{arn.replace(':listener/', ':listener-rule/')}/{number:016x}", "Priority": priority}
