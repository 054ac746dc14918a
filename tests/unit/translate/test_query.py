"""The cluster query language: parsing, and the disjunction against an evaluator."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.translate.placement import node_terms
from ecs2k8s.translate.query import (
    All,
    Condition,
    Either,
    Expression,
    Not,
    QueryError,
    TooManyTermsError,
    parse,
    show,
    terms,
)

Attributes = dict[str, str]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("attribute:ecs.instance-type == t2.small", Condition("attribute:ecs.instance-type", "==", ("t2.small",))),
        ("attribute:ecs.instance-type =~ g2.*", Condition("attribute:ecs.instance-type", "=~", ("g2.*",))),
        ("attribute:stack exists", Condition("attribute:stack", "exists")),
        ("attribute:stack !exists", Condition("attribute:stack", "!exists")),
        ("attribute:stack NOT_EXISTS", Condition("attribute:stack", "!exists")),
        ("ec2InstanceId in ['i-1', 'i-2']", Condition("ec2InstanceId", "in", ("i-1", "i-2"))),
        ("a !in [x,y]", Condition("a", "!in", ("x", "y"))),
        ("runningTasksCount > 1", Condition("runningTasksCount", ">", ("1",))),
        ("a greater_than_equal 5", Condition("a", ">=", ("5",))),
        ("a == 'b c'", Condition("a", "==", ("b c",))),
        ("a not_matches m5.*", Condition("a", "!~", ("m5.*",))),
        ("a =~ m[45].*", Condition("a", "=~", ("m[45].*",))),
        ("(a matches (m5|c5).*)", Condition("a", "=~", ("(m5|c5).*",))),
        ("a =~ t2.*|t3.*||b exists", Either((Condition("a", "=~", ("t2.*|t3.*",)), Condition("b", "exists")))),
        ("a =~ 'm5.*' AND b !~ \"c 5\"", All((Condition("a", "=~", ("m5.*",)), Condition("b", "!~", ("c 5",))))),
        ("task:group == service:web", Condition("task:group", "==", ("service:web",))),
        ("a == 'and'", Condition("a", "==", ("and",))),
        ("! a exists", Not(Condition("a", "exists"))),
        ("!(a == b)", Not(Condition("a", "==", ("b",)))),
        ("not not a == b", Condition("a", "==", ("b",))),
        (
            "a == 1 or b == 2 and c == 3",
            Either((Condition("a", "==", ("1",)), All((Condition("b", "==", ("2",)), Condition("c", "==", ("3",)))))),
        ),
        (
            "(a==1||b==2)&&c==3",
            All((Either((Condition("a", "==", ("1",)), Condition("b", "==", ("2",)))), Condition("c", "==", ("3",)))),
        ),
    ],
)
def test_the_language_is_read(text: str, expected: Expression) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text", ["", "a", "a ==", "== b", "a == b c", "(a == b", "a in [x", "a == b and", "a & b", "(" * 100_000, "a in []"]
)
def test_what_is_no_expression_is_said(text: str) -> None:
    with pytest.raises(QueryError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "column 1: expected a subject such as attribute:ecs.instance-type, found the end"),
        ("a  =  1", "column 4: unexpected '=  1'"),
        ("a == 'x", 'column 6: unexpected "\'x"'),
        ("(a == b", "column 8: expected ), found the end"),
        ("a == b c", "column 8: expected the end, found 'c'"),
        ("a !> 1", "column 4: expected an operator, found '>'"),
        ("a in [x, ", "column 10: expected a value, found the end"),
        ("(" * 101, "column 102: expected at most 100 nested brackets, found the end"),
        ("not(" * 300, "column 405: expected at most 100 nested brackets, found 'not'"),
        ("(" * 100_000, "column 2001: longer than the 2,000 characters that ECS takes"),
    ],
)
def test_errors_say_the_column(text: str, said: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("not (a > 1 and b <= 2)", ["a <= 1", "b > 2"]),
        ("not (a =~ x or b !~ y)", ["a !~ x and b =~ y"]),
        ("not not not a in [x, y]", ["a !in [x, y]"]),
        ("a == 1 or a == 1 and b == 2", ["a == 1"]),
        ("(a == 1 or b == 2) and (b == 2 or a == 1)", ["a == 1", "b == 2"]),
    ],
)
def test_not_moves_inward_and_needless_terms_vanish(text: str, expected: list[str]) -> None:
    assert [show(All(term)) for term in terms(parse(text))] == expected


def test_no_alternative_is_dropped_behind_many_that_repeat() -> None:
    assert len(terms(parse("a==1||" * 330 + "b==2"))) == 2


CONDITIONS = st.builds(
    lambda subject, operator, values: Condition(subject, operator, values if "in" in operator else values[:1]),
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(["==", "!=", "in", "!in"]),
    st.lists(st.sampled_from(["x", "y", "z"]), min_size=1, max_size=3, unique=True).map(tuple),
) | st.builds(Condition, st.sampled_from(["a", "b", "c"]), st.sampled_from(["exists", "!exists"]))
EXPRESSIONS = st.recursive(
    CONDITIONS,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(All, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Either, st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=6,
)


def holds(expression: Expression, node: Attributes) -> bool:
    """Whether *node* satisfies *expression*; a missing attribute equals nothing."""
    match expression:
        case Not(inner):
            return not holds(inner, node)
        case All(parts):
            return all(holds(part, node) for part in parts)
        case Either(parts):
            return any(holds(part, node) for part in parts)
        case Condition(subject, operator, values):
            found = node.get(subject)
            plain = found is not None if operator.endswith("exists") else found in values
            return plain != (operator.startswith("!"))


NUMBERS = st.sampled_from(["1", "2", "3"])
ORDERED = st.builds(
    lambda subject, operator, value: Condition(subject, operator, (value,)),
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from([">", ">=", "<", "<=", "==", "!=", "=~", "!~"]),
    NUMBERS,
)
ORDERED_EXPRESSIONS = st.recursive(
    ORDERED,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(All, st.lists(inner, min_size=2, max_size=4).map(tuple))
        | st.builds(Either, st.lists(inner, min_size=2, max_size=4).map(tuple))
    ),
    max_leaves=8,
)


def compares(expression: Expression, node: dict[str, int]) -> bool:
    """As `holds`, for nodes that have all attributes, as numbers."""
    match expression:
        case Not(inner):
            return not compares(inner, node)
        case All(parts):
            return all(compares(part, node) for part in parts)
        case Either(parts):
            return any(compares(part, node) for part in parts)
        case Condition(subject, operator, values):
            found, value = node[subject], int(values[0])
            return {
                ">": found > value,
                ">=": found >= value,
                "<": found < value,
                "<=": found <= value,
                "==": found == value,
                "!=": found != value,
                "=~": found == value,
                "!~": found != value,
            }[operator]


@given(ORDERED_EXPRESSIONS, st.fixed_dictionaries(dict.fromkeys("abc", st.integers(0, 4))))
def test_order_keeps_its_meaning_too(expression: Expression, node: dict[str, int]) -> None:
    try:
        found = terms(expression)
    except TooManyTermsError:
        return
    assert any(all(compares(condition, node) for condition in term) for term in found) == compares(expression, node)


WORDS = st.text("abM5.*:_-/and", min_size=1, max_size=6) | st.sampled_from(
    ["not", "AND", "or", "in", "exists", "matches"]
)
LITERALS = WORDS | st.text("a (),[]!=<>|&'é", max_size=6) | st.text('a "(|', max_size=6)
ANY_CONDITIONS = (
    st.builds(
        Condition, LITERALS, st.sampled_from(["in", "!in"]), st.lists(LITERALS, min_size=1, max_size=3).map(tuple)
    )
    | st.builds(Condition, LITERALS, st.sampled_from(["==", "!=", ">", "<=", "=~", "!~"]), st.tuples(LITERALS))
    | st.builds(Condition, LITERALS, st.sampled_from(["exists", "!exists"]))
)
ANY_EXPRESSIONS = st.recursive(
    ANY_CONDITIONS,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(All, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Either, st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=5,
)


@given(ANY_EXPRESSIONS)
def test_what_is_shown_is_read_as_the_same(expression: Expression) -> None:
    assert parse(show(expression)) == expression


@given(st.text("ab ()[]!=<>|&'\",~.*15", max_size=60) | st.text(max_size=20))
def test_any_text_is_an_expression_or_an_error(text: str) -> None:
    try:
        parsed = parse(text)
    except QueryError as error:
        assert str(error).startswith("column ")  # noqa: PT017
    else:
        assert parse(show(parsed)) == parsed


def shown(expression: Expression) -> str:
    match expression:
        case Not(inner):
            return f"not ({shown(inner)})"
        case All(parts):
            return " and ".join(f"({shown(part)})" for part in parts)
        case Either(parts):
            return " or ".join(f"({shown(part)})" for part in parts)
        case Condition(subject, operator, values):
            many = f"[{', '.join(values)}]" if operator.endswith("in") else " ".join(values)
            return f"{subject} {operator} {many}"


@given(EXPRESSIONS, st.dictionaries(st.sampled_from(["a", "b", "c"]), st.sampled_from(["x", "y", "z", "w"])))
def test_the_disjunction_means_what_the_expression_means(expression: Expression, node: Attributes) -> None:
    assert holds(parse(shown(expression)), node) == holds(expression, node)
    try:
        found = terms(expression)
    except TooManyTermsError:
        return
    assert any(all(holds(condition, node) for condition in term) for term in found) == holds(expression, node)


def test_too_many_terms_are_refused_and_not_cut() -> None:
    text = " and ".join(f"(attribute:a{i} == 1 or attribute:b{i} == 1)" for i in range(6))
    found = node_terms([text], "existing")
    assert found.terms == []
    assert [slug for _, slug, _ in found.problems] == ["placement-too-many-terms"]


@pytest.mark.parametrize(
    ("text", "key", "operator", "values"),
    [
        ("attribute:ecs.cpu-architecture == x86_64", "kubernetes.io/arch", "In", ["amd64"]),
        ("attribute:ecs.os-type != windows", "kubernetes.io/os", "NotIn", ["windows"]),
        ("attribute:stack == prod", "ecs2k8s.io/attr.stack", "In", ["prod"]),
        ("attribute:rank >= 3", "ecs2k8s.io/attr.rank", "Gt", ["2"]),
        ("attribute:rank <= 3", "ecs2k8s.io/attr.rank", "Lt", ["4"]),
        ("attribute:ecs.instance-type =~ t4g.nano", "node.kubernetes.io/instance-type", "In", ["t4g.nano"]),
    ],
)
def test_conditions_become_node_labels(text: str, key: str, operator: str, values: list[str]) -> None:
    terms_found = node_terms([text], "existing").terms
    assert terms_found == [{"matchExpressions": [{"key": key, "operator": operator, "values": values}]}]


@pytest.mark.parametrize(
    "text",
    [
        "ec2InstanceId == i-1",
        "attribute:ecs.ami-id == ami-1",
        "attribute:rank > 1.5",
        "attribute:stack == 'not a label!'",
        "attribute:stack =~ prod.*",
        "attribute:ecs.instance-type =~ zz9.*",
        "attribute:ecs.instance-type =~ '(a+)+'",
        "task:group == family:x",
        "task:group == service:web or attribute:stack == prod",
    ],
)
def test_what_labels_cannot_say_yields_no_weaker_term(text: str) -> None:
    found = node_terms([text, "attribute:stack exists"], "existing")
    assert found.terms == [{"matchExpressions": [{"key": "ecs2k8s.io/attr.stack", "operator": "Exists"}]}]
    assert [(index, slug) for index, slug, _ in found.problems if slug != "not-in-matches-unlabelled"] == [
        (0, "placement-not-sayable")
    ]


def test_several_expressions_must_all_hold() -> None:
    found = node_terms(["attribute:a == 1 or attribute:b == 2", "attribute:c == 3"], "existing")
    assert [[e["key"][-1] for e in term["matchExpressions"]] for term in found.terms] == [["a", "c"], ["b", "c"]]
