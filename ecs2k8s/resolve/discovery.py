"""Names that callers use: those of Service Connect, and those that ECS registers in Cloud Map."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecs2k8s.core import names
from ecs2k8s.core.arns import Arn
from ecs2k8s.core.tracking import NOTHING, note

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.resolve.index import Index
    from ecs2k8s.resolve.workload import AwsMap, Workload

HIGHEST = 65535
OF_CONTROL_PLANE = "kube-"  # names of namespaces that Kubernetes keeps for itself


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """A namespace of Cloud Map.

    `name` is empty where only its ARN is known, `type` and `view` are where it was not read.
    """

    key: str  # the same for every reference to it
    name: str
    type: str  # HTTP, DNS_PRIVATE or DNS_PUBLIC
    view: AwsMap = NOTHING

    @property
    def namespace(self) -> str:
        """The Kubernetes namespace that its name can be: a single label, else empty."""
        fits = self.name and names.label(self.name) == self.name and not self.name.startswith(OF_CONTROL_PLANE)
        return self.name if fits else ""


@dataclass(frozen=True, slots=True, eq=False)
class Alias:
    """A name and a port under which callers in a Service Connect namespace reach a container port.

    `name` is lower-case and without a final dot; empty where it would need the name of a namespace that is not known.
    `port` and `container_port` are 1 to 65535; 0 where they are not known. All of Service Connect is TCP.
    """

    name: str
    port: int
    container_port: int
    mapping: AwsMap  # the item of `portMappings` that owns the container port
    entry: AwsMap  # the item of `services`
    view: AwsMap  # the item of `clientAliases`; the entry, where it has none


@dataclass(frozen=True, slots=True, eq=False)
class Connect:
    """A workload's part in a Service Connect namespace: every member may call all names of the namespace."""

    space: Space
    view: AwsMap
    aliases: tuple[Alias, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A type of DNS record that Cloud Map makes for each task, with its time to live in seconds."""

    type: str
    ttl: int
    view: AwsMap


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """A Cloud Map service that ECS registers each task in. `port` is 0 where the registration names none."""

    label: str
    space: Space
    records: tuple[Record, ...]
    policy: str  # MULTIVALUE or WEIGHTED; empty without DNS
    type: str  # HTTP (only by API), DNS_HTTP or DNS
    port: int
    entry: AwsMap  # the item of `serviceRegistries`
    view: AwsMap  # the Cloud Map service

    @property
    def name(self) -> str:
        """The DNS name, lower-case; empty where there is none."""
        dns = self.records and self.space.type != "HTTP" and self.space.name and self.label
        return f"{self.label}.{self.space.name}".lower() if dns else ""

    @property
    def addresses(self) -> list[Record]:
        """The records that lead to addresses of tasks."""
        return [record for record in self.records if record.type in ("A", "AAAA")] if self.name else []


@dataclass(frozen=True, slots=True)
class CloudMap:
    """What was read of Cloud Map: namespaces by ARN, id and name, services by ARN and id."""

    spaces: Mapping[str, Space]
    services: Mapping[str, AwsMap]

    @classmethod
    def of(cls, index: Index) -> CloudMap:
        spaces: dict[str, Space] = {}
        named: dict[str, Space] = {}
        for ident, view in sorted(index.views("servicediscovery.Namespace").items()):
            space = Space(ident, str(view.get("Name", "")), str(view.get("Type", "")), view)
            spaces |= dict.fromkeys((ident, ident.rpartition("/")[2]), space)
            named.setdefault(space.name, space)
        services: dict[str, AwsMap] = {}
        for ident, view in sorted(index.views("servicediscovery.Service").items()):
            services |= dict.fromkeys((ident, ident.rpartition("/")[2]), view)
        return cls(named | spaces, services)

    def space(self, text: str) -> Space:
        """The namespace that *text* (ARN, id or name) means; one that was not read has the name that is given."""
        known = self.spaces.get(text) or self.spaces.get(text.rpartition("/")[2])
        return known or Space(text, "" if Arn.parse(text) else text, "")


def with_names(workload: Workload, cloud_map: CloudMap) -> Workload:
    """*workload* with its names. A reference that leads nowhere is a note on the leaf that holds it."""
    connect, registrations = _connect(workload, cloud_map), tuple(_registrations(workload, cloud_map))
    return replace(workload, connect=connect, registrations=registrations)


def _connect(workload: Workload, cloud_map: CloudMap) -> Connect | None:
    configuration: AwsMap = workload.launched.get("serviceConnectConfiguration", NOTHING)
    member = configuration.get("enabled", False) or _joins_by_default(workload)
    if not member:
        return None
    given = configuration.get("namespace") or workload.cluster.get("serviceConnectDefaults", NOTHING).get("namespace")
    space = cloud_map.space(str(given)) if given else Space(f"cluster/{workload.cluster_name}", "", "")
    entries = configuration.get("services", []) if configuration.get("enabled", False) else []
    return Connect(space, configuration, tuple(a for entry in entries for a in _aliases(workload, entry, space)))


def _joins_by_default(workload: Workload) -> bool:
    """Whether ECS would add it to the cluster's namespace as a caller: a service that is made without saying anything.

    What DescribeServices returns says it itself
    (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ClusterServiceConnectDefaultsRequest.html).
    """
    service = workload.service
    said = "serviceConnectConfiguration" in workload.launched or "deployments" in service or "taskSets" in service
    return bool(service) and not said and "namespace" in workload.cluster.get("serviceConnectDefaults", NOTHING)


def _aliases(workload: Workload, entry: AwsMap, space: Space) -> Iterable[Alias]:
    port_name = str(entry.get("portName", ""))
    mapping = _mapping(workload, port_name)
    for view in entry.get("clientAliases", []) or [entry]:
        given = str(view["dnsName"]) if "dnsName" in view else _default_name(entry, space)
        name, port = given.lower().removesuffix("."), int(view.get("port", 0))
        known = port if 0 < port <= HIGHEST else 0
        yield Alias(name, known, int(mapping.get("containerPort", 0)), mapping, entry, view)


def _default_name(entry: AwsMap, space: Space) -> str:
    """`discoveryName.namespace` or `portName.namespace`; empty where the namespace's name is not known."""
    first = str(entry.get("discoveryName") or entry.get("portName", ""))
    return f"{first}.{space.name}" if space.name and first else ""


def _mapping(workload: Workload, name: str) -> AwsMap:
    for container in workload.containers:
        for mapping in container.get("portMappings", []):
            if name and mapping.get("name") == name:
                found: AwsMap = mapping
                return found
    return NOTHING


def _registrations(workload: Workload, cloud_map: CloudMap) -> Iterable[Registration]:
    for entry in workload.configuration.get("serviceRegistries", []):
        arn = str(entry.get("registryArn", ""))
        view = cloud_map.services.get(arn) or cloud_map.services.get(arn.rpartition("/")[2])
        if view is None:
            note(entry, "registryArn", "dangling-reference", what=arn or "no registry is named")
            continue
        yield _registration(entry, view, cloud_map)


def _registration(entry: AwsMap, view: AwsMap, cloud_map: CloudMap) -> Registration:
    ident = str(view.get("NamespaceId", ""))
    space = cloud_map.spaces.get(ident, Space(ident, "", ""))
    if not space.name:
        note(view, "NamespaceId", "dangling-reference", what=ident or "no namespace is named")
    dns = view.get("DnsConfig", NOTHING)
    return Registration(
        str(view.get("Name", "")),
        space,
        tuple(Record(str(each.get("Type", "")), int(each.get("TTL", 0)), each) for each in dns.get("DnsRecords", [])),
        str(dns.get("RoutingPolicy", "")),
        str(view.get("Type", "")),
        int(entry.get("containerPort", entry.get("port", 0))),
        entry,
        view,
    )


def callers(workloads: Iterable[Workload]) -> dict[str, list[Workload]]:
    """Key of a Service Connect namespace to its members, each of which may call all names in it."""
    found: dict[str, list[Workload]] = defaultdict(list)
    for workload in workloads:
        if workload.connect:
            found[workload.connect.space.key].append(workload)
    return dict(found)


def namespace_of(workload: Workload) -> str:
    """The Kubernetes namespace that its Service Connect or Cloud Map namespace names; empty where none does."""
    spaces = [workload.connect.space] if workload.connect else []
    spaces += [registration.space for registration in workload.registrations]
    return next((space.namespace for space in spaces if space.namespace), "")
