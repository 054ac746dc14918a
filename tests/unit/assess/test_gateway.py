"""What the controller builds of a Gateway, and random listeners: equal to what they were made of, or refused."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import Phase, find, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from ecs2k8s.assess.alb import choose
from ecs2k8s.assess.gateway import build
from ecs2k8s.assess.lbc_annotations import Rejected
from ecs2k8s.assess.routing import services_of, source_of
from ecs2k8s.assess.witness import probes
from ecs2k8s.translate.routes import FixedResponse, Forward
from tests.gateway_estates import (
    Document,
    estate,
    exported,
    forward,
    listener,
    matching,
    objects,
    redirect,
    respond,
    rule,
    when,
)

GATEWAY_CLASS = {"kind": "GatewayClass", "metadata": {"name": "alb"}, "spec": {"controllerName": "gateway.k8s.aws/alb"}}
SERVICES = {
    ("ns", name): {"kind": "Service", "metadata": {"namespace": "ns", "name": name}, "spec": {"ports": [{"port": 80}]}}
    for name in "abcdefgh"
}


def gateway(*listeners: tuple[str, str, int], allowed: Any = None) -> Document:
    found = [
        {"name": name, "protocol": protocol, "port": port}
        | ({"allowedRoutes": {"namespaces": allowed}} if allowed else {})
        for name, protocol, port in listeners
    ]
    return {
        "kind": "Gateway",
        "metadata": {"name": "gw", "namespace": "ns"},
        "spec": {"gatewayClassName": "alb", "listeners": found},
    }


def route(name: str, *rules: Document, hosts: tuple[str, ...] = (), kind: str = "HTTPRoute", **parent: Any) -> Document:
    return {
        "kind": kind,
        "metadata": {"name": name, "namespace": "ns"},
        "spec": {"parentRefs": [{"name": "gw"} | parent], "hostnames": list(hosts), "rules": list(rules)},
    }


def to(name: str, *matches: Document, **more: Any) -> Document:
    return {"matches": list(matches), "backendRefs": [{"name": name, "port": 80}]} | more


def path(kind: str, value: str, **more: Any) -> Document:
    return {"path": {"type": kind, "value": value}} | more


HTTP = gateway(("http", "HTTP", 80))


def order(*routes: Document, base: Document = HTTP) -> list[str]:
    built = build([GATEWAY_CLASS, base, *routes], SERVICES)[80]
    return [
        built_rule.action.backends[0][0].removeprefix("ns/").removesuffix(":80")
        for built_rule in built.rules
        if isinstance(built_rule.action, Forward)
    ]


HEADER = {"name": "X", "value": "1"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (path("Exact", "/a"), path("PathPrefix", "/aaaa")),
        (path("PathPrefix", "/aa"), path("PathPrefix", "/a")),
        (path("PathPrefix", "/"), path("RegularExpression", "/long")),
        (path("PathPrefix", "/é"), path("PathPrefix", "/e")),  # bytes count, not characters
        (path("Exact", "/a", method="GET"), path("Exact", "/a", headers=[HEADER])),
        (path("Exact", "/a", headers=[HEADER]), path("Exact", "/a", queryParams=[HEADER])),
        (path("Exact", "/a", queryParams=[HEADER]), path("Exact", "/a")),
    ],
)
def test_the_more_specific_match_comes_first(first: Document, second: Document) -> None:
    assert order(route("r", to("a", second), to("b", first))) == ["b", "a"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a.com", "*.a.com"),
        ("a.b.com", "aaaaaaaaaaa.com"),
        ("aa.com", "a.com"),
        ("*.a.com", "*.com"),
        ("*.com", ""),
    ],
)
def test_the_more_specific_host_comes_first(first: str, second: str) -> None:
    hosts = (second,) if second else ()
    assert order(route("a", to("a", path("Exact", "/long")), hosts=hosts), route("b", to("b"), hosts=(first,))) == [
        "b",
        "a",
    ]


def test_ties_within_a_route_keep_its_order_and_ties_between_routes_are_not_sure() -> None:
    built = build(
        [
            GATEWAY_CLASS,
            HTTP,
            route("y", to("a", path("Exact", "/a")), to("b", path("Exact", "/b"))),
            route("x", to("c", path("Exact", "/c"))),
        ],
        SERVICES,
    )[80]
    ranks = {rank.route + str(rank.place[0]): rank for rank in built.ranks}
    assert [rank.route for rank in built.ranks] == ["ns/x", "ns/y", "ns/y"]
    assert ranks["ns/y0"].surely_before(ranks["ns/y1"])
    assert not ranks["ns/x0"].surely_before(ranks["ns/y0"])
    assert not ranks["ns/y0"].surely_before(ranks["ns/x0"])


def test_calls_are_ordered_by_service_then_by_method() -> None:
    calls: list[Document] = [
        {"method": {"service": "aa"}},
        {"method": {"service": "a", "method": "Long"}},
        {"headers": [HEADER]},
    ]
    rules = [to(name, match) for name, match in zip("abc", calls, strict=True)]
    assert order(route("r", *reversed(rules), kind="GRPCRoute")) == ["a", "b", "c"]


def test_conditions_of_a_match() -> None:
    match = path("PathPrefix", "/a/", headers=[{"name": "X", "value": "1,2\\,3"}], queryParams=[HEADER])
    other = path("Exact", "/b", method="GET")
    (only,) = build([GATEWAY_CLASS, HTTP, route("r", to("a", match))], SERVICES)[80].rules
    (more,) = build([GATEWAY_CLASS, HTTP, route("r", to("a", other), hosts=("a.com",))], SERVICES)[80].rules
    found = {condition.field: condition for condition in (*more.conditions, *only.conditions)}
    assert found["path-pattern"].values == ("/a", "/a/*")
    assert found["http-header"].values == ("1", "2,3")
    assert found["query-string"].queries == (("X", "1"),)
    assert found["host-header"].values == ("a.com",)
    assert found["http-request-method"].values == ("GET",)


def test_a_backend_that_is_not_there_answers_500() -> None:
    lost = {"matches": [path("Exact", "/a")], "backendRefs": [{"name": "lost", "port": 80}]}
    for given in (
        lost,
        {"backendRefs": [{"name": "a", "port": 81}]},
        {"backendRefs": [{"name": "a", "port": 80, "weight": 0}]},
    ):
        (only,) = build([GATEWAY_CLASS, HTTP, route("r", given)], SERVICES)[80].rules
        assert only.action == FixedResponse("500", "text/plain")


def test_a_listener_without_routes_is_not_made() -> None:
    base = gateway(("one", "HTTP", 80), ("two", "HTTP", 81))
    assert list(build([GATEWAY_CLASS, base, route("r", to("a"), sectionName="two")], SERVICES)) == [81]
    other = route("r", to("a"))
    other["spec"]["parentRefs"][0]["name"] = "other"
    assert build([GATEWAY_CLASS, base, other], SERVICES) == {}


def test_a_route_of_another_namespace_must_be_let_in() -> None:
    far = route("r", {"filters": [{"type": "RequestRedirect", "requestRedirect": {"port": 81}}]}, namespace="ns")
    far["metadata"]["namespace"] = "far"
    inside = {
        "from": "Selector",
        "selector": {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["far"]}]},
    }
    assert build([GATEWAY_CLASS, HTTP, far], SERVICES) == {}
    assert list(build([GATEWAY_CLASS, gateway(("http", "HTTP", 80), allowed=inside), far], SERVICES)) == [80]
    assert list(build([GATEWAY_CLASS, gateway(("http", "HTTP", 80), allowed={"from": "All"}), far], SERVICES)) == [80]


def test_sign_in_is_left_out_without_tls() -> None:
    proving = {"type": "jwt-validation", "jwtValidationConfig": {"issuer": "i", "jwksEndpoint": "j"}}
    extra = {
        "kind": "ListenerRuleConfiguration",
        "metadata": {"name": "x", "namespace": "ns"},
        "spec": {"actions": [proving]},
    }
    given = route("r", to("a", filters=[{"type": "ExtensionRef", "extensionRef": {"name": "x"}}]))
    base = gateway(("http", "HTTP", 80), ("https", "HTTPS", 443))
    built = build([GATEWAY_CLASS, base, given, extra], SERVICES)
    assert built[80].rules[0].authentication is None
    assert built[443].rules[0].authentication is not None


REDIRECT = {"type": "RequestRedirect", "requestRedirect": {"port": 81}}


@pytest.mark.parametrize(
    "routes",
    [
        [route("r", to("a", path("PathPrefix", "/a*")))],
        [route("r", to("a", path("Exact", "/a?")))],
        [route("r", *[to("a")] * 17)],
        [route("r", to("a", *[path("Exact", "/a")] * 65))],
        [
            route(
                "r",
                to("a", *[path("Exact", "/a")] * 50),
                to("a", *[path("Exact", "/a")] * 50),
                to("a", *[path("Exact", "/a")] * 50),
            )
        ],
        [route("r", to("a"), hosts=tuple(f"{at}.com" for at in range(17)))],
        [route("r", to("a", filters=[REDIRECT]))],
        [route("r", {"filters": [REDIRECT, REDIRECT]})],
        [route("r", {"filters": [{"type": "RequestRedirect", "requestRedirect": {"statusCode": 301}}]})],
        [route("r", {"filters": [{"type": "RequestMirror"}]})],
        [route("r", to("a", filters=[{"type": "ExtensionRef", "extensionRef": {"name": "lost"}}]))],
        [route("r", to("a")), route("g", to("b"), hosts=("a.com",), kind="GRPCRoute")],
        [route("r", to("a"), hosts=("*.com",)), route("g", to("b"), hosts=("a.com",), kind="GRPCRoute")],
        [route("r", {"backendRefs": [{"name": "a", "port": 80, "namespace": "far"}]})],
        [route("r", {"backendRefs": [{"name": n, "port": 80} for n in "abcdef"]})],
    ],
)
def test_what_is_refused(routes: list[Document]) -> None:
    with pytest.raises(Rejected):
        build([GATEWAY_CLASS, HTTP, *routes], SERVICES)


def test_a_class_of_another_controller_is_refused() -> None:
    other = {"kind": "GatewayClass", "metadata": {"name": "alb"}, "spec": {"controllerName": "example.com/other"}}
    with pytest.raises(Rejected):
        build([other, HTTP, route("r", to("a"))], SERVICES)


HOSTS = st.lists(st.sampled_from(["a.com", "b.com", "*.com", "*.a.com", "A.com"]), min_size=1, max_size=2, unique=True)
PATHS = st.lists(
    st.sampled_from(
        [("/api", "/api/*"), ("/api/v2", "/api/v2/*"), ("/api",), ("/",), ("/*",), ("/api/v2/x",), ("/x/*",)]
    ),
    min_size=1,
    max_size=2,
    unique=True,
).map(lambda found: [value for values in found for value in values])
CONDITIONS = {
    "host": HOSTS.map(lambda found: when("host-header", *found)),
    "path": PATHS.map(lambda found: when("path-pattern", *dict.fromkeys(found))),
    "regex": st.just(matching("path-pattern", "^/api/v[0-9]")),
    "method": st.sampled_from([("GET",), ("GET", "POST")]).map(lambda found: when("http-request-method", *found)),
    "header": st.sampled_from(["1", "a,b"]).map(lambda found: when("http-header", found, HttpHeaderName="X-Canary")),
    "query": st.sampled_from(["1", "2"]).map(lambda found: when("query-string", {"Key": "v", "Value": found})),
    "source": st.sampled_from([("10.0.0.0/8",), ("10.1.0.0/16", "192.0.2.0/24")]).map(
        lambda found: when("source-ip", *found)
    ),
}
FIELDS = st.sampled_from(
    [("path",)] * 4
    + [("host",)] * 2
    + [("host", "path")] * 4
    + [("path", "method"), ("path", "header"), ("host", "query"), ("source", "path"), ("regex",)]
)
ACTIONS = st.sampled_from(
    [
        forward("web"),
        forward("api"),
        forward("web", "api", weights=(90, 10), sticky=60),
        redirect(Protocol="HTTPS", Port="443"),
        respond("403", "no"),
    ]
)
DEFAULTS = st.sampled_from([None, [forward("web")], [redirect(Host="x.example.com")]])


@st.composite
def rules(draw: st.DrawFn) -> Document:
    return rule(*(draw(CONDITIONS[field]) for field in draw(FIELDS)), to=draw(ACTIONS))


@st.composite
def estates(draw: st.DrawFn) -> Document:
    """One or two listeners; rules by specificity half of the time, so that the order of the API often does."""
    found = draw(st.lists(rules(), max_size=5))
    ordered = sorted(found, key=str, reverse=draw(st.booleans()))
    first = listener(ordered if draw(st.booleans()) else found, draw(DEFAULTS))
    if draw(st.booleans()):
        return estate(first)
    return estate(first, listener(draw(st.lists(rules(), max_size=3)), [forward("web")], 443, "HTTPS"))


REASONS = {
    "condition-not-in-gateway",
    "action-not-in-gateway",
    "rule-in-gateway-order",
    "routing-not-built",
    "routing-differs",
    "too-many-condition-values",
}


@drawn(estates())
def test_random_listeners_are_the_same_or_refused_with_a_reason(given: Document) -> None:
    made = exported(given)
    for proof in made.proofs:
        if proof.holds:
            check_every_request(made, proof)
        else:
            assert {finding.slug for finding in made.findings} & REASONS
            assert not any(placed.tree == "traffic/gateway" for placed in made.bundle.objects)


def check_every_request(made: Any, proof: Any) -> None:
    """As applied today, and with the routes created in the opposite order, which turns ties between them round."""
    manifests = [placed.manifest for placed in proof.routing.placed]
    for members in (manifests, [renamed(manifest) for manifest in manifests]):
        built = build(members, services_of(made.bundle.manifests))
        for routed in proof.routing.listeners:
            source, default = source_of(routed, proof.routing)
            found = built[routed.listener.port]
            for request in probes([*source, *found.rules]):
                wanted = choose(source, default, request)
                assert choose(found.rules, found.default, request).normal[1:] == wanted.normal[1:], request


def renamed(manifest: Document) -> Document:
    """With a name that comes before another where it came after it."""
    out = copy.deepcopy(manifest)
    if manifest["kind"] in {"HTTPRoute", "GRPCRoute"}:
        out["metadata"]["name"] = "".join(
            chr(219 - ord(letter)) if letter.isalnum() else letter for letter in manifest["metadata"]["name"]
        )
    return out


@pytest.mark.parametrize("holds", [True, False])
def test_random_listeners_are_of_both_kinds(holds: bool) -> None:
    def fits(given: Document) -> bool:
        made = exported(given)
        return any(
            len(proof.routing.listeners[0].rules) > 1 and proof.holds is holds
            for proof in made.proofs
            if proof.routing.listeners
        )

    assert find(estates(), fits, settings=settings(phases=[Phase.generate]))  # no smaller one is looked for


def test_a_planted_error_in_the_manifests_is_found() -> None:
    one = rule(when("path-pattern", "/a", "/a/*"), to=forward("web"))
    made = exported(estate(listener([one], [forward("api")])))
    (proof,) = made.proofs
    assert proof.holds
    from dataclasses import replace

    from ecs2k8s.assess.routing import prove

    for change in ("Exact", "/b", "api"):
        placed = copy.deepcopy(proof.routing.placed)
        (found,) = [item.manifest for item in placed if item.manifest["kind"] == "HTTPRoute"]
        first = found["spec"]["rules"][0]
        if change == "api":
            first["backendRefs"][0] |= {"name": "api", "port": 8081}
        else:
            first["matches"][0]["path"]["type" if change == "Exact" else "value"] = change
        wrong = replace(proof.routing, placed=placed)
        assert not prove(wrong, services_of(made.bundle.manifests)).holds, change


def test_objects_of_a_gateway_are_one_each() -> None:
    made = exported(estate(listener([rule(when("path-pattern", "/a"), to=forward("web"))])))
    assert [len(objects(made, kind)) for kind in ("GatewayClass", "Gateway", "LoadBalancerConfiguration")] == [1, 1, 1]
