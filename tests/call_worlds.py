"""Small accounts in which services call each other, written in the short forms of tests/case_balancers.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.assess.call_graph import dependencies
from ecs2k8s.assess.translation import Translation
from ecs2k8s.core.ledger import account
from ecs2k8s.core.manifests import Bundle
from ecs2k8s.core.target import Target
from ecs2k8s.pipeline import translate
from ecs2k8s.resolve.index import Index
from ecs2k8s.resolve.inventory import resolve
from tests.case_files import snapshot

if TYPE_CHECKING:
    from ecs2k8s.assess.dependencies import Dependencies

Item = dict[str, Any]
MAP = "arn:aws:servicediscovery:eu-west-1:111122223333"
NAMESPACE = {"Id": "ns-1", "Arn": f"{MAP}:namespace/ns-1", "Name": "shop.local", "Type": "DNS_PRIVATE"}
SPACE = {"shape": "servicediscovery.Namespace", "id": NAMESPACE["Arn"], "data": NAMESPACE}


def service(
    family: str, env: dict[str, str] | None = None, *, alias: str = "", member: bool = False, **more: Any
) -> Item:
    """A service of its own family. `alias`: its name in Service Connect, which it then is a member of."""
    environment = [{"name": name, "value": value} for name, value in (env or {}).items()]
    mapping = {"containerPort": 8080, "name": "http"}
    container: Item = {"name": "app", "image": "app:1", "portMappings": [mapping], "environment": environment}
    extra = more.pop("container", {})
    of_service: Item = more.pop("service", {})
    if alias or member:
        names = [{"portName": "http", "clientAliases": [{"port": 80, "dnsName": alias}]}] if alias else []
        connect = {"enabled": True, "namespace": "shop", "services": names}
        of_service = of_service | {"deployments": [{"status": "PRIMARY", "serviceConnectConfiguration": connect}]}
    group = {"group": None} if "group" not in more else {}
    return {"family": family, "containerDefinitions": [container | extra], "service": of_service} | group | more


def registered(family: str, name: str, env: dict[str, str] | None = None) -> tuple[Item, list[Item]]:
    """A service that ECS registers as *name* in the Cloud Map namespace `shop.local`, and the documents of Cloud Map."""
    arn = f"{MAP}:service/srv-{family}"
    dns = {"RoutingPolicy": "MULTIVALUE", "DnsRecords": [{"Type": "A", "TTL": 60}]}
    data = {
        "Id": f"srv-{family}",
        "Arn": arn,
        "Name": name,
        "NamespaceId": "ns-1",
        "Type": "DNS_HTTP",
        "DnsConfig": dns,
    }
    found = service(family, env, service={"serviceRegistries": [{"registryArn": arn}]})
    return found, [SPACE, {"shape": "servicediscovery.Service", "id": arn, "data": data}]


def graph(*services: Item, balancers: list[Item] | None = None, others: list[Item] | None = None) -> Dependencies:
    """Who depends on whom, without the manifests: nothing of the network's reach is known then."""
    given = {"services": list(services), "balancers": balancers or [], "others": others or []}
    inventory = resolve(Index.of(snapshot(given).documents), Target())
    return dependencies(Translation(inventory, Bundle.of(()), account((), frozenset()), (), ()))


def translated(*services: Item, balancers: list[Item] | None = None, others: list[Item] | None = None) -> Translation:
    given = {"services": list(services), "balancers": balancers or [], "others": others or []}
    return translate(snapshot(given).in_order(), Target())


def lines(found: Dependencies) -> list[str]:
    """One line for each edge that is a use: labels, what shows it, and names of ECS alone."""
    labels = {node.ident: node.label.removeprefix("prod/") for node in found.nodes}
    return [
        f"{labels[edge.source]} -> {labels[edge.target]}: {', '.join(edge.via)}"
        + (f" (ECS alone: {', '.join(edge.ecs_names)})" if edge.ecs_names else "")
        for edge in found.uses
    ]


def calls(found: Dependencies) -> list[str]:
    """The lines about workloads that call."""
    ours = {node.ident for node in found.nodes if node.kind == "workload"}
    return [line for edge, line in zip(found.uses, lines(found), strict=True) if edge.source in ours]
