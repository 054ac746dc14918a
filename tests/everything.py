"""An account for which every row of mappings/collect.yaml is asked: the sample three-tier, and one of what it lacks."""

from __future__ import annotations

from functools import cache
from typing import Any

from ecs2k8s.collect import files
from ecs2k8s.collect.identity import identity
from ecs2k8s.core.documents import Document
from tests.estates import ROOT
from tests.replayed import ACCOUNT, REGION

ECS = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
ELB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
CLUSTER = f"{ECS}:cluster/shop"
EKS = "target"
SHARED = "sg-0a1b2c3d4e5f60004"  # the group of the sample's database


@cache
def everything() -> tuple[Document, ...]:
    sample = files.read([str(ROOT / "samples" / "three-tier")]).documents
    kept = [document for document in sample if document.shape != "ecs.Cluster"]
    return (*kept, *ecs(), *efs(), *elbv2(), *eks(), *others())


Item = dict[str, Any]


def ecs() -> list[Document]:
    service, definition = f"{ECS}:service/shop/legacy", f"{ECS}:task-definition/legacy:1"
    task_set: Item = {"taskSetArn": f"{ECS}:task-set/shop/legacy/1", "serviceArn": service, "clusterArn": CLUSTER}
    task_set |= {"status": "PRIMARY", "taskDefinition": definition, "tags": []}
    group = f"{ELB}:targetgroup/legacy/0000000000000001"
    cluster: Item = {
        "clusterArn": CLUSTER,
        "clusterName": "shop",
        "status": "ACTIVE",
        "registeredContainerInstancesCount": 1,
    }
    cluster |= {"capacityProviders": ["nodes"], "tags": [], "serviceConnectDefaults": {"namespace": "local"}}
    data: Item = {"serviceArn": service, "serviceName": "legacy", "clusterArn": CLUSTER, "status": "ACTIVE", "tags": []}
    data |= {"deploymentController": {"type": "CODE_DEPLOY"}, "taskDefinition": definition, "desiredCount": 1}
    data["taskSets"] = [{key: value for key, value in task_set.items() if key != "tags"}]
    data["loadBalancers"] = [{"targetGroupArn": group, "containerName": "app", "containerPort": 80}]
    data["serviceRegistries"] = [{"registryArn": f"arn:aws:servicediscovery:{REGION}:{ACCOUNT}:service/srv-1"}]
    app: Item = {"name": "app", "image": "app:1", "secrets": [{"name": "TOKEN", "valueFrom": "/shop/token"}]}
    volume: Item = {
        "fileSystemId": "fs-1",
        "transitEncryption": "ENABLED",
        "authorizationConfig": {"accessPointId": "fsap-1"},
    }
    family: Item = {"taskDefinitionArn": definition, "family": "legacy", "revision": 1, "status": "ACTIVE", "tags": []}
    family |= {"containerDefinitions": [app], "volumes": [{"name": "data", "efsVolumeConfiguration": volume}]}
    gateway, daemon = f"{ECS}:gateway/front", f"{ECS}:daemon/shop/agent"
    return [
        Document("ecs.Cluster", CLUSTER, cluster),
        Document("ecs.CapacityProvider", f"{ECS}:capacity-provider/nodes", provider()),
        Document("ecs.Service", service, data),
        Document("ecs.TaskDefinition", definition, family),
        Document("ecs.TaskSet", task_set["taskSetArn"], task_set),
        Document("ecs.ContainerInstance", f"{ECS}:container-instance/shop/1", instance()),
        Document("ec2.Instance", "instance/i-1", {"InstanceId": "i-1", "InstanceType": "m5.large", "VpcId": "vpc-1"}),
        *agent(daemon),
        Document("ecs.Gateway", gateway, {"gatewayArn": gateway}),
        Document("ecs.GatewayRoute", f"{gateway}/1", {"gatewayRouteArn": f"{gateway}/1"}),
    ]


def agent(daemon: str) -> list[Document]:
    revision, definition = f"{daemon}/1", f"{ECS}:daemon-task-definition/agent:1"
    its: Item = {"daemonArn": daemon, "clusterArn": CLUSTER, "status": "ACTIVE"}
    its["currentRevisions"] = [{"arn": revision}]
    app: Item = {"name": "agent", "image": "agent:1"}
    running: Item = {"daemonRevisionArn": revision, "daemonArn": daemon, "daemonTaskDefinitionArn": definition}
    return [
        Document("ecs.Daemon", daemon, its),
        Document("ecs.DaemonRevision", revision, running),
        Document(
            "ecs.DaemonTaskDefinition",
            definition,
            {"daemonTaskDefinitionArn": definition, "family": "agent", "revision": 1, "containerDefinitions": [app]},
        ),
    ]


