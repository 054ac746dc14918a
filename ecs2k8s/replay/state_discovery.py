"""Instances of Cloud Map services; the documents have none, so those that ECS registered are not there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecs2k8s.replay.state import Asked, Item, only, refuse_unless

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.replay.state import Account

ADDRESSES = {"AWS_INSTANCE_IPV4", "AWS_INSTANCE_IPV6", "AWS_INSTANCE_CNAME"}
ALIAS = "AWS_ALIAS_DNS_NAME"


@dataclass(slots=True)
class Instances:
    """Attributes by service and instance; the moment at which each operation succeeds."""

    by_service: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    operations: dict[str, tuple[float, str, str]] = field(default_factory=dict)


def _service(account: Account, ident: str) -> Item:
    return account.estate.one("servicediscovery.Service", "ServiceNotFound", Id=ident)


def _routing(service: Item) -> str:
    """Empty where the namespace has no DNS."""
    records = service.get("DnsConfig", {}).get("DnsRecords")
    return str(service.get("DnsConfig", {}).get("RoutingPolicy", "MULTIVALUE")) if records else ""


def register_instance(account: Account, asked: Asked) -> Item:
    """The same id again replaces the attributes."""
    only(asked, "ServiceId", "InstanceId", "Attributes", "CreatorRequestId")
    service, attributes = _service(account, asked["ServiceId"]), dict(asked["Attributes"])
    routing, named = _routing(service), set(attributes) & ADDRESSES
    if ALIAS in attributes:
        words = "AWS_ALIAS_DNS_NAME needs the routing policy WEIGHTED, and no AWS_INSTANCE_* beside it"
        refuse_unless(routing == "WEIGHTED" and not named, "InvalidInput", words)
    elif routing:
        refuse_unless(bool(named), "InvalidInput", "An instance of a service with DNS needs an address")

    def there() -> None:
        account.part(Instances).by_service.setdefault(service["Id"], {})[asked["InstanceId"]] = attributes

    return _operation(account, "REGISTER_INSTANCE", asked, there)


def deregister_instance(account: Account, asked: Asked) -> Item:
    only(asked, "ServiceId", "InstanceId")
    service, ident = _service(account, asked["ServiceId"]), asked["InstanceId"]
    known = account.part(Instances).by_service.get(service["Id"], {})
    refuse_unless(ident in known, "InstanceNotFound", f"Instance with id {ident} not found in service {service['Id']}")
    return _operation(account, "DEREGISTER_INSTANCE", asked, lambda: _drop(known, ident))


def _drop(known: dict[str, dict[str, str]], ident: str) -> None:
    known.pop(ident, None)


def _operation(account: Account, kind: str, asked: Asked, effect: Callable[[], None]) -> Item:
    ident = f"{account.new_id(32)}"
    account.part(Instances).operations[ident] = (account.now() + account.delays.discovery, kind, asked["InstanceId"])
    account.later(account.delays.discovery, effect)
    return {"OperationId": ident}


def get_operation(account: Account, asked: Asked) -> Item:
    only(asked, "OperationId")
    found = account.part(Instances).operations.get(asked["OperationId"])
    refuse_unless(found is not None, "OperationNotFound", "There is no such operation")
    until, kind, instance = found or (0.0, "", "")
    status = "SUCCESS" if until <= account.now() else "PENDING"
    operation = {"Id": asked["OperationId"], "Type": kind, "Status": status, "Targets": {"INSTANCE": instance}}
    return {"Operation": operation}


def list_instances(account: Account, asked: Asked) -> Item:
    only(asked, "ServiceId", "MaxResults", "NextToken")
    service = _service(account, asked["ServiceId"])
    found = account.part(Instances).by_service.get(service["Id"], {})
    return {"Instances": [{"Id": ident, "Attributes": its} for ident, its in sorted(found.items())]}
