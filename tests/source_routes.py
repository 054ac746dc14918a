"""Listeners of AWS as routes, read once more and in another way than the translation reads them."""

from __future__ import annotations

import json
from typing import Any

from ecs2k8s.translate.routes import (
    Action,
    Authentication,
    Condition,
    FixedResponse,
    Forward,
    Redirect,
    Route,
    Transform,
)

Document = dict[str, Any]
CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}
AUTHENTICATIONS = {
    "authenticate-oidc": "AuthenticateOidcConfig",
    "authenticate-cognito": "AuthenticateCognitoConfig",
    "jwt-validation": "JwtValidationConfig",
}
LOGIN_DEFAULTS = {
    "OnUnauthenticatedRequest": "authenticate",
    "Scope": "openid",
    "SessionCookieName": "AWSELBAuthSessionCookie",
    "SessionTimeout": 604800,
}
SECRETS = {"ClientId", "ClientSecret", "UseExistingClientSecret"}
REWRITES = {"host-header-rewrite": "HostHeaderRewriteConfig", "url-rewrite": "UrlRewriteConfig"}


def source(listener: Document, rules: list[Document]) -> tuple[tuple[Route, ...], Route]:
    """The rules by priority, without the one that repeats the default, and the default.

    Backends are called by the ARNs of their target groups.
    """
    numbered = sorted((rule for rule in rules if rule["Priority"] != "default"), key=lambda r: int(r["Priority"]))
    default = _route([], listener["DefaultActions"], [])
    return tuple(_route(r["Conditions"], r["Actions"], r.get("Transforms", [])) for r in numbered), default


def _route(conditions: list[Document], actions: list[Document], transforms: list[Document]) -> Route:
    *before, last = sorted(actions, key=lambda action: action.get("Order", 1))
    return Route(
        tuple(map(_condition, conditions)),
        _action(last),
        _authentication(before[0]) if before else None,
        tuple(
            Transform(t["Type"], tuple((w["Regex"], w["Replace"]) for w in t[REWRITES[t["Type"]]]["Rewrites"]))
            for t in transforms
        ),
    )


def _condition(condition: Document) -> Condition:
    field = condition["Field"]
    config = condition.get(CONFIGS[field]) or condition
    if field == "query-string":
        return Condition(field, queries=tuple((pair.get("Key"), pair["Value"]) for pair in config["Values"]))
    regexes = tuple(config.get("RegexValues") or ())
    values = regexes or tuple(config["Values"])
    return Condition(field, values, name=config.get("HttpHeaderName", ""), regex=bool(regexes))


def _action(action: Document) -> Action:
    match action["Type"]:
        case "forward":
            return _forward(action)
        case "redirect":
            config = action["RedirectConfig"]
            parts = {
                part: config[part.title()]
                for part in ("protocol", "host", "port", "path", "query")
                if part.title() in config
            }
            return Redirect(config["StatusCode"], **parts)
        case "fixed-response":
            config = action["FixedResponseConfig"]
            return FixedResponse(config["StatusCode"], config.get("ContentType", ""), config.get("MessageBody", ""))
    raise AssertionError(action)


def _forward(action: Document) -> Forward:
    config = action.get("ForwardConfig")
    if not config:
        return Forward(((action["TargetGroupArn"], 1),))
    sticky = config.get("TargetGroupStickinessConfig", {})
    groups = tuple((group["TargetGroupArn"], group.get("Weight", 1)) for group in config["TargetGroups"])
    return Forward(groups, sticky["DurationSeconds"] if sticky.get("Enabled") else None)


def _authentication(action: Document) -> Authentication:
    kind = action["Type"]
    defaults = {} if kind == "jwt-validation" else LOGIN_DEFAULTS
    settings = {
        name: value for name, value in (defaults | action[AUTHENTICATIONS[kind]]).items() if name not in SECRETS
    }
    return Authentication(
        kind, tuple(sorted((name, _text(value)) for name, value in settings.items() if value not in ({}, [])))
    )


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True) if isinstance(value, list | dict) else str(value)
