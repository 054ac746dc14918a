"""Matches and rules of routes as the controller reads them: conditions, actions, and how specific a match is.

Written from its source, https://github.com/kubernetes-sigs/aws-load-balancer-controller, `pkg/gateway/routeutils`
(route_rule_precedence.go, route_rule_condition.go, route_rule_action.go), and from the defaults of the definitions.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecs2k8s.assess.lbc_annotations import reject
from ecs2k8s.translate.routes import Authentication, Condition, FixedResponse, Forward, Redirect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.translate.routes import Action

    Match = Mapping[str, Any]
    Services = Mapping[tuple[str, str], Manifest]

NOT_FOUND = FixedResponse("404", "text/plain")
NO_BACKEND = FixedResponse("500", "text/plain")
EVERY_PATH = {"type": "PathPrefix", "value": "/"}
PATH_RANK = {"Exact": 3, "PathPrefix": 2, "RegularExpression": 1}
SESSION = {
    "OnUnauthenticatedRequest": ("onUnauthenticatedRequest", "authenticate"),
    "Scope": ("scope", "openid"),
    "SessionCookieName": ("sessionCookieName", "AWSELBAuthSessionCookie"),
    "SessionTimeout": ("sessionTimeout", 604800),
}
PROVIDERS = {
    "authenticate-oidc": ("Issuer", "AuthorizationEndpoint", "TokenEndpoint", "UserInfoEndpoint"),
    "authenticate-cognito": ("UserPoolArn", "UserPoolClientId", "UserPoolDomain"),
}
CONFIGS = {
    "authenticate-oidc": "authenticateOIDCConfig",
    "authenticate-cognito": "authenticateCognitoConfig",
    "jwt-validation": "jwtValidationConfig",
}


def specificity(kind: str, match: Match, host: str) -> tuple[int, ...]:
    """Smaller is tried first: host, kind of path, its length, length of a gRPC method, method, headers, parameters."""
    headers, parameters = len(match.get("headers", [])), len(match.get("queryParams", []))
    if kind == "GRPCRoute":
        call = match.get("method") or {}
        rank = {"Exact": 3, "RegularExpression": 1}[call.get("type", "Exact")] if call else 0
        lengths = (len(call.get("service", "").encode()), len(call.get("method", "").encode()))
        return (*_host_rank(host), -rank, -lengths[0], -lengths[1], 0, -headers, 0)
    path = EVERY_PATH | match.get("path", {})
    rank, length = PATH_RANK[path["type"]], len(path["value"].encode())
    return (*_host_rank(host), -rank, -length, 0, -("method" in match), -headers, -parameters)


def _host_rank(host: str) -> tuple[int, int, int]:
    """A whole name before a wildcard before none; then more dots, then more characters."""
    if not host:
        return (2, 0, 0)
    return (int(host.startswith("*.")), -host.count("."), -len(host))


def conditions(kind: str, match: Match, host: str) -> tuple[Condition, ...]:
    found = [Condition("host-header", (host,))] if host else []
    found.append(_call(match.get("method")) if kind == "GRPCRoute" else _path(EVERY_PATH | match.get("path", {})))
    found += _headers(match)
    for parameter in match.get("queryParams", []):
        if parameter.get("type", "Exact") != "Exact":
            reject("a query parameter that is matched by a regular expression is not modelled")
        found.append(Condition("query-string", queries=((parameter["name"], parameter["value"]),)))
    if kind == "HTTPRoute" and "method" in match:
        found.append(Condition("http-request-method", (match["method"],)))
    return tuple(found)


def _path(path: Match) -> Condition:
    kind, value = path["type"], path["value"]
    if kind == "RegularExpression":
        return Condition("path-pattern", (value,), regex=True)
    if "*" in value or "?" in value:
        reject(f"{kind} path shouldn't contain wildcards: {value}")
    if kind == "Exact":
        return Condition("path-pattern", (value,))
    bare = value.removesuffix("/")
    return Condition("path-pattern", ("/*",) if value == "/" else (bare, f"{bare}/*"))


def _call(call: Match | None) -> Condition:
    """The path of a gRPC call; the controller takes a regular expression as it is, which is a glob then."""
    if not call:
        return Condition("path-pattern", ("/*",))
    if "service" not in call and "method" not in call:
        reject("Invalid grpc method match")
    return Condition("path-pattern", (f"/{call.get('service', '*')}/{call.get('method', '*')}",))


def _headers(match: Match) -> Iterator[Condition]:
    for header in match.get("headers", []):
        if header.get("type", "Exact") != "Exact":
            reject("a header that is matched by a regular expression is not modelled")
        yield Condition("http-header", tuple(_split(header["value"])), name=header["name"])


def _split(value: str) -> list[str]:
    """At commas; a backslash makes the next character plain."""
    found = [""]
    rest = iter(value)
    for character in rest:
        if character == ",":
            found.append("")
        else:
            found[-1] += next(rest, "\\") if character == "\\" else character
    return found


def sources(configuration: Mapping[str, Any], match_index: int) -> Iterator[Condition]:
    for condition in configuration.get("conditions", []):
        if condition["field"] != "source-ip":
            reject(f"a condition of a rule's configuration that is not known: {condition['field']}")
        if match_index in condition.get("matchIndexes", [match_index]):
            yield Condition("source-ip", tuple(condition["sourceIPConfig"]["values"]))


def action(rule: Mapping[str, Any], configuration: Mapping[str, Any], namespace: str, services: Services) -> Action:
    """A fixed response first, then a redirect, then the backends; without any that gets traffic it is a 500."""
    routing = {item["type"]: item for item in configuration.get("actions", [])}
    if "fixed-response" in routing:
        config = routing["fixed-response"]["fixedResponseConfig"]
        kind, body = config.get("contentType", "text/plain"), config.get("messageBody", "")
        return FixedResponse(str(config["statusCode"]), kind, body)
    redirects = [item["requestRedirect"] for item in rule.get("filters", []) if item["type"] == "RequestRedirect"]
    if redirects:
        return _redirect(redirects[0], routing.get("redirect", {}).get("redirectConfig", {}))
    if "redirect" in routing:
        reject("HTTPRouteFilterRequestRedirect must be provided if RedirectActionConfig is provided")
    backends = [(_backend(ref, namespace, services), ref.get("weight", 1)) for ref in rule.get("backendRefs", [])]
    if not any(weight for _, weight in backends) or any(name is None for name, _ in backends):
        return NO_BACKEND
    sticky = routing.get("forward", {}).get("forwardConfig", {}).get("targetGroupStickinessConfig", {})
    seconds = sticky.get("durationSeconds", 3600) if sticky.get("enabled", False) else None
    return Forward(tuple((str(name), weight) for name, weight in backends), seconds)


def _redirect(given: Mapping[str, Any], more: Mapping[str, Any]) -> Redirect:
    path = given.get("path")
    if path and path["type"] != "ReplaceFullPath":
        reject("a redirect that replaces a prefix is not modelled")
    if path and ("*" in path["replaceFullPath"] or "?" in path["replaceFullPath"]):
        reject(f"ReplaceFullPath shouldn't contain wildcards: {path['replaceFullPath']}")
    if not given.keys() & {"scheme", "hostname", "port", "path"}:
        reject("To avoid a redirect loop, you must modify at least one of protocol, port, hostname or path")
    return Redirect(
        f"HTTP_{given.get('statusCode', 302)}",
        protocol=given["scheme"].upper() if "scheme" in given else "#{protocol}",
        host=given.get("hostname", "#{host}"),
        port=str(given["port"]) if "port" in given else "#{port}",
        path=path["replaceFullPath"] if path else "/#{path}",
        query=more.get("query", "#{query}"),
    )


def _backend(ref: Mapping[str, Any], namespace: str, services: Services) -> str | None:
    """What a route calls a backend; None for a Service or port that is not there."""
    if ref.get("kind", "Service") == "TargetGroupName":
        return f"target group {ref['name']}"
    if ref.get("namespace", namespace) != namespace:
        reject(f"no ReferenceGrant lets a route of {namespace} refer to {ref['namespace']}/{ref['name']}")
    service = services.get((namespace, ref["name"]), {"spec": {}})
    ports = [port["port"] for port in service["spec"].get("ports", [])]
    return f"{namespace}/{ref['name']}:{ref['port']}" if ref["port"] in ports else None


def authentication(configuration: Mapping[str, Any], protocol: str) -> Authentication | None:
    """What is asked of a request first. On an HTTP listener it is left out without a word."""
    found = [item for item in configuration.get("actions", []) if item["type"] in CONFIGS]
    if not found or protocol != "HTTPS":
        return None
    kind = found[0]["type"]
    config = found[0][CONFIGS[kind]]
    settings = _token(config) if kind == "jwt-validation" else _login(kind, config)
    return Authentication(kind, tuple(sorted(settings.items())))


def _login(kind: str, config: Mapping[str, Any]) -> dict[str, str]:
    settings = {aws: config[aws[0].lower() + aws[1:]] for aws in PROVIDERS[kind]}
    settings |= {aws: str(config.get(name, default)) for aws, (name, default) in SESSION.items()}
    if kind == "authenticate-oidc":
        settings["SecretName"] = config["secret"]["name"]
    if config.get("authenticationRequestExtraParams"):
        extra = json.dumps(config["authenticationRequestExtraParams"], sort_keys=True)
        settings["AuthenticationRequestExtraParams"] = extra
    return settings


def _token(config: Mapping[str, Any]) -> dict[str, str]:
    settings = {"Issuer": config["issuer"], "JwksEndpoint": config["jwksEndpoint"]}
    claims = [
        {"Format": claim["format"], "Name": claim["name"], "Values": claim["values"]}
        for claim in config.get("additionalClaims", [])
    ]
    return settings | ({"AdditionalClaims": json.dumps(claims, sort_keys=True)} if claims else {})
