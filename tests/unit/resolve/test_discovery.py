"""Names as they are resolved: Service Connect's defaults, Cloud Map's references, who may call whom."""

from __future__ import annotations

from typing import Any

import pytest

from ecs2k8s.core.documents import Document
from ecs2k8s.core.target import convert
from ecs2k8s.resolve.discovery import CloudMap, Space, callers, namespace_of
from ecs2k8s.resolve.index import Index
from ecs2k8s.resolve.inventory import resolve

ECS = "arn:aws:ecs:eu-west-1:111122223333"
MAP = "arn:aws:servicediscovery:eu-west-1:111122223333"
Item = dict[str, Any]


def namespace(name: str, ident: str = "ns-1", kind: str = "DNS_PRIVATE") -> Document:
    arn = f"{MAP}:namespace/{ident}"
    return Document("servicediscovery.Namespace", arn, {"Id": ident, "Arn": arn, "Name": name, "Type": kind})


def registry(**more: Any) -> Document:
    data = {"Name": "Web", "NamespaceId": "ns-1", "Type": "DNS_HTTP"} | more
    return Document("servicediscovery.Service", f"{MAP}:service/srv-1", data)


def service(name: str = "web", cluster: str = "prod", connect: Item | None = None, **more: Any) -> list[Document]:
    mapping = {"containerPort": 8080, "name": "http"}
    definition = f"{ECS}:task-definition/{name}:1"
    data: Item = {"serviceArn": f"{ECS}:service/{cluster}/{name}", "serviceName": name, "taskDefinition": definition}
    data |= {"clusterArn": f"{ECS}:cluster/{cluster}", **more}
    if connect is not None:
        old = {"status": "ACTIVE", "serviceConnectConfiguration": {"enabled": True, "namespace": "old"}}
        data["deployments"] = [old, {"status": "PRIMARY", "serviceConnectConfiguration": connect}]
    container = {"name": "c", "image": "c:1", "portMappings": [mapping]}
    family = {"family": name, "taskDefinitionArn": definition, "containerDefinitions": [container]}
    return [Document("ecs.Service", data["serviceArn"], data), Document("ecs.TaskDefinition", definition, family)]


def resolved(*documents: Document, namespaces: str = "cluster") -> Any:
    return resolve(Index.of(documents), convert({"namespaces": namespaces})).workloads


def aliases(**entry: Any) -> list[tuple[str, int, int]]:
    connect = {"enabled": True, "namespace": "shop", "services": [{"portName": "http"} | entry]}
    (workload,) = resolved(*service(connect=connect))
    return [(alias.name, alias.port, alias.container_port) for alias in workload.connect.aliases]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"clientAliases": [{"port": 80, "dnsName": "API."}]}, [("api", 80, 8080)]),
        ({"discoveryName": "api", "clientAliases": [{"port": 80}]}, [("api.shop", 80, 8080)]),
        ({"clientAliases": [{"port": 80}]}, [("http.shop", 80, 8080)]),
        ({"clientAliases": [{"port": 80, "dnsName": "a"}, {"port": 81}]}, [("a", 80, 8080), ("http.shop", 81, 8080)]),
        ({"clientAliases": []}, [("http.shop", 0, 8080)]),
        ({"portName": "other", "clientAliases": [{"port": 80, "dnsName": "a"}]}, [("a", 80, 0)]),
        ({"clientAliases": [{"port": 70000, "dnsName": "a"}]}, [("a", 0, 8080)]),
    ],
)
def test_an_alias_has_the_names_that_service_connect_gives_it(
    entry: Item, expected: list[tuple[str, int, int]]
) -> None:
    assert aliases(**entry) == expected


def test_the_default_name_needs_the_name_of_the_namespace() -> None:
    connect = {"enabled": True, "namespace": f"{MAP}:namespace/ns-1", "services": [{"portName": "http"}]}
    (alone,) = resolved(*service(connect=connect))
    (known,) = resolved(*service(connect=connect), namespace("yard"))
    assert [alone.connect.aliases[0].name, known.connect.aliases[0].name] == ["", "http.yard"]


