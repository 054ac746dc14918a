"""Placement constraints as node selector terms and pod affinity, placement strategies as topology spread."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.mappings import load_yaml
from ecs2k8s.core.names import is_label_key, is_label_value
from ecs2k8s.translate.query import Condition, QueryError, Terms, TooManyTermsError, both, parse, terms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

INSTANCE_TYPE = "attribute:ecs.instance-type"
GROUP = "task:group"
LABELS = {
    INSTANCE_TYPE: "node.kubernetes.io/instance-type",
    "attribute:ecs.availability-zone": "topology.kubernetes.io/zone",
    "attribute:ecs.availability-zone-id": "topology.k8s.aws/zone-id",
    "attribute:ecs.os-type": "kubernetes.io/os",
    "attribute:ecs.cpu-architecture": "kubernetes.io/arch",
}
FAMILIES = {"karpenter": "karpenter.k8s.aws/instance-family", "auto-mode": "eks.amazonaws.com/instance-family"}
ARCHITECTURES = {"x86_64": "amd64"}
SAFE_PATTERN = re.compile(r"[A-Za-z0-9.*+?|\[\]\-]{1,100}")
SPREAD = {
    "attribute:ecs.availability-zone": "topology.kubernetes.io/zone",
    "instanceId": "kubernetes.io/hostname",
    "host": "kubernetes.io/hostname",
}
Problem = tuple[int, str, dict[str, str]]


class CannotSayError(ValueError):
    """A condition that no label of a node can express."""

    def __init__(self, condition: Condition, why: str) -> None:
        super().__init__(why)
        self.args_of_finding = {"condition": shown(condition), "why": why}


@dataclass(slots=True)
class Placement:
    """`terms` are ready for `nodeSelectorTerms`; affinities name services; problems carry the expression's index."""

    terms: list[dict[str, Any]] = field(default_factory=list)
    affinity: list[str] = field(default_factory=list)
    anti_affinity: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def node_terms(expressions: Sequence[str], compute: str) -> Placement:
    """All *expressions* together. One that cannot be said as a whole yields a problem and no term."""
    made = Placement()
    parts: list[Terms] = []
    for index, text in enumerate(expressions):
        try:
            sayable = _sayable(index, text, compute, made)
            both([*parts, sayable])
            parts.append(sayable)
        except QueryError as error:
            made.problems.append((index, "placement-unreadable", {"why": str(error)}))
        except CannotSayError as error:
            made.problems.append((index, "placement-not-sayable", error.args_of_finding))
        except TooManyTermsError:
            made.problems.append((index, "placement-too-many-terms", {}))
    found = [[_expression(c, compute) for c in term] for term in both(parts)]
    made.terms = [{"matchExpressions": term} for term in found if term]
    return made


def _sayable(index: int, text: str, compute: str, made: Placement) -> Terms:
    found = terms(parse(text))
    groups = [condition for term in found for condition in term if condition.subject == GROUP]
    if groups:
        if len(found) != 1:
            raise CannotSayError(groups[0], "a service can only be required or excluded for all nodes")
        _group(found[0], made)
    nodes = tuple(tuple(c for c in term if c.subject != GROUP) for term in found)
    for term in nodes:
        for condition in term:
            _expression(condition, compute)
            unlabelled = condition.operator in ("!=", "!in", "!exists", "!~")
            if unlabelled and condition.subject not in LABELS:
                made.problems.append((index, "not-in-matches-unlabelled", {"condition": shown(condition)}))
    return nodes


def _group(term: tuple[Condition, ...], made: Placement) -> None:
    wanted: list[str] = []
    against: list[str] = []
    for condition in term:
        if condition.subject != GROUP:
            continue
        names = [value.removeprefix("service:") for value in condition.values if value.startswith("service:")]
        if len(names) != len(condition.values) or condition.operator not in ("==", "!=", "in", "!in"):
            raise CannotSayError(condition, "only services can be named")
        if condition.operator in ("==", "in") and len(names) > 1:
            raise CannotSayError(condition, "affinity to one of several services cannot be required")
        (wanted if condition.operator in ("==", "in") else against).extend(names)
    made.affinity += wanted
    made.anti_affinity += against


def _expression(condition: Condition, compute: str) -> dict[str, Any]:
    """One `matchExpressions` entry. Raises `CannotSayError`."""
    key = _label(condition)
    match condition.operator:
        case "==" | "in":
            return {"key": key, "operator": "In", "values": _values(condition)}
        case "!=" | "!in":
            return {"key": key, "operator": "NotIn", "values": _values(condition)}
        case "exists" | "!exists":
            return {"key": key, "operator": "Exists" if condition.operator == "exists" else "DoesNotExist"}
        case "=~" | "!~":
            return _matching(condition, compute)
        case _:
            return _ordered(condition, key)


