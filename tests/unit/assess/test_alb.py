"""Which requests meet a condition, and which rule a request gets."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from ecs2k8s.assess.alb import Request, choose, matches
from ecs2k8s.assess.globs import glob, glob_example
from ecs2k8s.assess.regexes import regex, regex_examples
from ecs2k8s.translate.routes import Condition, FixedResponse, Route


def header(*values: str, name: str = "X-Canary", regex: bool = False) -> Condition:
    return Condition("http-header", values, name=name, regex=regex)


def query(*pairs: tuple[str | None, str]) -> Condition:
    return Condition("query-string", queries=pairs)


CANARY = Request(headers=(("A", "b"), ("x-canary", "never"), ("X-CANARY", "ALWAYS")))
BETA = Request(query=(("Beta", "TRUE"), ("star", "*")))
HITS = [
    (Condition("host-header", ("shop.example.com",)), Request(host="Shop.EXAMPLE.com")),
    (Condition("host-header", ("a.example.com", "*.example.com")), Request(host="a.b.example.com")),
    (Condition("host-header", ("api?.example.com",)), Request(host="api1.example.com")),
    (Condition("host-header", (r"^old[0-9]*\.example\.com$",), regex=True), Request(host="OLD7.example.com")),
    (Condition("path-pattern", ("/img/*/thumb-?.png",)), Request(path="/img/a/b/thumb-1.png")),
    (Condition("path-pattern", ("*.php",)), Request(path="/x/index.php")),
    (Condition("path-pattern", ("/foo*",)), Request(path="/foo")),
    (Condition("path-pattern", ("^/v[0-9]+/orders",), regex=True), Request(path="/v7/orders/1")),
    (Condition("path-pattern", (r"/a\b",)), Request(path=r"/a\b")),
    (header("always", "1"), CANARY),
    (header("NEV?R"), CANARY),
    (header("^al", regex=True), CANARY),
    (Condition("http-request-method", ("GET", "PUT")), Request(method="PUT")),
    (query(("beta", "true")), BETA),
    (query((None, "tr*")), BETA),
    (query(("b?ta", "*")), BETA),
    (query(("star", r"\*")), BETA),
    (query(("", "x")), Request(query=(("", "x"),))),
    (Condition("source-ip", ("192.0.2.0/24", "10.0.0.0/8")), Request(source="10.1.2.3")),
    (Condition("source-ip", ("2001:db8::/32",)), Request(source="2001:db8::1")),
]
MISSES = [
    (Condition("host-header", ("*.example.com",)), Request(host="example.com")),
    (Condition("host-header", ("api?.example.com",)), Request(host="api.example.com")),
    (Condition("host-header", ("shop.example.com",)), Request(host="shopxexample.com")),
    (Condition("path-pattern", ("/API",)), Request(path="/api")),
    (Condition("path-pattern", ("/api/*",)), Request(path="/api")),
    (Condition("path-pattern", ("/api",)), Request(path="/api/")),
    (Condition("path-pattern", ("^/V",), regex=True), Request(path="/v")),
    (Condition("path-pattern", ("(?=/a)/a",), regex=True), Request(path="/a")),
    (header("1"), CANARY),
    (header("always", name="X-Canar"), CANARY),
    (Condition("http-request-method", ("GET",)), Request(method="get")),
    (query(("beta", "tru")), BETA),
    (query(("", "TRUE")), BETA),
    (query(("bet", "*")), BETA),
    (query((None, r"\*\*")), BETA),
    (Condition("source-ip", ("192.0.2.0/24", "nonsense")), Request(source="10.1.2.3")),
    (Condition("source-ip", ("0.0.0.0/0",)), Request(source="2001:db8::1")),
]


@pytest.mark.parametrize(("condition", "request_"), HITS)
def test_meets(condition: Condition, request_: Request) -> None:
    assert matches(condition, request_)


@pytest.mark.parametrize(("condition", "request_"), MISSES)
def test_misses(condition: Condition, request_: Request) -> None:
    assert not matches(condition, request_)


def test_the_first_rule_whose_conditions_all_hold() -> None:
    first = Route((Condition("path-pattern", ("/a*",)), header("always")), FixedResponse("201"))
    second = Route((Condition("path-pattern", ("/a*",)),), FixedResponse("202"))
    default = Route((), FixedResponse("404"))
    found = [
        choose([first, second], default, r)
        for r in (Request(path="/a"), Request(), Request(path="/ab", headers=CANARY.headers))
    ]
    assert found == [second, default, first]


def test_a_request_as_text() -> None:
    asked = Request("GET", "shop.example.com", "/x", (("X-Canary", "1"),), (("beta", "true"), ("a", "b")), "10.1.2.3")
    assert str(asked) == "GET shop.example.com/x?beta=true&a=b X-Canary: 1 from 10.1.2.3"
    assert str(Request()) == "GET example.com/ from 203.0.113.7"


def test_patterns_that_keep_others_busy_are_quick() -> None:
    text = "a" * 2000
    assert not glob("*a" * 30 + "b", text)
    assert not regex("^(a+)+$", text[:200] + "b")
    assert not regex("^(a|aa)*$", text[:200] + "b")


@given(st.text("ab*?\\.", max_size=8), st.text("ab*?\\.", max_size=8), st.booleans())
def test_globs_are_what_their_regular_expressions_are(pattern: str, text: str, escapes: bool) -> None:
    pieces = re.findall(r"\\.|.", pattern) if escapes else list(pattern)
    same = "".join({"*": ".*", "?": "."}.get(piece, re.escape(piece[-1])) for piece in pieces)
    assert glob(pattern, text, escapes=escapes) == bool(re.fullmatch(same, text))
    assert glob(pattern, glob_example(pattern, "b", escapes=escapes), escapes=escapes)


PIECES = st.sampled_from(
    [
        "a",
        "b",
        ".",
        "^",
        "$",
        "|",
        "(",
        ")",
        "(?:",
        "*",
        "+",
        "?",
        "{2}",
        "{1,}",
        "{0,2}",
        "[ab]",
        "[^a]",
        r"\d",
        r"\.",
        "[b-",
        "]",
        "1",
    ]
)


@given(st.lists(PIECES, max_size=8).map("".join), st.text("ab1.", max_size=6), st.booleans())
def test_regular_expressions_match_as_those_of_python(pattern: str, text: str, fold: bool) -> None:
    try:
        python = re.compile(pattern, re.IGNORECASE if fold else 0)
    except (re.error, OverflowError, FutureWarning):
        reject()
    readable = list(regex_examples(pattern, fold=fold))
    assert regex(pattern, text, fold=fold) in (
        {bool(python.search(text))} if readable else {bool(python.search(text)), False}
    )
    assert all(python.search(example) for example in readable)


@pytest.mark.parametrize(
    "pattern",
    ["^/v[0-9]+/orders", r"^(www\.)?old[0-9]*\.example\.com$", ".*", "bot|crawler", "a{2,3}?$", r"[\]x]", "(?P<n>a)"],
)
def test_common_regular_expressions_are_read(pattern: str) -> None:
    examples = list(regex_examples(pattern))
    assert examples
    assert all(re.search(pattern, example) for example in examples)


@pytest.mark.parametrize(
    "pattern", ["(?=a)", r"(a)\1", r"\bx", "[[:alpha:]]", "a**", "(", "a)", "x++", "(" * 500, "{2}", "[z-a]"]
)
def test_other_ones_match_nothing(pattern: str) -> None:
    assert not list(regex_examples(pattern))
    assert not regex(pattern, "a")