def provider() -> Item:
    return {"capacityProviderArn": f"{ECS}:capacity-provider/nodes", "name": "nodes", "status": "ACTIVE", "tags": []}


def instance() -> Item:
    arn = f"{ECS}:container-instance/shop/1"
    return {"containerInstanceArn": arn, "ec2InstanceId": "i-1", "status": "ACTIVE", "tags": []}


def elbv2() -> list[Document]:
    arn, group = f"{ELB}:loadbalancer/app/legacy/1", f"{ELB}:targetgroup/legacy/0000000000000001"
    listener, store = f"{ELB}:listener/app/legacy/1/1", f"{ELB}:truststore/clients/1"
    balancer: Item = {"LoadBalancerArn": arn, "LoadBalancerName": "legacy", "Type": "application", "VpcId": "vpc-1"}
    action: Item = {"Type": "forward", "TargetGroupArn": group}
    its: Item = {
        "ListenerArn": listener,
        "LoadBalancerArn": arn,
        "Protocol": "HTTPS",
        "Port": 443,
        "DefaultActions": [action],
    }
    its["MutualAuthentication"] = {"Mode": "verify", "TrustStoreArn": store}
    rule = f"{ELB}:listener-rule/app/legacy/1/1/default"
    return [
        Document("elbv2.LoadBalancer", arn, balancer),
        Document("elbv2.LoadBalancerAttributes", arn, {"LoadBalancerArn": arn, "Attributes": []}),
        Document("elbv2.TargetGroup", group, {"TargetGroupArn": group, "VpcId": "vpc-1", "LoadBalancerArns": [arn]}),
        Document("elbv2.TargetGroupAttributes", group, {"TargetGroupArn": group, "Attributes": []}),
        Document("elbv2.TargetHealth", group, {"TargetGroupArn": group, "TargetHealthDescriptions": []}),
        Document("elbv2.Listener", listener, its),
        Document("elbv2.ListenerAttributes", listener, {"ListenerArn": listener, "Attributes": []}),
        Document("elbv2.ListenerCertificates", listener, {"ListenerArn": listener, "Certificates": []}),
        Document("elbv2.Rule", rule, {"RuleArn": rule, "Priority": "default", "IsDefault": True, "Actions": [action]}),
        Document("elbv2.TrustStore", store, {"TrustStoreArn": store, "Name": "clients", "Status": "ACTIVE"}),
        Document("ec2.Vpc", "vpc/vpc-1", {"VpcId": "vpc-1", "CidrBlock": "10.9.0.0/16"}),
    ]


def efs() -> list[Document]:
    arn = f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}"
    times = {"CreationTime": "2026-01-01T00:00:00.000000+00:00"}
    system: Item = {"FileSystemId": "fs-1", "FileSystemArn": f"{arn}:file-system/fs-1", "OwnerId": ACCOUNT, **times}
    system |= {"CreationToken": "x", "LifeCycleState": "available", "NumberOfMountTargets": 1, "Tags": []}
    point = {"AccessPointId": "fsap-1", "AccessPointArn": f"{arn}:access-point/fsap-1", "FileSystemId": "fs-1"}
    target = {"MountTargetId": "fsmt-0000000000000001", "FileSystemId": "fs-1", "SubnetId": "subnet-9"}
    groups = {"MountTargetId": target["MountTargetId"], "SecurityGroups": ["sg-9"]}
    return [
        Document("efs.FileSystem", system["FileSystemArn"], system),
        Document("efs.AccessPoint", point["AccessPointArn"], point),
        Document("efs.MountTarget", f"mount-target/{target['MountTargetId']}", target),
        Document("efs.MountTargetSecurityGroups", f"mount-target-security-groups/{target['MountTargetId']}", groups),
        Document(
            "efs.FileSystemPolicy",
            "file-system-policy/fs-1",
            {"FileSystemId": "fs-1", "Policy": '{"Version": "2012-10-17"}'},
        ),
    ]


