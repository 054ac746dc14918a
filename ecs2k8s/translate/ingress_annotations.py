"""What an ALB has beside its rules, as annotations: always written, because the controller's own defaults differ."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.translate.attributes import pairs
from ecs2k8s.translate.ingress_rules import PREFIX, compact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecs2k8s.resolve.balancers import Listener, LoadBalancer
    from ecs2k8s.resolve.workload import AwsMap
    from ecs2k8s.translate.routes import Authentication

# Each release of external-dns reads one of the two prefixes, and leaves an object out that another controller owns.
# https://kubernetes-sigs.github.io/external-dns/latest/docs/annotations/annotations/
HOLD = {
    "external-dns.kubernetes.io/controller": "ecs2k8s-hold",
    "external-dns.alpha.kubernetes.io/controller": "ecs2k8s-hold",
}
SECURE = "HTTPS"


def of_load_balancer(balancer: LoadBalancer, group: str, name: str) -> dict[str, str]:
    """What every member of *group* repeats, without the prefix; the controller refuses a difference."""
    view = balancer.view
    found: dict[str, Any] = {
        "group.name": group,
        "load-balancer-name": name,
        "scheme": view.get("Scheme"),
        "ip-address-type": view.get("IpAddressType", "ipv4"),
        "subnets": ",".join(subnets(view)),
        "security-groups": ",".join(sorted(str(group) for group in view.get("SecurityGroups", []))),
        # Without it the controller opens no way to the pods once groups are given.
        "manage-backend-security-group-rules": "true",
        "load-balancer-attributes": ",".join(pairs(balancer.attributes, "load-balancer")),
        "customer-owned-ipv4-pool": view.get("CustomerOwnedIpv4Pool"),
        "ipam-ipv4-pool-id": view.get("IpamPools", NOTHING).get("Ipv4IpamPoolId"),
        "wafv2-acl-arn": balancer.web_acl.get("WebACL", NOTHING).get("ARN"),
        "tags": ",".join(tag_pairs(balancer.tags)),
    }
    return {key: str(value) for key, value in found.items() if value}


def subnets(view: AwsMap) -> list[str]:
    zones = view.get("AvailabilityZones", [])
    return sorted(str(zone["SubnetId"]) for zone in zones if "SubnetId" in zone)


def tag_pairs(tags: AwsMap) -> list[str]:
    return sorted(f"{escaped(key)}={escaped(value)}" for key, value in copied_tags(tags).items())


def copied_tags(tags: AwsMap) -> dict[str, str]:
    """The tags that may be given again; those of AWS and of the controller may not."""
    found = {}
    for item in tags.get("Tags", []):
        key, value = str(item.get("Key", "")), str(item.get("Value", ""))
        if key.startswith("aws:") or "elbv2.k8s.aws/" in key or "ingress.k8s.aws/" in key or "=" in key:
            note(item, "Key", "tag-not-copied", key=key)
            continue
        found[key] = value
    return dict(sorted(found.items()))


def escaped(text: str) -> str:
    r"""A comma ends an item of the list unless a backslash stands before it."""
    return text.replace("\\", "\\\\").replace(",", "\\,")


def of_listeners(listeners: Sequence[Listener]) -> dict[str, str]:
    """Ports, certificates, TLS policy, client certificates and attributes of the listeners that share an Ingress."""
    secure = [listener for listener in listeners if listener.protocol == SECURE]
    found = {"listen-ports": compact([{listener.protocol: listener.port} for listener in listeners])}
    if secure:
        first = secure[0]
        found["certificate-arn"] = ",".join(certificates(first))
        found["ssl-policy"] = str(first.view.get("SslPolicy", ""))
        mutual = [each for listener in secure if (each := _mutual(listener))]
        found["mutual-authentication"] = compact(mutual) if mutual else ""
    for listener in listeners:
        key = f"listener-attributes.{listener.protocol}-{listener.port}"
        found[key] = ",".join(pairs(listener.attributes, "listener"))
    return {key: value for key, value in found.items() if value}


def certificates(listener: Listener) -> list[str]:
    """Certificate ARNs, the default first, each once. Only the default where the list was not read."""
    own = [str(item["CertificateArn"]) for item in listener.view.get("Certificates", []) if "CertificateArn" in item]
    listed = [item for item in listener.certificates.get("Certificates", []) if "CertificateArn" in item]
    default = [str(item["CertificateArn"]) for item in listed if item.get("IsDefault")]
    others = sorted(str(item["CertificateArn"]) for item in listed if not item.get("IsDefault"))
    return list(dict.fromkeys([*(default or own), *others]))


def tls(listener: Listener) -> tuple[Any, ...]:
    """What listeners must have in common to share an Ingress; nothing where they are not HTTPS."""
    if listener.protocol != SECURE:
        return ()
    mutual = {key: value for key, value in _mutual(listener).items() if key != "port"}
    return (certificates(listener), listener.view.get("SslPolicy", ""), mutual)


def _mutual(listener: Listener) -> dict[str, Any]:
    """The controller refuses the other members in another mode than `verify`."""
    view = listener.view.get("MutualAuthentication", NOTHING)
    mode = str(view.get("Mode", "off"))
    if mode == "off":
        return {}
    found: dict[str, Any] = {"port": listener.port, "mode": mode}
    if mode == "verify":
        found["trustStore"] = str(view.get("TrustStoreArn", ""))
        found["ignoreClientCertificateExpiry"] = bool(view.get("IgnoreClientCertificateExpiry", False))
        found["advertiseTrustStoreCaNames"] = str(view.get("AdvertiseTrustStoreCaNames", "off"))
    return found


def of_authentication(authentication: Authentication, secret: str) -> dict[str, str]:
    """What signs users in, or checks their token, for every rule of an Ingress. *secret* holds client id and secret."""
    given = dict(authentication.settings)
    if authentication.kind == "jwt-validation":
        return {"jwt-validation": compact(_token(given))}
    found = {
        "auth-scope": given["Scope"],
        "auth-session-cookie": given["SessionCookieName"],
        "auth-session-timeout": given["SessionTimeout"],
        "auth-on-unauthenticated-request": given["OnUnauthenticatedRequest"],
    }
    extra = given.get("AuthenticationRequestExtraParams")
    more = {"authenticationRequestExtraParams": json.loads(extra)} if extra else {}
    if authentication.kind == "authenticate-cognito":
        pool = {
            "userPoolARN": given.get("UserPoolArn", ""),
            "userPoolClientID": given.get("UserPoolClientId", ""),
            "userPoolDomain": given.get("UserPoolDomain", ""),
        }
        return {"auth-type": "cognito", "auth-idp-cognito": compact(pool | more), **found}
    provider = {
        key[0].lower() + key[1:]: given.get(key, "")
        for key in ("Issuer", "AuthorizationEndpoint", "TokenEndpoint", "UserInfoEndpoint")
    }
    return {"auth-type": "oidc", "auth-idp-oidc": compact(provider | {"secretName": secret} | more), **found}


def _token(given: dict[str, str]) -> dict[str, Any]:
    claims = [
        {"format": claim.get("Format"), "name": claim.get("Name"), "values": claim.get("Values", [])}
        for claim in json.loads(given.get("AdditionalClaims", "[]"))
    ]
    found: dict[str, Any] = {"jwksEndpoint": given.get("JwksEndpoint", ""), "issuer": given.get("Issuer", "")}
    return found | ({"additionalClaims": claims} if claims else {})


def prefixed(annotations: dict[str, str]) -> dict[str, str]:
    return {PREFIX + key: value for key, value in annotations.items()}
