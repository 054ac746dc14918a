"""An account of many Fargate services behind three load balancers, as documents, and the fewest calls that read it.

python -m bench.estate 200      the counts
"""

from __future__ import annotations

import math
import sys
from typing import Any

from ecs2k8s.core.documents import Document

REGION, ACCOUNT, BALANCERS = "eu-west-1", "111122223333", 3
ELB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
ECS = f"arn:aws:ecs:{REGION}:{ACCOUNT}"


def documents(count: int) -> list[Document]:
    """*count* services: a target group, a rule, a security group, a role and a scaling policy each."""
    found = [*_network(), *_cluster(count)]
    for number in range(BALANCERS):
        found += _balancer(number)
    for number in range(count):
        found += _service(number)
    return found


def floor(count: int) -> dict[str, int]:
    """Requests that reading *count* services takes at least with these operations, as the APIs document their sizes.

    Not used, because they give away more than the services: GetAccountAuthorizationDetails, ListSecrets, GetResources.
    """

    def calls(items: int, size: int) -> int:
        return max(1, math.ceil(items / size))

    listeners = BALANCERS
    tagged = BALANCERS + listeners + count + count  # load balancers, listeners, target groups, rules
    groups = count + BALANCERS
    return {
        "who is asking": 1,
        "clusters: list, describe": 2,
        "services: list 100, describe 10": calls(count, 100) + calls(count, 10),
        "tasks: list 100, describe 100": calls(count, 100) + calls(count, 100),
        "task definitions: 1": count,
        "daemons, gateways: list": 2,
        "target groups, load balancers: 400": calls(count, 400) + calls(BALANCERS, 400),
        "load balancers: attributes, listeners, web ACL": 3 * BALANCERS,
        "listeners: attributes, certificates, rules 400": listeners * 2
        + sum(calls(len(range(number, count, BALANCERS)) + 1, 400) for number in range(BALANCERS)),
        "target groups: attributes, health": 2 * count,
        "tags: 20": calls(tagged, 20),
        "subnets, VPCs, prefix lists": 2,
        "security groups of a VPC, their rules, their interfaces: 1000": calls(groups, 1000)
        + calls(2 * groups, 1000)
        + 1,
        "scalable targets: 50, policies: 10, actions": calls(count, 50) + calls(count, 10) + 1,
        "alarms 100, rules of a bus, buses, schedules": calls(2 * count, 100) + 3,
        "roles: role, attached, inline": 3 * (count + 1),
        "policies: policy, version": 2,
        "databases, proxies and caches: list": 6,
        "images: 100 of a repository": count,
        "certificates": 1,
        "zones, distributions: list": 2,
        "secrets": count,
    }


def _network() -> list[Document]:
    vpc = {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "State": "available", "OwnerId": ACCOUNT}
    subnets = [
        {
            "SubnetId": f"subnet-{zone}",
            "VpcId": "vpc-1",
            "AvailabilityZone": f"{REGION}{zone}",
            "CidrBlock": f"10.0.{at}.0/24",
        }
        for at, zone in enumerate("abc")
    ]
    found = [Document("ec2.Vpc", "vpc/vpc-1", vpc)]
    return found + [Document("ec2.Subnet", f"subnet/{each['SubnetId']}", each) for each in subnets]


def _cluster(count: int) -> list[Document]:
    arn = f"{ECS}:cluster/main"
    cluster = {"clusterArn": arn, "clusterName": "main", "status": "ACTIVE", "activeServicesCount": count}
    cluster |= {"registeredContainerInstancesCount": 0, "capacityProviders": ["FARGATE"], "tags": []}
    policy = f"arn:aws:iam::{ACCOUNT}:policy/common"
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    version = {
        "Document": {"Version": "2012-10-17", "Statement": [statement]},
        "VersionId": "v1",
        "IsDefaultVersion": True,
    }
    return [
        Document("ecs.Cluster", arn, cluster),
        Document("iam.Policy", policy, {"Arn": policy, "PolicyName": "common", "DefaultVersionId": "v1"}),
        Document("iam.PolicyVersion", policy, {"PolicyArn": policy, "PolicyVersion": version}),
        *_role("execution"),
        Document(
            "acm.Certificate",
            f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/1",
            {"CertificateArn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/1", "DomainName": "example.com"},
        ),
    ]


def _role(name: str) -> list[Document]:
    trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    role: dict[str, Any] = {
        "Path": "/",
        "RoleName": name,
        "RoleId": "AROAEXAMPLE",
        "Arn": arn,
        "CreateDate": "2025-01-01T00:00:00.000000+00:00",
    }
    role["AssumeRolePolicyDocument"] = {"Version": "2012-10-17", "Statement": [trust]}
    attached = [{"PolicyName": "common", "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/common"}]
    return [
        Document("iam.Role", arn, role),
        Document(
            "iam.AttachedRolePolicies",
            f"attached-role-policies/{name}",
            {"RoleName": name, "AttachedPolicies": attached},
        ),
    ]


