"""Whoever asks for a name gets the container that it meant on ECS, or a finding says that nobody does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.core.target import Target, convert
from ecs2k8s.pipeline import translate
from ecs2k8s.resolve.discovery import callers
from ecs2k8s.translate.discovery import rewrites, taken
from ecs2k8s.translate.service import service_name

if TYPE_CHECKING:
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.ledger import Entry

ECS = "arn:aws:ecs:eu-west-1:111122223333"
MAP = "arn:aws:servicediscovery:eu-west-1:111122223333"
DOMAIN = "svc.cluster.local"
LOST = ("caller-name-illegal", "caller-name-taken", "caller-name-twice", "alias-")
Item = dict[str, Any]

NAMES = ("web", "api", "my_api", "my-api", "my.api", "1x", "svc-1x", "web.prod", "api.batch", "api.shop", "a.b.c", "")
ODD = ("kubernetes", "kubernetes.default", "-x", "x..y", "a b", "web.svc")
PORTS = {"a": 80, "b": 8080, "c": 0}

alias = st.fixed_dictionaries(
    {"portName": st.sampled_from(sorted(PORTS)), "dnsName": st.sampled_from([*NAMES, *NAMES, *ODD])}
    | {"port": st.sampled_from([80, 8080, 443])}
)
member = st.fixed_dictionaries(
    {"name": st.sampled_from(["web", "api", "my_api", "my-api", "1x", "web-headless"])}
    | {"cluster": st.sampled_from(["prod", "batch", "default"])}
    | {"space": st.sampled_from(["shop", "prod", "yard.internal"]), "aliases": st.lists(alias, max_size=3)}
    | {"registered": st.sampled_from(["", "", "web/prod", "api/shop", "web/yard.internal", "my_api/batch"])}
    | {"ports": st.sampled_from([(80, 8080), (8080,), ()])}
)
estates = st.lists(member, min_size=1, max_size=4, unique_by=lambda each: (each["cluster"], each["name"]))
targets = st.sampled_from([("cluster", "1.34"), ("cluster", "1.37"), ("cloud-map", "1.34"), ("one", "1.34")])


def documents(estate: list[Item]) -> list[Document]:
    found: dict[str, Document] = {}
    for each in estate:
        for document in (*of_cloud_map(each["registered"]), *of_service(each)):
            found[document.id] = document
    return [found[ident] for ident in sorted(found)]


def of_cloud_map(registered: str) -> list[Document]:
    if not registered:
        return []
    name, space = registered.split("/")
    zone, registry = f"{MAP}:namespace/{space}", f"{MAP}:service/{name}-{space}"
    dns = {"RoutingPolicy": "MULTIVALUE", "DnsRecords": [{"Type": "A", "TTL": 60}]}
    data = {"Arn": registry, "Name": name, "NamespaceId": space, "Type": "DNS_HTTP", "DnsConfig": dns}
    return [
        Document("servicediscovery.Namespace", zone, {"Arn": zone, "Id": space, "Name": space, "Type": "DNS_PRIVATE"}),
        Document("servicediscovery.Service", registry, data),
    ]


def of_service(each: Item) -> list[Document]:
    definition = f"{ECS}:task-definition/{each['cluster']}-{each['name']}:1"
    names = {number: name for name, number in PORTS.items()}
    mappings = [{"containerPort": number, "name": names[number]} for number in each["ports"]]
    container = {"name": "c", "image": "c:1", "portMappings": mappings}
    entries = [
        {
            "portName": one["portName"],
            "clientAliases": [{"port": one["port"]} | ({"dnsName": one["dnsName"]} if one["dnsName"] else {})],
        }
        for one in each["aliases"]
    ]
    connect = {"enabled": True, "namespace": each["space"], "services": entries}
    cluster, (name, _, space) = f"{ECS}:cluster/{each['cluster']}", each["registered"].partition("/")
    data: Item = {"serviceArn": f"{ECS}:service/{each['cluster']}/{each['name']}", "serviceName": each["name"]}
    data |= {"clusterArn": cluster, "taskDefinition": definition}
    data["deployments"] = [{"status": "PRIMARY", "serviceConnectConfiguration": connect}]
    if name:
        data["serviceRegistries"] = [{"registryArn": f"{MAP}:service/{name}-{space}"}]
    family = {"family": each["name"], "taskDefinitionArn": definition, "containerDefinitions": [container]}
    return [Document("ecs.Service", data["serviceArn"], data), Document("ecs.TaskDefinition", definition, family)]


class Cluster:
    """What a resolver in a pod and kube-proxy make of the manifests: search list, rewrites, CNAMEs, ports."""

    def __init__(self, made: Translation, target: Target) -> None:
        services = [m for m in made.bundle.manifests if m["kind"] == "Service"]
        self.services = {(m["metadata"]["namespace"], m["metadata"]["name"]): m for m in services}
        self.rewrites = rewrites(made.translated, target)

    def ask(self, name: str, namespace: str) -> Item | None:
        """The Service that answers a pod in *namespace*."""
        for query in (f"{name}.{namespace}.{DOMAIN}", f"{name}.{DOMAIN}", name):
            found = self.follow(self.rewrites.get(query, query))
            if found:
                return found
        return None

    def follow(self, query: str) -> Item | None:
        service, _, namespace = query.removesuffix(f".{DOMAIN}").partition(".")
        found = self.services.get((namespace, service)) if query.endswith(f".{DOMAIN}") else None
        leads_on = found and found["spec"]["type"] == "ExternalName"
        return self.follow(found["spec"]["externalName"]) if found and leads_on else found


def leads_to(service: Item | None, workload: Any, port: int, container_port: int) -> bool:
    if service is None or service["spec"]["selector"] != workload.service_selector:
        return False
    if service["spec"].get("clusterIP") == "None":  # the pods themselves answer
        return port == container_port
    return any((p["port"], p["targetPort"]) == (port, container_port) for p in service["spec"]["ports"])


def lost(entries: tuple[Entry, ...], document: str, *start: object) -> bool:
    """Whether it is said of a leaf below *start* that nothing is made of a name."""
    return any(
        slug.startswith(LOST)
        for entry in entries
        if entry.document.id == document and entry.path[: len(start)] == start
        for slug in entry.slugs
    )


@settings(max_examples=150, deadline=None)
@given(estates, targets)
def test_every_name_leads_to_its_container_port_or_a_finding_says_that_it_does_not(
    estate: list[Item], choice: tuple[str, str]
) -> None:
    target = convert({"namespaces": choice[0], "kubernetes_version": choice[1]})
    made = translate(Snapshot(tuple(documents(estate))), target)
    assert made.refused == ()
    cluster, members = Cluster(made, target), callers(made.translated)
    for workload in made.translated:
        at = ("deployments", 0, "serviceConnectConfiguration", "services")
        for index, one in enumerate(workload.connect.aliases if workload.connect else ()):
            reached = [
                leads_to(cluster.ask(one.name, caller.namespace), workload, one.port, one.container_port)
                for caller in members[workload.connect.space.key]  # type: ignore[union-attr]
            ]
            assert all(reached) or lost(made.ledger.entries, workload.service_id, *at, index), one
        for registration in workload.registrations:
            answers = [cluster.ask(registration.name, caller.namespace) for caller in made.translated]
            numbers = [int(mapping["containerPort"]) for mapping in workload.containers[0]["portMappings"]]
            works = all(leads_to(answer, workload, number, number) for answer in answers for number in numbers)
            assert works or lost(made.ledger.entries, str(registration.entry["registryArn"]), "Name"), registration


@settings(max_examples=40, deadline=None)
@given(estates, targets)
def test_the_names_that_are_taken_are_those_of_the_services_beside_the_workloads_own(
    estate: list[Item], choice: tuple[str, str]
) -> None:
    target = convert({"namespaces": choice[0], "kubernetes_version": choice[1]})
    made = translate(Snapshot(tuple(documents(estate))), target)
    own = {(w.namespace, service_name(w, target)) for w in made.translated if w.containers[0]["portMappings"]}
    services = {ObjectRef.of(m): m for m in made.bundle.manifests if m["kind"] == "Service"}
    found = taken(made.translated, target)
    assert own.isdisjoint(found)
    assert own | found.keys() == {(ref.namespace, ref.name) for ref in services}
    for key, workload in found.items():
        assert services[ObjectRef("v1", "Service", *key)]["metadata"]["labels"] == workload.labels


@settings(max_examples=20, deadline=None)
@given(estates, st.randoms(use_true_random=False))
def test_the_order_of_the_documents_changes_nothing(estate: list[Item], random: Any) -> None:
    target, listed = convert({}), documents(estate)
    one = translate(Snapshot(tuple(listed)), target)
    random.shuffle(listed)
    other = translate(Snapshot(tuple(listed)), target)
    assert one.bundle == other.bundle
    assert one.findings == other.findings
    assert rewrites(one.translated, target) == rewrites(other.translated, target)
