"""Authentication in front of a rule, as the controller makes it of annotations of the Ingress and the Service.

Source: https://github.com/kubernetes-sigs/aws-load-balancer-controller, `pkg/ingress/auth_config_builder.go` and
`pkg/ingress/model_build_actions.go`. The client's name and secret lie in a Secret: in
their place the settings have its name, `SecretName`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from ecs2k8s.assess.lbc_annotations import Annotations, GoObject, reject
from ecs2k8s.translate.routes import Authentication

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["authenticate-oidc", "authenticate-cognito", "jwt-validation"]
ANSWERS = ("authenticate", "allow", "deny")
CLAIM_FORMATS = ("single-string", "string-array", "space-separated-values")


def authentication(annotations: Annotations, protocol: str) -> Authentication | None:
    """What is asked of a request first. On an HTTP listener it is left out without a word, but still read."""
    session = _session(annotations)
    kind = annotations.text("auth-type")
    if kind not in {None, "none", "oidc", "cognito"}:
        reject(f"unknown authType: {kind}")
    oidc, cognito = annotations.json_object("auth-idp-oidc"), annotations.json_object("auth-idp-cognito")
    token = annotations.json_object("jwt-validation")
    jwt = _jwt(token) if token else None
    if protocol != "HTTPS":
        return None
    if kind in {None, "none"}:
        return jwt
    if jwt:
        reject("both auth-type and jwt-validation: a rule has one authentication at most")
    return _oidc(oidc, session) if kind == "oidc" else _cognito(cognito, session)


def _session(annotations: Annotations) -> dict[str, str]:
    """What both kinds of login share, with the controller's defaults."""
    timeout = annotations.whole("auth-session-timeout")
    answer = annotations.text("auth-on-unauthenticated-request")
    scope, cookie = annotations.text("auth-scope"), annotations.text("auth-session-cookie")
    return {
        "OnUnauthenticatedRequest": "authenticate" if answer is None else answer,
        "Scope": "openid" if scope is None else scope,
        "SessionCookieName": "AWSELBAuthSessionCookie" if cookie is None else cookie,
        "SessionTimeout": str(604800 if timeout is None else timeout),
    }


def _oidc(config: GoObject | None, session: dict[str, str]) -> Authentication:
    if not config:
        reject("missing IDPConfigOIDC")
    names = ("issuer", "authorizationEndpoint", "tokenEndpoint", "userInfoEndpoint", "secretName")
    return _login("authenticate-oidc", config, {_aws(name): config.text(name) for name in names}, session)


def _cognito(config: GoObject | None, session: dict[str, str]) -> Authentication:
    if not config:
        reject("missing IDPConfigCognito")
    names = {"UserPoolArn": "userPoolARN", "UserPoolClientId": "userPoolClientID", "UserPoolDomain": "userPoolDomain"}
    return _login("authenticate-cognito", config, {aws: config.text(name) for aws, name in names.items()}, session)


def _aws(name: str) -> str:
    return name[0].upper() + name[1:]


def _login(kind: Kind, config: GoObject, provider: Mapping[str, str | None], session: dict[str, str]) -> Authentication:
    settings = session | {name: value or reject(f"{config.where}: no {name}") for name, value in provider.items()}
    if session["OnUnauthenticatedRequest"] not in ANSWERS:
        reject(f"auth-on-unauthenticated-request: {session['OnUnauthenticatedRequest']}")
    parameters = config.text_map("authenticationRequestExtraParams")
    if parameters:
        settings["AuthenticationRequestExtraParams"] = json.dumps(parameters, sort_keys=True)
    return Authentication(kind, tuple(sorted(settings.items())))


def _jwt(config: GoObject) -> Authentication:
    settings = {_aws(n): config.text(n) or reject(f"jwt-validation: no {n}") for n in ("issuer", "jwksEndpoint")}
    claims = [_claim(claim) for claim in config.objects("additionalClaims")]
    if claims:
        settings["AdditionalClaims"] = json.dumps(claims, sort_keys=True)
    return Authentication("jwt-validation", tuple(sorted(settings.items())))


def _claim(claim: GoObject) -> dict[str, object]:
    if claim.text("format") not in CLAIM_FORMATS:
        reject(f"jwt-validation: unknown format of a claim: {claim.text('format')}")
    name, values = claim.text("name"), list(claim.texts("values"))
    if not name or not values:
        reject("jwt-validation: a claim without name or values")
    return {"Format": claim.text("format"), "Name": name, "Values": values}
