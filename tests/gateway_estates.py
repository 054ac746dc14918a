"""A load balancer in front of one service with a few target groups, for tests of `routing: gateway`."""

from __future__ import annotations

from typing import Any

import msgspec

from ecs2k8s.core.target import Target
from ecs2k8s.pipeline import translate
from tests.case_balancers import CONFIGS
from tests.case_files import snapshot

ELB = "arn:aws:elasticloadbalancing:eu-west-1:111122223333"
BALANCER = f"{ELB}:loadbalancer/app/shop/50dc"
PORTS = {"web": 8080, "api": 8081, "admin": 8082, "calls": 9000}
GATEWAY = Target(routing="gateway")
Document = dict[str, Any]
NOT_FOUND: list[Document] = [
    {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"}}
]


def group(name: str) -> str:
    return f"{ELB}:targetgroup/{name}/0000000000000001"


def when(field: str, *values: Any, **more: Any) -> Document:
    return {"Field": field, CONFIGS[field]: {"Values": list(values)} | more}


def matching(field: str, *values: str) -> Document:
    return {"Field": field, CONFIGS[field]: {"RegexValues": list(values)}}


def forward(*names: str, weights: tuple[int, ...] = (), sticky: int | None = None) -> Document:
    if len(names) == 1 and sticky is None:
        return {"Type": "forward", "TargetGroupArn": group(names[0])}
    pairs = zip(names, weights or (1,) * len(names), strict=True)
    config: Document = {"TargetGroups": [{"TargetGroupArn": group(name), "Weight": weight} for name, weight in pairs]}
    if sticky is not None:
        config["TargetGroupStickinessConfig"] = {"Enabled": True, "DurationSeconds": sticky}
    return {"Type": "forward", "ForwardConfig": config}


def redirect(**changes: str) -> Document:
    same = {"Protocol": "#{protocol}", "Port": "#{port}", "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}"}
    return {"Type": "redirect", "RedirectConfig": same | {"StatusCode": "HTTP_301"} | changes}


def respond(status: str, body: str = "", kind: str = "text/plain") -> Document:
    said = {"StatusCode": status, "ContentType": kind, "MessageBody": body}
    return {"Type": "fixed-response", "FixedResponseConfig": {key: value for key, value in said.items() if value}}


def rule(*conditions: Document, to: Document | list[Document]) -> Document:
    return {"Conditions": list(conditions), "Actions": to if isinstance(to, list) else [to]}


def listener(
    rules: list[Document], default: list[Document] | None = None, port: int = 80, protocol: str = "HTTP"
) -> list[Document]:
    """The listener and its rules, which get the priorities 10, 20 and so on, as documents of a case."""
    arn = f"{ELB}:listener/app/shop/50dc/{port:04x}"
    data: Document = {"ListenerArn": arn, "LoadBalancerArn": BALANCER, "Port": port, "Protocol": protocol}
    data["DefaultActions"] = default or NOT_FOUND
    if protocol == "HTTPS":
        data["Certificates"] = [{"CertificateArn": "arn:aws:acm:eu-west-1:111122223333:certificate/default"}]
        data["SslPolicy"] = "ELBSecurityPolicy-TLS13-1-2-2021-06"
    found = [{"shape": "elbv2.Listener", "id": arn, "data": data}]
    base = arn.replace(":listener/", ":listener-rule/")
    for number, given in enumerate([*rules, {"Actions": data["DefaultActions"], "Conditions": [], "IsDefault": True}]):
        priority = "default" if number == len(rules) else str(number * 10 + 10)
        whole = {"RuleArn": f"{base}/{number:04x}", "Priority": priority} | given
        found.append({"shape": "elbv2.Rule", "id": whole["RuleArn"], "data": whole})
    return found


def estate(*listeners: list[Document], grpc: tuple[str, ...] = ("calls",), **balancer: Any) -> Document:
    """A case's first document."""
    view = {
        "LoadBalancerArn": BALANCER,
        "LoadBalancerName": "shop",
        "Type": "application",
        "Scheme": "internal",
        "SecurityGroups": ["sg-1"],
        "IpAddressType": "ipv4",
        "AvailabilityZones": [{"ZoneName": "eu-west-1a", "SubnetId": "subnet-1"}],
    } | balancer
    return {
        "containerDefinitions": [{"name": "c", "portMappings": [{"containerPort": port} for port in PORTS.values()]}],
        "service": {
            "loadBalancers": [
                {"targetGroupArn": group(name), "containerName": "c", "containerPort": port}
                for name, port in PORTS.items()
            ]
        },
        "targetGroups": [
            _group(name, "GRPC" if name in grpc else "HTTP1", named=group(name) in str(listeners)) for name in PORTS
        ],
        "others": [
            {"shape": "elbv2.LoadBalancer", "id": BALANCER, "data": view},
            *(document for documents in listeners for document in documents),
        ],
    }


def _group(name: str, version: str, *, named: bool) -> Document:
    """As AWS prints it: with the load balancers whose rules name it."""
    return {
        "TargetGroupArn": group(name),
        "TargetGroupName": name,
        "Protocol": "HTTP",
        "ProtocolVersion": version,
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckPath": "/up",
        "HealthCheckIntervalSeconds": 30,
        "TargetType": "ip",
        "LoadBalancerArns": [BALANCER] if named else [],
    }


def exported(given: Document, **choices: Any) -> Any:
    """The translation of the estate with `routing: gateway`."""
    return translate(snapshot(given), msgspec.structs.replace(GATEWAY, **choices))


def objects(made: Any, kind: str) -> list[Document]:
    return [manifest for manifest in made.bundle.manifests if manifest["kind"] == kind]


def said(made: Any) -> dict[str, list[str]]:
    """Slug to the paths of the leaves that it was said on."""
    found: dict[str, list[str]] = {}
    for entry in made.ledger.entries:
        for slug in entry.slugs:
            found.setdefault(slug, []).append(".".join(map(str, entry.path)))
    return found
