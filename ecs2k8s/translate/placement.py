"""Placement constraints as node selector terms and pod affinity, placement strategies as topology spread."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.instance_types import PatternError, matching, whole_families
from ecs2k8s.core.names import is_label_key, is_label_value
from ecs2k8s.translate.query import Condition, QueryError, Terms, TooManyTermsError, both, parse, show, terms

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
OF_THE_AGENT = ("ecs.", "com.amazonaws.ecs.")  # attributes that the ECS agent sets; no node has them
FAMILIES = {"karpenter": "karpenter.k8s.aws/instance-family", "auto-mode": "eks.amazonaws.com/instance-family"}
ON_FARGATE = ("topology.kubernetes.io/zone", "kubernetes.io/os", "kubernetes.io/arch")
ARCHITECTURES = {"x86_64": "amd64"}
HOST = "kubernetes.io/hostname"
HOSTS = ("instanceId", "host")
MATCHES = ("=~", "!~")
DENIED = ("!=", "!in", "!exists", "!~")
ANY = (".*", ".+")
Problem = tuple[int, str, dict[str, str]]  # index of the expression or strategy, slug, its arguments


class CannotSayError(ValueError):
    """A condition that no label of a node can express."""

    def __init__(self, condition: Condition, why: str) -> None:
        super().__init__(why)
        self.args_of_finding = {"condition": show(condition), "why": why}


@dataclass(frozen=True, slots=True)
class Placement:
    """`terms` are ready for `nodeSelectorTerms`, affinities name ECS services; `listed`: patterns that became lists."""

    terms: list[dict[str, Any]]
    affinity: list[str]
    anti_affinity: list[str]
    problems: list[Problem]
    listed: list[Problem]


@dataclass(frozen=True, slots=True)
class _Said:
    """What one expression asks of nodes, and which services it wants and rejects there."""

    nodes: Terms
    wanted: list[str]
    rejected: list[str]


def node_terms(expressions: Sequence[str], compute: str) -> Placement:
    """All *expressions* together. One that cannot be said as a whole yields a problem and nothing else."""
    said: list[_Said] = []
    problems: list[Problem] = []
    listed: list[Problem] = []
    nodes: Terms = ((),)
    for index, text in enumerate(expressions):
        try:
            one = _say(text, compute)
            nodes = both([nodes, one.nodes])
        except QueryError as error:
            problems.append((index, "placement-unreadable", {"why": str(error)}))
        except CannotSayError as error:
            problems.append((index, "placement-not-sayable", error.args_of_finding))
        except TooManyTermsError:
            problems.append((index, "placement-too-many-terms", {}))
        else:
            said.append(one)
            problems += _unlabelled(index, one.nodes)
            listed += _listed(index, one.nodes)
    made = [[_expression(condition, compute) for condition in term] for term in nodes]
    return Placement(
        terms=[{"matchExpressions": term} for term in made if term],
        affinity=list(dict.fromkeys(name for one in said for name in one.wanted)),
        anti_affinity=list(dict.fromkeys(name for one in said for name in one.rejected)),
        problems=problems,
        listed=listed,
    )


def _say(text: str, compute: str) -> _Said:
    found = terms(parse(text))
    groups = [condition for term in found for condition in term if condition.subject == GROUP]
    if groups and len(found) > 1:
        raise CannotSayError(groups[0], "beside an alternative, a service can be neither required nor excluded")
    nodes = tuple(tuple(condition for condition in term if condition.subject != GROUP) for term in found)
    for condition in _conditions(nodes):
        _expression(condition, compute)
    wanted = [name for c in groups if c.operator not in DENIED for name in _services(c, compute)]
    rejected = [name for c in groups if c.operator in DENIED for name in _services(c, compute)]
    return _Said(nodes, wanted, rejected)


def _conditions(nodes: Terms) -> list[Condition]:
    return list(dict.fromkeys(condition for term in nodes for condition in term))


def _services(condition: Condition, compute: str) -> list[str]:
    names = [value.removeprefix("service:") for value in condition.values if value.startswith("service:")]
    if len(names) != len(condition.values) or condition.operator not in ("==", "!=", "in", "!in"):
        raise CannotSayError(condition, "only services can be named")
    if condition.operator not in DENIED and len(names) > 1:
        raise CannotSayError(condition, "affinity to one of several services cannot be required")
    if condition.operator not in DENIED and compute == "fargate":
        raise CannotSayError(condition, "on EKS Fargate every pod is a node of its own")
    return names


def _unlabelled(index: int, nodes: Terms) -> list[Problem]:
    found = [c for c in _conditions(nodes) if c.operator in DENIED and c.subject not in LABELS]
    return [(index, "not-in-matches-unlabelled", {"condition": show(condition)}) for condition in found]


def _listed(index: int, nodes: Terms) -> list[Problem]:
    found: list[Problem] = []
    for condition in _conditions(nodes):
        if condition.operator in MATCHES and condition.subject == INSTANCE_TYPE and condition.values[0] not in ANY:
            types = matching(condition.values[0])
            named = ", ".join(sorted({name.partition(".")[0] for name in types}))
            args = {"condition": show(condition), "count": str(len(types)), "families": named}
            found.append((index, "placement-types-listed", args))
    return found


def _expression(condition: Condition, compute: str) -> dict[str, Any]:
    """One `matchExpressions` entry. Raises `CannotSayError`."""
    key = _label(condition)
    if compute == "fargate" and key not in ON_FARGATE and condition.operator not in DENIED:
        raise CannotSayError(condition, "the nodes of EKS Fargate have no such label")
    match condition.operator:
        case "==" | "in":
            return {"key": key, "operator": "In", "values": _values(condition)}
        case "!=" | "!in":
            return {"key": key, "operator": "NotIn", "values": _values(condition)}
        case "exists" | "!exists":
            return {"key": key, "operator": "Exists" if condition.operator == "exists" else "DoesNotExist"}
        case "=~" | "!~":
            return _matching(condition, key, compute)
        case _:
            return _ordered(condition, key)


def _label(condition: Condition) -> str:
    subject = condition.subject
    if subject in LABELS:
        return LABELS[subject]
    name = subject.removeprefix("attribute:")
    if name == subject or name.startswith(OF_THE_AGENT):
        raise CannotSayError(condition, "nodes have no label for it")
    key = f"ecs2k8s.io/attr.{name}"
    if not is_label_key(key):
        raise CannotSayError(condition, "its name is no label key")
    return key


def _values(condition: Condition) -> list[str]:
    found = list(dict.fromkeys(condition.values))
    if LABELS.get(condition.subject) == "kubernetes.io/arch":
        found = [ARCHITECTURES.get(value, value) for value in found]
    for value in found:
        if not is_label_value(value):
            raise CannotSayError(condition, f"{value} is no label value")
    return found


def _ordered(condition: Condition, key: str) -> dict[str, Any]:
    """Kubernetes compares integers, strictly, and takes only label values: those cannot be negative."""
    text = condition.values[0]
    if condition.subject in LABELS or not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise CannotSayError(condition, "only integers can be compared")
    number = int(text) + {">": 0, ">=": -1, "<": 0, "<=": 1}[condition.operator]
    if number < 0:
        raise CannotSayError(condition, "a label cannot be compared with a negative number")
    return {"key": key, "operator": "Gt" if condition.operator.startswith(">") else "Lt", "values": [str(number)]}


def _matching(condition: Condition, key: str, compute: str) -> dict[str, Any]:
    """A pattern as the instance types that it names; for other labels only one that is any value or a plain one."""
    positive, pattern = condition.operator == "=~", condition.values[0]
    if condition.subject in LABELS and pattern in ANY:
        return {"key": key, "operator": "Exists" if positive else "DoesNotExist"}
    if condition.subject == INSTANCE_TYPE:
        key, values = _types(condition, compute)
    elif re.fullmatch(r"[A-Za-z0-9_-]+", pattern):
        values = _values(condition)
    else:
        raise CannotSayError(condition, "a label cannot be matched by a pattern")
    return {"key": key, "operator": "In" if positive else "NotIn", "values": values}


def _types(condition: Condition, compute: str) -> tuple[str, list[str]]:
    """Label and values: the families where nodes have a label for them, else every instance type."""
    try:
        found = matching(condition.values[0])
    except PatternError as error:
        raise CannotSayError(condition, str(error)) from error
    if not found:
        raise CannotSayError(condition, "no known instance type matches")
    whole = whole_families(found)
    return (FAMILIES[compute], whole) if compute in FAMILIES and whole else (LABELS[INSTANCE_TYPE], found)


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
        name = str(strategy.get("field", ""))
        match strategy.get("type"):
            case "spread":
                try:
                    keys.append(HOST if name in HOSTS else _label(Condition(name, "exists")))
                except CannotSayError as error:
                    problems.append((index, "spread-not-sayable", {"field": name, "why": str(error)}))
            case "binpack":
                problems.append((index, "binpack-strategy", {"field": name}))
    if not strategies and default_zone:
        keys = [LABELS["attribute:ecs.availability-zone"]]
    return [_constraint(key, selector, kind) for key in dict.fromkeys(keys)], problems


def _constraint(key: str, selector: Mapping[str, str], kind: str) -> dict[str, Any]:
    out: dict[str, Any] = {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": dict(selector)},
    }
    return out | ({"matchLabelKeys": ["pod-template-hash"]} if kind == "Deployment" else {})
