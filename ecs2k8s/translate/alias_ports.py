"""Ports that Service Connect aliases add to a Service: the alias's port, leading to the container's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core import names
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.name_forms import form, is_legal
from ecs2k8s.translate.ports import APP_PROTOCOLS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.discovery import Alias
    from ecs2k8s.resolve.workload import Workload

ServicePort = dict[str, Any]


def with_aliases(ports: list[ServicePort], aliases: Iterable[Alias]) -> tuple[list[ServicePort], list[Alias]]:
    """*ports* and those of *aliases*, and the aliases that it serves; one whose port means another one is said so."""
    made = list(ports)
    served: list[Alias] = []
    for alias in sorted(aliases, key=lambda alias: (alias.port, alias.container_port, alias.name)):
        same = [port for port in made if (port["port"], port["protocol"]) == (alias.port, "TCP")]
        if same and same[0]["targetPort"] != alias.container_port:
            said = {"port": alias.port, "wanted": alias.container_port, "found": same[0]["targetPort"]}
            say_alias(alias, "alias-port-taken", name=alias.name, **said)
            continue
        served.append(alias)
        if not same:
            made.append(_port(alias, {port["name"] for port in made}))
    return made, served


def _port(alias: Alias, used: set[str]) -> ServicePort:
    """A port of a Service, named as the port in ECS where that name is free."""
    text = str(alias.mapping.get("name", ""))
    choices = (names.label(text), f"tcp-{alias.port}")
    name = next((choice for choice in choices if choice not in used), names.suffixed(choices[0], str(alias.port)))
    body = {"name": name, "port": alias.port, "targetPort": alias.container_port, "protocol": "TCP"}
    app_protocol = APP_PROTOCOLS.get(str(alias.mapping.get("appProtocol", "")))
    return body | ({"appProtocol": app_protocol} if app_protocol else {})


def usable(workload: Workload, ports: Iterable[ServicePort]) -> list[Alias]:
    """The aliases that can lead somewhere; of each other one it is said why not. *ports* are those of the pods."""
    offered = {port["targetPort"] for port in ports if port["protocol"] == "TCP"}
    return [alias for alias in _aliases(workload) if _is_usable(workload, alias, offered)]


def _aliases(workload: Workload) -> tuple[Alias, ...]:
    return workload.connect.aliases if workload.connect else ()


def _is_usable(workload: Workload, alias: Alias, offered: set[int]) -> bool:
    called = str(alias.entry.get("portName", ""))
    if alias.container_port not in offered:
        note(alias.entry, "portName", "alias-port-unknown", reason=f"No port of the containers is called {called!r}.")
    elif not alias.port:
        say_alias(alias, "alias-port-unknown", reason="No client alias says which port callers use.")
    elif not alias.name:
        said = workload.connect.view.get("namespace", "none is named") if workload.connect else ""
        say_alias(alias, "alias-namespace-unknown", port_name=called, what=said)
    elif not is_legal(alias.name):
        say_alias(alias, "caller-name-illegal", name=alias.name)
    else:
        return True
    return False


def of_own_service(workload: Workload, service: str, ports: list[ServicePort], target: Target) -> list[Alias]:
    """The usable aliases that callers call by the name of the workload's own Service, *service*."""
    called = ((alias, form(alias.name, workload.namespace, alias.name, target)) for alias in usable(workload, ports))
    return [alias for alias, its in called if its.fixed and its.service == service]


def say_alias(alias: Alias, slug: str, /, **args: object) -> None:
    """Say *slug* on the leaf that gives the alias its name."""
    for key in ("dnsName", "port", "discoveryName", "portName"):
        if key in alias.view:
            note(alias.view, key, slug, **args)
            return
