"""The proof that generated Ingresses route as their load balancer does, or a request that they route differently.

What the controller builds of a group is modelled in `assess.lbc`, which knows nothing of how the group was written.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ecs2k8s.assess import gateway, lbc
from ecs2k8s.assess.alb import choose
from ecs2k8s.assess.api_server import refusals
from ecs2k8s.assess.gateway_order import order_difference, say_size
from ecs2k8s.assess.normal_form import normal_form
from ecs2k8s.assess.unreachable import say_unreachable
from ecs2k8s.assess.witness import probes, witness
from ecs2k8s.assess.words import words_of
from ecs2k8s.translate.ingress import client, secret_names
from ecs2k8s.translate.routes import Forward

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ecs2k8s.assess.alb import Request
    from ecs2k8s.core.manifests import Bundle, Manifest
    from ecs2k8s.translate.ingress import Routed
    from ecs2k8s.translate.routes import Route
    from ecs2k8s.translate.traffic import Routing

    Services = Mapping[tuple[str, str], Manifest]


@dataclass(frozen=True, slots=True)
class Row:
    """One request, and what each side does with it."""

    listener: str
    request: Request
    source: str
    made: str

    @property
    def words(self) -> str:
        """What becomes of the request, beside what it is today."""
        return "the same" if self.made == self.source else self.made


@dataclass(frozen=True)
class Proof:
    """What came of one load balancer: the listeners that would be built, where they are those that it has."""

    routing: Routing
    built: Mapping[int, lbc.Built] = field(default_factory=dict)  # by port
    difference: str = ""  # why its Ingresses are left out

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The request table: one request for each rule, as far as one was found; empty where nothing is built."""
        listeners = self.routing.listeners if self.built else ()
        return tuple(
            row for routed in listeners for row in _rows(routed, self.built[routed.listener.port], self.routing)
        )

    @property
    def holds(self) -> bool:
        return bool(self.routing.placed) and not self.difference


def prove(routing: Routing, services: Services) -> Proof:
    """Build the load balancer's Ingresses as the controller would, and compare rule by rule.

    *services* are the generated Services by namespace and name. Where the two are not equal the load balancer is
    refused, and the finding shows a request that would go elsewhere.
    """
    if not routing.placed:
        return Proof(routing)
    members = [placed.manifest for placed in routing.placed]
    try:
        refused = _refused(members, services)
        built = {} if refused else _build(members, services)
    except lbc.Rejected as rejected:
        refused = [str(rejected)]
    if refused:
        routing.refuse("routing-not-built", name=routing.balancer.name, reason=refused[0])
        return Proof(routing, difference=refused[0])
    whole = {port: _of_wholes(listener, routing.wholes) for port, listener in built.items()}
    differences = (_difference(routed, whole.get(routed.listener.port), routing) for routed in routing.listeners)
    difference = next((found for found in (*differences, _surplus(routing, built)) if found), "")
    if difference:
        routing.refuse("routing-differs", name=routing.balancer.name, difference=difference)
        return Proof(routing, difference=difference)
    for routed in routing.listeners:
        say_unreachable(routed, dual_stack=is_dual_stack(routing))
    say_size(routing, built)
    return Proof(routing, built)


def _build(members: Sequence[Manifest], services: Services) -> Mapping[int, lbc.Built]:
    is_gateway = any(member["kind"] == "Gateway" for member in members)
    return gateway.build(members, services) if is_gateway else lbc.build(members, services)


def _refused(members: Iterable[Manifest], services: Services) -> list[str]:
    """An API server that has a Service whose name begins with a digit takes such names in backends too."""
    digits_first = any(name[:1].isdigit() for _, name in services)
    ingresses = [member for member in members if member["kind"] == "Ingress"]
    return [reason for member in ingresses for reason in refusals(member, digits_first=digits_first)]


def services_of(manifests: Iterable[Manifest]) -> dict[tuple[str, str], Manifest]:
    return {
        (manifest["metadata"]["namespace"], manifest["metadata"]["name"]): manifest
        for manifest in manifests
        if manifest["kind"] == "Service"
    }


