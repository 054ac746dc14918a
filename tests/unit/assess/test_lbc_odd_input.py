"""Whatever annotations say, the controller builds something or refuses the group: never a traceback."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.assess.alb import choose
from ecs2k8s.assess.lbc import Rejected, build
from ecs2k8s.assess.witness import probes
from tests.unit.assess.test_lbc import HTTPS, SERVICES, annotated, ingress, path

MEMBERS = [
    *(
        "type",
        "field",
        "values",
        "regexValues",
        "key",
        "value",
        "httpHeaderName",
        "hostHeaderConfig",
        "pathPatternConfig",
    ),
    *("httpHeaderConfig", "httpRequestMethodConfig", "queryStringConfig", "sourceIPConfig", "forwardConfig", "weight"),
    *("targetGroups", "targetGroupARN", "serviceName", "servicePort", "targetGroupStickinessConfig", "enabled"),
    *("durationSeconds", "redirectConfig", "statusCode", "host", "path", "port", "fixedResponseConfig", "contentType"),
    *("urlRewriteConfig", "rewrites", "regex", "replace", "issuer", "jwksEndpoint", "additionalClaims", "mode", "HTTP"),
]
TEXTS = [
    *(
        "forward",
        "redirect",
        "fixed-response",
        "host-header",
        "path-pattern",
        "http-header",
        "query-string",
        "source-ip",
    ),
    *("http-request-method", "url-rewrite", "web", "gone", "a.example.com", "/a", "(", "GET", "10.0.0.0/8", "404", ""),
    *("HTTP_301", "verify", "0x1F", "\\"),
]
SCALARS = st.none() | st.booleans() | st.integers(-1, 70000) | st.sampled_from(TEXTS) | st.just(1.5)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=5),
    max_leaves=12,
)
TYPES = {"forward": "forwardConfig", "redirect": "redirectConfig", "fixed-response": "fixedResponseConfig"}
FIELDS = {
    "host-header": "hostHeaderConfig",
    "path-pattern": "pathPatternConfig",
    "http-header": "httpHeaderConfig",
    "http-request-method": "httpRequestMethodConfig",
    "query-string": "queryStringConfig",
    "source-ip": "sourceIPConfig",
}
CONFIG = st.dictionaries(st.sampled_from(MEMBERS), st.lists(SCALARS, max_size=2) | JSON, max_size=4)


def named(kinds: dict[str, str], label: str) -> st.SearchStrategy[Any]:
    return st.sampled_from(sorted(kinds)).flatmap(
        lambda kind: st.fixed_dictionaries({label: st.just(kind), kinds[kind]: CONFIG})
    )


ANNOTATIONS = st.fixed_dictionaries(
    {},
    optional={
        "actions.rule-1": named(TYPES, "type") | JSON,
        "conditions.rule-1": st.lists(named(FIELDS, "field"), max_size=3) | JSON,
        "transforms.rule-1": st.lists(JSON, max_size=2) | JSON,
        "jwt-validation": JSON,
        "auth-idp-oidc": JSON,
        "auth-idp-cognito": JSON,
        "mutual-authentication": st.lists(JSON, max_size=2) | JSON,
        "listen-ports": JSON,
    },
).map(lambda found: {key: json.dumps(value) for key, value in found.items()})
PLAIN = st.dictionaries(
    st.sampled_from(
        ["group.order", "auth-type", "auth-session-timeout", "ssl-redirect", "use-regex-path-match", "listen-ports"]
    ),
    st.sampled_from(["", "1", "-1", "oidc", "cognito", "true", "443", "1e3", "[", '[{"HTTP":80}]', "NaN"]),
    max_size=3,
)


@given(ANNOTATIONS, PLAIN, st.sampled_from(["Exact", "Prefix", "ImplementationSpecific", None]))
def test_odd_annotations(odd: dict[str, str], plain: dict[str, str], kind: str | None) -> None:
    one = ingress(path("/a", kind, annotated("rule-1")), annotations=HTTPS | odd | plain)
    with suppress(Rejected):
        for listener in build([one], SERVICES).values():
            for request in probes(listener.rules):
                choose(listener.rules, listener.default, request)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("actions.rule-1", "[" * 100000),
        ("actions.rule-1", f'{{"type":"forward","weight":{"9" * 5000}}}'),
        ("group.order", "9" * 5000),
        (
            "actions.rule-1",
            f'{{"type":"forward","forwardConfig":{{"targetGroups":[{{"serviceName":"web","servicePort":"{"9" * 5000}"}}]}}}}',
        ),
    ],
    ids=["deep", "long number", "long order", "long port"],
)
def test_endless_values_are_refused(name: str, value: str) -> None:
    with pytest.raises(Rejected):
        build([ingress(path("/a", "Exact", annotated("rule-1")), annotations={name: value})], SERVICES)
