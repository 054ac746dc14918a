"""Databases, caches, file systems, queues and the like: those that were read, and those that a name alone shows."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any

from ecs2k8s.assess.dependencies import Node
from ecs2k8s.core.arns import Arn
from ecs2k8s.core.mappings import load_yaml
from ecs2k8s.core.partitions import of_region
from ecs2k8s.core.redacted import looks_secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.resolve.index import Index

Data = dict[str, Any]
OF_AWS = re.compile(
    r"(?P<labels>[a-z0-9_-]+(?:\.[a-z0-9_-]+)+)\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|api\.aws|on\.aws)"
)
QUEUE = re.compile(r"/(?P<account>\d{12})/(?P<name>[A-Za-z0-9_-]{1,80}(?:\.fifo)?)")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
UNTYPED = ("s3", "sns", "sqs")  # services whose resources are names alone; else `table/name`, `cluster:name`
BROKER = re.compile(r"b-\d{1,3}\.")  # one of the brokers of a Kafka cluster
IN_TABLES = ("data store", "interface")  # what the table of who reaches whom calls an interface of a store
NEAR = 2  # labels beside the end, one of which is the service, the other one perhaps the Region


@cache
def forms() -> Mapping[str, Mapping[str, str]]:
    """mappings/endpoints.yaml."""
    found: dict[str, dict[str, str]] = load_yaml("endpoints.yaml")
    return found


def store(ident: str, name: str, what: str) -> Node:
    return Node("store", ident, f"{name} ({what})")


def known_stores(index: Index) -> dict[str, Node]:
    """Each host name, and each other name by which reports know it, to the store that was read.

    Instances of a cluster and nodes of a replication group are the cluster and the group.
    """
    found: dict[str, Node] = {}
    for node, names in (*_databases(index), *_caches(index), *_file_systems(index)):
        found |= {name if " " in name else name.lower().removesuffix("."): node for name in names if name}
    return found


def _databases(index: Index) -> Iterator[tuple[Node, list[str]]]:
    clusters: dict[str, Node] = {}
    for ident, data in _documents(index, "rds.DBCluster"):
        name = str(data.get("DBClusterIdentifier", ""))
        clusters[name] = store(ident, name, _engine(data))
        yield (
            clusters[name],
            [*_texts(data, "Endpoint", "ReaderEndpoint"), *map(str, data.get("CustomEndpoints") or ())],
        )
    for ident, data in _documents(index, "rds.DBInstance"):
        name = str(data.get("DBInstanceIdentifier", ""))
        node = clusters.get(str(data.get("DBClusterIdentifier", "")), store(ident, name, _engine(data)))
        yield node, [*_addresses(data, "Endpoint"), f"data store {name}"]
    for ident, data in _documents(index, "rds.DBProxy"):
        name = str(data.get("DBProxyName", ""))
        yield store(ident, name, "database proxy"), [*_texts(data, "Endpoint"), f"data store {name}"]


def _caches(index: Index) -> Iterator[tuple[Node, list[str]]]:
    groups: dict[str, Node] = {}
    for ident, data in _documents(index, "elasticache.ReplicationGroup"):
        name = str(data.get("ReplicationGroupId", ""))
        groups[name] = store(ident, name, _engine(data, "cache"))
        parts = data.get("NodeGroups") or []
        nodes = [*parts, *(node for part in parts for node in part.get("NodeGroupMembers") or ())]
        hosts = [_addresses(node, "PrimaryEndpoint", "ReaderEndpoint", "ReadEndpoint") for node in nodes]
        yield groups[name], [*_addresses(data, "ConfigurationEndpoint"), *(host for its in hosts for host in its)]
    for ident, data in _documents(index, "elasticache.CacheCluster"):
        name = str(data.get("CacheClusterId", ""))
        node = groups.get(str(data.get("ReplicationGroupId", "")), store(ident, name, _engine(data, "cache")))
        hosts = [_addresses(each, "Endpoint") for each in data.get("CacheNodes") or ()]
        others = [*_addresses(data, "ConfigurationEndpoint"), *(f"{kind} ElastiCache {name}" for kind in IN_TABLES)]
        yield node, [*others, *(host for its in hosts for host in its)]
    for ident, data in _documents(index, "elasticache.ServerlessCache"):
        name = str(data.get("ServerlessCacheName", ""))
        node = store(ident, name, _engine(data, "cache"))
        yield node, [*_addresses(data, "Endpoint", "ReaderEndpoint"), f"data store {name}"]


def _file_systems(index: Index) -> Iterator[tuple[Node, list[str]]]:
    targets: dict[str, list[str]] = defaultdict(list)
    for ident, data in _documents(index, "efs.MountTarget"):
        targets[str(data.get("FileSystemId", ""))].append(str(data.get("MountTargetId", ident)))
    known = {str(data.get("FileSystemId", "")) for _, data in _documents(index, "efs.FileSystem")}
    for ident in sorted({*known, *targets} - {""}):
        yield file_system(ident), [f"data store {target}" for target in targets[ident]]


def file_system(ident: str) -> Node:
    """Of EFS, by its id: tasks mount it by that."""
    return store(ident, ident, "file system")


def of_host(host: str, path: str) -> Node | None:
    """What a host name of AWS means by its form alone; None where it is none. Of the path a queue's name is taken."""
    form = OF_AWS.fullmatch(host)
    if form is None:
        return None
    labels = form["labels"].split(".")
    queue = QUEUE.fullmatch(path)
    if labels[0] == "sqs" and len(labels) > 1 and queue and not looks_secret("", queue["name"]):
        return of_arn(f"arn:{of_region(labels[1])}:sqs:{labels[1]}:{queue['account']}:{queue['name']}")
    what = next((forms()["hosts"][label] for label in reversed(labels[1:][-NEAR:]) if label in forms()["hosts"]), "")
    if not what:
        return Node("service", host, f"{labels[0]}" if len(labels) <= NEAR else host)
    if what == "bucket":
        return of_arn(f"arn:aws:s3:::{labels[0]}")
    whole = BROKER.sub("", host) if what == "broker" else host
    return store(whole, whole.partition(".")[0], what)


def of_arn(text: str) -> Node | None:
    """The store that an ARN names; None where it names none."""
    arn = Arn.parse(text)
    what = forms()["arns"].get(arn.service, "") if arn else ""
    if not arn or not what:
        return None
    typed = arn.service not in UNTYPED
    name = re.split(r"[:/]", arn.resource)[typed : typed + 1]
    if not name or not NAME.fullmatch(name[0]) or looks_secret("", name[0]):
        return None
    return store(f"arn:{arn.partition}:{arn.service}:{arn.region}:{arn.account}:{name[0]}", name[0], what)


def _documents(index: Index, shape: str) -> list[tuple[str, Data]]:
    """It only looks: what is asked here is no reading of a field."""
    return [(item.document.id, item.document.data) for item in index.of_shape(shape)]


def _engine(data: Data, otherwise: str = "database") -> str:
    return str(data.get("Engine") or otherwise)


def _texts(data: Data, *keys: str) -> list[str]:
    return [str(data.get(key) or "") for key in keys]


def _addresses(data: Data, *keys: str) -> list[str]:
    return [str((data.get(key) or {}).get("Address") or "") for key in keys]
