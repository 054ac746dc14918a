"""What host names lead to: load balancers, workloads by discovery, stores."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ecs2k8s.assess.stores import known_stores

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecs2k8s.assess.dependencies import Node
    from ecs2k8s.assess.wiring import Wiring
    from ecs2k8s.resolve.index import Index
    from ecs2k8s.resolve.workload import Inventory, Workload

Key = TypeVar("Key")
WILDCARD = "\\052"  # `*` as Route 53 writes it


@dataclass(frozen=True, slots=True)
class Names:
    """By host name, lower-case and without a final dot.

    `links` are records and distributions: a name to the names that it leads to. `connect` is by the key of a namespace
    of Service Connect and the name of an alias; `zones` are the hosted zones that were read.
    """

    balancers: Mapping[str, frozenset[str]]
    links: Mapping[str, frozenset[str]]
    stores: Mapping[str, Node]
    registered: Mapping[str, frozenset[str]]
    connect: Mapping[tuple[str, str], frozenset[str]]
    zones: frozenset[str]

    @classmethod
    def of(cls, inventory: Inventory, wiring: Wiring) -> Names:
        balancers: dict[str, set[str]] = defaultdict(set)
        for balancer in inventory.balancers.load_balancers:
            if name := plain(str(balancer.view.get("DNSName", ""))):
                balancers[name].add(balancer.arn)
        links = _links(inventory.index)
        named = {(host.lower(), way.balancer) for way in wiring.ways for host in way.hosts if host[:1] not in ("~", "")}
        for host, balancer_arn in named:
            if host not in links and "?" not in host:  # a zone that was not read: the rule says whose name it is
                balancers[host].add(balancer_arn)
        return cls(
            _frozen(balancers),
            links,
            known_stores(inventory.index),
            _frozen(_registered(inventory.workloads)),
            _frozen(_aliases(inventory.workloads)),
            frozenset(
                plain(str(i.document.data.get("Name", ""))) for i in inventory.index.of_shape("route53.HostedZone")
            ),
        )

    def ends(self, host: str) -> set[str]:
        """All names that *host* leads to, itself included; a record for `*.example.com` means every name in it."""
        found: set[str] = set()
        waiting = [host]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self.links.get(name, self.links.get(wildcard(name), frozenset()))
        return found

    def balancers_of(self, host: str) -> set[str]:
        """The ARNs of the load balancers that *host* leads to."""
        found = {arn for name in self.ends(host) for arn in self.balancers.get(name, ())}
        return found or set(self.balancers.get(wildcard(host), ()))

    def is_ours(self, host: str) -> bool:
        """Whether *host* is a name in a zone that was read, but not the zone's own name, which is a name of a site."""
        labels = host.split(".")
        return any(".".join(labels[at:]) in self.zones for at in range(1, len(labels)))

    def leading_to(self) -> dict[str, list[str]]:
        """ARN of a load balancer to the names of records and distributions that lead to it, sorted."""
        found: dict[str, list[str]] = defaultdict(list)
        for name in sorted(self.links):
            for arn in sorted(self.balancers_of(name)):
                found[arn].append(name)
        return found


def plain(name: str) -> str:
    return name.lower().removesuffix(".").removeprefix("dualstack.").replace(WILDCARD, "*")


def wildcard(name: str) -> str:
    return f"*.{name.partition('.')[2]}"


def _links(index: Index) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for item in index.of_shape("route53.RecordSets"):
        for record in item.document.data.get("ResourceRecordSets") or ():
            found[plain(str(record.get("Name", "")))].update(_leads_to(record))
    for item in index.of_shape("cloudfront.Distribution"):
        data = item.document.data
        names = [str(data.get("DomainName", "")), *map(str, (data.get("Aliases") or {}).get("Items") or ())]
        origins = {plain(str(each.get("DomainName", ""))) for each in (data.get("Origins") or {}).get("Items") or ()}
        for name in {plain(name) for name in names} - found.keys():  # a record of the name says where it leads
            found[name] |= origins
    return {name: frozenset(to - {"", name}) for name, to in found.items() if name and to - {"", name}}


def _leads_to(record: dict[str, Any]) -> Iterator[str]:
    if record.get("Type") == "CNAME":
        yield from (plain(str(each.get("Value", ""))) for each in record.get("ResourceRecords") or ())
    yield plain(str((record.get("AliasTarget") or {}).get("DNSName", "")))


def _registered(workloads: Iterable[Workload]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for workload in workloads:
        for registration in workload.registrations:
            if registration.name:
                found[registration.name].add(workload.folder)
    return found


def _aliases(workloads: Iterable[Workload]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for workload in workloads:
        for alias in workload.connect.aliases if workload.connect else ():
            if alias.name and workload.connect:
                found[workload.connect.space.key, alias.name].add(workload.folder)
    return found


def _frozen(found: Mapping[Key, set[str]]) -> dict[Key, frozenset[str]]:
    return {key: frozenset(its) for key, its in found.items()}
