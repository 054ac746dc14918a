"""Short forms of cases about load balancers: services behind target groups, and the listeners in front of them.

`services` is a list. An item has `family` (the names of the service and of its target group too), `port` (8080), `group` (the
target group's name; null: it has none; it serves the load balancers that name it), `cluster` (prod), `service` and `targetGroup` (members of these documents; a null one is
left out), `attributes` (of the target group, as a map) and any member of the task definition.

`balancers` is a list. An item has `name`, `listeners`, `attributes` and `tags` (maps), `webAcl` (an ARN), `read` (false: only the
rest of it was read) and any member of the document. A listener has `port`, `protocol` (HTTPS at 443, else HTTP), `default` (actions), `rules`, `certificates` (of its own
answer, the default first), `attributes` and any member. A rule has `priority`, `if` (condition type to values or to its
configuration, or a list of conditions), `then` (actions) and any member. Actions are `forward <target group>`, `https` (the
redirect there), `fixed <status>`, or a list of documents. In all of them `tg:<name>` is the ARN of a target group.

A listener has its default rule, as DescribeRules returns it; `rules: null` is a listener whose rules were not read.
"""

from __future__ import annotations

from typing import Any

from ecs2k8s.core.documents import Document

Item = dict[str, Any]

ACCOUNT = "111122223333"
ELB = f"arn:aws:elasticloadbalancing:eu-west-1:{ACCOUNT}"
ECS = f"arn:aws:ecs:eu-west-1:{ACCOUNT}"
CERTIFICATE = f"arn:aws:acm:eu-west-1:{ACCOUNT}:certificate/default"
POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
VPC = "vpc-1"
NUMBER = "50dc6c495c0c9188"  # of each load balancer
CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}
HTTPS: Item = {"Protocol": "HTTPS", "Port": "443", "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}"}
HTTPS |= {"StatusCode": "HTTP_301"}


def documents(given: Item) -> list[Document]:
    """The documents of the short forms in *given*, a case's first part."""
    of_balancers = [document for balancer in given.get("balancers", []) for document in _balancer(balancer)]
    found: dict[tuple[str, str], Document] = {}
    for service in given.get("services", []):
        arn = group_arn(service.get("group") or service["family"])
        serving = sorted({_balancer_of(document) for document in of_balancers if arn in str(document.data)})
        for document in _behind(service, serving):
            found.setdefault((document.shape, document.id), document)  # two services may share a target group
    return [*found.values(), *of_balancers]


def group_arn(name: str) -> str:
    return f"{ELB}:targetgroup/{name}/73e2d6bc24d8a067"


def balancer_arn(name: str) -> str:
    return f"{ELB}:loadbalancer/app/{name}/{NUMBER}"


def merged(least: Item, more: Item) -> Item:
    return {key: value for key, value in (least | more).items() if value is not None}


def _balancer_of(document: Document) -> str:
    """Of a listener or a rule."""
    return f"{ELB}:loadbalancer/{'/'.join(document.id.split('/')[1:4])}"


def _behind(given: Item, serving: list[str]) -> list[Document]:
    rest = dict(given)
    family, port, cluster = rest.pop("family"), rest.pop("port", 8080), rest.pop("cluster", "prod")
    group, attributes = rest.pop("group", family), rest.pop("attributes", None)
    service, target_group = rest.pop("service", {}), rest.pop("targetGroup", {})
    definition = f"{ECS}:task-definition/{family}:1"
    container = {"name": "app", "image": "app:1", "portMappings": [{"containerPort": port}]}
    task = {"taskDefinitionArn": definition, "family": family, "revision": 1, "status": "ACTIVE"}
    task |= {"containerDefinitions": [container]}
    arn = f"{ECS}:service/{cluster}/{family}"
    its: Item = {"serviceArn": arn, "serviceName": family, "clusterArn": f"{ECS}:cluster/{cluster}"}
    its |= {"status": "ACTIVE", "desiredCount": 1, "taskDefinition": definition}
    if group is not None:
        its["loadBalancers"] = [{"targetGroupArn": group_arn(group), "containerName": "app", "containerPort": port}]
    found = [Document("ecs.TaskDefinition", definition, task | rest)]
    found.append(Document("ecs.Service", arn, merged(its, with_arns(service))))
    return (
        found
        if group is None or target_group is None
        else [*found, *_group(group, {"LoadBalancerArns": serving} | target_group, attributes)]
    )


def _group(name: str, given: Item, attributes: Item | None) -> list[Document]:
    arn = group_arn(name)
    least: Item = {"TargetGroupArn": arn, "TargetGroupName": name, "Protocol": "HTTP", "Port": 80, "TargetType": "ip"}
    least |= {"ProtocolVersion": "HTTP1", "HealthCheckProtocol": "HTTP", "HealthCheckPort": "traffic-port"}
    least |= {"HealthCheckEnabled": True, "HealthCheckIntervalSeconds": 30, "HealthCheckTimeoutSeconds": 5}
    least |= {"HealthyThresholdCount": 5, "UnhealthyThresholdCount": 2, "HealthCheckPath": "/"}
    least |= {"Matcher": {"HttpCode": "200"}, "VpcId": VPC}
    found = [Document("elbv2.TargetGroup", arn, merged(least, given))]
    if attributes is None:
        return found
    return [*found, _attributes("TargetGroup", arn, attributes)]


