"""Placement: what becomes affinity and spread, what cannot be said, and that nothing weaker is said instead."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ecs2k8s.core.instance_types import families
from ecs2k8s.translate.placement import Placement, node_terms, spread
from ecs2k8s.translate.query import All, Condition, Either, Expression, Not, show

TYPE = "node.kubernetes.io/instance-type"
ZONE = "topology.kubernetes.io/zone"
M5 = ["m5", "m5a", "m5ad", "m5d", "m5dn", "m5n", "m5zn"]
TRAP = "attribute:ecs.instance-type =~ m5.* and not (attribute:ecs.availability-zone == eu-west-1c)"
NOTHING = Placement(terms=[], affinity=[], anti_affinity=[], problems=[], listed=[])


def expressions(placement: Placement) -> list[list[dict[str, Any]]]:
    return [term["matchExpressions"] for term in placement.terms]


def problem(text: str, compute: str = "existing") -> dict[str, str]:
    """The one problem that *text* has, and that nothing is made of it."""
    found = node_terms([text], compute)
    assert found == Placement([], [], [], found.problems, [])
    ((index, slug, args),) = found.problems
    assert (index, slug) == (0, "placement-not-sayable")
    return args


@pytest.mark.parametrize(
    ("compute", "key"),
    [("karpenter", "karpenter.k8s.aws/instance-family"), ("auto-mode", "eks.amazonaws.com/instance-family")],
)
def test_a_pattern_of_whole_families_names_families_where_nodes_have_that_label(compute: str, key: str) -> None:
    assert expressions(node_terms([TRAP], compute)) == [
        [{"key": key, "operator": "In", "values": M5}, {"key": ZONE, "operator": "NotIn", "values": ["eu-west-1c"]}]
    ]


def test_elsewhere_a_pattern_names_every_type() -> None:
    (((first), (second)),) = expressions(node_terms([TRAP], "existing"))
    assert (first["key"], first["operator"], len(first["values"])) == (TYPE, "In", 59)
    assert first["values"] == sorted(name for family in M5 for name in families()[family])
    assert second == {"key": ZONE, "operator": "NotIn", "values": ["eu-west-1c"]}


def test_a_part_of_a_family_is_listed_by_type_everywhere() -> None:
    text = r"attribute:ecs.instance-type !~ 't2\.(nano|micro)'"
    for compute in ("existing", "karpenter", "auto-mode"):
        assert expressions(node_terms([text], compute)) == [
            [{"key": TYPE, "operator": "NotIn", "values": ["t2.micro", "t2.nano"]}]
        ]


def test_what_a_pattern_became_is_told() -> None:
    said = (
        0,
        "placement-types-listed",
        {"condition": "attribute:ecs.instance-type =~ t3.*", "count": "14", "families": "t3, t3a"},
    )
    assert node_terms(["attribute:ecs.instance-type =~ t3.*"], "existing").listed == [said]


@pytest.mark.parametrize(
    ("text", "key", "operator", "values"),
    [
        ("attribute:ecs.availability-zone-id == euw1-az1", "topology.k8s.aws/zone-id", "In", ["euw1-az1"]),
        ("attribute:ecs.availability-zone in [a, b, a]", ZONE, "In", ["a", "b"]),
        ("attribute:ecs.availability-zone !in [a, b]", ZONE, "NotIn", ["a", "b"]),
        ("attribute:ecs.availability-zone =~ eu-west-1a", ZONE, "In", ["eu-west-1a"]),
        ("attribute:ecs.availability-zone =~ .*", ZONE, "Exists", None),
        ("attribute:ecs.instance-type =~ .*", TYPE, "Exists", None),
        ("attribute:ecs.cpu-architecture in [x86_64, arm64]", "kubernetes.io/arch", "In", ["amd64", "arm64"]),
        ("attribute:stack exists", "ecs2k8s.io/attr.stack", "Exists", None),
        ("attribute:stack !exists", "ecs2k8s.io/attr.stack", "DoesNotExist", None),
        ("attribute:rank > 0", "ecs2k8s.io/attr.rank", "Gt", ["0"]),
        ("attribute:rank >= 1", "ecs2k8s.io/attr.rank", "Gt", ["0"]),
        ("attribute:rank < 0", "ecs2k8s.io/attr.rank", "Lt", ["0"]),
        ("not (attribute:rank > 7)", "ecs2k8s.io/attr.rank", "Lt", ["8"]),
    ],
)
def test_a_condition_becomes_one_match_expression(text: str, key: str, operator: str, values: list[str] | None) -> None:
    expected = {"key": key, "operator": operator} | ({"values": values} if values else {})
    assert expressions(node_terms([text], "existing")) == [[expected]]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("agentVersion > 1", "nodes have no label for it"),
        ("runningTasksCount < 5", "nodes have no label for it"),
        ("attribute:ecs.vpc-id == vpc-1", "nodes have no label for it"),
        ("attribute:com.amazonaws.ecs.capability.privileged-container exists", "nodes have no label for it"),
        ("attribute:a/b == c", "its name is no label key"),
        ("attribute:rank >= 0", "a label cannot be compared with a negative number"),
        ("attribute:rank < -1", "a label cannot be compared with a negative number"),
        ("attribute:rank > ٣", "only integers can be compared"),
        ("attribute:ecs.instance-type > 5", "only integers can be compared"),
        ("attribute:ecs.availability-zone =~ eu-west-1.*", "a label cannot be matched by a pattern"),
        ("task:group exists", "only services can be named"),
        ("task:group == databases", "only services can be named"),
        ("task:group in [service:a, service:b]", "affinity to one of several services cannot be required"),
    ],
)
def test_a_condition_that_cannot_be_said_says_why(text: str, why: str) -> None:
    assert problem(text) == {"condition": text, "why": why}


@pytest.mark.parametrize(
    "text",
    [
        "task:group == service:web and attribute:ecs.ami-id == ami-1",
        "task:group != service:web and attribute:stack != x and attribute:ecs.ami-id == ami-1",
        "attribute:stack != x or attribute:ecs.ami-id == ami-1",
        "attribute:ecs.instance-type =~ m5.* and attribute:ecs.ami-id == ami-1",
    ],
)
def test_an_expression_is_said_as_a_whole_or_not_at_all(text: str) -> None:
    assert problem(text) == {"condition": "attribute:ecs.ami-id == ami-1", "why": "nodes have no label for it"}


def test_services_become_affinity_and_its_opposite() -> None:
    texts = ["task:group == service:db and attribute:stack == prod", "not (task:group in [service:a, service:b])"]
    found = node_terms([*texts, "task:group == service:db"], "existing")
    stack = {"key": "ecs2k8s.io/attr.stack", "operator": "In", "values": ["prod"]}
    assert found == Placement([{"matchExpressions": [stack]}], ["db"], ["a", "b"], [], [])


@pytest.mark.parametrize(
    "text",
    ["task:group == service:a or task:group == service:b", "not (task:group == service:a and attribute:stack == x)"],
)
def test_a_service_beside_an_alternative_cannot_be_said(text: str) -> None:
    assert problem(text)["why"] == "beside an alternative, a service can be neither required nor excluded"


def test_only_custom_attributes_are_told_to_match_nodes_without_them() -> None:
    text = "attribute:ecs.availability-zone != a and attribute:stack != x and attribute:old !exists"
    assert node_terms(["attribute:z == 1", text], "existing").problems == [
        (1, "not-in-matches-unlabelled", {"condition": "attribute:stack != x"}),
        (1, "not-in-matches-unlabelled", {"condition": "attribute:old !exists"}),
    ]


def test_the_expression_that_makes_too_many_terms_is_left_out_whole() -> None:
    many = " or ".join(f"attribute:a{i} == 1" for i in range(32))
    two = "(attribute:b == 1 or attribute:c == 1) and task:group != service:web"
    found = node_terms([many, "attribute:z == 1", "attribute:b == 1 or attribute:c == 1"], "existing")
    assert len(found.terms) == 32
    assert found.problems == [(2, "placement-too-many-terms", {})]
    assert node_terms([many, two], "existing").anti_affinity == []


def test_what_is_no_expression_does_not_stop_the_others() -> None:
    found = node_terms(["attribute:a =", "attribute:b exists"], "existing")
    assert found.problems == [(0, "placement-unreadable", {"why": "column 13: unexpected '='"})]
    assert expressions(found) == [[{"key": "ecs2k8s.io/attr.b", "operator": "Exists"}]]


def test_no_expressions_ask_for_nothing() -> None:
    assert node_terms([], "existing") == NOTHING


def test_nodes_of_eks_fargate_have_few_labels_and_one_pod() -> None:
    assert (
        problem("attribute:ecs.instance-type == m5.large", "fargate")["why"]
        == "the nodes of EKS Fargate have no such label"
    )
    assert problem("task:group == service:a", "fargate")["why"] == "on EKS Fargate every pod is a node of its own"
    assert len(node_terms(["attribute:ecs.availability-zone == a", "attribute:stack != x"], "fargate").terms) == 1


ATTRIBUTES = ("attribute:ecs.instance-type", "attribute:ecs.availability-zone", "attribute:stack", "attribute:rank")
KEYS = dict(zip(ATTRIBUTES, (TYPE, ZONE, "ecs2k8s.io/attr.stack", "ecs2k8s.io/attr.rank"), strict=True))
TYPES = st.sampled_from(["t3.nano", "t3a.nano", "m5.large", "m5.metal", "c5.large"])
STACKS = st.sampled_from(["a", "b", "c"])
NUMBERS = st.integers(1, 5).map(str)
NODES = st.fixed_dictionaries(dict(zip(ATTRIBUTES, (TYPES, STACKS, STACKS, NUMBERS), strict=True)))


def conditions(name: str, values: st.SearchStrategy[str], operators: list[str]) -> st.SearchStrategy[Expression]:
    one = st.builds(lambda operator, value: Condition(name, operator, (value,)), st.sampled_from(operators), values)
    lists = st.lists(values, min_size=1, max_size=3, unique=True).map(tuple)
    many = st.builds(lambda operator, listed: Condition(name, operator, listed), st.sampled_from(["in", "!in"]), lists)
    return one | many


PATTERNS = st.sampled_from(["t3.*", r"t3\..*", "m5.*", r"(m5|c5)\.large", r".*\.metal", "c5.large", ".+"])
EXPRESSIONS = st.recursive(
    conditions(ATTRIBUTES[0], TYPES, ["==", "!="])
    | st.builds(lambda o, p: Condition(ATTRIBUTES[0], o, (p,)), st.sampled_from(["=~", "!~"]), PATTERNS)
    | conditions(ATTRIBUTES[1], STACKS, ["==", "!=", "=~", "!~"])
    | conditions(ATTRIBUTES[2], STACKS, ["==", "!="])
    | conditions(ATTRIBUTES[3], NUMBERS, [">", ">=", "<", "<=", "=="]),
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(All, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Either, st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=6,
)


def in_ecs(expression: Expression, node: dict[str, str]) -> bool:
    match expression:
        case Not(inner):
            return not in_ecs(inner, node)
        case All(parts):
            return all(in_ecs(part, node) for part in parts)
        case Either(parts):
            return any(in_ecs(part, node) for part in parts)
        case Condition(subject, operator, values):
            found = node[subject]
            if operator[0] in "<>":
                left, right = int(found), int(values[0])
                return {">": left > right, ">=": left >= right, "<": left < right, "<=": left <= right}[operator]
            same = bool(re.fullmatch(values[0], found)) if operator in ("=~", "!~") else found in values
            return same != operator.startswith("!")


def in_kubernetes(wanted: dict[str, Any], labels: dict[str, str]) -> bool:
    found, values = labels.get(wanted["key"]), wanted.get("values", [])
    match wanted["operator"]:
        case "In":
            return found in values
        case "NotIn":
            return found not in values
        case "Exists":
            return found is not None
        case "DoesNotExist":
            return found is None
        case "Gt":
            return found is not None and int(found) > int(values[0])
        case other:
            assert other == "Lt"
            return found is not None and int(found) < int(values[0])


@given(st.lists(EXPRESSIONS, min_size=1, max_size=3), NODES, st.sampled_from(["existing", "karpenter", "auto-mode"]))
def test_a_labelled_node_is_fit_in_kubernetes_where_it_was_in_ecs(
    expressions_: list[Expression], node: dict[str, str], compute: str
) -> None:
    found = node_terms([show(expression) for expression in expressions_], compute)
    assume(all(slug == "not-in-matches-unlabelled" for _, slug, _ in found.problems))
    labels = {KEYS[name]: value for name, value in node.items()}
    family = node[ATTRIBUTES[0]].partition(".")[0]
    labels |= {"karpenter.k8s.aws/instance-family": family, "eks.amazonaws.com/instance-family": family}
    fit = any(all(in_kubernetes(e, labels) for e in term["matchExpressions"]) for term in found.terms)
    assert fit == all(in_ecs(expression, node) for expression in expressions_)


SELECTOR = {"app.kubernetes.io/name": "web"}


def constraint(key: str, **more: Any) -> dict[str, Any]:
    selector = {"labelSelector": {"matchLabels": SELECTOR}}
    return {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "ScheduleAnyway", **selector, **more}


@pytest.mark.parametrize(
    ("strategies", "keys"),
    [
        ([{"type": "spread", "field": "attribute:ecs.availability-zone"}], [ZONE]),
        ([{"type": "spread", "field": "instanceId"}, {"type": "spread", "field": "host"}], ["kubernetes.io/hostname"]),
        ([{"type": "spread", "field": "attribute:rack"}], ["ecs2k8s.io/attr.rack"]),
        ([{"type": "spread", "field": "attribute:ecs.instance-type"}], [TYPE]),
        ([{"type": "random"}], []),
        ([], [ZONE]),
    ],
)
def test_strategies_become_soft_spread(strategies: list[dict[str, str]], keys: list[str]) -> None:
    hashed = {"matchLabelKeys": ["pod-template-hash"]}
    expected = [constraint(key, **hashed) for key in keys]
    assert spread(strategies, SELECTOR, "Deployment", default_zone=True) == (expected, [])


def test_only_pods_of_a_deployment_have_a_template_hash() -> None:
    strategies = [{"type": "spread", "field": "instanceId"}]
    assert spread(strategies, SELECTOR, "Job", default_zone=True) == ([constraint("kubernetes.io/hostname")], [])


def test_without_a_strategy_only_a_service_is_spread() -> None:
    assert spread([], SELECTOR, "Job", default_zone=False) == ([], [])


def test_strategies_that_no_pod_can_say_are_told_and_do_not_bring_the_default_back() -> None:
    strategies = [{"type": "binpack", "field": "memory"}, {"type": "spread", "field": "attribute:ecs.subnet-id"}]
    assert spread(strategies, SELECTOR, "Deployment", default_zone=True) == (
        [],
        [
            (0, "binpack-strategy", {"field": "memory"}),
            (1, "spread-not-sayable", {"field": "attribute:ecs.subnet-id", "why": "nodes have no label for it"}),
        ],
    )
