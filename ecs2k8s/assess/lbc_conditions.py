"""Conditions of a rule, as the controller makes them of a host, a path and the `conditions.` annotation.

Source: https://github.com/kubernetes-sigs/aws-load-balancer-controller, `pkg/ingress/model_build_listener_rules.go`
(`buildRuleConditions`, `sortIngressPaths`) and `pkg/ingress/config_types.go` (`RuleCondition.Validate`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.assess.lbc_annotations import Annotations, GoObject, reject
from ecs2k8s.translate.routes import Condition, Field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

EVERYTHING = Condition("path-pattern", ("/*",))
PATH_TYPES = ("Exact", "Prefix", "ImplementationSpecific")
UNTYPED = "ImplementationSpecific"


def sorted_paths(paths: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """*paths* of one entry: exact ones, prefixes from long to short, the others; else in their order."""
    for path in paths:
        if path.get("pathType", UNTYPED) not in PATH_TYPES:
            reject(f"unknown pathType for path {path.get('path', '')}")
    return sorted(paths, key=_rank)


def _rank(path: Mapping[str, Any]) -> tuple[int, int]:
    kind = path.get("pathType", UNTYPED)
    return (PATH_TYPES.index(kind), -len(path.get("path", "").encode()) if kind == "Prefix" else 0)


def extra_conditions(annotations: Annotations, backend: str) -> list[Condition]:
    """What `conditions.<backend>` says. A field that the controller does not know is skipped without a word."""
    found = [_extra(item) for item in annotations.json_objects(f"conditions.{backend}")]
    return [condition for condition in found if condition]


def _extra(item: GoObject) -> Condition | None:
    reader = READERS.get(item.text("field") or "")
    return reader(item) if reader else None


def _config(item: GoObject, name: str) -> GoObject:
    return item.object(name) or reject(f"{item.where}: missing {name}")


def _patterns(field: Field, config: GoObject) -> Condition:
    values, regexes = config.texts("values"), config.texts("regexValues")
    if bool(values) == bool(regexes):
        reject(f"{config.where}: precisely one of values and regexValues can be specified")
    return Condition(field, values or regexes, name=config.text("httpHeaderName") or "", regex=bool(regexes))


def _values(field: Field, config: GoObject) -> Condition:
    return Condition(field, config.texts("values") or reject(f"{config.where}: values cannot be empty"))


def _queries(item: GoObject) -> Condition:
    config = _config(item, "queryStringConfig")
    pairs = config.objects("values") or reject(f"{config.where}: values cannot be empty")
    queries = tuple((pair.text("key"), pair.text("value") or reject("value cannot be empty")) for pair in pairs)
    return Condition("query-string", queries=queries)


READERS: dict[str, Callable[[GoObject], Condition]] = {
    "host-header": lambda item: _patterns("host-header", _config(item, "hostHeaderConfig")),
    "path-pattern": lambda item: _patterns("path-pattern", _config(item, "pathPatternConfig")),
    "http-header": lambda item: _patterns("http-header", _config(item, "httpHeaderConfig")),
    "http-request-method": lambda item: _values("http-request-method", _config(item, "httpRequestMethodConfig")),
    "query-string": _queries,
    "source-ip": lambda item: _values("source-ip", _config(item, "sourceIPConfig")),
}


def rule_conditions(
    host: str, path: Mapping[str, Any], extra: Iterable[Condition], *, regex_paths: bool
) -> tuple[Condition, ...]:
    """The conditions of the rule for one path; `extra` hosts and paths join those of the spec.

    A rule that ends up without conditions matches everything.
    """
    hosts = [Condition("host-header", (host,))] if host else []
    paths = [_path(path["path"], path.get("pathType", UNTYPED), regex_paths)] if path.get("path") else []
    others: list[Condition] = []
    for condition in extra:
        {"host-header": hosts, "path-pattern": paths}.get(condition.field, others).append(condition)
    return (*others, *_union("host-header", hosts), *_union("path-pattern", paths)) or (EVERYTHING,)


def _union(field: Field, parts: Sequence[Condition]) -> list[Condition]:
    if len({part.regex for part in parts}) > 1:
        reject(f"{field}: precisely one of values and regexValues, got both")
    values = tuple(value for part in parts for value in part.values)
    return [Condition(field, values, regex=parts[0].regex)] if values else []


def _path(path: str, kind: str, regex_paths: bool) -> Condition:  # noqa: FBT001 - private, and named at each call
    if kind == UNTYPED and regex_paths:
        return Condition("path-pattern", (path[1:],), regex=True)
    if kind == "Prefix" and path == "/":
        return EVERYTHING
    if kind != UNTYPED and any(wildcard in path for wildcard in "*?"):
        reject(f"{kind.lower()} path shouldn't contain wildcards: {path}")
    short = path.removesuffix("/")
    return Condition("path-pattern", (short, f"{short}/*") if kind == "Prefix" else (path,))