def test_one_namespace_is_the_same_by_arn_by_id_and_by_name() -> None:
    found = CloudMap.of(Index.of([namespace("yard"), namespace("ns-1", "ns-2")]))
    spaces = [found.space(text) for text in (f"{MAP}:namespace/ns-1", "ns-1", "yard", "nowhere", f"{MAP}:namespace/x")]
    assert [(space.key, space.name, space.type) for space in spaces] == [
        *[(f"{MAP}:namespace/ns-1", "yard", "DNS_PRIVATE")] * 3,
        ("nowhere", "nowhere", ""),
        (f"{MAP}:namespace/x", "", ""),
    ]


def test_callers_are_the_members_of_the_namespace_that_say_so() -> None:
    on, off = {"enabled": True, "namespace": "shop"}, {"enabled": False, "namespace": "shop"}
    documents = [*service("a", connect=on), *service("b", connect=off), *service("c", "batch", on), *service("d")]
    members = callers(resolved(*documents))
    assert {key: [member.name for member in group] for key, group in members.items()} == {"shop": ["c", "a"]}


def test_a_new_service_joins_the_default_of_its_cluster_and_a_described_one_does_not() -> None:
    data: Item = {"clusterArn": f"{ECS}:cluster/prod", "serviceConnectDefaults": {"namespace": "shop"}}
    cluster = Document("ecs.Cluster", data["clusterArn"], data)
    (new,) = resolved(*service(), cluster)
    (described,) = resolved(*service(deployments=[{"status": "PRIMARY"}]), cluster)
    assert new.connect.space.name == "shop"
    assert described.connect is None


@pytest.mark.parametrize(
    ("kind", "records", "name", "types"),
    [
        ("DNS_PRIVATE", ["A", "SRV"], "web.yard", ["A"]),
        ("DNS_PUBLIC", ["AAAA"], "web.yard", ["AAAA"]),
        ("DNS_PRIVATE", ["SRV"], "web.yard", []),
        ("DNS_PRIVATE", [], "", []),
        ("HTTP", ["A"], "", []),
    ],
)
def test_a_registration_has_the_name_and_the_records_of_its_zone(
    kind: str, records: list[str], name: str, types: list[str]
) -> None:
    dns = {"RoutingPolicy": "MULTIVALUE", "DnsRecords": [{"Type": each, "TTL": 15} for each in records]}
    entry = {"registryArn": f"{MAP}:service/srv-1", "containerPort": 8080}
    documents = (*service(serviceRegistries=[entry]), registry(DnsConfig=dns), namespace("yard", kind=kind))
    (workload,) = resolved(*documents)
    (found,) = workload.registrations
    assert (found.name, [record.type for record in found.addresses]) == (name, types)
    assert [record.ttl for record in found.records] == [15] * len(records)
    assert (found.label, found.policy, found.type, found.port) == ("Web", "MULTIVALUE", "DNS_HTTP", 8080)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("shop", "shop"), ("Shop", ""), ("shop.local", ""), ("kube-system", ""), ("a" * 64, ""), ("my_shop", "")],
)
def test_a_single_label_names_a_kubernetes_namespace(name: str, expected: str) -> None:
    assert Space("x", name, "HTTP").namespace == expected


def test_service_connect_says_the_namespace_before_cloud_map_where_it_can() -> None:
    entry = [{"registryArn": f"{MAP}:service/srv-1"}]
    documents = (registry(), namespace("yard"))
    (first,) = resolved(*service(connect={"enabled": True, "namespace": "shop"}, serviceRegistries=entry), *documents)
    (second,) = resolved(
        *service(connect={"enabled": True, "namespace": "shop.local"}, serviceRegistries=entry), *documents
    )
    (neither,) = resolved(*service())
    assert [namespace_of(first), namespace_of(second), namespace_of(neither)] == ["shop", "yard", ""]


def test_the_choice_cloud_map_puts_workloads_of_several_clusters_into_one_namespace() -> None:
    shop = {"enabled": True, "namespace": "shop"}
    documents = [*service("web", "a", shop), *service("web", "b", shop), *service("night", "b")]
    workloads = resolved(*documents, namespaces="cloud-map")
    assert [(workload.namespace, workload.name.partition("-")[0]) for workload in workloads] == [
        ("b", "night"),
        ("shop", "web"),
        ("shop", "web"),
    ]
    assert len({workload.name for workload in workloads}) == 3
