"""Groups and listeners: order, ports, the default action, what members have to agree about."""

from __future__ import annotations

from typing import Any

import pytest

from ecs2k8s.assess.lbc import Built, Rejected, build
from ecs2k8s.translate.routes import FixedResponse, Redirect, Route
from tests.listener_texts import of_deed, of_rule

ING = "alb.ingress.kubernetes.io/"
CERTIFICATE = "arn:aws:acm:eu-west-1:111122223333:certificate/default"
HTTPS = {"listen-ports": '[{"HTTPS":443}]', "certificate-arn": CERTIFICATE}


def service(name: str, *ports: dict[str, Any], **annotations: str) -> dict[str, Any]:
    named = {ING + key.replace("_", "-"): value for key, value in {"target_type": "ip", **annotations}.items()}
    return {
        "metadata": {"namespace": "prod", "name": name, "annotations": named},
        "spec": {"ports": list(ports or [{"name": "http", "port": 8080}])},
    }


SERVICES = {("prod", name): service(name) for name in ("web", "api", "img")}


def to(name: str) -> dict[str, Any]:
    return {"service": {"name": name, "port": {"number": 8080}}}


def annotated(name: str) -> dict[str, Any]:
    return {"service": {"name": name, "port": {"name": "use-annotation"}}}


def path(text: str | None, kind: str | None, backend: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {"path": text, "pathType": kind, "backend": backend}.items() if value}


def ingress(
    *paths: dict[str, Any],
    annotations: dict[str, str] | None = None,
    name: str = "shop",
    default: str = "",
    host: str = "",
) -> dict[str, Any]:
    """An Ingress with *paths* in one entry, and short names of annotations."""
    spec: dict[str, Any] = {"defaultBackend": to(default)} if default else {}
    entry = {"http": {"paths": list(paths)}} | ({"host": host} if host else {})
    named = {"group.name": "shop", **(annotations or {})}
    metadata = {"namespace": "prod", "name": name, "annotations": {ING + key: text for key, text in named.items()}}
    return {"metadata": metadata, "spec": spec | ({"rules": [entry]} if paths else {})}


def built(*ingresses: dict[str, Any], port: int = 80) -> Built:
    return build(ingresses, SERVICES)[port]


def rules(*ingresses: dict[str, Any], port: int = 80) -> list[str]:
    return [of_rule(rule) for rule in built(*ingresses, port=port).rules]


def test_members_come_by_order_then_by_name() -> None:
    def member(name: str, order: str | None) -> dict[str, Any]:
        annotations = {"group.order": order} if order else {}
        return ingress(path(f"/{name}", "Exact", to("web")), name=name, annotations=annotations)

    members = [member("b", None), member("z", "-1"), member("c", "10"), member("a", "+0"), member("B", "2")]
    assert [rule.split("[")[1].split("]")[0] for rule in rules(*members)] == ["/z", "/a", "/b", "/B", "/c"]


def test_paths_of_one_entry_are_sorted_and_entries_are_not() -> None:
    one = ingress(
        path("/*", "ImplementationSpecific", to("web")),
        path("/a", "Prefix", to("web")),
        path("/bb", "Prefix", to("api")),
        path("/e", "Exact", to("img")),
        path("/c", None, to("web")),
        path("/aa", "Prefix", to("img")),
    )
    one["spec"]["rules"].append({"host": "h.example.com", "http": {"paths": [path("/z", "Exact", to("web"))]}})
    one["spec"]["rules"].append({"host": "without-paths.example.com"})
    assert rules(one) == [
        "path-pattern [/e]  ->  forward img:8080",
        "path-pattern [/bb, /bb/*]  ->  forward api:8080",
        "path-pattern [/aa, /aa/*]  ->  forward img:8080",
        "path-pattern [/a, /a/*]  ->  forward web:8080",
        "path-pattern [/*]  ->  forward web:8080",
        "path-pattern [/c]  ->  forward web:8080",
        "host-header [h.example.com] AND path-pattern [/z]  ->  forward web:8080",
    ]


def test_each_member_listens_on_its_own_ports() -> None:
    both = ingress(
        path("/b", "Exact", to("web")), name="both", annotations=HTTPS | {"listen-ports": '[{"HTTP":80,"HTTPS":443}]'}
    )
    one = ingress(path("/o", "Exact", to("api")), name="one", default="img")
    made = build([both, one], SERVICES)
    assert [(b.protocol, b.port, len(b.rules), of_deed(b.default)) for b in made.values()] == [
        ("HTTP", 80, 2, "forward img:8080"),
        ("HTTPS", 443, 1, "fixed 404"),
    ]
    assert made[443].default == Route((), FixedResponse("404", "text/plain", ""))


@pytest.mark.parametrize(
    ("annotations", "ports"),
    [
        ({}, {80: "HTTP"}),
        ({"certificate-arn": CERTIFICATE}, {443: "HTTPS"}),
        ({"listen-ports": '[{"HTTP":8080},{"HTTP":80}]', "certificate-arn": CERTIFICATE}, {80: "HTTP", 8080: "HTTP"}),
        ({"listen-ports": '[{"HTTP":443},{"HTTPS":443}]', "certificate-arn": CERTIFICATE}, {443: "HTTPS"}),
    ],
)
def test_ports(annotations: dict[str, str], ports: dict[int, str]) -> None:
    made = build([ingress(default="web", annotations=annotations)], SERVICES)
    assert {port: listener.protocol for port, listener in made.items()} == ports


