"""One rule as entries of an Ingress: what fits into its fields, and what is cut."""

from __future__ import annotations

import json
import string
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.assess.alb import Request, matches
from ecs2k8s.assess.api_server import refusals
from ecs2k8s.assess.lbc_annotations import Rejected
from ecs2k8s.assess.lbc_conditions import rule_conditions
from ecs2k8s.translate.ingress_rules import (
    MOST_VALUES,
    Around,
    RuleError,
    action,
    condition,
    entries,
    is_field_host,
    path_field,
    plain_backend,
    split,
)
from ecs2k8s.translate.routes import Condition, FixedResponse, Forward, Redirect, Route, Transform

if TYPE_CHECKING:
    from collections.abc import Iterator

HTTPS = Around((("HTTPS", 443),))
LABELS = st.text(string.ascii_lowercase + string.digits + "-*?._A", max_size=12)
HOSTS = (
    st.lists(LABELS, min_size=1, max_size=4).map(".".join)
    | st.sampled_from(
        ["10.0.0.1", "1.2.3.4.5", "a" * 63 + ".b", "a" * 64 + ".b", "*.*.b", "*.10.0.0.1", "é.b", "a.b.", ""]
    )
    | st.lists(st.just("a" * 60), min_size=3, max_size=5).map(".".join)
)
PATHS = st.lists(
    st.sampled_from(["/", "a", "*", "?", "..", ".", "%2f", "%2F", "%", "//", "/*", "é", " ", "~$", "A"]), max_size=6
).map("".join)


def ingress(rule: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "a", "namespace": "a"}, "spec": {"rules": [rule]}}


@given(HOSTS)
def test_a_host_goes_into_the_field_only_where_the_api_server_takes_it(host: str) -> None:
    if is_field_host(Condition("host-header", (host,))):
        assert refusals(ingress({"host": host})) == []


@pytest.mark.parametrize("host", ["a", "a.example.com", "*.example.com", "x-1.example.com", "10.example.com", "1.2.3"])
def test_hosts_of_the_field(host: str) -> None:
    assert is_field_host(Condition("host-header", (host,)))


@pytest.mark.parametrize(
    "other",
    [
        *(
            Condition("host-header", (host,))
            for host in ("A.b", "a*.b", "?.b", "a.*.b", "*", "*.com", "1.2.3.4", "-a.b", "")
        ),
        Condition("host-header", ("a.b", "c.d")),
        Condition("host-header", ("a.b",), regex=True),
        Condition("path-pattern", ("a.b",)),
    ],
)
def test_hosts_of_the_annotation(other: Condition) -> None:
    assert not is_field_host(other)


@given(st.lists(PATHS.filter(bool), min_size=1, max_size=3, unique=True))
def test_a_path_in_the_field_is_taken_and_becomes_the_same_values(paths: list[str]) -> None:
    """By the API server, and by the controller, which makes two values of a prefix."""
    field = path_field(Condition("path-pattern", tuple(paths)))
    if field is None:
        return
    backend = {"service": {"name": "a", "port": {"number": 1}}}
    assert refusals(ingress({"http": {"paths": [field | {"backend": backend}]}})) == []
    try:
        built = rule_conditions("", field | {"backend": backend}, [], regex_paths=False)
    except Rejected as rejected:
        raise AssertionError(f"{paths} become {field}, which is refused: {rejected}") from rejected
    assert [(c.field, set(c.values), c.regex) for c in built] == [("path-pattern", set(paths), False)]


FIELDS: dict[tuple[str, ...], dict[str, str] | None] = {
    ("/*",): {"path": "/", "pathType": "Prefix"},
    ("/p", "/p/*"): {"path": "/p", "pathType": "Prefix"},
    ("/p/*", "/p"): {"path": "/p", "pathType": "Prefix"},
    ("/p",): {"path": "/p", "pathType": "Exact"},
    ("/p/",): {"path": "/p/", "pathType": "Exact"},
    ("/",): {"path": "/", "pathType": "Exact"},
    ("/p/*",): {"path": "/p/*", "pathType": "ImplementationSpecific"},
    ("/p*",): {"path": "/p*", "pathType": "ImplementationSpecific"},
    ("/a?c",): {"path": "/a?c", "pathType": "ImplementationSpecific"},
    ("/foo//bar",): {"path": "/foo//bar", "pathType": "ImplementationSpecific"},
    ("/%2fx",): {"path": "/%2fx", "pathType": "ImplementationSpecific"},
    ("/a/..",): {"path": "/a/..", "pathType": "ImplementationSpecific"},
    ("*.php",): None,
    ("*",): None,
    ("/a", "/b"): None,
    ("/a*", "/a*/*"): None,
    ("/p/", "/p//*"): None,
    ("/", "//*"): None,
    ("/*", "/*/*"): None,
}


@pytest.mark.parametrize("paths", FIELDS)
def test_what_paths_become(paths: tuple[str, ...]) -> None:
    assert path_field(Condition("path-pattern", paths)) == FIELDS[paths]
    assert path_field(Condition("path-pattern", paths, regex=True)) is None


CONDITIONS = st.one_of(
    st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=6, unique=True).map(
        lambda values: Condition("http-header", tuple(values), name="x")
    ),
    st.lists(st.sampled_from("stuv"), min_size=1, max_size=4, unique=True).map(
        lambda values: Condition("http-header", tuple(values), name="y")
    ),
    st.lists(st.sampled_from(["GET", "POST", "PUT"]), min_size=1, unique=True).map(
        lambda values: Condition("http-request-method", tuple(values))
    ),
    st.lists(st.sampled_from("klm"), min_size=1, max_size=3, unique=True).map(
        lambda values: Condition("query-string", queries=tuple((None, value) for value in values))
    ),
)


