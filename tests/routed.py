"""An account whose one ALB has given listeners, and what becomes of it: for tests that try many of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from ecs2k8s.assess.routing import prove_all
from ecs2k8s.core.documents import Document
from ecs2k8s.core.manifests import Bundle
from ecs2k8s.core.target import convert
from ecs2k8s.resolve.balancers import Balancers
from ecs2k8s.resolve.index import Index
from ecs2k8s.resolve.inventory import resolve
from ecs2k8s.translate import manifests
from ecs2k8s.translate.routes import Forward
from ecs2k8s.translate.traffic import routings
from tests.listener_rules import BALANCER_ARN, TARGET_GROUPS
from tests.source_routes import source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecs2k8s.assess.routing import Proof
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Inventory
    from ecs2k8s.translate.routes import Route
    from tests.listener_rules import Source

ECS = "arn:aws:ecs:eu-west-1:111122223333"
BALANCER = {
    "LoadBalancerArn": BALANCER_ARN,
    "LoadBalancerName": "shop",
    "Type": "application",
    "Scheme": "internal",
    "IpAddressType": "ipv4",
    "SecurityGroups": ["sg-1"],
    "AvailabilityZones": [{"ZoneName": "eu-west-1a", "SubnetId": "subnet-a"}],
}


def name_of(arn: str) -> str:
    return arn.split("/")[1]


def group(arn: str, **more: Any) -> Document:
    data = {
        "TargetGroupArn": arn,
        "TargetGroupName": name_of(arn),
        "Protocol": "HTTP",
        "ProtocolVersion": "HTTP1",
        "TargetType": "ip",
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckIntervalSeconds": 30,
        "LoadBalancerArns": [BALANCER_ARN],
    }
    return Document("elbv2.TargetGroup", arn, data | more)


def service(arn: str) -> list[Document]:
    """A service called as the target group that ECS registers it in."""
    name = name_of(arn)
    definition = f"{ECS}:task-definition/{name}:1"
    container = {"name": "app", "image": "app:1", "portMappings": [{"containerPort": 8080}]}
    task = {"taskDefinitionArn": definition, "family": name, "revision": 1, "containerDefinitions": [container]}
    entry = {"targetGroupArn": arn, "containerName": "app", "containerPort": 8080}
    data: dict[str, Any] = {
        "serviceArn": f"{ECS}:service/prod/{name}",
        "serviceName": name,
        "clusterArn": f"{ECS}:cluster/prod",
    }
    data |= {"status": "ACTIVE", "desiredCount": 1, "taskDefinition": definition, "loadBalancers": [entry]}
    return [Document("ecs.TaskDefinition", definition, task), Document("ecs.Service", data["serviceArn"], data)]


@cache
def account() -> tuple[Inventory, Bundle]:
    """Six services behind the ALB's target groups, without listeners, and their objects."""
    documents = [document for arn in TARGET_GROUPS for document in (group(arn), *service(arn))]
    inventory = resolve(Index.of(documents), convert({}))
    placed, _ = manifests(inventory, convert({}))
    return inventory, Bundle.of(placed)


@dataclass(frozen=True)
class Outcome:
    """The proof (None: no rule forwards to a service), and every slug that was said of the load balancer."""

    proof: Proof | None
    said: set[str]


def outcome(sources: Sequence[Source], target: Target | None = None, **balancer: Any) -> Outcome:
    """What becomes of an ALB with the listeners *sources*."""
    inventory, bundle = account()
    documents = [Document("elbv2.LoadBalancer", BALANCER_ARN, BALANCER | balancer)]
    named = str([(each.listener, each.rules) for each in sources])
    documents += [group(arn, LoadBalancerArns=[BALANCER_ARN] if arn in named else []) for arn in TARGET_GROUPS]
    for each in sources:
        arn = each.listener["ListenerArn"]
        documents.append(Document("elbv2.Listener", arn, each.listener))
        documents += [Document("elbv2.Rule", rule["RuleArn"], rule) for rule in each.rules]
        if each.certificates:
            answer = {"ListenerArn": arn, "Certificates": each.certificates}
            documents.append(Document("elbv2.ListenerCertificates", arn, answer))
    index = Index.of(documents)
    known = replace(inventory, balancers=Balancers.of(index, inventory.workloads), index=index)
    proofs = prove_all(routings(known, list(inventory.workloads), target or convert({})), bundle)
    notes = [item.trace.notes for item in index.tracked]
    return Outcome(
        proofs[0] if proofs else None, {slug for trace in notes for said in trace.values() for slug, _ in said}
    )


def in_cluster(route: Route) -> Route:
    """The oracle's route with Services in place of target groups."""
    if not isinstance(route.action, Forward):
        return route
    moved = tuple((f"prod/{name_of(arn)}:8080", weight) for arn, weight in route.action.backends)
    return replace(route, action=replace(route.action, backends=moved))


def oracle(each: Source) -> tuple[tuple[Route, ...], Route]:
    rules, default = source(each.listener, each.rules)
    return tuple(map(in_cluster, rules)), in_cluster(default)
