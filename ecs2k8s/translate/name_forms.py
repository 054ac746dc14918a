"""How a name is said in Kubernetes: by a Service of that name, or by one that CoreDNS rewrites it to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.core import names

if TYPE_CHECKING:
    from collections.abc import Collection

    from ecs2k8s.core.target import Target

# Underscores are no host name, but ECS and resolvers take them.
LEGAL = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
SUFFIX = "svc.cluster.local"
OWN_DOMAIN = re.compile(r"(.*\.)?(svc|cluster\.local)")  # a rewrite of these would change what the cluster itself says
API_SERVER = ("default", "kubernetes")


@dataclass(frozen=True, slots=True)
class Form:
    """What makes a name work.

    `service` is the Service in the workload's own namespace. It is `fixed` where callers use its very name; else any
    name will do. `elsewhere` are namespace and name of ExternalName Services that lead to it, `rewritten` the whole
    names, without the final dot, that CoreDNS must rewrite to it.
    """

    service: str
    fixed: bool
    elsewhere: tuple[tuple[str, str], ...] = ()
    rewritten: tuple[str, ...] = ()


def is_legal(name: str) -> bool:
    """Whether *name* is a DNS name, and none of those that the cluster itself answers."""
    own = OWN_DOMAIN.fullmatch(name) or name == ".".join(reversed(API_SERVER))
    return bool(LEGAL.fullmatch(name)) and not own


def is_service_name(text: str, target: Target) -> bool:
    """DNS-1035 before 1.37: the name of a Service starts with a letter; DNS-1123 from then on."""
    return names.label(text) == text and (target.at_least("1.37") or not text[0].isdigit())


def service_label(text: str, target: Target) -> str:
    """*text* as the name of a Service, by rule N1."""
    name = names.label(text)
    return name if is_service_name(name, target) else names.label(f"svc-{name}")


def form(name: str, home: str, base: str, target: Target) -> Form:
    """The form of *name* for callers in the namespace *home*, where the workload runs.

    `name.namespace` is found by the search entry `svc.cluster.local` that every pod has
    (https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/). *base* is the Service's name where
    callers do not use it.
    """
    first, _, rest = name.partition(".")
    if rest in ("", home) and is_service_name(first, target):
        return Form(first, fixed=True)
    return Form(service_label(base, target), fixed=False, rewritten=(_first_found(name, home, (home,)),))


def _first_found(name: str, space: str, known: Collection[str]) -> str:
    """What a pod in the namespace *space* asks for first that could be answered: its resolver has a search list."""
    _, _, rest = name.partition(".")
    if not rest:
        return f"{name}.{space}.{SUFFIX}"
    return f"{name}.{SUFFIX}" if rest in known else name


def form_for(  # noqa: PLR0913
    name: str, home: str, base: str, target: Target, *, callers: Collection[str], known: Collection[str]
) -> Form:
    """The form of *name* for callers in the namespaces *callers* too; *known* are all namespaces that are made."""
    first, _, rest = name.partition(".")
    own = form(name, home, base, target)
    others = sorted(set(callers) - {home})
    if own.fixed:
        return Form(own.service, own.fixed, () if rest else tuple((space, name) for space in others))
    if rest in known and is_service_name(first, target):
        return Form(own.service, own.fixed, ((rest, first),))
    spaces = [home] if rest else [home, *others]
    return Form(own.service, own.fixed, (), tuple(_first_found(name, space, known) for space in spaces))
