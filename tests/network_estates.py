"""Small accounts with security groups, drawn at random: services in two clusters, rules between them and outwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from ecs2k8s.core.documents import Document, Snapshot

ACCOUNT = "111122223333"
ECS = f"arn:aws:ecs:eu-west-1:{ACCOUNT}"
SUBNETS = {"subnet-a": "10.0.0.0/30", "subnet-b": "10.0.0.4/30", "subnet-c": "10.0.0.8/30"}
GROUPS = ("sg-1", "sg-2", "sg-3", "sg-4")
FOREIGN = "sg-9"  # nothing has it, and its document was not read
RANGES = (
    "0.0.0.0/0",
    "10.0.0.0/28",
    "10.0.0.0/29",
    "10.0.0.4/30",
    "10.0.0.5/32",
    "10.0.0.12/30",
    "192.168.0.0/30",
    "192.168.0.2/31",
)
OUTSIDE = tuple(f"10.0.0.{n}" for n in range(12, 16)) + tuple(f"192.168.0.{n}" for n in range(4)) + ("203.0.113.1",)
EVERYTHING = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


@dataclass(frozen=True)
class Service:
    cluster: str
    name: str
    groups: tuple[str, ...]
    subnets: tuple[str, ...]


@dataclass(frozen=True)
class Estate:
    groups: tuple[dict[str, Any], ...]
    services: tuple[Service, ...]

    @property
    def snapshot(self) -> Snapshot:
        documents = [Document("ec2.SecurityGroup", f"security-group/{g['GroupId']}", g) for g in self.groups]
        for subnet, cidr in SUBNETS.items():
            data = {"SubnetId": subnet, "CidrBlock": cidr, "VpcId": "vpc-1"}
            documents.append(Document("ec2.Subnet", f"subnet/{subnet}", data))
        for service in self.services:
            documents += _service(service)
        return Snapshot(tuple(sorted(documents, key=lambda d: (d.shape, d.id))))


def _service(service: Service) -> list[Document]:
    definition = f"{ECS}:task-definition/{service.cluster}-{service.name}:1"
    network = {"securityGroups": list(service.groups), "subnets": list(service.subnets)}
    containers = [{"name": "c", "image": "c:1", "portMappings": [{"containerPort": 5}]}]
    family: dict[str, Any] = {"taskDefinitionArn": definition, "family": f"{service.cluster}-{service.name}"}
    family |= {"revision": 1, "status": "ACTIVE", "networkMode": "awsvpc", "containerDefinitions": containers}
    arn = f"{ECS}:service/{service.cluster}/{service.name}"
    its: dict[str, Any] = {"serviceArn": arn, "serviceName": service.name, "status": "ACTIVE", "desiredCount": 2}
    its |= {"clusterArn": f"{ECS}:cluster/{service.cluster}", "taskDefinition": definition}
    its |= {"networkConfiguration": {"awsvpcConfiguration": network}}
    return [Document("ecs.TaskDefinition", definition, family), Document("ecs.Service", arn, its)]


@st.composite
def permissions(draw: st.DrawFn) -> dict[str, Any]:
    protocol = draw(st.sampled_from(["tcp", "tcp", "udp", "-1", "icmp"]))
    found: dict[str, Any] = {"IpProtocol": protocol}
    if protocol in ("tcp", "udp"):
        first = draw(st.integers(0, 12))
        found |= {"FromPort": first, "ToPort": draw(st.integers(max(first, 1), 12))}
    peers = draw(st.lists(st.sampled_from([*RANGES, *GROUPS, FOREIGN]), min_size=1, max_size=3, unique=True))
    ranges = [{"CidrIp": peer} for peer in peers if peer in RANGES]
    pairs = [{"GroupId": peer, "UserId": ACCOUNT} for peer in peers if peer not in RANGES]
    return found | {"IpRanges": ranges, "UserIdGroupPairs": pairs}


@st.composite
def groups(draw: st.DrawFn, ident: str) -> dict[str, Any]:
    found: dict[str, Any] = {"GroupId": ident, "GroupName": ident, "VpcId": "vpc-1", "OwnerId": ACCOUNT}
    found["IpPermissions"] = draw(st.lists(permissions(), max_size=3))
    restricted = draw(st.booleans())
    found["IpPermissionsEgress"] = draw(st.lists(permissions(), max_size=3)) if restricted else [EVERYTHING]
    return found


@st.composite
def estates(draw: st.DrawFn) -> Estate:
    known = tuple(draw(groups(ident)) for ident in GROUPS)
    services = []
    for index in range(draw(st.integers(1, 4))):
        its = draw(st.lists(st.sampled_from(GROUPS), min_size=1, max_size=3, unique=True))
        subnets = draw(st.lists(st.sampled_from(sorted(SUBNETS)), min_size=1, max_size=2, unique=True))
        cluster = draw(st.sampled_from(["one", "two"]))
        services.append(Service(cluster, f"s{index}", tuple(its), tuple(subnets)))
    return Estate(known, tuple(services))