def test_ssl_redirect_takes_every_http_listener_of_the_group() -> None:
    plain = ingress(
        path("/a", "Exact", to("web")),
        name="plain",
        default="web",
        annotations={"listen-ports": '[{"HTTP":80},{"HTTP":81}]'},
    )
    secure = ingress(path("/b", "Exact", to("api")), name="secure", annotations=HTTPS | {"ssl-redirect": "443"})
    made = build([plain, secure], SERVICES)
    moved = Route((), Redirect("HTTP_301", protocol="HTTPS", port="443"))
    assert [(made[port].rules, made[port].default) for port in (80, 81)] == [((), moved)] * 2
    assert len(made[443].rules) == 1


def test_a_redirect_to_https_on_both_ports_is_left_out_of_the_https_one() -> None:
    action = '{"type":"redirect","redirectConfig":{"protocol":"HTTPS","port":"443","statusCode":"HTTP_301"}}'
    both = {**HTTPS, "listen-ports": '[{"HTTP":80},{"HTTPS":443}]', "actions.ssl-redirect": action}
    one = ingress(path("/*", None, annotated("ssl-redirect")), path("/a", None, to("web")), annotations=both)
    assert rules(one) == ["path-pattern [/*]  ->  redirect HTTPS://#{host}:443/#{path} HTTP_301"]
    assert rules(one, port=443) == ["path-pattern [/a]  ->  forward web:8080"]


def test_a_group_of_none_is_nothing() -> None:
    assert build([], SERVICES) == {}


AT_443 = ingress(default="web", name="a", annotations=HTTPS)
REJECTED: dict[str, list[dict[str, Any]]] = {
    "multiple ingress defined default backend": [ingress(default="web", name="a"), ingress(default="api", name="b")],
    "not of one group": [ingress(default="web", name="a"), ingress(name="b", annotations={"group.name": "other"})],
    "invalid ingress group": [ingress(default="web", annotations={"group.name": "Shop"})],
    "group order must be within": [ingress(default="web", annotations={"group.order": "1001"})],
    "group.order: not a whole number": [ingress(default="web", annotations={"group.order": "1.5"})],
    "conflicting protocol": [AT_443, ingress(name="b", annotations={"listen-ports": '[{"HTTP":443}]'})],
    "conflicting sslPolicy": [
        ingress(name="a", annotations=HTTPS | {"ssl-policy": "P1"}),
        ingress(name="b", annotations=HTTPS | {"ssl-policy": "P2"}),
    ],
    "conflicting mTLS": [
        AT_443,
        ingress(
            name="b",
            annotations=HTTPS | {"mutual-authentication": '[{"port":443,"mode":"passthrough"}]'},
        ),
    ],
    "conflicting inbound-cidrs": [
        ingress(name="a", annotations={"inbound-cidrs": "10.0.0.0/8"}),
        ingress(name="b", annotations={"inbound-cidrs": "10.0.0.0/8, 192.0.2.0/24"}),
    ],
    "without a certificate": [ingress(default="web", annotations={"listen-ports": '[{"HTTPS":443}]'})],
    "certificate-arn is missing": [
        AT_443,
        ingress(
            path("/", "Prefix", to("web")),
            name="b",
            host="h.example.com",
            annotations={"listen-ports": '[{"HTTPS":443}]'},
        ),
    ],
    "listen-ports": [ingress(default="web", annotations={"listen-ports": "[]"})],
    "listen-ports: not JSON": [ingress(default="web", annotations={"listen-ports": "{"})],
    "listen port must be within": [ingress(default="web", annotations={"listen-ports": '[{"HTTP":0}]'})],
    "listen protocol must be within": [ingress(default="web", annotations={"listen-ports": '[{"TCP":80}]'})],
    "conflicting sslRedirect port": [
        ingress(name="a", annotations=HTTPS | {"ssl-redirect": "443"}),
        ingress(name="b", annotations=HTTPS | {"ssl-redirect": "8443"}),
    ],
    "no HTTPS listener for SSLRedirect": [ingress(default="web", annotations={"ssl-redirect": "80"})],
    "more than 63 characters": [ingress(default="web", annotations={f"conditions.{'r' * 53}": "[]"})],
    "unknown pathType": [ingress(path("/a", "exact", to("web")))],
    'missing required "service" field': [ingress(path("/a", "Exact", {"resource": {"name": "x"}}))],
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejected(reason: str) -> None:
    with pytest.raises(Rejected, match=reason):
        build(REJECTED[reason], SERVICES)


def test_the_default_action_has_limits_too() -> None:
    action = '{"type":"fixed-response","fixedResponseConfig":{"statusCode":"302"}}'
    one = ingress(annotations={"actions.rule-1": action})
    one["spec"]["defaultBackend"] = annotated("rule-1")
    with pytest.raises(Rejected, match="fixed response with status 302"):
        build([one], SERVICES)


def test_one_fault_anywhere_fails_the_whole_group() -> None:
    good = ingress(path("/a", "Exact", to("web")), name="good", annotations=HTTPS)
    bad = ingress(path("/a/*", "Prefix", to("web")), name="bad")
    assert rules(good, port=443)
    with pytest.raises(Rejected, match="prefix path shouldn't contain wildcards"):
        build([good, bad], SERVICES)