def requests() -> Iterator[Request]:
    for x, y, method, query in product("aceg!", "su!", ("GET", "PUT", "HEAD"), "km!"):
        yield Request(method, headers=(("X", x), ("Y", y)), query=(("q", query),))


ASKED = list(requests())


@given(st.lists(CONDITIONS, min_size=1, max_size=4, unique_by=lambda c: (c.field, c.name)))
def test_parts_have_room_and_match_together_what_the_whole_does(given_conditions: list[Condition]) -> None:
    whole = tuple(given_conditions)
    sizes = [len(c.values) + len(c.queries) for c in whole]
    if sum(sizes) - max(sizes) + 1 > MOST_VALUES:  # not even one value of the longest fits beside the others
        with pytest.raises(RuleError, match="too-many-condition-values"):
            split(whole)
        return
    parts = split(whole)
    for part in parts:
        assert sum(len(c.values) + len(c.queries) for c in part) <= MOST_VALUES
        assert [(c.field, c.name, c.regex) for c in part] == [(c.field, c.name, c.regex) for c in whole]
    for request in ASKED:
        assert all(matches(c, request) for c in whole) == any(all(matches(c, request) for c in part) for part in parts)


def test_a_rule_that_has_room_stays_one() -> None:
    conditions = (Condition("host-header", ("a", "b", "c")), Condition("path-pattern", ("/x", "/x/*")))
    assert split(conditions) == [conditions]
    assert [len(part[0].values) for part in split((*conditions, Condition("http-header", ("1",), name="x")))] == [2, 1]


def test_parts_of_a_rule_have_backends_of_their_own() -> None:
    route = Route((Condition("host-header", tuple("abcdef"), regex=True),), FixedResponse("403"))
    made = entries("rule-9", route, HTTPS)
    named = [entry.rule["http"]["paths"][0]["backend"]["service"]["name"] for entry in made]
    assert named == ["rule-9", "rule-9-2"]
    values = [
        value
        for entry, name in zip(made, named, strict=True)
        for part in json.loads(entry.annotations[f"alb.ingress.kubernetes.io/conditions.{name}"])
        for value in part["hostHeaderConfig"]["regexValues"]
    ]
    assert values == list("abcdef")


def test_a_redirect_is_guarded_by_what_is_around_it() -> None:
    """The filler is added only where the controller would go wrong at one of the ports."""
    header = Condition("http-header", ("http",), name="x")
    route = Route((header,), Redirect("HTTP_301", protocol="HTTPS", port="443"))
    assert len(json.loads(_conditions(entries("r", route, HTTPS)[0].annotations))) == 2
    assert len(json.loads(_conditions(entries("r", route, Around((("HTTP", 80),)))[0].annotations))) == 1
    both = Around((("HTTP", 80), ("HTTPS", 443)))
    assert len(json.loads(_conditions(entries("r", route, both)[0].annotations))) == 2


def _conditions(annotations: Any) -> str:
    return str(annotations["alb.ingress.kubernetes.io/conditions.r"])


def test_globs_that_equal_a_regular_expression_of_another_rule_are_guarded() -> None:
    route = Route((Condition("path-pattern", ("/a.*",)),), Redirect("HTTP_302", host="b"))
    assert entries("r", route, HTTPS)[0].annotations.keys() == {"alb.ingress.kubernetes.io/actions.r"}
    guarded = entries("r", route, Around(HTTPS.ports, regexes=frozenset({"/a.*"})))[0].annotations
    assert "source-ip" in _conditions(guarded)


def test_forms_of_the_annotations() -> None:
    query = Condition("query-string", queries=(("a", "b"), (None, "c"), ("", "d")))
    assert condition(query)["queryStringConfig"]["values"] == [
        {"key": "a", "value": "b"},
        {"value": "c"},
        {"key": "", "value": "d"},
    ]
    assert condition(Condition("host-header", ("a",), regex=True)) == {
        "field": "host-header",
        "hostHeaderConfig": {"regexValues": ["a"]},
    }
    assert action(FixedResponse("503")) == {"type": "fixed-response", "fixedResponseConfig": {"statusCode": "503"}}
    arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/a/1"
    assert action(Forward(((arn, 7),))) == {
        "type": "forward",
        "forwardConfig": {"targetGroups": [{"targetGroupARN": arn}]},
    }


@pytest.mark.parametrize(
    "value",
    [
        Forward((("a/b:1", 1),), sticky=60),
        Forward((("a/b:1", 0),)),
        Forward((("a/b:1", 1), ("a/c:1", 1))),
        Forward((("arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/a/1", 1),)),
        FixedResponse("404"),
    ],
)
def test_what_needs_an_annotation(value: Any) -> None:
    assert plain_backend(value) is None


def test_a_transform_needs_an_annotation_and_so_does_its_action() -> None:
    route = Route(
        (Condition("path-pattern", ("/a",)),),
        Forward((("a/b:1", 1),)),
        None,
        (Transform("url-rewrite", (("a", "b"),)),),
    )
    made = entries("r", route, HTTPS)[0]
    assert {key.partition("/")[2] for key in made.annotations} == {"actions.r", "transforms.r"}
    assert made.rule["http"]["paths"][0]["backend"]["service"]["port"] == {"name": "use-annotation"}
