"""What fields of Service Connect and Cloud Map ask for that no Service can give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.translate.alias_ports import say_alias
from ecs2k8s.translate.disregard import disregard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.resolve.discovery import Alias, Registration
    from ecs2k8s.resolve.workload import AwsMap, Inventory, Workload

PER_REQUEST = ("http2", "grpc")
# How pods come to be found under a name of Cloud Map too, by what the name is
# (https://docs.aws.amazon.com/cloud-map/latest/api/API_RegisterInstance.html).
MOVES = {
    "API": "register instances with the attributes that callers ask for",
    "SRV": "register instances with AWS_INSTANCE_IPV4 and AWS_INSTANCE_PORT of an internal Network Load Balancer",
    "CNAME": "register an instance whose AWS_INSTANCE_CNAME is the name of an internal load balancer",
    "WEIGHTED": "register one instance whose AWS_ALIAS_DNS_NAME is an internal load balancer in front of the pods",
    "MULTIVALUE": "register instances whose AWS_INSTANCE_IPV4 are fixed addresses of an internal Network Load "
    "Balancer, or those of the pods, kept fresh by external-dns",
}


def say_connect(workload: Workload, members: Mapping[str, list[Workload]]) -> None:
    """Notes on the Service Connect configuration of *workload*. *members* are those of `resolve.discovery.callers`."""
    if not workload.connect:
        disregard(workload.launched.get("serviceConnectConfiguration", NOTHING), "connect-is-off", but=("enabled",))
        return
    others = [m for m in members.get(workload.connect.space.key, []) if m is not workload]
    listed = ", ".join(sorted(f"{m.namespace}/{m.name}" for m in others)) or "none that was read"
    for alias in workload.connect.aliases:
        say_alias(alias, "connect-callers-on-ecs", name=alias.name or alias.entry.get("portName", ""), callers=listed)
        _say_test_traffic(alias)
        _say_protocol(alias)
    for entry in workload.connect.view.get("services", []):
        _say_proxy(entry)


def _say_test_traffic(alias: Alias) -> None:
    header = alias.view.get("testTrafficRules", NOTHING).get("header", NOTHING)
    if header:
        exact = header.get("value", NOTHING).get("exact", "")
        note(header, "name", "connect-test-traffic", header=header.get("name", ""), value=exact, name=alias.name)
        note(header, ("value", "exact"), "of-test-traffic")


def _say_protocol(alias: Alias) -> None:
    protocol = str(alias.mapping.get("appProtocol", ""))
    if protocol in PER_REQUEST:
        note(alias.mapping, "appProtocol", "connections-not-requests", protocol=protocol, name=alias.name)


def _say_proxy(entry: AwsMap) -> None:
    timeout = entry.get("timeout", NOTHING)
    for key, slug in (("idleTimeoutSeconds", "connect-idle-timeout"), ("perRequestTimeoutSeconds", "connect-timeout")):
        if key in timeout:
            note(timeout, key, slug, seconds=timeout[key])
    if "ingressPortOverride" in entry:
        note(entry, "ingressPortOverride", "connect-port-override", port=entry["ingressPortOverride"])
    authority = entry.get("tls", NOTHING).get("issuerCertificateAuthority", NOTHING)
    if "awsPcaAuthorityArn" in authority:
        note(authority, "awsPcaAuthorityArn", "connect-tls-lost", authority=authority["awsPcaAuthorityArn"])


def say_registrations(workload: Workload) -> None:
    """Notes on what *workload* is registered in."""
    for registration in workload.registrations:
        said, kind = registration.name or registration.label, _kind(registration)
        note(registration.entry, "registryArn", "discovery-callers-on-ecs", name=said, move=MOVES[kind])
        if kind == "API":
            note(registration.view, "Type", "discovery-by-api", name=registration.label)
        if kind == "WEIGHTED":
            note(registration.view, ("DnsConfig", "RoutingPolicy"), "weighted-answers", name=said)
        _say_records(registration)
        _say_instances(workload, registration)
        _say_zone(registration)


def _kind(registration: Registration) -> str:
    """The key in `MOVES`: how callers find the instances."""
    if not registration.name:
        return "API"
    if not registration.addresses:
        types = {record.type for record in registration.records}
        return "SRV" if "SRV" in types else "CNAME"
    return registration.policy if registration.policy in MOVES else "MULTIVALUE"


def _say_zone(registration: Registration) -> None:
    zone = registration.space.view.get("Properties", NOTHING).get("DnsProperties", NOTHING)
    if "HostedZoneId" in zone:
        said = {"zone": registration.space.name, "zone_id": zone["HostedZoneId"]}
        note(zone, "HostedZoneId", "discovery-zone-linked", **said)


def _say_records(registration: Registration) -> None:
    said = registration.name or registration.label
    for record in registration.records:
        if record.type == "SRV":
            note(record.view, "Type", "discovery-srv-record", name=said)
        elif record.type == "AAAA":
            note(record.view, "Type", "record-of-one-family", name=said)
        elif record.type != "A":
            note(record.view, "Type", "record-not-of-ecs", name=said, type=record.type)


def _say_instances(workload: Workload, registration: Registration) -> None:
    """More instances than tasks: somebody registered others by hand, and pods that replace the tasks are not all."""
    count, running = int(registration.view.get("InstanceCount", 0)), workload.service.get("runningCount")
    if running is not None and count > int(running):
        note(registration.view, "InstanceCount", "foreign-instances", count=count, running=running)


def say_made_by_connect(inventory: Inventory) -> None:
    """Cloud Map services that Service Connect made for itself ask for nothing."""
    made = {
        str(each.get("discoveryArn", ""))
        for workload in inventory.workloads
        for each in workload.launched.get("serviceConnectResources", [])
    }
    for item in inventory.index.of_shape("servicediscovery.Service"):
        if item.document.id in made:
            disregard(item.view, "made-by-service-connect")


def say_linked_zones(inventory: Inventory) -> None:
    """Zones that were read and that only the service which made them may edit."""
    for view in inventory.index.views("route53.HostedZone").values():
        linked = view.get("LinkedService", NOTHING)
        if "ServicePrincipal" in linked:
            note(linked, "ServicePrincipal", "hosted-zone-linked", principal=linked["ServicePrincipal"])