def _label(condition: Condition) -> str:
    subject = condition.subject
    if subject in LABELS:
        return LABELS[subject]
    name = subject.removeprefix("attribute:")
    if name == subject or name.startswith("ecs."):
        raise CannotSayError(condition, "nodes have no label for it")
    key = f"ecs2k8s.io/attr.{name}"
    if not is_label_key(key):
        raise CannotSayError(condition, "its name is no label key")
    return key


def _values(condition: Condition) -> list[str]:
    found = list(condition.values)
    if condition.subject == "attribute:ecs.cpu-architecture":
        found = [ARCHITECTURES.get(value, value) for value in found]
    for value in found:
        if not is_label_value(value):
            raise CannotSayError(condition, f"{value} is no label value")
    return found


def _ordered(condition: Condition, key: str) -> dict[str, Any]:
    """Kubernetes compares integers, strictly."""
    text = condition.values[0]
    if not re.fullmatch(r"-?\d{1,18}", text):
        raise CannotSayError(condition, "only integers can be compared")
    number = int(text) + {">": 0, ">=": -1, "<": 0, "<=": 1}[condition.operator]
    return {"key": key, "operator": "Gt" if condition.operator.startswith(">") else "Lt", "values": [str(number)]}


def _matching(condition: Condition, compute: str) -> dict[str, Any]:
    if condition.subject != INSTANCE_TYPE:
        raise CannotSayError(condition, "a label cannot be matched by a pattern")
    operator = "In" if condition.operator == "=~" else "NotIn"
    found = _types(condition)
    families = sorted({name.partition(".")[0] for name in found})
    whole = [name for family in families for name in instance_types()[family]]
    if compute in FAMILIES and sorted(whole) == found:
        return {"key": FAMILIES[compute], "operator": operator, "values": families}
    return {"key": LABELS[INSTANCE_TYPE], "operator": operator, "values": found}


def _types(condition: Condition) -> list[str]:
    """All known instance types that the pattern matches as a whole, as Java's `matches` does."""
    text = condition.values[0]
    if not SAFE_PATTERN.fullmatch(text) or text.count("*") + text.count("+") > 3:  # noqa: PLR2004
        raise CannotSayError(condition, "the pattern is too general")
    try:
        wanted = re.compile(text)
    except re.error as error:
        raise CannotSayError(condition, f"the pattern is not legal: {error}") from error
    found = sorted(name for names in instance_types().values() for name in names if wanted.fullmatch(name))
    if not found:
        raise CannotSayError(condition, "no known instance type matches")
    return found


@cache
def instance_types() -> Mapping[str, tuple[str, ...]]:
    """Family to its instance types, as EC2's API model lists them."""
    given: dict[str, str] = load_yaml("instance-types.yaml")
    return {family: tuple(f"{family}.{size}" for size in sizes.split()) for family, sizes in given.items()}


def shown(condition: Condition) -> str:
    """The condition as the language writes it."""
    values = condition.values
    listed = f"[{', '.join(values)}]" if len(values) > 1 else " ".join(values)
    return " ".join(part for part in (condition.subject, condition.operator, listed) if part)


def spread(
    strategies: Sequence[Mapping[str, Any]],
    selector: Mapping[str, str],
    kind: str,
    *,
    default_zone: bool,
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Soft constraints for the *strategies*; over zones where there is none and *default_zone* holds."""
    keys: list[str] = []
    problems: list[Problem] = []
    for index, strategy in enumerate(strategies):
        key = _spread_key(str(strategy.get("type", "")), str(strategy.get("field", "")), index, problems)
        if key and key not in keys:
            keys.append(key)
    if not strategies and default_zone:
        keys = [SPREAD["attribute:ecs.availability-zone"]]
    return [_constraint(key, selector, kind) for key in keys], problems


def _spread_key(kind: str, name: str, index: int, problems: list[Problem]) -> str:
    if kind == "binpack":
        problems.append((index, "binpack-strategy", {"field": name}))
    if kind != "spread":
        return ""
    if name in SPREAD:
        return SPREAD[name]
    try:
        return _label(Condition(name, "exists"))
    except CannotSayError as error:
        problems.append((index, "spread-not-sayable", {"field": name, "why": str(error)}))
        return ""


def _constraint(key: str, selector: Mapping[str, str], kind: str) -> dict[str, Any]:
    out: dict[str, Any] = {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": dict(selector)},
    }
    return out | ({"matchLabelKeys": ["pod-template-hash"]} if kind == "Deployment" else {})
