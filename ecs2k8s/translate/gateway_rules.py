"""What a rule does, as a rule of a route and a ListenerRuleConfiguration for what routes have no word for.

https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/gateway/listenerruleconfig/
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.units import whole_number
from ecs2k8s.translate.gateway_matches import is_hostname, is_path
from ecs2k8s.translate.ingress_rules import service_of
from ecs2k8s.translate.routes import FixedResponse, Forward, Redirect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecs2k8s.translate.routes import Action, Authentication, Route

GROUP = "gateway.k8s.aws"
STATUSES = {"HTTP_301": 301, "HTTP_302": 302}
NOT_FOUND = FixedResponse("404", "text/plain")  # what a listener answers that has no rule for a request
CONTENT_TYPES = ("text/plain", "text/css", "text/html", "application/javascript", "application/json")


class ActionError(Exception):
    """Neither a route nor the configuration of a rule says what the action does; *why* says which part."""


def filters(action: Action, configuration: str) -> list[dict[str, Any]]:
    """A redirect, and the reference to the ListenerRuleConfiguration of that name (empty: there is none)."""
    found: list[dict[str, Any]] = []
    if isinstance(action, Redirect):
        found.append({"type": "RequestRedirect", "requestRedirect": _redirect(action)})
    if configuration:
        reference = {"group": GROUP, "kind": "ListenerRuleConfiguration", "name": configuration}
        found.append({"type": "ExtensionRef", "extensionRef": reference})
    return found


def _redirect(action: Redirect) -> dict[str, Any]:
    """What is left out stays as it is in the request. Placeholders inside a text are words of AWS's alone."""
    if action.status not in STATUSES:
        raise ActionError(f"no redirect has the status {action.status}")
    found: dict[str, Any] = {}
    if action.protocol != "#{protocol}":
        found["scheme"] = _able("protocol", action.protocol, action.protocol in ("HTTP", "HTTPS")).lower()
    if action.host != "#{host}":
        found["hostname"] = _able("host", action.host, "*" not in action.host and is_hostname(action.host))
    if action.port != "#{port}":
        found["port"] = int(_able("port", action.port, whole_number(action.port) is not None))
    if action.path != "/#{path}":
        path = _able("path", action.path, is_path(action.path))
        found["path"] = {"type": "ReplaceFullPath", "replaceFullPath": path}
    if not found:
        raise ActionError("a redirect changes protocol, host, port or path")
    return found | {"statusCode": STATUSES[action.status]}


def _able(what: str, value: str, able: bool) -> str:  # noqa: FBT001
    if not able:
        raise ActionError(f"no redirect leads to the {what} {value}")
    return value


def backend_refs(action: Action) -> list[dict[str, Any]]:
    if not isinstance(action, Forward):
        return []
    weighted = len(action.backends) > 1
    if not any(weight for _, weight in action.backends):
        raise ActionError("a forward of which no target group gets anything is an answer of its own there")
    return [_backend(name) | ({"weight": weight} if weighted else {}) for name, weight in action.backends]


def _backend(name: str) -> dict[str, Any]:
    """A target group outside the cluster goes by its name alone."""
    found = service_of(name)
    if found is None:
        return {"group": "", "kind": "TargetGroupName", "name": target_group_name(name)}
    return {"kind": "Service", "name": found[1], "port": found[2]}


def target_group_name(arn: str) -> str:
    """`arn:…:targetgroup/web/0123` is called `web`."""
    parts = arn.rpartition(":")[2].split("/")
    if len(parts) != 3:  # noqa: PLR2004
        raise ActionError(f"{arn} is no ARN of a target group")
    return parts[1]


def configuration(route: Route, sources: Sequence[str], secret: str) -> dict[str, Any]:
    """The `spec` of the rule's ListenerRuleConfiguration; empty where it needs none. Raises `ActionError`."""
    actions = [_authentication(route.authentication, secret)] if route.authentication else []
    actions += _routing(route.action)
    found: dict[str, Any] = {"actions": actions} if actions else {}
    if sources:
        found["conditions"] = [{"field": "source-ip", "sourceIPConfig": {"values": list(sources)}}]
    return found


def _routing(action: Action) -> list[dict[str, Any]]:
    """What a route has no word for: a stickiness, a query, a whole answer."""
    match action:
        case Forward() if action.sticky is not None:
            sticky = {"enabled": True, "durationSeconds": action.sticky}
            return [{"type": "forward", "forwardConfig": {"targetGroupStickinessConfig": sticky}}]
        case Redirect() if action.query != "#{query}":
            return [{"type": "redirect", "redirectConfig": {"query": action.query}}]
        case FixedResponse():
            return [{"type": "fixed-response", "fixedResponseConfig": _response(action)}]
    return []


def _response(action: FixedResponse) -> dict[str, Any]:
    if whole_number(action.status) is None:
        raise ActionError(f"no response has the status {action.status}")
    if action.content_type not in CONTENT_TYPES:
        raise ActionError("the configuration of a rule always says the content type of a response")
    body = {"messageBody": action.body} if action.body else {}
    return {"statusCode": int(action.status), "contentType": action.content_type} | body


def _authentication(value: Authentication, secret: str) -> dict[str, Any]:
    given = dict(value.settings)
    if value.kind == "jwt-validation":
        return {"type": value.kind, "jwtValidationConfig": _token(given)}
    found = _session(given)
    if value.kind == "authenticate-cognito":
        found |= _named(given, ("UserPoolArn", "UserPoolClientId", "UserPoolDomain"))
        return {"type": value.kind, "authenticateCognitoConfig": found}
    found |= _named(given, ("Issuer", "AuthorizationEndpoint", "TokenEndpoint", "UserInfoEndpoint"))
    return {"type": value.kind, "authenticateOIDCConfig": found | {"secret": {"name": secret}}}


def _session(given: Mapping[str, str]) -> dict[str, Any]:
    """What both kinds of sign-in share. Parameters are written even if there are none: the controller fails without."""
    if whole_number(given["SessionTimeout"]) is None:
        raise ActionError("the time of a session is a number of seconds")
    found: dict[str, Any] = _named(given, ("OnUnauthenticatedRequest", "Scope", "SessionCookieName"))
    found["sessionTimeout"] = int(given["SessionTimeout"])
    return found | {"authenticationRequestExtraParams": json.loads(given.get("AuthenticationRequestExtraParams", "{}"))}


def _named(given: Mapping[str, str], names: Sequence[str]) -> dict[str, Any]:
    """The settings as the configuration calls them: AWS's names with a small letter in front."""
    return {name[0].lower() + name[1:]: given.get(name, "") for name in names}


def _token(given: Mapping[str, str]) -> dict[str, Any]:
    claims = [
        {"format": claim.get("Format"), "name": claim.get("Name"), "values": claim.get("Values", [])}
        for claim in json.loads(given.get("AdditionalClaims", "[]"))
    ]
    found: dict[str, Any] = _named(given, ("JwksEndpoint", "Issuer"))
    return found | ({"additionalClaims": claims} if claims else {})
