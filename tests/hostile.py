"""An account in which hostile text stands wherever text can stand that AWS does not choose."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.paths import leaves
from tests.estates import SAMPLES, estate
from tests.everything import everything

if TYPE_CHECKING:
    from collections.abc import Iterable

MARK = "EV1L"
HOSTILE = (
    f" {MARK}\x1b[31m\x07\x9b1m\u202e\u2066\u200b\ufeff\u2028<b onmouseover=x>y</b><script>ran=1</script>"
    "<img src=x onerror=ran=2>&lt;--> ]]> <!-- "
    "![i](https://e.example/x) [l](javascript:a) <https://e.example> https://e.example www.e.example @octocat #1 GH-1 "
    "`code` ``` ~~~ |c| **bold** _i_ ~~s~~ :smile: [red]r[/red] {{ .Values.x }} {% raw %} ${VAR} "
    "$(echo x >PWNED) `echo x >PWNED` ; echo x >PWNED & \"' \\ \\\\ =cmd|' /C calc'!A0 +1 -1 %TAG !!x &a *a "
    "\r\n# heading\n- item\n1. item\n\n---\n    code\n> quote\n<div>\n~~~\n```\n| a | b |\n|---|---|\n: {a: b}\n\ttab"
)
# What AWS has a pattern, an enumeration or a reference for, so that no text can stand there; and what links documents.
FIXED = re.compile(
    r"arn:|[a-z]+-[0-9a-f]{1,20}$|[A-Z0-9_.-]+$|[0-9.,:/-]+$|\d{4}-\d\d-\d\dT|true$|false$|[a-z]{2}-[a-z]+-\d[a-z]?$|"
    r"(cron|rate|at)\(|https?$|tcp$|udp$|http2$|grpc$|awsvpc$|bridge$|host$|none$|task$|shared$|"
    r"(ipv4|ipv6|ip|instance|lambda|alb|active|available|primary|application|network|internet-facing|internal)$"
)
LINKS = {
    *(
        "family",
        "serviceName",
        "clusterName",
        "containerName",
        "name",
        "Name",
        "id",
        "Id",
        "type",
        "Type",
        "key",
        "Field",
    ),
    *("LoadBalancerName", "TargetGroupName", "sourceVolume", "namespace", "portName", "discoveryName", "dnsName"),
    *("RoleName", "PolicyName", "Namespace", "MetricName", "ResourceId", "resourceId", "PolicyType"),
    *("ServiceNamespace", "serviceNamespace", "scalableDimension", "ScalableDimension", "capacityProvider", "version"),
    *("Timezone", "ScheduleExpressionTimezone", "GroupName", "GroupId", "DNSName", "CanonicalHostedZoneId", "Key"),
    *("deploymentGroupName", "applicationName", "launchType", "platformVersion", "logDriver", "valueFrom", "Version"),
    *("condition", "Effect", "Comparison", "Statistic", "Unit", "expression", "propagateTags", "status", "Status"),
}


def hostile(documents: Iterable[Document]) -> Snapshot:
    return Snapshot(tuple(Document(each.shape, each.id, changed(each.data)) for each in documents))


def changed(value: Any, key: str = "") -> Any:
    """*value* with hostile text behind every text that is free, and as keys of maps that people name."""
    if isinstance(value, dict):
        found = {name: changed(child, name) for name, child in value.items()}
        if key in ("options", "dockerLabels", "driverOpts", "labels", "tags") and value:
            found[f"k{HOSTILE}"] = HOSTILE
        return found
    if isinstance(value, list):
        found_list = [changed(child, key) for child in value]
        if key == "environment":
            found_list += [{"name": f"A{HOSTILE}", "value": HOSTILE}, {"name": "PLAIN_NAME", "value": HOSTILE}]
        if key.lower() in ("tags", "taglist"):
            low = key == "tags"
            found_list.append(
                {"key" if low else "Key": f"k{HOSTILE}"[:128], "value" if low else "Value": HOSTILE[:256]}
            )
        return found_list
    if isinstance(value, str) and value and key not in LINKS and not FIXED.match(value):
        return value + HOSTILE
    return value


def planted(snapshot: Snapshot) -> int:
    """How many leaves hold hostile text."""
    return sum(
        isinstance(value, str) and MARK in value for each in snapshot.documents for _, value in leaves(each.data)
    )


def snapshot_of(name: str) -> Snapshot:
    """`names`, or an estate of the samples or of `everything` with hostile text in it."""
    if name == "names":
        return names()
    return hostile(estate(name)[0].documents if name in SAMPLES else everything())


def names() -> Snapshot:
    """What no API gives, but a file can hold: names of the kind that AWS has a pattern for."""
    ecs = "arn:aws:ecs:eu-west-1:111122223333"
    ident, service = f"{ecs}:task-definition/web{HOSTILE}:3", f"{ecs}:service/shop/{HOSTILE}"
    side: dict[str, Any] = {"name": f"side{HOSTILE}", "image": HOSTILE, "memory": 64}
    app = side | {"name": f"app{HOSTILE}", "user": HOSTILE, "command": [HOSTILE], HOSTILE: HOSTILE}
    app |= {"dependsOn": [{"containerName": side["name"], "condition": "START"}], "healthCheck": {"command": [HOSTILE]}}
    app |= {"portMappings": [{"containerPort": 80, "name": HOSTILE}], "workingDirectory": HOSTILE, "hostname": HOSTILE}
    app |= {"logConfiguration": {"logDriver": HOSTILE, "options": {HOSTILE: HOSTILE}}}
    app |= {"secrets": [{"name": HOSTILE, "valueFrom": HOSTILE}], "environment": [{"name": HOSTILE, "value": HOSTILE}]}
    data: dict[str, Any] = {
        "taskDefinitionArn": ident,
        "family": f"web{HOSTILE}",
        "revision": 3,
        "networkMode": HOSTILE,
    }
    data |= {"volumes": [{"name": HOSTILE, "host": {"sourcePath": HOSTILE}}], "containerDefinitions": [app, side]}
    data |= {"taskRoleArn": f"arn:aws:iam::1:role/{HOSTILE}"}
    its: dict[str, Any] = {"serviceArn": service, "serviceName": f"web{HOSTILE}", "taskDefinition": ident}
    its |= {"clusterArn": f"{ecs}:cluster/shop{HOSTILE}", "launchType": HOSTILE, "desiredCount": 1}
    return Snapshot((Document("ecs.Service", service, its), Document("ecs.TaskDefinition", ident, data)))