def eks() -> list[Document]:
    arn = f"arn:aws:eks:{REGION}:{ACCOUNT}"
    nodes = {"nodegroupName": "nodes", "nodegroupArn": f"{arn}:nodegroup/target/nodes/1", "clusterName": EKS}
    profile = {
        "fargateProfileName": "jobs",
        "fargateProfileArn": f"{arn}:fargateprofile/target/jobs/1",
        "clusterName": EKS,
    }
    addon = {"addonName": "vpc-cni", "clusterName": EKS, "addonArn": f"{arn}:addon/target/vpc-cni/1"}
    trusted = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks/id/1"
    providers = {"OpenIDConnectProviderList": [{"Arn": trusted}]}
    provider = {"OpenIDConnectProviderArn": trusted, "Url": "oidc.eks/id/1", "ClientIDList": ["sts.amazonaws.com"]}
    summary: Item = {"SummaryMap": {"AssumeRolePolicySizeQuota": 4096, "Roles": 7}}
    cluster: Item = {"name": EKS, "arn": f"{arn}:cluster/target", "version": "1.35"}
    cluster["identity"] = {"oidc": {"issuer": "https://oidc.eks/id/1"}}
    return [
        Document("eks.Cluster", cluster["arn"], cluster),
        Document("eks.Addon", addon["addonArn"], addon),
        Document("eks.Nodegroup", nodes["nodegroupArn"], nodes),
        Document("eks.FargateProfile", profile["fargateProfileArn"], profile),
        Document(
            "eks.PodIdentityAssociations", "pod-identity-associations/target", {"clusterName": EKS, "associations": []}
        ),
        Document(listed := "iam.OpenIDConnectProviders", identity(listed, providers), providers),
        Document("iam.OpenIDConnectProvider", trusted, provider),
        Document(counted := "iam.AccountSummary", identity(counted, summary), summary),
    ]


def others() -> list[Document]:
    discovery, schedule = (
        f"arn:aws:servicediscovery:{REGION}:{ACCOUNT}",
        f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule",
    )
    named = {"ClusterName": "shop", "ServiceName": "legacy"}
    group: Item = {"applicationName": "shop", "deploymentGroupName": "legacy", "deploymentConfigName": "slow"}
    proxy = f"arn:aws:rds:{REGION}:{ACCOUNT}:db-proxy:prx-1"
    cache = f"arn:aws:elasticache:{REGION}:{ACCOUNT}:serverlesscache:carts"
    group |= {"ecsServices": [{key[:1].lower() + key[1:]: value for key, value in named.items()}]}
    parameter: Item = {
        "Name": "/shop/token",
        "Type": "SecureString",
        "ARN": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/shop/token",
    }
    started = {"TaskDefinitionArn": f"{ECS}:task-definition/legacy:1"}
    night: Item = {"Arn": f"{schedule}/default/night", "Name": "night", "GroupName": "default", "State": "ENABLED"}
    night |= {"ScheduleExpression": "cron(0 3 * * ? *)", "FlexibleTimeWindow": {"Mode": "OFF"}}
    night["Target"] = {"Arn": CLUSTER, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/x", "EcsParameters": started}
    names = {"Id": "ns-1", "Arn": f"{discovery}:namespace/ns-1", "Name": "local", "Type": "HTTP"}
    registry = {"Id": "srv-1", "Arn": f"{discovery}:service/srv-1", "Name": "legacy", "NamespaceId": "ns-1"}
    return [
        Document("codedeploy.DeploymentGroup", "deployment-group/shop/legacy", group),
        Document("codedeploy.DeploymentConfig", "deployment-config/slow", {"deploymentConfigName": "slow"}),
        Document("rds.DBProxy", proxy, {"DBProxyName": "shop", "DBProxyArn": proxy, "VpcSecurityGroupIds": [SHARED]}),
        Document(
            "elasticache.ServerlessCache",
            cache,
            {"ServerlessCacheName": "carts", "ARN": cache, "SecurityGroupIds": [SHARED]},
        ),
        Document("ssm.Parameter", parameter["ARN"], parameter),
        Document("scheduler.Schedule", night["Arn"], night),
        Document("servicediscovery.Namespace", names["Arn"], names),
        Document("servicediscovery.Service", registry["Arn"], registry),
    ]