def _balancer(number: int) -> list[Document]:
    arn, listener = f"{ELB}:loadbalancer/app/lb-{number}/{number:016x}", listener_arn(number)
    balancer: dict[str, Any] = {
        "LoadBalancerArn": arn,
        "LoadBalancerName": f"lb-{number}",
        "Type": "application",
        "Scheme": "internet-facing",
    }
    balancer |= {
        "DNSName": f"lb-{number}.{REGION}.elb.amazonaws.com",
        "VpcId": "vpc-1",
        "SecurityGroups": [f"sg-lb-{number}"],
    }
    balancer["AvailabilityZones"] = [{"ZoneName": f"{REGION}{zone}", "SubnetId": f"subnet-{zone}"} for zone in "abc"]
    certificates = [{"CertificateArn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/1"}]
    action = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"}}
    its: dict[str, Any] = {"ListenerArn": listener, "LoadBalancerArn": arn, "Port": 443, "Protocol": "HTTPS"}
    its |= {
        "Certificates": certificates,
        "DefaultActions": [action],
        "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
    }
    default: dict[str, Any] = {
        "RuleArn": f"{rule_arn(number)}/default",
        "Priority": "default",
        "IsDefault": True,
        "Actions": [action],
    }
    flag = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    return [
        Document("elbv2.LoadBalancer", arn, balancer),
        Document("elbv2.LoadBalancerAttributes", arn, {"LoadBalancerArn": arn, "Attributes": flag}),
        Document("elbv2.Listener", listener, its),
        Document("elbv2.ListenerAttributes", listener, {"ListenerArn": listener, "Attributes": []}),
        Document("elbv2.ListenerCertificates", listener, {"ListenerArn": listener, "Certificates": certificates}),
        Document("elbv2.Rule", default["RuleArn"], default),
        _group(f"sg-lb-{number}", {"CidrIp": "0.0.0.0/0"}, 443),
    ]


def listener_arn(number: int) -> str:
    return f"{ELB}:listener/app/lb-{number}/{number:016x}/{number:016x}"


def rule_arn(number: int) -> str:
    return listener_arn(number).replace(":listener/", ":listener-rule/")


def _group(name: str, source: dict[str, Any], port: int) -> Document:
    sources: dict[str, Any] = {"IpRanges": [source], "UserIdGroupPairs": []}
    if "GroupId" in source:
        sources = {"IpRanges": [], "UserIdGroupPairs": [source | {"UserId": ACCOUNT}]}
    rule: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port} | sources
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "UserIdGroupPairs": []}
    data: dict[str, Any] = {
        "GroupId": name,
        "GroupName": name,
        "VpcId": "vpc-1",
        "OwnerId": ACCOUNT,
        "Description": name,
    }
    data |= {"IpPermissions": [rule], "IpPermissionsEgress": [everything]}
    return Document("ec2.SecurityGroup", f"security-group/{name}", data)