def _of_wholes(listener: lbc.Built, wholes: Mapping[str, str]) -> lbc.Built:
    """*listener* with workloads in place of their parts: a part counts as the workload that it is one of."""
    if not wholes:
        return listener
    rules = tuple(_of_whole(route, wholes) for route in listener.rules)
    return replace(listener, rules=rules, default=_of_whole(listener.default, wholes))


def _of_whole(route: Route, wholes: Mapping[str, str]) -> Route:
    if not isinstance(route.action, Forward):
        return route
    backends: dict[str, int] = {}
    for backend, weight in route.action.backends:
        name = wholes.get(backend, backend)
        backends[name] = backends.get(name, 0) + weight
    return replace(route, action=replace(route.action, backends=tuple(backends.items())))


def _surplus(routing: Routing, built: Mapping[int, lbc.Built]) -> str:
    more = sorted(built.keys() - {routed.listener.port for routed in routing.listeners})
    return f"there would be a listener at port {more[0]}, which it does not have" if more else ""


def _difference(routed: Routed, made: lbc.Built | None, routing: Routing) -> str:
    """In words; empty where both do the same."""
    listener = f"{routed.listener.protocol}:{routed.listener.port}"
    if made is None:
        return f"there would be no listener {listener}"
    if made.protocol != routed.listener.protocol:
        return f"the listener {listener} would be {made.protocol}:{made.port}"
    source = source_of(routed, routing)
    dual_stack = is_dual_stack(routing)
    if isinstance(made, gateway.Ordered):
        return order_difference(routed, made, source, dual_stack=dual_stack)
    one = normal_form(*source, dual_stack=dual_stack)
    other = normal_form(made.rules, made.default, dual_stack=dual_stack)
    if one == other:
        return ""
    found = witness(source, (made.rules, made.default), dual_stack=dual_stack)
    if found is None:
        return f"{listener} would have other rules, though no request was found that shows it"
    request, was, is_now = found
    return f"{listener} answers `{request}` with {words_of(was)}, the new one with {words_of(is_now)}"


def source_of(routed: Routed, routing: Routing) -> tuple[tuple[Route, ...], Route]:
    """The listener's routes as the controller can know them: the client of OIDC by the name of its Secret."""
    secrets = secret_names(routing.balancer.name, routing.listeners)
    return tuple(_known(route, secrets) for route in routed.wholes), _known(routed.default, secrets)


def _known(route: Route, secrets: Mapping[tuple[str, str], str]) -> Route:
    proving = route.authentication
    if proving is None or proving.kind != "authenticate-oidc":
        return route
    given = {key: value for key, value in proving.settings if key != "ClientId"}
    given["SecretName"] = secrets[client(proving)]
    return replace(route, authentication=replace(proving, settings=tuple(sorted(given.items()))))


def is_dual_stack(routing: Routing) -> bool:
    return str(routing.balancer.view.get("IpAddressType", "ipv4")).startswith("dualstack")


def _rows(routed: Routed, made: lbc.Built, routing: Routing) -> list[Row]:
    """A request for each rule, and one for the default, where one was found."""
    source, default = source_of(routed, routing)
    wanted: dict[int, Request] = {}
    for route in (*source, default):  # each by itself: all together would be tried in pairs
        for request in probes((route,), dual_stack=is_dual_stack(routing)):
            wanted.setdefault(id(choose(source, default, request)), request)
            if id(route) in wanted:
                break
    listener = f"{routed.listener.protocol}:{routed.listener.port}"
    found = [wanted[id(route)] for route in (*source, default) if id(route) in wanted]
    return [_row(listener, request, source, default, made) for request in found]


def _row(listener: str, request: Request, source: Sequence[Route], default: Route, made: lbc.Built) -> Row:
    was, is_now = choose(source, default, request), choose(made.rules, made.default, request)
    return Row(listener, request, words_of(was), words_of(is_now))


def prove_all(routings: Sequence[Routing], bundle: Bundle) -> list[Proof]:
    """`prove` each of *routings*; *bundle* holds the Services that they forward to."""
    services = services_of(bundle.manifests)
    return [prove(routing, services) for routing in routings]
