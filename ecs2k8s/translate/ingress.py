"""ALBs as Ingresses of the AWS Load Balancer Controller: one group per load balancer, the order of its rules kept.

Nothing made here is emitted before `assess.routing` has proved it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecs2k8s.core import names
from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.translate import ingress_annotations as words
from ecs2k8s.translate.ingress_rules import Around, RuleError, annotated, compact, entries, plain_backend, service_of
from ecs2k8s.translate.ingress_rules import action as action_json
from ecs2k8s.translate.refusal import Refusal
from ecs2k8s.translate.routes import Authentication, Forward

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.resolve.balancers import Listener, LoadBalancer
    from ecs2k8s.translate.balancer_names import Names
    from ecs2k8s.translate.routes import Route

STEP = 10  # between the group orders of two Ingresses, so that another fits in


@dataclass(frozen=True, slots=True)
class Ruled:
    """A rule that was read: its own view, for what is said of it, and the route that it becomes.

    `whole` is the route that it is: to workloads, where `route` leads to parts of them.
    """

    priority: str
    view: Any
    route: Route
    whole: Route


@dataclass(frozen=True, slots=True)
class Routed:
    """A listener in routes. `rules` by priority."""

    listener: Listener
    rules: tuple[Ruled, ...]
    default: Route

    @property
    def routes(self) -> tuple[Route, ...]:
        return tuple(rule.route for rule in self.rules)

    @property
    def wholes(self) -> tuple[Route, ...]:
        """What AWS does, whether workloads are split or not."""
        return tuple(rule.whole for rule in self.rules)


@dataclass(slots=True)
class _Run:
    """Neighbouring rules that one Ingress can hold: the same authentication, backends in one namespace."""

    authentication: Authentication | None
    namespace: str  # empty while no rule needs one
    rules: list[Ruled] = field(default_factory=list)
    default: Route | None = None


def ingresses(
    balancer: LoadBalancer, routed: Sequence[Routed], called: Names, controls: Mapping[str, str]
) -> list[Placed]:
    """The members of the group for *balancer*. Raises `Refusal` on the leaf that cannot be expressed.

    *controls*: a backend to the control port of its targets, where they have one.
    """
    dual_stack = str(balancer.view.get("IpAddressType", "ipv4")).startswith("dualstack")
    secrets = secret_names(balancer.name, routed)
    whole = words.of_load_balancer(balancer, called.group, called.balancer)
    made: list[Placed] = []
    for shared in _sharing(routed):
        runs = _runs(shared[0], _fallback(routed))
        ports = tuple((each.listener.protocol, each.listener.port) for each in shared)
        around = Around(ports, dual_stack, _regexes(shared[0]))
        tls = words.of_listeners([each.listener for each in shared])
        for number, run in enumerate(runs):
            order = {"group.order": str(number * STEP)} if len(runs) > 1 else {}
            proving = _authentication(run, shared, secrets)
            given = words.prefixed(whole | order | tls | proving | _control_ports(run, controls)) | words.HOLD
            name = called.ingress(ports[0][1], number if len(runs) > 1 else None)
            made.append(_ingress(name, run, given, _entries(run, around)))
    return made


def _sharing(routed: Sequence[Routed]) -> list[list[Routed]]:
    """Listeners that do the same share an Ingress, so that the controller makes one target group and not two.

    HTTP beside HTTPS too, but never with authentication: the controller leaves that out on HTTP ports.
    """
    found: list[list[Routed]] = []
    for each in routed:
        proving = any(route.authentication for route in (*each.routes, each.default))
        for other in () if proving else found:
            if _does_the_same(each, other):
                other.append(each)
                break
        else:
            found.append([each])
    return found


def _does_the_same(one: Routed, others: Sequence[Routed]) -> bool:
    same = [route.normal for route in one.routes] == [route.normal for route in others[0].routes]
    same = same and one.default.normal == others[0].default.normal
    tls = words.tls(one.listener)
    known = [found for other in others if (found := words.tls(other.listener))]
    return same and (not tls or all(found == tls for found in known))


def _runs(routed: Routed, fallback: str) -> list[_Run]:
    """Authentication and namespace hold for a whole Ingress, so the rules are cut where one of them changes."""
    runs: list[_Run] = []
    for rule in routed.rules:
        space = namespace_of(rule.route, rule.view)
        if runs and _fits(runs[-1], rule.route, space):
            runs[-1].namespace = runs[-1].namespace or space
        else:
            runs.append(_Run(rule.route.authentication, space))
        runs[-1].rules.append(rule)
    space = namespace_of(routed.default, routed.listener.view)
    fitting = [run for run in reversed(runs) if _fits(run, routed.default, space)]
    if not fitting:
        runs.append(_Run(routed.default.authentication, space))
    last = fitting[0] if fitting else runs[-1]
    last.namespace, last.default = last.namespace or space, routed.default
    known = next((run.namespace for run in runs if run.namespace), fallback)
    for run in runs:
        run.namespace = run.namespace or known
    return runs


def _fits(run: _Run, route: Route, space: str) -> bool:
    return run.authentication == route.authentication and space in ("", run.namespace or space)


def namespace_of(route: Route, view: Any) -> str:
    """Of the Services that *route* forwards to; empty where it forwards to none. Raises `Refusal` for several."""
    if not isinstance(route.action, Forward):
        return ""
    spaces = sorted({found[0] for backend, _ in route.action.backends if (found := service_of(backend))})
    if len(spaces) > 1:
        at = ("Priority",) if "Priority" in view else ("ListenerArn",)
        raise Refusal("forward-across-namespaces", view, at, namespaces=", ".join(spaces))
    return spaces[0] if spaces else ""


def _fallback(routed: Sequence[Routed]) -> str:
    """The namespace of an Ingress that forwards to nothing: the first of its load balancer."""
    found = {namespace_of(rule.route, rule.view) for each in routed for rule in each.rules}
    found |= {namespace_of(each.default, each.listener.view) for each in routed}
    return min(found - {""}, default="default")


def _authentication(run: _Run, shared: Sequence[Routed], secrets: Mapping[tuple[str, str], str]) -> dict[str, str]:
    if run.authentication is None:
        return {}
    for each in shared:
        if each.listener.protocol != words.SECURE:
            raise Refusal("authentication-on-http", each.listener.view, ("Protocol",))
    return words.of_authentication(run.authentication, secrets.get(client(run.authentication), ""))


def client(authentication: Authentication) -> tuple[str, str]:
    """Issuer and client id: what a Secret with the client's own secret belongs to."""
    given = dict(authentication.settings)
    return given.get("Issuer", ""), given.get("ClientId", "")


