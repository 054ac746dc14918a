"""What AWS Load Balancer Controller builds of one IngressGroup.

Written from its source, https://github.com/kubernetes-sigs/aws-load-balancer-controller, independently of what writes
the Ingresses: routing is proved by building the listeners of the generated manifests here and comparing them with those
that the manifests were made of. Settings of IngressClassParams, which target types and target group attributes there
are, and the load balancer itself are not part of it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.assess.lbc_actions import backend
from ecs2k8s.assess.lbc_annotations import Annotations, Rejected, reject
from ecs2k8s.assess.lbc_authentication import authentication
from ecs2k8s.assess.lbc_conditions import rule_conditions, sorted_paths
from ecs2k8s.assess.lbc_limits import check
from ecs2k8s.assess.lbc_listeners import Wish, merge, wishes
from ecs2k8s.assess.lbc_optimizer import optimize
from ecs2k8s.translate.routes import FixedResponse, Redirect, Route

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ecs2k8s.core.manifests import Manifest

    Services = Mapping[tuple[str, str], Manifest]

__all__ = ["VERSION", "Built", "Rejected", "build"]

VERSION = "3.5.0"
GROUP_NAME = re.compile(r"([a-z0-9][-a-z0-9.]*)?[a-z0-9]")
LONGEST_GROUP_NAME = 63
MOST_ORDER = 1000  # and as low as the negative of it
NOT_FOUND = FixedResponse("404", "text/plain")


@dataclass(frozen=True, slots=True)
class Built:
    """A listener. `rules` in the order of their priorities, which are 1, 2, and so on."""

    protocol: str
    port: int
    rules: tuple[Route, ...]
    default: Route


def build(ingresses: Sequence[Manifest], services: Services) -> dict[int, Built]:
    """The listeners by port that the controller makes of *ingresses*, the members of one group.

    Manifests are as they would be applied. *services* are those of the cluster by namespace and name. Backends of a
    forward are called `namespace/service:port`, or by the ARN of the target group.

    Raises:
        Rejected: the controller, or ELB behind it, refuses something and so builds nothing of the whole group.

    """
    members = _members(ingresses)
    found: defaultdict[int, list[tuple[Manifest, Wish]]] = defaultdict(list)
    for member in members:
        for port, wish in wishes(member).items():
            found[port].append((member, wish))
    protocols = {port: merge(port, [wish for _, wish in pairs]) for port, pairs in sorted(found.items())}
    secure = _ssl_redirect(members, protocols)
    return {
        port: _listener(port, protocol, [member for member, _ in found[port]], services, secure)
        for port, protocol in protocols.items()
    }


def _members(ingresses: Sequence[Manifest]) -> list[Manifest]:
    """*ingresses* by `group.order`, then by namespace and name."""
    names = {Annotations.of(ingress).text("group.name") for ingress in ingresses}
    if len(names) > 1 or (None in names and len(ingresses) > 1):
        reject("the Ingresses are not of one group")
    for name in names - {None}:
        if not GROUP_NAME.fullmatch(str(name)) or len(str(name)) > LONGEST_GROUP_NAME:
            reject(f"invalid ingress group: {name}: the controller passes over the Ingress")
    for ingress in ingresses:
        Annotations.of(ingress).check_lengths()
    return sorted(ingresses, key=lambda ingress: (_order(ingress), _full_name(ingress)))


def _order(ingress: Manifest) -> int:
    order = Annotations.of(ingress).whole("group.order") or 0
    if not -MOST_ORDER <= order <= MOST_ORDER:
        reject(f"explicit Ingress group order must be within [-{MOST_ORDER}:{MOST_ORDER}], order: {order}")
    return order


def _full_name(ingress: Manifest) -> str:
    return f"{ingress['metadata'].get('namespace', 'default')}/{ingress['metadata']['name']}"


def _ssl_redirect(members: Iterable[Manifest], protocols: Mapping[int, str]) -> int | None:
    """The port that every HTTP listener of the group redirects to, if any member asks for it."""
    wanted = {Annotations.of(member).whole("ssl-redirect") for member in members} - {None}
    if len(wanted) > 1:
        reject(f"conflicting sslRedirect port: {sorted(map(str, wanted))}")
    for port in wanted:
        if port is not None and protocols.get(port) != "HTTPS":
            reject(f"no HTTPS listener for SSLRedirect port: {port}")
        return port
    return None


def _listener(port: int, protocol: str, members: Sequence[Manifest], services: Services, secure: int | None) -> Built:
    if protocol == "HTTP" and secure is not None:
        return Built(protocol, port, (), Route((), Redirect("HTTP_301", protocol="HTTPS", port=str(secure))))
    default = _default(members, protocol, services)
    rules = optimize((r for m in members for r in _routes(m, protocol, services)), port, protocol)
    for route in (default, *rules):
        check(route, protocol)
    return Built(protocol, port, rules, default)


def _default(members: Sequence[Manifest], protocol: str, services: Services) -> Route:
    """The default action. Conditions and transforms of its backend have no say; authentication has."""
    with_default = [member for member in members if member["spec"].get("defaultBackend") is not None]
    if len(with_default) > 1:
        reject(f"multiple ingress defined default backend: {[_full_name(member) for member in with_default]}")
    if not with_default:
        return Route((), NOT_FOUND)
    made = backend(with_default[0], with_default[0]["spec"]["defaultBackend"], services)
    return Route((), made.action, authentication(made.annotations, protocol))


def _routes(ingress: Manifest, protocol: str, services: Services) -> Iterator[Route]:
    """The rules of one Ingress in order, before any is left out."""
    regex_paths = Annotations.of(ingress).truth("use-regex-path-match")
    for rule in ingress["spec"].get("rules") or []:
        for path in sorted_paths((rule.get("http") or {}).get("paths") or []):
            made = backend(ingress, path.get("backend") or {}, services)
            yield Route(
                rule_conditions(rule.get("host", ""), path, made.conditions, regex_paths=regex_paths),
                made.action,
                authentication(made.annotations, protocol),
                made.transforms,
            )
