"""Names and addresses of neighbours: localhost, Docker's bridge, links, Service Connect and Cloud Map.

In a pod all containers share one localhost. That is what awsvpc tasks have too; in bridge mode each container had its
own, and in host mode it is the instance's, with every other task that listens there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import note
from ecs2k8s.resolve.discovery import callers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecs2k8s.resolve.workload import AwsMap, Inventory, Workload
    from ecs2k8s.translate.runtime_texts import Text

LOCAL = re.compile(r"(?<![\w.-])(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::(\d{1,5}))?(?![\w.-])", re.IGNORECASE)
# The instance as containers in bridge mode see it: https://docs.docker.com/engine/network/drivers/bridge/
BRIDGE = re.compile(r"(?<![\w.-])(?:172\.17\.0\.1|host\.docker\.internal)(?::(\d{1,5}))?(?![\w-])", re.IGNORECASE)
CALLS = re.compile(r"(?:^|_)(?:HOST|HOSTNAME|URL|URI|ENDPOINT|ADDR|ADDRESS|SERVER|SERVERS|BROKERS?|UPSTREAM)$")


@dataclass(frozen=True, slots=True)
class Neighbours:
    """`ports`: a port of the instance to the workloads that listen there. `names`: what callers may call.

    `names` is by the key of a Service Connect namespace; the empty key has the DNS names of Cloud Map. `zones` are the
    names of DNS namespaces.
    """

    ports: Mapping[int, tuple[Workload, ...]]
    names: Mapping[str, Mapping[str, str]]
    zones: frozenset[str]

    @classmethod
    def of(cls, inventory: Inventory, workloads: Iterable[Workload]) -> Neighbours:
        ports: dict[int, list[Workload]] = defaultdict(list)
        names: dict[str, dict[str, str]] = defaultdict(dict)
        zones: set[str] = set()
        for workload in inventory.workloads:
            for port in _ports_of_instance(workload):
                ports[port].append(workload)
            for alias in workload.connect.aliases if workload.connect else ():
                if alias.name and workload.connect:
                    names[workload.connect.space.key][alias.name] = workload.name
            for registration in workload.registrations:
                if registration.name:
                    names[""][registration.name] = workload.name
                    zones.add(registration.space.name.lower())
        members = callers(workloads)
        return cls(
            {port: tuple(found) for port, found in ports.items()},
            {key: found for key, found in names.items() if not key or key in members},
            frozenset(zones),
        )

    def say(self, workload: Workload, container: AwsMap, text: Text) -> None:
        """Says which neighbours *text*, which *container* of *workload* reads, relies on."""
        if workload.network_mode == "host":
            self._of_instance(workload, text, LOCAL)
        if workload.network_mode == "bridge":
            self._own_localhost(workload, container, text)
            self._of_instance(workload, text, BRIDGE)
            _link_variables(container, text)
        self._names(workload, text)

    def _of_instance(self, workload: Workload, text: Text, pattern: re.Pattern[str]) -> None:
        own = {port for each in workload.containers for port in _ports(each)}
        for found in pattern.finditer(text.value):
            port = int(found[1] or 0)
            others = [each.name for each in self.ports.get(port, ()) if each is not workload]
            if others:
                names = ", ".join(sorted(set(others)))
                note(text.view, text.at, "port-of-other-task", where=text.where, address=found[0], name=names)
            elif pattern is BRIDGE or not (port in own or text.is_check):
                note(text.view, text.at, "address-of-instance", where=text.where, address=found[0])

    @staticmethod
    def _own_localhost(workload: Workload, container: AwsMap, text: Text) -> None:
        own = set(_ports(container))
        for found in LOCAL.finditer(text.value):
            port = int(found[1] or 0)
            siblings = [str(c["name"]) for c in workload.containers if c is not container and port in _ports(c)]
            if port and port not in own and siblings:
                name = ", ".join(siblings)
                note(text.view, text.at, "localhost-is-shared", where=text.where, address=found[0], name=name)

    def _names(self, workload: Workload, text: Text) -> None:
        known = dict(self.names.get("", {}))
        if workload.connect:
            known |= self.names.get(workload.connect.space.key, {})
        for name, owner in sorted(known.items()):
            if _calls(text, name):
                note(text.view, text.at, "neighbour-called-by-name", where=text.where, host=name, name=owner)
        for zone in sorted(self.zones):
            for found in re.finditer(rf"(?<![\w.-])[\w.-]+\.{re.escape(zone)}(?![\w.-])", text.value.lower()):
                if found[0] not in known:
                    note(text.view, text.at, "neighbour-not-read", where=text.where, host=found[0])


def _calls(text: Text, name: str) -> bool:
    """Whether *text* calls the host *name*; a name of one label is a word too, so something must say that it is one."""
    if "." in name:
        return bool(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", text.value.lower()))
    host = rf"(?:(?<=//)|(?<=@)){re.escape(name)}(?=[:/?#\s,]|$)|(?<![\w.-]){re.escape(name)}:\d"
    if re.search(host, text.value.lower()):
        return True
    return text.value.lower() == name and bool(CALLS.search(text.variable.upper()))


def _link_variables(container: AwsMap, text: Text) -> None:
    """Docker gave a container that links to another one variables such as DB_PORT_5432_TCP_ADDR.

    https://docs.docker.com/engine/network/links/#environment-variables
    """
    for link in container.get("links", []):
        alias = str(link).rpartition(":")[2].upper().replace("-", "_")
        if found := re.search(rf"(?<![A-Z0-9_]){re.escape(alias)}_(?:PORT(?:_\d+_\w+)?|NAME|ENV_\w+)", text.value):
            note(text.view, text.at, "link-variable-used", where=text.where, name=found[0])


def _ports(container: AwsMap) -> Iterator[int]:
    for mapping in container.get("portMappings", []):
        yield from {int(mapping.get(key, 0)) for key in ("containerPort", "hostPort")} - {0}


def _ports_of_instance(workload: Workload) -> Iterator[int]:
    if workload.network_mode == "host":
        yield from {port for container in workload.containers for port in _ports(container)}
    elif workload.network_mode == "bridge":
        for container in workload.containers:
            yield from {int(mapping.get("hostPort", 0)) for mapping in container.get("portMappings", [])} - {0}
