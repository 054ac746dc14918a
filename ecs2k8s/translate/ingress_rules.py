"""One rule of a listener as one entry of an Ingress, in the words of the AWS Load Balancer Controller.

The controller sorts the paths of one entry and keeps the order of entries: one entry with one path per rule keeps the
priorities. https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ecs2k8s.translate.routes import Condition, Forward, Redirect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecs2k8s.translate.routes import Action, Route

PREFIX = "alb.ingress.kubernetes.io/"
SHADOWING = ("host-header", "path-pattern")  # the conditions by which the controller takes a rule for dead
MOST_VALUES = 5  # of all conditions of a rule together; ELB's quota
ANY_PATH = Condition("path-pattern", (".*",), regex=True)
HOST = re.compile(r"(?=.{1,253}$)(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
ADDRESS = re.compile(r"[0-9]+(\.[0-9]+){3}")
CONFIGS = {
    "host-header": "hostHeaderConfig",
    "path-pattern": "pathPatternConfig",
    "http-header": "httpHeaderConfig",
    "http-request-method": "httpRequestMethodConfig",
    "query-string": "queryStringConfig",
    "source-ip": "sourceIPConfig",
}


class RuleError(Exception):
    """The rule cannot be written so that the controller builds it; *slug* says why."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of `spec.rules`, and the annotations that belong to it."""

    rule: dict[str, Any]
    annotations: Mapping[str, str]


def compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Around:
    """What is around a rule: the (protocol, port) pairs that serve it, and the regular expressions of the listener."""

    ports: tuple[tuple[str, int], ...]
    dual_stack: bool = False
    regexes: frozenset[str] = frozenset()


def entries(name: str, route: Route, around: Around) -> list[Entry]:
    """The entries for *route*, more than one only where a condition had to be split.

    *name* is the backend's where annotations are needed. Raises `RuleError`.
    """
    parts = guarded(route, around)
    names = [name if number == 1 else f"{name}-{number}" for number in range(1, len(parts) + 1)]
    return [_entry(part, replace(route, conditions=conditions)) for part, conditions in zip(names, parts, strict=True)]


def guarded(route: Route, around: Around) -> list[tuple[Condition, ...]]:
    """The route's conditions with those that always hold added, where the controller's optimizer would go wrong."""
    conditions = route.conditions
    if isinstance(route.action, Redirect):
        if any(_looks_like_loop(route, route.action, protocol, port) for protocol, port in around.ports):
            if any(condition.field == "path-pattern" for condition in conditions):
                raise RuleError("redirect-taken-for-loop")
            conditions = (*conditions, ANY_PATH)
        if _hides_later_rules(conditions, around.regexes):
            everywhere = ("0.0.0.0/0", "::/0") if around.dual_stack else ("0.0.0.0/0",)
            conditions = (*conditions, Condition("source-ip", everywhere))
    return split(conditions)


def _looks_like_loop(route: Route, action: Redirect, protocol: str, port: int) -> bool:
    """As the controller sees it: it looks at hosts and paths only, and at a path only where it is a glob.

    https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/main/pkg/ingress/rule_optimizer.go
    """
    globs = {field: {v for c in route.conditions if c.field == field and not c.regex for v in c.values} for field in
             ("host-header", "path-pattern")}  # fmt: skip
    if any(condition.field == "path-pattern" and condition.regex for condition in route.conditions):
        return False
    return (
        action.host in {"#{host}", *globs["host-header"]}
        and action.path in {"/#{path}", *globs["path-pattern"]}
        and action.port in {"#{port}", str(port)}
        and action.protocol in {"#{protocol}", protocol}
        and action.query == "#{query}"
    )


def _hides_later_rules(conditions: Sequence[Condition], regexes: frozenset[str]) -> bool:
    """Whether the controller drops what follows a redirect though it is alive.

    It reads a regular expression of a host as any host, and compares globs of paths with regular expressions as text.
    """
    own = [condition for condition in conditions if condition.field in SHADOWING]
    odd = any(condition.regex or not regexes.isdisjoint(condition.values) for condition in own)
    return odd and len(own) == len(conditions)


def split(conditions: tuple[Condition, ...], most: int = MOST_VALUES) -> list[tuple[Condition, ...]]:
    """*conditions* in parts of at most *most* values each, which together match the same: cut along the longest OR.

    Raises `RuleError` where the conditions that must all hold are too many by themselves.
    """
    sizes = [len(condition.values) + len(condition.queries) for condition in conditions]
    if sum(sizes) <= most:
        return [conditions]
    conditions = tuple(_least(condition) for condition in conditions)
    sizes = [len(condition.values) + len(condition.queries) for condition in conditions]
    if sum(sizes) <= most:
        return [conditions]
    longest = max(range(len(sizes)), key=lambda index: sizes[index])
    room = most - (sum(sizes) - sizes[longest])
    if room < 1:
        raise RuleError("too-many-condition-values")
    cut = conditions[longest]
    parts = []
    for start in range(0, sizes[longest], room):
        piece = replace(cut, values=cut.values[start : start + room], queries=cut.queries[start : start + room])
        parts.append((*conditions[:longest], piece, *conditions[longest + 1 :]))
    return parts


def _least(condition: Condition) -> Condition:
    """Of values among which one always matches, that one: to cut the others off would change nothing but the count."""
    always = {
        "path-pattern": (".*",) if condition.regex else ("/*", "*"),
        "host-header": () if condition.regex else ("*",),
    }
    found = [value for value in condition.values if value in always.get(condition.field, ())]
    return replace(condition, values=(found[0],)) if found else condition