def secret_names(balancer: str, routed: Iterable[Routed]) -> dict[tuple[str, str], str]:
    """Issuer and client id of each OIDC client to the name of the Secret that a person makes for it."""
    routes = [route for each in routed for route in (*each.routes, each.default)]
    found = sorted({client(a) for r in routes if (a := r.authentication) and a.kind == "authenticate-oidc"})
    name = names.label(f"oidc-{balancer}")
    return {pair: name if len(found) == 1 else names.suffixed(name, "\n".join(pair)) for pair in found}


def _backends(run: _Run) -> list[str]:
    routes = [rule.route for rule in run.rules] + ([run.default] if run.default else [])
    forwards = [route.action for route in routes if isinstance(route.action, Forward)]
    return sorted({backend for action in forwards for backend, _ in action.backends})


def _control_ports(run: _Run, controls: Mapping[str, str]) -> dict[str, str]:
    """Where the agents of targets are asked how much they can take; it can be said on an Ingress only."""
    found = [(backend, service_of(backend)) for backend in _backends(run) if backend in controls]
    return {f"target-control-port.{s[1]}.{s[2]}": controls[backend] for backend, s in found if s}


def _regexes(routed: Routed) -> frozenset[str]:
    found = (c.values for route in routed.routes for c in route.conditions if c.regex)
    return frozenset(value for values in found for value in values)


def _entries(run: _Run, around: Around) -> list[Any]:
    prefix = _free_prefix(run)
    found = []
    for rule in run.rules:
        try:
            found += entries(f"{prefix}{rule.priority}", rule.route, around)
        except RuleError as error:
            raise Refusal(error.slug, rule.view, ("Priority",), priority=rule.priority) from error
    return found


def _free_prefix(run: _Run) -> str:
    """Conditions are keyed by the backend's name, so no Service may be called as a rule is."""
    taken = {found[1] for backend in _backends(run) if (found := service_of(backend))}
    prefix = "rule-"
    while any(name.startswith(prefix) for name in taken):
        prefix = f"x-{prefix}"
    return prefix


def _ingress(name: str, run: _Run, given: dict[str, str], found: Sequence[Any]) -> Placed:
    spec: dict[str, Any] = {"ingressClassName": "alb"}
    for entry in found:
        given |= entry.annotations
    if run.default is not None:
        backend = plain_backend(run.default.action)
        if backend is None:
            backend = annotated("default-action")
            given |= words.prefixed({"actions.default-action": compact(action_json(run.default.action))})
        spec["defaultBackend"] = backend
    spec["rules"] = [entry.rule for entry in found] or None
    manifest: Manifest = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": name,
            "namespace": run.namespace,
            "labels": {"app.kubernetes.io/managed-by": "ecs2k8s"},
            "annotations": given,
        },
        "spec": spec,
    }
    return Placed(run.namespace, prune(manifest), "traffic/ingress")
