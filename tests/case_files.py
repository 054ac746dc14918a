"""Reads a case: what AWS says, what must become of it, and what must be said. One file is one case.

Three YAML documents. The first is a task definition merged over the least valid one, with these keys beside its own:
`service`, `cluster`, `targetGroups`, `tasks`, `target`, `files` (environment file ARN to text), `bare` (no ARN, as
`register-task-definition` takes it), `others` (further documents as AWS prints them), `taken` (when AWS was read), `scaling` (`target`, `policies`,
`actions` and `alarms` of the service, see tests/case_scaling.py), `services` and `balancers` (the short
forms of tests/case_balancers.py; the first task definition is then left out unless it has `containerDefinitions`). The second
says what the objects must hold, as a subset: `Kind`, `Kind/name` or `Kind/namespace/name`, also objects of AWS (`AWS::IAM::Role/name of the role`,
`AWS::EKS::PodIdentityAssociation/service account`, `AwsChange/folder`); `null` is absence, a list is compared item by item. The
third has `ledger` (path to verdict; `service:` before the path for the service's leaves, and the shape for those of any other
document), `says` and `silent` (slugs), `at` (slug to the leaves that it is said on, all of them, each behind its shape), and
`texts` (slug to what its messages must hold).
`valid: false` says that the API server refuses the result, which the findings then say too.

Expectations are written by people and never by `--update`: they are what the code is held against.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from ecs2k8s.collect.env_files import parse
from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.target import Target, convert
from tests import case_balancers as short
from tests.case_scaling import scaling

if TYPE_CHECKING:
    from pathlib import Path

ARN = "arn:aws:ecs:eu-west-1:111122223333"
DEFINITION = f"{ARN}:task-definition/web:1"
SHORT = ("services", "balancers")
SPECIAL = (
    "service",
    "cluster",
    "targetGroups",
    "tasks",
    "target",
    "files",
    "bare",
    "others",
    "taken",
    "scaling",
    *SHORT,
)


@dataclass(frozen=True)
class Case:
    snapshot: Snapshot
    target: Target
    objects: dict[str, Any]
    ledger: dict[str, str]
    says: list[str]
    silent: list[str]
    texts: dict[str, list[str]]
    at: dict[str, list[str]]
    valid: bool


def load(path: Path) -> Case:
    given, objects, said = [*yaml.load_all(path.read_text(encoding="utf-8"), yaml.CSafeLoader), {}, {}][:3]
    said = said or {}
    return Case(
        snapshot(given or {}),
        convert(short.with_arns((given or {}).get("target", {}))),
        objects or {},
        said.get("ledger", {}),
        said.get("says", []),
        said.get("silent", []),
        said.get("texts", {}),
        said.get("at", {}),
        said.get("valid", True),
    )


def snapshot(given: dict[str, Any]) -> Snapshot:
    bare = given.get("bare", False)
    documents = short.documents(given)
    if "containerDefinitions" in given or not documents:
        documents.append(definition(given, bare=bare))
    if "service" in given:
        documents.append(service(given["service"] or {}))
    if "cluster" in given:
        cluster = {"clusterArn": f"{ARN}:cluster/prod", "clusterName": "prod", "status": "ACTIVE"} | (
            given["cluster"] or {}
        )
        documents.append(Document("ecs.Cluster", cluster["clusterArn"], cluster))
    documents += [
        Document("elbv2.TargetGroup", group["TargetGroupArn"], group) for group in given.get("targetGroups", [])
    ]
    for number, task in enumerate(given.get("tasks", [])):
        whole = {
            "taskArn": f"{ARN}:task/prod/{number}",
            "clusterArn": f"{ARN}:cluster/prod",
            "taskDefinitionArn": DEFINITION,
        } | task
        documents.append(Document("ecs.Task", whole["taskArn"], whole))
    for arn, text in given.get("files", {}).items():
        variables = [{"name": name, "value": value} for name, value in parse(text).items()]
        documents.append(Document("s3.EnvironmentFile", arn, {"arn": arn, "variables": variables}))
    documents += scaling(given["scaling"]) if "scaling" in given else []
    documents += [Document(other["shape"], other["id"], other["data"]) for other in given.get("others", [])]
    return Snapshot(tuple(sorted(documents, key=lambda d: (d.shape, d.id))), taken=given.get("taken", ""))


def definition(given: dict[str, Any], *, bare: bool) -> Document:
    data = {"family": "web"} | {key: value for key, value in given.items() if key not in SPECIAL}
    containers = data.get("containerDefinitions", [{}])
    data["containerDefinitions"] = [{"name": "c", "image": f"{c.get('name', 'c').lower()}:1"} | c for c in containers]
    if not bare:
        data = {"taskDefinitionArn": DEFINITION, "revision": 1, "status": "ACTIVE"} | data
    return Document("ecs.TaskDefinition", data.get("taskDefinitionArn", f"task-definition/{data['family']}"), data)


def service(given: dict[str, Any]) -> Document:
    name = given.get("serviceName", "web")
    least = {
        "serviceArn": f"{ARN}:service/prod/{name}",
        "serviceName": name,
        "clusterArn": f"{ARN}:cluster/prod",
        "status": "ACTIVE",
        "desiredCount": 2,
        "taskDefinition": DEFINITION,
    }
    data = {key: value for key, value in (least | given).items() if value is not None}
    return Document("ecs.Service", data.get("serviceArn", f"service/default/{name}"), data)