def _entry(name: str, route: Route) -> Entry:
    host = next((c for c in route.conditions if is_field_host(c)), None)
    path, field = next(((c, found) for c in route.conditions if (found := path_field(c))), (None, None))
    others = [condition for condition in route.conditions if condition not in (host, path)]
    annotations: dict[str, str] = {}
    if others:
        annotations[f"conditions.{name}"] = compact([condition(other) for other in others])
    if route.transforms:
        annotations[f"transforms.{name}"] = compact([_transform(item.kind, item.rewrites) for item in route.transforms])
    backend = None if annotations else plain_backend(route.action)
    if backend is None:
        annotations = {f"actions.{name}": compact(action(route.action))} | annotations
        backend = annotated(name)
    item = (field or {"pathType": "ImplementationSpecific"}) | {"backend": backend}
    rule = ({"host": host.values[0]} if host else {}) | {"http": {"paths": [item]}}
    return Entry(rule, {PREFIX + key: value for key, value in annotations.items()})


def annotated(name: str) -> dict[str, Any]:
    """The backend whose action stands in an annotation."""
    return {"service": {"name": name, "port": {"name": "use-annotation"}}}


def is_field_host(condition: Condition) -> bool:
    """Whether the condition fits into `host`: one lower-case DNS name; a wildcard is the whole first label."""
    if condition.field != "host-header" or condition.regex or len(condition.values) != 1:
        return False
    value = condition.values[0]
    wildcard_alone = value.startswith("*.") and "." not in value[2:]  # `*.com` is refused by some API servers
    return bool(HOST.fullmatch(value)) and not ADDRESS.fullmatch(value) and not wildcard_alone


def path_field(condition: Condition) -> dict[str, str] | None:
    """`path` and `pathType` for what fits there; what the type would widen goes verbatim or into an annotation."""
    if condition.field != "path-pattern" or condition.regex:
        return None
    values = sorted(condition.values)
    first = values[0]
    if values == ["/*"]:
        return {"path": "/", "pathType": "Prefix"}
    if len(values) == 2 and values[1] == f"{first}/*" and is_strict(first) and not first.endswith("/"):  # noqa: PLR2004
        return {"path": first, "pathType": "Prefix"}
    if len(values) != 1 or not first.startswith("/"):
        return None
    if is_strict(first):
        return {"path": first, "pathType": "Exact"}
    return {"path": first, "pathType": "ImplementationSpecific"}


def is_strict(path: str) -> bool:
    """Whether the API server and the controller take the path as Exact or Prefix.

    https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/networking/validation/validation.go
    """
    refused = ("//", "/./", "/../", "%2f", "%2F", "*", "?")
    return path.startswith("/") and not any(part in path for part in refused) and not path.endswith(("/..", "/."))


def condition(value: Condition) -> dict[str, Any]:
    """A condition in the form of the annotation."""
    config: dict[str, Any] = {"httpHeaderName": value.name} if value.field == "http-header" else {}
    if value.field == "query-string":
        pairs = [({"key": key} if key is not None else {}) | {"value": text} for key, text in value.queries]
        config["values"] = pairs
    else:
        config["regexValues" if value.regex else "values"] = list(value.values)
    return {"field": value.field, CONFIGS[value.field]: config}


def plain_backend(value: Action) -> dict[str, Any] | None:
    """A Service as the backend, where nothing else has to be said."""
    if not isinstance(value, Forward) or value.sticky is not None or len(value.backends) != 1:
        return None
    backend, weight = value.backends[0]
    found = service_of(backend) if weight > 0 else None  # a weight of 0 is nobody's default
    return {"service": {"name": found[1], "port": {"number": found[2]}}} if found else None


def service_of(backend: str) -> tuple[str, str, int] | None:
    """Namespace, Service and port of a backend; None for the ARN of a target group."""
    if backend.startswith("arn:"):
        return None
    namespace, _, rest = backend.partition("/")
    name, _, port = rest.rpartition(":")
    return namespace, name, int(port)


def action(value: Action) -> dict[str, Any]:
    """An action in the form of the annotation."""
    if isinstance(value, Redirect):
        config = {"protocol": value.protocol, "port": value.port, "host": value.host, "path": value.path}
        config |= {"query": value.query, "statusCode": value.status}
        return {"type": "redirect", "redirectConfig": config}
    if isinstance(value, Forward):
        return {"type": "forward", "forwardConfig": _forward(value)}
    response = {"statusCode": value.status, "contentType": value.content_type, "messageBody": value.body}
    return {"type": "fixed-response", "fixedResponseConfig": {key: text for key, text in response.items() if text}}


def _forward(value: Forward) -> dict[str, Any]:
    groups = []
    for backend, weight in value.backends:
        found = service_of(backend)
        group: dict[str, Any] = (
            {"serviceName": found[1], "servicePort": found[2]} if found else {"targetGroupARN": backend}
        )
        groups.append(group | ({"weight": weight} if len(value.backends) > 1 or weight < 1 else {}))
    config: dict[str, Any] = {"targetGroups": groups}
    if value.sticky is not None:
        config["targetGroupStickinessConfig"] = {"enabled": True, "durationSeconds": value.sticky}
    return config


def _transform(kind: str, rewrites: Sequence[tuple[str, str]]) -> dict[str, Any]:
    key = {"host-header-rewrite": "hostHeaderRewriteConfig", "url-rewrite": "urlRewriteConfig"}[kind]
    return {"type": kind, key: {"rewrites": [{"regex": regex, "replace": text} for regex, text in rewrites]}}
