"""What AWS Load Balancer Controller builds of one Gateway with its routes.

Written from its source, https://github.com/kubernetes-sigs/aws-load-balancer-controller, `pkg/gateway`, and from the
specification of the Gateway API, https://gateway-api.sigs.k8s.io/reference/spec/, independently of what writes the
objects: routing is proved by building the listeners of the generated manifests here and comparing them with those that
the manifests were made of. A GatewayClass that brings a configuration of its own, certificates and target group
attributes are not part of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.assess import gateway_rule
from ecs2k8s.assess.lbc import Built
from ecs2k8s.assess.lbc_annotations import reject
from ecs2k8s.assess.lbc_limits import check
from ecs2k8s.translate.routes import Route

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ecs2k8s.core.manifests import Manifest

    Services = Mapping[tuple[str, str], Manifest]

API_VERSION = "1.6"
CONTROLLER = "gateway.k8s.aws/alb"
KINDS = ("HTTPRoute", "GRPCRoute")
# https://github.com/kubernetes-sigs/gateway-api/tree/v1.6.0/config/crd/standard
MOST_RULES, MOST_MATCHES, MOST_TOTAL, MOST_HOSTS = 16, 64, 128, 16


@dataclass(frozen=True, slots=True)
class Rank:
    """Where a rule comes in the order of its listener. `route` is its namespace and name."""

    specificity: tuple[int, ...]
    kind: str
    route: str
    place: tuple[int, int]  # of the rule in the route, and of the match in the rule
    host: str

    def surely_before(self, other: Rank) -> bool:
        """Whether it is tried first in any case.

        Of two routes that are equally specific the older one wins, and which that is depends on how they are applied.
        """
        if self.specificity != other.specificity:
            return self.specificity < other.specificity
        return (self.kind, self.route) == (other.kind, other.route) and self.place < other.place


@dataclass(frozen=True, slots=True)
class Ordered(Built):
    """A listener. `ranks` has one for each of its rules."""

    ranks: tuple[Rank, ...] = ()


def build(manifests: Sequence[Manifest], services: Services) -> dict[int, Ordered]:
    """The listeners by port that the controller makes of *manifests*: a Gateway and what belongs to it.

    Manifests are as they would be applied. *services* are those of the cluster by namespace and name. Backends of a
    forward are called `namespace/service:port`, or `target group <name>`. Routes that are equally specific come by
    namespace and name, as if they had been created at once.

    Raises:
        Rejected: the API server or the controller refuses something, or it is beyond this model.

    """
    (gateway,) = [manifest for manifest in manifests if manifest["kind"] == "Gateway"]
    _check_class(gateway, manifests)
    routes = [manifest for manifest in manifests if manifest["kind"] in KINDS]
    for route in routes:
        _check_route(route)
    configurations = {
        (manifest["metadata"]["namespace"], manifest["metadata"]["name"]): manifest["spec"]
        for manifest in manifests
        if manifest["kind"] == "ListenerRuleConfiguration"
    }
    found: dict[int, Ordered] = {}
    for listener in gateway["spec"]["listeners"]:
        attached = [route for route in routes if _attaches(route, gateway, listener)]
        if listener["port"] in found or "hostname" in listener:
            reject("two listeners at one port, or one for some hosts only, are not modelled")
        if attached:  # a listener without any route is not made
            found[listener["port"]] = _listener(listener, attached, configurations, services)
    return found


def _check_class(gateway: Manifest, manifests: Sequence[Manifest]) -> None:
    name = gateway["spec"]["gatewayClassName"]
    controllers = [m["spec"]["controllerName"] for m in manifests if m["kind"] == "GatewayClass" and _name(m) == name]
    if controllers != [CONTROLLER]:
        reject(f"the Gateway's class {name} is not one of the controller")


def _name(manifest: Manifest) -> str:
    return str(manifest["metadata"]["name"])


def _full_name(manifest: Manifest) -> str:
    return f"{manifest['metadata']['namespace']}/{_name(manifest)}"


def _check_route(route: Manifest) -> None:
    spec = route["spec"]
    sizes = [len(rule.get("matches", [])) for rule in spec["rules"]]
    if len(sizes) > MOST_RULES or max(sizes) > MOST_MATCHES or sum(sizes) > MOST_TOTAL:
        reject(f"{_full_name(route)} has more rules or matches than a route may have")
    if len(spec.get("hostnames", [])) > MOST_HOSTS:
        reject(f"{_full_name(route)} has more than {MOST_HOSTS} host names")
    for rule in spec["rules"]:
        kinds = [item["type"] for item in rule.get("filters", [])]
        if "RequestRedirect" in kinds and (rule.get("backendRefs") or route["kind"] == "GRPCRoute"):
            reject(f"{_full_name(route)} redirects and forwards in one rule, or redirects calls")
        if len(set(kinds)) != len(kinds) or set(kinds) - {"RequestRedirect", "ExtensionRef"}:
            reject(f"{_full_name(route)} has filters that are not modelled")


def _attaches(route: Manifest, gateway: Manifest, listener: Mapping[str, Any]) -> bool:
    """Both sides must want it."""
    home, space = gateway["metadata"]["namespace"], route["metadata"]["namespace"]
    wanted = any(
        (parent["name"], parent.get("namespace", space)) == (_name(gateway), home)
        and parent.get("sectionName", listener["name"]) == listener["name"]
        and parent.get("port", listener["port"]) == listener["port"]
        for parent in route["spec"]["parentRefs"]
    )
    allowed = listener.get("allowedRoutes", {}).get("namespaces", {"from": "Same"})
    match allowed["from"]:
        case "All":
            return wanted
        case "Selector":
            return wanted and _selects(allowed["selector"], space)
    return wanted and space == home


def _selects(selector: Mapping[str, Any], namespace: str) -> bool:
    """The one label that every namespace has is its name."""
    for expression in selector["matchExpressions"]:
        if (expression["key"], expression["operator"]) != ("kubernetes.io/metadata.name", "In"):
            reject("a selector of namespaces by other labels is not modelled")
        if namespace not in expression["values"]:
            return False
    return True


def _listener(
    listener: Mapping[str, Any],
    routes: Sequence[Manifest],
    configurations: Mapping[tuple[str, str], Mapping[str, Any]],
    services: Services,
) -> Ordered:
    _check_kinds(routes)
    protocol = str(listener["protocol"])
    found = [pair for route in routes for pair in _rules(route, configurations, services, protocol)]
    found.sort(key=lambda pair: (pair[0].specificity, pair[0].route, pair[0].place, pair[0].host))
    rules = tuple(rule for _, rule in found)
    for rule in rules:
        check(rule, protocol)
    default = Route((), gateway_rule.NOT_FOUND)
    return Ordered(protocol, listener["port"], rules, default, tuple(rank for rank, _ in found))


def _check_kinds(routes: Sequence[Manifest]) -> None:
    """Where routes of two kinds have a host in common only one of them is accepted: the older."""
    for one in routes:
        for other in routes:
            if one["kind"] < other["kind"] and any(_meet(a, b) for a in _hosts(one) for b in _hosts(other)):
                reject(f"{_full_name(one)} and {_full_name(other)} are of two kinds for one host")


def _hosts(route: Manifest) -> list[str]:
    return route["spec"].get("hostnames") or [""]


def _meet(one: str, other: str) -> bool:
    if "" in (one, other) or one == other:
        return True
    ends = [host[1:] if host.startswith("*.") else "" for host in (one, other)]
    return bool((ends[0] and other.endswith(ends[0])) or (ends[1] and one.endswith(ends[1])))


def _rules(
    route: Manifest, configurations: Mapping[tuple[str, str], Mapping[str, Any]], services: Services, protocol: str
) -> Iterator[tuple[Rank, Route]]:
    """One for each host, rule and match, before they are put in order."""
    kind, space = route["kind"], route["metadata"]["namespace"]
    for number, rule in enumerate(route["spec"]["rules"]):
        configuration = _configuration(rule, space, configurations)
        done = gateway_rule.action(rule, configuration, space, services)
        proving = gateway_rule.authentication(configuration, protocol)
        for index, match in enumerate(rule.get("matches") or [{}]):
            more = tuple(gateway_rule.sources(configuration, index))
            for host in _hosts(route):
                specificity = gateway_rule.specificity(kind, match, host)
                rank = Rank(specificity, kind, _full_name(route), (number, index), host)
                yield rank, Route((*gateway_rule.conditions(kind, match, host), *more), done, proving)


def _configuration(
    rule: Mapping[str, Any], namespace: str, configurations: Mapping[tuple[str, str], Mapping[str, Any]]
) -> Mapping[str, Any]:
    for item in rule.get("filters", []):
        if item["type"] == "ExtensionRef":
            name = item["extensionRef"]["name"]
            if (namespace, name) not in configurations:
                reject(f"there is no ListenerRuleConfiguration {namespace}/{name}")
            return configurations[namespace, name]
    return {}
