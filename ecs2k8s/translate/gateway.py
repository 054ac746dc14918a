"""ALBs as Gateways of the AWS Load Balancer Controller: one for each, with routes for the rules of its listeners.

The API orders rules by how specific they are and has no priorities, so what is made here is emitted only after
`assess.routing` has proved that this order does the same.
https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/gateway/l7gateway/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.core.tracking import note
from ecs2k8s.translate import gateway_configurations as configurations
from ecs2k8s.translate.gateway_routes import Group, groups, read
from ecs2k8s.translate.gateway_rules import GROUP, ActionError, backend_refs, configuration, filters
from ecs2k8s.translate.ingress import client, namespace_of, secret_names
from ecs2k8s.translate.ingress_annotations import HOLD, SECURE
from ecs2k8s.translate.refusal import Refusal
from ecs2k8s.translate.routes import Authentication, Forward, Route

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.resolve.balancers import LoadBalancer
    from ecs2k8s.resolve.workload import AwsMap
    from ecs2k8s.translate.balancer_names import Names
    from ecs2k8s.translate.gateway_routes import Entry
    from ecs2k8s.translate.ingress import Routed
    from ecs2k8s.translate.target_group_names import TargetGroupService

API = "gateway.networking.k8s.io/v1"
CONTROLLER_API = f"{GROUP}/v1"
CLASS = "aws-alb"
CLASS_CONTROLLER = "gateway.k8s.aws/alb"
CONFIGURATIONS = ("LoadBalancerConfiguration", "TargetGroupConfiguration", "ListenerRuleConfiguration")
AUTHENTICATING = ("authenticate-oidc", "authenticate-cognito", "jwt-validation")


@dataclass(frozen=True, slots=True)
class _Context:
    """What every route of one Gateway needs to know."""

    name: str
    namespace: str
    secrets: Mapping[tuple[str, str], str]


def gateways(
    balancer: LoadBalancer, routed: Sequence[Routed], called: Names, services: Iterable[TargetGroupService]
) -> list[Placed]:
    """The Gateway, called as the group, and what belongs to it. Raises `Refusal` on what cannot be expressed."""
    group = called.group
    known = {f"{service.namespace}/{service.name}:{service.port}": service for service in services}
    grpc = {name for name, service in known.items() if service.group.view.get("ProtocolVersion") == "GRPC"}
    _check(routed, grpc)
    context = _Context(group, _home(routed), secret_names(balancer.name, routed))
    made: list[Placed] = []
    for shared in _sharing(routed):
        found = groups(shared[0], grpc, context.namespace)
        for number, part in enumerate(found):
            name = f"{group}-{shared[0].listener.port}"
            made += _route(context, name if len(found) == 1 else f"{name}-{number}", part, shared)
    whole = configurations.of_load_balancer(balancer, called.balancer)
    spaces = {context.namespace, *(placed.folder for placed in made)}
    used = sorted({name for name in _backends(routed) if name in known})
    return [
        Placed("cluster", _class(), "traffic/gateway"),
        _placed("Gateway", context.namespace, group, _gateway(context, routed, spaces)),
        _placed("LoadBalancerConfiguration", context.namespace, group, whole),
        *made,
        *(_target_group(known[name]) for name in used),
    ]


def _check(routed: Sequence[Routed], grpc: Collection[str]) -> None:
    """Say every rule that the API cannot express, each on its own leaf; the last one is raised as `Refusal`."""
    found: list[Refusal] = []
    for each in routed:
        said = (each.listener.view, "DefaultActions")
        default = said if "DefaultActions" in each.listener.view else (each.listener.default_rule, "Actions")
        for view, key, route in (
            *((rule.view, "Actions", rule.route) for rule in each.rules),
            (*default, each.default),
        ):
            try:
                if route.conditions:
                    read(view, route, grpc)
                _expressible(view, key, route, each.listener.protocol)
            except Refusal as refusal:
                found.append(refusal)
    for one in found[:-1]:
        note(one.view, one.at, one.slug, **one.args_of_finding)
    if found:
        raise found[-1]


def _expressible(view: AwsMap, key: str, route: Route, protocol: str) -> None:
    if route.transforms:
        raise Refusal("transform-not-in-gateway", view, ("Transforms", 0, "Type"), kind=route.transforms[0].kind)
    if route.authentication and protocol != SECURE:
        raise Refusal("authentication-on-http", view, (key, *_place(view, key, proving=True)))
    try:
        configuration(route, (), "")
        filters(route.action, "")
        backend_refs(route.action)
    except ActionError as error:
        raise Refusal(
            "action-not-in-gateway", view, (key, *_place(view, key, proving=False)), why=str(error)
        ) from error


def _place(view: AwsMap, key: str, *, proving: bool) -> tuple[int, str]:
    """Where the type of the action stands that routes, or that proves who asks."""
    kinds = [str(action.get("Type", "")) in AUTHENTICATING for action in view.get(key, [])]
    return (kinds.index(proving) if proving in kinds else 0, "Type")


def _home(routed: Sequence[Routed]) -> str:
    """The namespace of the Gateway: the first of those that it forwards to."""
    routes = [route for each in routed for route in (*each.routes, each.default)]
    return min({space for route in routes if (space := namespace_of(route, {}))}, default="default")


def _sharing(routed: Sequence[Routed]) -> list[list[Routed]]:
    """Listeners that do the same share their routes, so that the controller makes one target group and not two."""
    found: list[list[Routed]] = []
    for each in routed:
        proving = any(route.authentication for route in (*each.routes, each.default))
        same = [other for other in found if not proving and _deeds(other[0]) == _deeds(each)]
        if same:
            same[0].append(each)
        else:
            found.append([each])
    return found


def _deeds(routed: Routed) -> list[object]:
    return [route.normal for route in (*routed.routes, routed.default)]


def _backends(routed: Sequence[Routed]) -> Iterator[str]:
    for each in routed:
        for route in (*each.routes, each.default):
            if isinstance(route.action, Forward):
                yield from (name for name, _ in route.action.backends)


def _class() -> Manifest:
    spec = {"controllerName": CLASS_CONTROLLER}
    return {"apiVersion": API, "kind": "GatewayClass", "metadata": {"name": CLASS, "labels": _labels()}, "spec": spec}


def _labels() -> dict[str, str]:
    return {"app.kubernetes.io/managed-by": "ecs2k8s"}


def _placed(kind: str, namespace: str, name: str, spec: Mapping[str, Any]) -> Placed:
    """external-dns looks at Gateways and routes, and must not make names for them before the traffic moves."""
    standard = kind not in CONFIGURATIONS
    labels, hold = _labels(), dict(HOLD) if standard else None
    metadata = {"name": name, "namespace": namespace, "labels": labels, "annotations": hold}
    manifest = {"apiVersion": API if standard else CONTROLLER_API, "kind": kind, "metadata": metadata, "spec": spec}
    return Placed(namespace, prune(manifest), "traffic/gateway")


def _gateway(context: _Context, routed: Sequence[Routed], spaces: Iterable[str]) -> dict[str, Any]:
    """Routes of other namespaces are let in by name, and only those."""
    others = sorted(set(spaces) - {context.namespace})
    expression = {
        "key": "kubernetes.io/metadata.name",
        "operator": "In",
        "values": sorted({context.namespace, *others}),
    }
    selector = {"from": "Selector", "selector": {"matchExpressions": [expression]}}
    return {
        "gatewayClassName": CLASS,
        "infrastructure": {
            "parametersRef": {"group": GROUP, "kind": "LoadBalancerConfiguration", "name": context.name}
        },
        "listeners": [
            {
                "name": _section(each),
                "protocol": each.listener.protocol,
                "port": each.listener.port,
                "allowedRoutes": {"namespaces": selector if others else {"from": "Same"}},
            }
            for each in routed
        ],
    }


def _section(routed: Routed) -> str:
    return f"{routed.listener.protocol.lower()}-{routed.listener.port}"


def _route(context: _Context, name: str, group: Group, shared: Sequence[Routed]) -> Iterator[Placed]:
    """The route, and a ListenerRuleConfiguration for each of its rules that needs one."""
    rules = []
    for entry, matches in group.entries:
        chunks = matches.chunks()
        for number, sources in enumerate(chunks):
            rule = f"rule-{entry.name}" if len(chunks) == 1 else f"rule-{entry.name}-{number}"
            extra = configuration(entry.route, sources, _secret(context, entry.route.authentication))
            if extra:
                yield _placed("ListenerRuleConfiguration", group.namespace, f"{name}-{rule}", extra)
            rules.append(_rule(rule, entry, matches.matches, f"{name}-{rule}" if extra else ""))
    parent = {
        "group": "gateway.networking.k8s.io",
        "kind": "Gateway",
        "name": context.name,
        "namespace": context.namespace,
    }
    spec = {
        "parentRefs": [parent | {"sectionName": _section(each)} for each in shared],
        "hostnames": [host for host in group.hosts if host] or None,
        "rules": rules,
    }
    yield _placed(group.kind, group.namespace, name, spec)


def _secret(context: _Context, proving: Authentication | None) -> str:
    return context.secrets.get(client(proving), "") if proving else ""


def _rule(name: str, entry: Entry, matches: Sequence[dict[str, Any]], extra: str) -> dict[str, Any]:
    """A match that is empty says the same as none: every call."""
    return {
        "name": name,
        "matches": [match for match in matches if match] or None,
        "filters": filters(entry.route.action, extra) or None,
        "backendRefs": backend_refs(entry.route.action) or None,
    }


def _target_group(service: TargetGroupService) -> Placed:
    spec = configurations.of_target_group(service.group, service.name)
    return _placed("TargetGroupConfiguration", service.namespace, service.name, spec)
