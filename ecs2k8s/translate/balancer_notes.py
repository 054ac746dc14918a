"""What is said of an ALB that is translated: what was not read beside it, quotas, Secrets that a person makes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.translate.ingress import secret_names
from ecs2k8s.translate.ingress_rules import PREFIX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecs2k8s.core.manifests import Placed
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.balancers import LoadBalancer
    from ecs2k8s.translate.ingress import Routed

MOST_RULES = 100  # of a load balancer, beside the defaults; the quota can be raised


def say_around(balancer: LoadBalancer, placed: Sequence[Placed], target: Target) -> None:
    """What the Ingresses would have said, had it been read, and what the account must be prepared for."""
    if not balancer.attributes:
        note(balancer.view, "LoadBalancerArn", "attributes-not-read", name=balancer.name)
    if not balancer.web_acl:
        note(balancer.view, "LoadBalancerArn", "web-acl-not-given", name=balancer.name)
    built = sum(
        len(item.manifest["spec"].get("rules", ())) * _ports(item)
        for item in placed
        if item.manifest["kind"] == "Ingress"
    )
    if built > MOST_RULES:
        note(balancer.view, "LoadBalancerArn", "rules-over-quota", name=balancer.name, rules=built, most=MOST_RULES)
    if target.compute == "auto-mode":
        note(balancer.view, "LoadBalancerArn", "ingress-on-auto-mode")
    for listener in balancer.listeners:
        if listener.protocol == "HTTPS" and not listener.certificates:
            note(listener.view, ("Certificates", 0, "CertificateArn"), "certificates-not-read")


def _ports(placed: Placed) -> int:
    """How many listeners of the new load balancer have the rules of an Ingress."""
    return len(json.loads(placed.manifest["metadata"]["annotations"][f"{PREFIX}listen-ports"]))


def say_secrets(balancer: LoadBalancer, routed: Sequence[Routed]) -> None:
    """On each client id: the Secret that a person makes, because AWS never returns the client's secret."""
    secrets = secret_names(balancer.name, routed)
    for each in routed:
        view = each.listener.view
        default = (view, "DefaultActions") if "DefaultActions" in view else (each.listener.default_rule, "Actions")
        for owner, key in (default, *((rule.view, "Actions") for rule in each.rules)):
            for number, item in enumerate(owner.get(key, [])):
                config = item.get("AuthenticateOidcConfig", NOTHING)
                if item.get("Type") == "authenticate-oidc":
                    given = str(config.get("Issuer", "")), str(config.get("ClientId", ""))
                    at = (key, number, "AuthenticateOidcConfig", "ClientId")
                    note(owner, at, "oidc-client-secret", secret=secrets.get(given, ""), client=given[1])
