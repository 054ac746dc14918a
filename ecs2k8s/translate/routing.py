"""Listener rules of an ALB as routes. What is not known stops: leaving it out would widen a match."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.tracking import NOTHING, View
from ecs2k8s.translate.refusal import Refusal
from ecs2k8s.translate.routes import (
    Authentication,
    Condition,
    FixedResponse,
    Forward,
    Redirect,
    Route,
    Transform,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ecs2k8s.resolve.workload import AwsMap
    from ecs2k8s.translate.routes import Action

    Resolve = Callable[[str, AwsMap, str], str]  # ARN of a target group, the map and key that name it: the backend

CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}
SHORT = ("host-header", "path-pattern")  # whose values AWS repeats beside the configuration
GLOBS_OR_REGEX = ("host-header", "path-pattern", "http-header")
ONCE = ("host-header", "path-pattern", "http-request-method", "source-ip")  # at most one condition of each in a rule
AUTHENTICATIONS = {
    "authenticate-oidc": "AuthenticateOidcConfig",
    "authenticate-cognito": "AuthenticateCognitoConfig",
    "jwt-validation": "JwtValidationConfig",
}
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AuthenticateOidcActionConfig.html
ASSUMED = {
    "OnUnauthenticatedRequest": "authenticate",
    "Scope": "openid",
    "SessionCookieName": "AWSELBAuthSessionCookie",
    "SessionTimeout": 604800,
}
REQUEST_ONLY = ("ClientSecret", "UseExistingClientSecret")
BROWSER = (*ASSUMED, "AuthenticationRequestExtraParams")  # of what signs users in
SETTINGS = {
    "authenticate-oidc": (
        *("Issuer", "AuthorizationEndpoint", "TokenEndpoint", "UserInfoEndpoint", "ClientId"),
        *BROWSER,
        *REQUEST_ONLY,
    ),
    "authenticate-cognito": ("UserPoolArn", "UserPoolClientId", "UserPoolDomain", *BROWSER),
    "jwt-validation": ("JwksEndpoint", "Issuer", "AdditionalClaims"),
}
TRANSFORMS = {"host-header-rewrite": "HostHeaderRewriteConfig", "url-rewrite": "UrlRewriteConfig"}
HEAVIEST = 999  # of ELB's weights; two target groups that meet on one backend have a sum
STICKY = 3600  # seconds, where stickiness is on and no duration is said


def route(rule: AwsMap, resolve: Resolve) -> Route:
    """The rule as a route; *resolve* names the backend of a target group. Raises `Refusal` on what is not known."""
    action, authentication = actions(rule, "Actions", resolve)
    return Route(conditions(rule), action, authentication, transforms(rule))


def conditions(rule: AwsMap) -> tuple[Condition, ...]:
    found = tuple(_condition(view) for view in rule.get("Conditions", []))
    for view, condition in zip(rule.get("Conditions", []), found, strict=True):
        if condition.field in ONCE and sum(other.field == condition.field for other in found) > 1:
            raise Refusal("condition-given-twice", view, ("Field",), field=condition.field)
    if not found:
        raise Refusal("rule-without-conditions", rule, ("Priority",))
    return found


def _condition(view: AwsMap) -> Condition:
    field = str(view.get("Field", ""))
    if field not in CONFIGS:
        raise Refusal("unknown-condition", view, ("Field",), field=field)
    _only_known(view, ("Field", CONFIGS[field], *(("Values", "RegexValues") if field in SHORT else ())))
    # The short form repeats the configuration; reading both would double the values.
    config = view.get(CONFIGS[field]) or _short(view, field)
    _only_known(config, ("Values", "RegexValues", "HttpHeaderName"))
    values = config.get("Values", [])
    if field == "query-string":
        queries = tuple((query.get("Key"), str(query.get("Value", ""))) for query in values)
        if not queries or not all(value for _, value in queries):
            raise Refusal("condition-value-empty", view, ("Field",), field=field)
        return Condition("query-string", queries=queries)
    regexes = config.get("RegexValues", []) if field in GLOBS_OR_REGEX else []
    given = tuple(str(value) for value in (regexes or values))
    name = str(config.get("HttpHeaderName", "")) if field == "http-header" else ""
    if (values and regexes) or not given or not all(given) or (field == "http-header" and not name):
        raise Refusal("condition-value-empty", view, ("Field",), field=field)
    return Condition(field, given, name=name, regex=bool(regexes))  # type: ignore[arg-type]


def leaf_of_value(view: AwsMap, condition: Condition, number: int) -> tuple[str | int, ...]:
    """Where below *view*, which was read as *condition*, its value with that number stands."""
    config = CONFIGS[condition.field]
    values = "RegexValues" if condition.regex else "Values"
    below = ("Value",) if condition.field == "query-string" else ()
    return (*((config,) if view.get(config) else ()), values, number, *below)


def _short(view: AwsMap, field: str) -> AwsMap:
    if field not in SHORT:
        return NOTHING
    return {key: view[key] for key in ("Values", "RegexValues") if key in view}


def _only_known(view: AwsMap, known: Iterable[str]) -> None:
    for key in view:
        if key not in known:
            raise Refusal("unknown-condition", view, _first_leaf(view, key), field=key)


def _first_leaf(view: AwsMap, key: str) -> tuple[str | int, ...]:
    """The leaf below *key* that a finding can stand on."""
    value: Any = view[key]
    path: tuple[str | int, ...] = (key,)
    while isinstance(value, View | dict | list) and len(value):
        step: str | int = 0 if isinstance(value, list) else next(iter(value))
        path, value = (*path, step), value[step]  # type: ignore[index]
    return path


def actions(owner: AwsMap, key: str, resolve: Resolve) -> tuple[Action, Authentication | None]:
    """The routing action and what stands in front of it, of `Actions` or `DefaultActions`."""
    views = owner.get(key, [])
    kinds = [str(view.get("Type", "")) for view in views]
    for view, kind in zip(views, kinds, strict=True):
        if kind not in (*AUTHENTICATIONS, "forward", "redirect", "fixed-response"):
            raise Refusal("unknown-action", view, ("Type",), type=kind)
    proving = [view for view, kind in zip(views, kinds, strict=True) if kind in AUTHENTICATIONS]
    routing = [view for view, kind in zip(views, kinds, strict=True) if kind not in AUTHENTICATIONS]
    if len(routing) != 1 or len(proving) > 1:
        at = (key, 0, "Type") if views else (key,)
        raise Refusal("actions-not-expressible", owner, at, kinds=", ".join(kinds) or "none")
    authentication = _authentication(proving[0]) if proving else None
    return _routing(routing[0], resolve), authentication


def _routing(view: AwsMap, resolve: Resolve) -> Action:
    match view["Type"]:
        case "redirect":
            return _redirect(view.get("RedirectConfig", NOTHING))
        case "fixed-response":
            config = view.get("FixedResponseConfig", NOTHING)
            return FixedResponse(
                str(config.get("StatusCode", "")),
                str(config.get("ContentType", "")),
                str(config.get("MessageBody", "")),
            )
    return _forward(view, resolve)


def _redirect(config: AwsMap) -> Redirect:
    """What is not said stays as it is in the request."""
    told = {key.lower(): str(config[key]) for key in ("Protocol", "Host", "Port", "Path", "Query") if key in config}
    return Redirect(str(config.get("StatusCode", "")), **told)


def _forward(view: AwsMap, resolve: Resolve) -> Forward:
    """`ForwardConfig` first: the top-level ARN stands beside it only where there is one target group."""
    config = view.get("ForwardConfig", NOTHING)
    groups = config.get("TargetGroups", [])
    if not groups:
        arn = str(view.get("TargetGroupArn", ""))
        if not arn:
            raise Refusal("actions-not-expressible", view, ("Type",), kinds="a forward without a target group")
        return Forward(((resolve(arn, view, "TargetGroupArn"), 1),))
    backends: dict[str, int] = {}
    for group in groups:
        backend = resolve(str(group.get("TargetGroupArn", "")), group, "TargetGroupArn")
        backends[backend] = backends.get(backend, 0) + int(group.get("Weight", 1))
        if not 0 <= backends[backend] <= HEAVIEST:
            raise Refusal("actions-not-expressible", view, ("Type",), kinds=f"a weight of {backends[backend]}")
    sticky = config.get("TargetGroupStickinessConfig", NOTHING)
    seconds = int(sticky.get("DurationSeconds", STICKY)) if sticky.get("Enabled") else None
    return Forward(tuple(backends.items()), seconds)


def _authentication(view: AwsMap) -> Authentication:
    kind: Any = view["Type"]
    config = view.get(AUTHENTICATIONS[kind], NOTHING)
    for key in config:
        if key not in SETTINGS[kind]:
            raise Refusal("unknown-action", view, (AUTHENTICATIONS[kind], *_first_leaf(config, key)), type=key)
    given = {key: config[key] for key in config if key not in REQUEST_ONLY and config[key] not in ("", [])}
    given = {key: value for key, value in given.items() if not isinstance(value, View) or len(value)}
    assumed = {} if kind == "jwt-validation" else ASSUMED
    return Authentication(kind, tuple(sorted((key, text(value)) for key, value in (assumed | given).items())))


def text(value: Any) -> str:
    """A setting as text: lists and maps as JSON with sorted keys."""
    if isinstance(value, View | dict | list):
        return json.dumps(plain(value), sort_keys=True)
    return str(value).lower() if isinstance(value, bool) else str(value)


def plain(value: Any) -> Any:
    """*value* of a view as dicts and lists, each leaf read."""
    if isinstance(value, View | dict):
        return {key: plain(value[key]) for key in value}
    return [plain(item) for item in value] if isinstance(value, list) else value


def transforms(rule: AwsMap) -> tuple[Transform, ...]:
    found = []
    for view in rule.get("Transforms", []):
        kind: Any = view.get("Type", "")
        if kind not in TRANSFORMS:
            raise Refusal("unknown-action", view, ("Type",), type=kind)
        rewrites = view.get(TRANSFORMS[kind], NOTHING).get("Rewrites", [])
        found.append(Transform(kind, tuple((str(r.get("Regex", "")), str(r.get("Replace", ""))) for r in rewrites)))
    return tuple(found)