def _service(number: int) -> list[Document]:
    name, balancer = f"service-{number}", number % BALANCERS
    group, arn = f"{ELB}:targetgroup/{name}/{number:016x}", f"{ECS}:service/main/{name}"
    secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-AbCdEf"
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}"
    action = {"Type": "forward", "TargetGroupArn": group}
    condition = {"Field": "path-pattern", "PathPatternConfig": {"Values": [f"/{name}/*"]}, "Values": [f"/{name}/*"]}
    rule: dict[str, Any] = {
        "RuleArn": f"{rule_arn(balancer)}/{number:016x}",
        "Priority": str(number + 1),
        "IsDefault": False,
    }
    health = {"Target": {"Id": f"10.0.0.{number % 250}", "Port": 8080}, "TargetHealth": {"State": "healthy"}}
    scaled = {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/main/{name}",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    tracking = {
        "TargetValue": 60.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
    }
    policy = (
        f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:scalingPolicy:{number}:resource/ecs/service/main/{name}:policyName/cpu"
    )
    digest = f"sha256:{number:064x}"
    return [
        Document("ecs.Service", arn, _ecs_service(number, group)),
        Document("ecs.TaskDefinition", f"{ECS}:task-definition/{name}:7", _definition(name, image, secret)),
        Document("ecs.Task", f"{ECS}:task/main/{number:032x}", _task(number, image, digest)),
        Document("elbv2.TargetGroup", group, _target_group(number, group)),
        Document(
            "elbv2.TargetGroupAttributes",
            group,
            {"TargetGroupArn": group, "Attributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}]},
        ),
        Document("elbv2.TargetHealth", group, {"TargetGroupArn": group, "TargetHealthDescriptions": [health]}),
        Document("elbv2.Rule", rule["RuleArn"], rule | {"Conditions": [condition], "Actions": [action]}),
        _group(f"sg-{number}", {"GroupId": f"sg-lb-{balancer}"}, 8080),
        *_role(name),
        Document(
            "application-autoscaling.ScalableTarget",
            f"scalable-target/{name}",
            scaled | {"MinCapacity": 2, "MaxCapacity": 8},
        ),
        Document(
            "application-autoscaling.ScalingPolicy",
            policy,
            scaled
            | {"PolicyARN": policy, "PolicyName": "cpu", "PolicyType": "TargetTrackingScaling"}
            | {
                "TargetTrackingScalingPolicyConfiguration": tracking,
                "Alarms": [{"AlarmName": f"{name}-{end}"} for end in ("high", "low")],
            },
        ),
        *(_alarm(f"{name}-{end}", name) for end in ("high", "low")),
        Document(
            "secretsmanager.Secret", secret, {"ARN": secret, "Name": name, "VersionIdsToStages": {"1": ["AWSCURRENT"]}}
        ),
        Document(
            "ecr.ImageDetail",
            f"image-detail/{ACCOUNT}/{name}/{digest}",
            {"registryId": ACCOUNT, "repositoryName": name, "imageDigest": digest, "imageTags": ["7"]},
        ),
    ]


def _alarm(name: str, service: str) -> Document:
    arn = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"
    dimensions = [{"Name": "ClusterName", "Value": "main"}, {"Name": "ServiceName", "Value": service}]
    data = {
        "AlarmName": name,
        "AlarmArn": arn,
        "Namespace": "AWS/ECS",
        "MetricName": "CPUUtilization",
        "Dimensions": dimensions,
    }
    return Document("cloudwatch.MetricAlarm", arn, data)


def _ecs_service(number: int, group: str) -> dict[str, Any]:
    name = f"service-{number}"
    vpc = {
        "subnets": ["subnet-a", "subnet-b", "subnet-c"],
        "securityGroups": [f"sg-{number}"],
        "assignPublicIp": "DISABLED",
    }
    return {
        "serviceArn": f"{ECS}:service/main/{name}",
        "serviceName": name,
        "clusterArn": f"{ECS}:cluster/main",
        "status": "ACTIVE",
        "desiredCount": 2,
        "launchType": "FARGATE",
        "taskDefinition": f"{ECS}:task-definition/{name}:7",
        "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100},
        "loadBalancers": [{"targetGroupArn": group, "containerName": "app", "containerPort": 8080}],
        "networkConfiguration": {"awsvpcConfiguration": vpc},
        "schedulingStrategy": "REPLICA",
        "tags": [{"key": "team", "value": f"team-{number % 7}"}],
    }


def _definition(name: str, image: str, secret: str) -> dict[str, Any]:
    log = {"awslogs-group": f"/ecs/{name}", "awslogs-region": REGION, "awslogs-stream-prefix": "ecs"}
    app = {
        "name": "app",
        "image": f"{image}:7",
        "essential": True,
        "portMappings": [{"containerPort": 8080, "hostPort": 8080, "protocol": "tcp"}],
        "environment": [{"name": f"SETTING_{at}", "value": f"value {at} of {name}"} for at in range(12)],
        "secrets": [{"name": f"SECRET_{at}", "valueFrom": f"{secret}:key{at}::"} for at in range(4)],
        "healthCheck": {"command": ["CMD-SHELL", "curl -f http://localhost:8080/"], "interval": 15, "retries": 3},
        "logConfiguration": {"logDriver": "awslogs", "options": log},
    }
    return {
        "taskDefinitionArn": f"{ECS}:task-definition/{name}:7",
        "family": name,
        "revision": 7,
        "status": "ACTIVE",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "512",
        "memory": "1024",
        "taskRoleArn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/execution",
        "containerDefinitions": [app],
        "volumes": [],
        "tags": [],
    }


def _task(number: int, image: str, digest: str) -> dict[str, Any]:
    name = f"service-{number}"
    return {
        "taskArn": f"{ECS}:task/main/{number:032x}",
        "clusterArn": f"{ECS}:cluster/main",
        "taskDefinitionArn": f"{ECS}:task-definition/{name}:7",
        "group": f"service:{name}",
        "lastStatus": "RUNNING",
        "desiredStatus": "RUNNING",
        "containers": [{"name": "app", "image": f"{image}:7", "imageDigest": digest, "lastStatus": "RUNNING"}],
    }


def _target_group(number: int, arn: str) -> dict[str, Any]:
    balancer = number % BALANCERS
    return {
        "TargetGroupArn": arn,
        "TargetGroupName": f"service-{number}",
        "Protocol": "HTTP",
        "Port": 8080,
        "VpcId": "vpc-1",
        "ProtocolVersion": "HTTP1",
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckIntervalSeconds": 30,
        "HealthCheckTimeoutSeconds": 5,
        "HealthyThresholdCount": 5,
        "UnhealthyThresholdCount": 2,
        "Matcher": {"HttpCode": "200"},
        "HealthCheckPath": "/",
        "TargetType": "ip",
        "LoadBalancerArns": [f"{ELB}:loadbalancer/app/lb-{balancer}/{balancer:016x}"],
    }


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if sys.argv[1:] else 200
    for what, number in floor(wanted).items():
        print(f"{number:6} {what}")
    print(
        f"{sum(floor(wanted).values()):6} requests at least for {wanted} services, {len(documents(wanted))} documents"
    )