def _attributes(of: str, arn: str, given: Item) -> Document:
    pairs = [{"Key": key, "Value": value} for key, value in given.items()]
    return Document(f"elbv2.{of}Attributes", arn, {f"{of}Arn": arn, "Attributes": pairs})


def _balancer(given: Item) -> list[Document]:
    rest = dict(given)
    name, listeners, acl = rest.pop("name"), rest.pop("listeners", []), rest.pop("webAcl", None)
    attributes, tags = rest.pop("attributes", None), rest.pop("tags", None)
    arn = balancer_arn(name)
    least: Item = {"LoadBalancerArn": arn, "LoadBalancerName": name, "Type": "application", "Scheme": "internal"}
    zones = [{"ZoneName": f"eu-west-1{letter}", "SubnetId": f"subnet-{letter}"} for letter in "ab"]
    least |= {"IpAddressType": "ipv4", "SecurityGroups": ["sg-1"], "AvailabilityZones": zones, "VpcId": VPC}
    found = [Document("elbv2.LoadBalancer", arn, merged(least, rest))] if rest.pop("read", True) else []
    found += [] if attributes is None else [_attributes("LoadBalancer", arn, attributes)]
    if tags is not None:
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        found.append(Document("elbv2.Tags", arn, {"ResourceArn": arn, "Tags": pairs}))
    if acl is not None:
        found.append(Document("wafv2.WebACL", arn, {"WebACL": {"Name": "front", "ARN": acl}}))
    return found + [document for listener in listeners for document in _listener(name, arn, listener)]


def _listener(name: str, balancer: str, given: Item) -> list[Document]:
    rest = dict(given)
    port, default, rules = rest.pop("port"), actions(rest.pop("default", "fixed 404")), rest.pop("rules", [])
    protocol = rest.pop("protocol", "HTTPS" if port == 443 else "HTTP")
    certificates, attributes = rest.pop("certificates", None), rest.pop("attributes", None)
    arn = f"{ELB}:listener/app/{name}/{NUMBER}/{port:016x}"
    least: Item = {"ListenerArn": arn, "LoadBalancerArn": balancer, "Port": port, "Protocol": protocol}
    least |= {"DefaultActions": default}
    if protocol == "HTTPS":
        least |= {"SslPolicy": POLICY, "Certificates": [{"CertificateArn": CERTIFICATE}]}
    found = [Document("elbv2.Listener", arn, merged(least, with_arns(rest)))]
    if certificates is not None:
        listed = [{"CertificateArn": each, "IsDefault": not number} for number, each in enumerate(certificates)]
        found.append(Document("elbv2.ListenerCertificates", arn, {"ListenerArn": arn, "Certificates": listed}))
    found += [] if attributes is None else [_attributes("Listener", arn, attributes)]
    if rules is None:
        return found
    last = {"priority": "default", "if": [], "then": default, "IsDefault": True}
    return [*found, *(_rule(arn, rule) for rule in (*rules, last))]


def _rule(listener: str, given: Item) -> Document:
    rest = dict(given)
    priority, when, then = str(rest.pop("priority")), rest.pop("if", []), rest.pop("then")
    number = f"{int(priority):016x}" if priority.isascii() and priority.isdigit() else priority
    arn = f"{listener.replace(':listener/', ':listener-rule/')}/{number}"
    least: Item = {"RuleArn": arn, "Priority": priority, "IsDefault": False, "Conditions": conditions(when)}
    data = merged(least | {"Actions": actions(then)}, rest)
    return Document("elbv2.Rule", data["RuleArn"], data)


def conditions(given: Item | list[Item]) -> list[Item]:
    if isinstance(given, list):
        return given
    return [_condition(field, value) for field, value in given.items()]


def _condition(field: str, value: Any) -> Item:
    config = value if isinstance(value, dict) else {"Values": value}
    repeated = {"Values": config["Values"]} if field in ("host-header", "path-pattern") and "Values" in config else {}
    return {"Field": field, CONFIGS[field]: config} | repeated


def actions(given: str | list[Item]) -> list[Item]:
    """Short actions as AWS prints them, with the ForwardConfig that stands beside the target group."""
    if not isinstance(given, str):
        return [_action(with_arns(each)) for each in given]
    word, _, what = given.partition(" ")
    if word == "https":
        return [{"Type": "redirect", "Order": 1, "RedirectConfig": HTTPS}]
    if word == "fixed":
        response = {"StatusCode": what, "ContentType": "text/plain", "MessageBody": "nothing here"}
        return [{"Type": "fixed-response", "Order": 1, "FixedResponseConfig": response}]
    return [_action({"Type": "forward", "Order": 1, "TargetGroupArn": group_arn(what)})]


def _action(given: Item) -> Item:
    if given.get("Type") != "forward" or "ForwardConfig" in given or "TargetGroupArn" not in given:
        return given
    return given | {"ForwardConfig": {"TargetGroups": [{"TargetGroupArn": given["TargetGroupArn"], "Weight": 1}]}}


def with_arns(value: Any) -> Any:
    """*value* with `tg:<name>` as the ARN of a target group."""
    if isinstance(value, dict):
        return {with_arns(key): with_arns(child) for key, child in value.items()}
    if isinstance(value, list):
        return [with_arns(child) for child in value]
    return group_arn(value[3:]) if isinstance(value, str) and value.startswith("tg:") else value
