"""What to ask for: for each row of mappings/collect.yaml the parameters of its requests, from what is known so far.

Each function gives one set of parameters for each value of the batched parameter; the values are put together later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.collect import estate, networks, traffic
from ecs2k8s.core.arns import Arn, last

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.collect.reading import Reading

    Requests = Iterator[dict[str, Any]]

OF_AWS = {"FARGATE", "FARGATE_SPOT"}  # capacity providers that every account has
SECRET_ARN = 7  # parts of a secret's ARN; what follows are JSON key, stage and version


def at_login(_: Reading) -> Requests:
    """Asked already."""
    yield from ()


def list_clusters(reading: Reading) -> Requests:
    if not reading.scope.clusters:
        yield {}


def clusters(reading: Reading) -> Requests:
    """All, or those that are asked for, as far as they are here."""
    if not reading.scope.clusters:
        yield from ({"clusters": arn} for arn in reading.items("ecs.ListClusters", "clusterArns"))
    for name in reading.scope.clusters:
        arn = Arn.parse(name)
        if arn is None or _is_here(arn, reading):
            yield {"clusters": name}


def active_clusters(reading: Reading) -> Requests:
    for cluster in estate.clusters(reading):
        if cluster.get("status") != "INACTIVE":
            yield {"cluster": cluster["clusterArn"]}


def clusters_by_arn(reading: Reading) -> Requests:
    for each in active_clusters(reading):
        yield {"clusterArn": each["cluster"]}


def clusters_with_instances(reading: Reading) -> Requests:
    for cluster in estate.clusters(reading):
        if cluster.get("registeredContainerInstancesCount"):
            yield {"cluster": cluster["clusterArn"]}


def capacity_providers(reading: Reading) -> Requests:
    """For each cluster: without it, the providers of managed instances, which belong to one, are not described."""
    for cluster in estate.clusters(reading):
        for name in cluster.get("capacityProviders", ()):
            if name not in OF_AWS:
                yield {"cluster": cluster["clusterArn"], "capacityProviders": name}


def services(reading: Reading) -> Requests:
    for asked, answer in reading.answers("ecs.ListServices"):
        for arn in answer.get("serviceArns", ()):
            if reading.scope.wants(last(arn)):
                yield {"cluster": asked["cluster"], "services": arn}


def task_sets(reading: Reading) -> Requests:
    for service in estate.services(reading):
        if estate.controller(service) in estate.OTHER_CONTROLLERS and service.get("taskSets"):
            yield {"cluster": service["clusterArn"], "service": service["serviceArn"]}


def tasks(reading: Reading) -> Requests:
    for asked, answer in reading.answers("ecs.ListTasks"):
        for arn in answer.get("taskArns", ()):
            yield {"cluster": asked["cluster"], "tasks": arn}


def container_instances(reading: Reading) -> Requests:
    for asked, answer in reading.answers("ecs.ListContainerInstances"):
        for arn in answer.get("containerInstanceArns", ()):
            yield {"cluster": asked["cluster"], "containerInstances": arn}


def task_definitions(reading: Reading) -> Requests:
    for arn in estate.definition_arns(reading) - reading.known.keys():
        yield {"taskDefinition": arn}


def known_definitions(reading: Reading) -> Requests:
    if estate.definition_arns(reading) & reading.known.keys():
        yield {}


def known_definition_tags(reading: Reading) -> Requests:
    for arn in estate.definition_arns(reading) & reading.known.keys():
        yield {"resourceArn": arn}


def daemons(reading: Reading) -> Requests:
    for daemon in reading.items("ecs.ListDaemons", "daemonSummariesList"):
        yield {"daemonArn": daemon["daemonArn"]}


def daemon_revisions(reading: Reading) -> Requests:
    for _, answer in reading.answers("ecs.DescribeDaemon"):
        for revision in answer.get("daemon", {}).get("currentRevisions", ()):
            yield {"daemonRevisionArns": revision["arn"]}


def daemon_task_definitions(reading: Reading) -> Requests:
    found = {
        each["daemonTaskDefinitionArn"] for each in reading.items("ecs.DescribeDaemonRevisions", "daemonRevisions")
    }
    for arn in found:
        yield {"daemonTaskDefinition": arn}


def gateways(reading: Reading) -> Requests:
    for gateway in reading.items("ecs.ListGateways", "gateways"):
        yield {"gateway": gateway["gatewayArn"]}


def where_gateways(reading: Reading) -> Requests:
    if next(reading.items("ecs.ListGateways", "gateways"), None):
        yield {}


def gateway_routes(reading: Reading) -> Requests:
    for route in reading.items("ecs.ListGatewayRoutes", "gatewayRoutes"):
        yield {"gatewayRouteArn": route["gatewayRouteArn"]}


def load_balancers(reading: Reading) -> Requests:
    for balancer in traffic.load_balancers(reading):
        yield {"LoadBalancerArn": balancer["LoadBalancerArn"]}


def protected(reading: Reading) -> Requests:
    """Only application load balancers can have a web ACL."""
    for balancer in traffic.load_balancers(reading):
        if balancer.get("Type") == "application":
            yield {"ResourceArn": balancer["LoadBalancerArn"]}


def _listeners(reading: Reading, *protocols: str) -> Requests:
    for listener in traffic.listeners(reading):
        if not protocols or listener.get("Protocol") in protocols:
            yield {"ListenerArn": listener["ListenerArn"]}


def listeners(reading: Reading) -> Requests:
    return _listeners(reading)


def tls_listeners(reading: Reading) -> Requests:
    return _listeners(reading, "HTTPS", "TLS")


def rule_listeners(reading: Reading) -> Requests:
    """Rules are a thing of application load balancers."""
    return _listeners(reading, "HTTP", "HTTPS")


def trust_stores(reading: Reading) -> Requests:
    for listener in traffic.listeners(reading):
        if arn := listener.get("MutualAuthentication", {}).get("TrustStoreArn"):
            yield {"TrustStoreArns": arn}


def target_groups(reading: Reading) -> Requests:
    for group in traffic.target_groups(reading):
        yield {"TargetGroupArn": group["TargetGroupArn"]}


def tagged(reading: Reading) -> Requests:
    rules = (rule for rule in reading.items("elbv2.DescribeRules", "Rules") if not rule.get("IsDefault"))
    for key, found in (
        ("LoadBalancerArn", traffic.load_balancers(reading)),
        ("TargetGroupArn", traffic.target_groups(reading)),
        ("ListenerArn", traffic.listeners(reading)),
        ("RuleArn", rules),
    ):
        for each in found:
            yield {"ResourceArns": each[key]}


def instances(reading: Reading) -> Requests:
    """Those of EC2: ECS Anywhere has instances that EC2 does not know (`mi-…`)."""
    for each in reading.items("ecs.DescribeContainerInstances", "containerInstances"):
        if str(each.get("ec2InstanceId", "")).startswith("i-"):
            yield {"Filters.instance-id": each["ec2InstanceId"]}


def subnets(reading: Reading) -> Requests:
    for subnet in networks.subnets(reading):
        yield {"Filters.subnet-id": subnet}


def vpcs(reading: Reading) -> Requests:
    for vpc in networks.vpcs(reading):
        yield {"Filters.vpc-id": vpc}


def groups_by_filter(reading: Reading) -> Requests:
    for group in networks.security_groups(reading):
        yield {"Filters.group-id": group["GroupId"]}


def prefix_lists(reading: Reading) -> Requests:
    for group in networks.security_groups(reading):
        for rule in networks.permissions(group):
            for each in rule.get("PrefixListIds") or ():
                yield {"Filters.prefix-list-id": each["PrefixListId"]}


def prefix_list_entries(reading: Reading) -> Requests:
    for each in reading.items("ec2.DescribeManagedPrefixLists", "PrefixLists"):
        yield {"PrefixListId": each["PrefixListId"]}


def scalable_targets(reading: Reading) -> Requests:
    for name in estate.resource_ids(reading):
        yield {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount", "ResourceIds": name}


def registries(reading: Reading) -> Requests:
    """By id, but for those of a namespace that another account shares: they are known by ARN only."""
    for text in estate.registries(reading):
        arn = Arn.parse(text)
        yield {"Id": text if arn and arn.account != reading.account else last(text)}


def all_policies(reading: Reading) -> Requests:
    if estate.services(reading):
        yield {}


def policies_by_service(reading: Reading) -> Requests:
    """One that Application Auto Scaling cannot read the alarms of makes it refuse the whole list."""
    for name in estate.resource_ids(reading):
        yield {"ResourceId": name}


def namespaces(reading: Reading) -> Requests:
    if estate.namespaces(reading):
        yield {}


def all_tasks(reading: Reading) -> Requests:
    """Once, unless only services are asked for."""
    if not reading.scope.only_services:
        yield {}


def rule_targets(reading: Reading) -> Requests:
    for cluster in estate.clusters(reading):
        for bus in reading.items("events.ListEventBuses", "EventBuses"):
            yield {"TargetArn": cluster["clusterArn"], "EventBusName": bus["Name"]}


def rules(reading: Reading) -> Requests:
    for asked, answer in reading.answers("events.ListRuleNamesByTarget"):
        for name in answer.get("RuleNames", ()):
            yield {"Name": name, "EventBusName": asked["EventBusName"]}


def rule_names(reading: Reading) -> Requests:
    for each in rules(reading):
        yield {"Rule": each["Name"], "EventBusName": each["EventBusName"]}


def schedules(reading: Reading) -> Requests:
    for schedule in estate.schedules(reading):
        yield {"GroupName": schedule["GroupName"], "Name": schedule["Name"]}


def roles(reading: Reading) -> Requests:
    for name in estate.roles(reading):
        yield {"RoleName": name}


def inline_policies(reading: Reading) -> Requests:
    for asked, answer in reading.answers("iam.ListRolePolicies"):
        for name in answer.get("PolicyNames", ()):
            yield {"RoleName": asked["RoleName"], "PolicyName": name}


def managed_policies(reading: Reading) -> Requests:
    for policy in reading.items("iam.ListAttachedRolePolicies", "AttachedPolicies"):
        yield {"PolicyArn": policy["PolicyArn"]}


def policy_versions(reading: Reading) -> Requests:
    for _, answer in reading.answers("iam.GetPolicy"):
        if policy := answer.get("Policy"):
            yield {"PolicyArn": policy["Arn"], "VersionId": policy["DefaultVersionId"]}


def _efs(reading: Reading) -> Requests:
    for definition in estate.definitions(reading):
        for volume in definition.get("volumes", ()):
            if found := volume.get("efsVolumeConfiguration"):
                yield found


def file_systems(reading: Reading) -> Requests:
    for volume in _efs(reading):
        yield {"FileSystemId": volume["fileSystemId"]}


def with_access_points(reading: Reading) -> Requests:
    for volume in _efs(reading):
        if volume.get("authorizationConfig", {}).get("accessPointId"):
            yield {"FileSystemId": volume["fileSystemId"]}


def mount_targets(reading: Reading) -> Requests:
    for target in reading.items("efs.DescribeMountTargets", "MountTargets"):
        yield {"MountTargetId": target["MountTargetId"]}


def images(reading: Reading) -> Requests:
    for container in estate.containers(reading):
        image = estate.IMAGE.fullmatch(str(container.get("image", "")))
        if image and image["region"] == reading.region and not image["digest"]:
            ident = {"imageTag": image["tag"] or "latest"}
            yield {"registryId": image["account"], "repositoryName": image["repository"], "imageIds": ident}


def where_code_deploy(reading: Reading) -> Requests:
    if any(estate.controller(service) == "CODE_DEPLOY" for service in estate.services(reading)):
        yield {}


def applications(reading: Reading) -> Requests:
    for name in reading.items("codedeploy.ListApplications", "applications"):
        yield {"applicationNames": name}


def ecs_applications(reading: Reading) -> Requests:
    for each in reading.items("codedeploy.BatchGetApplications", "applicationsInfo"):
        if each.get("computePlatform") == "ECS":
            yield {"applicationName": each["applicationName"]}


def deployment_groups(reading: Reading) -> Requests:
    for asked, answer in reading.answers("codedeploy.ListDeploymentGroups"):
        for name in answer.get("deploymentGroups", ()):
            yield {"applicationName": asked["applicationName"], "deploymentGroupNames": name}


def deployment_configs(reading: Reading) -> Requests:
    """Those that are not CodeDeploy's own, which everybody knows."""
    for group in estate.deployment_groups(reading):
        name = str(group.get("deploymentConfigName", ""))
        if name and not name.startswith("CodeDeployDefault."):
            yield {"deploymentConfigName": name}


def hosted_zones(reading: Reading) -> Requests:
    if traffic.load_balancers(reading):
        for zone in reading.items("route53.ListHostedZones", "HostedZones"):
            yield {"HostedZoneId": last(zone["Id"].rpartition("/")[2])}


def certificates(reading: Reading) -> Requests:
    listed = reading.items("elbv2.DescribeListenerCertificates", "Certificates")
    named = (each for listener in traffic.listeners(reading) for each in listener.get("Certificates", ()))
    for each in (*listed, *named):
        arn = Arn.parse(str(each.get("CertificateArn", "")))
        if arn and arn.service == "acm":
            yield {"CertificateArn": each["CertificateArn"]}


def _is_here(arn: Arn, reading: Reading) -> bool:
    """Another Region or account would have to be asked elsewhere, and here its name may be somebody else's."""
    return (arn.region, arn.account) == (reading.region, reading.account)


def secrets(reading: Reading) -> Requests:
    for text in (*estate.login_secrets(reading), *estate.secret_names(reading)):
        arn = Arn.parse(text)
        if arn and arn.service == "secretsmanager" and _is_here(arn, reading):
            yield {"SecretId": ":".join(text.split(":")[:SECRET_ARN])}
    for text in estate.login_secrets(reading):
        if text and not Arn.parse(text):
            yield {"SecretId": text}


def parameters(reading: Reading) -> Requests:
    """By name. An ARN does not tell `/name` from `name`: both are asked for."""
    named = (text for text in estate.login_secrets(reading) if Arn.parse(text))
    for text in (*named, *estate.secret_names(reading)):
        arn = Arn.parse(text)
        if arn is None and text:
            yield {"ParameterFilters.Name": text}
        elif arn and arn.service == "ssm" and _is_here(arn, reading):
            name = arn.resource.partition("/")[2]
            yield {"ParameterFilters.Name": f"/{name}"}
            if "/" not in name:
                yield {"ParameterFilters.Name": name}


def eks_clusters(reading: Reading) -> Requests:
    named = reading.scope.eks_cluster
    arn = Arn.parse(named)
    if named and (arn is None or _is_here(arn, reading)):
        yield {"name": last(named)}


def named_eks_cluster(reading: Reading) -> Requests:
    if reading.scope.eks_cluster:
        yield {}


def oidc_provider(reading: Reading) -> Requests:
    """The one of the cluster's issuer: its ARN ends with the issuer's host and path."""
    for _, answer in reading.answers("eks.DescribeCluster"):
        issuer = answer.get("cluster", {}).get("identity", {}).get("oidc", {}).get("issuer", "").partition("://")[2]
        for each in reading.items("iam.ListOpenIDConnectProviders", "OpenIDConnectProviderList"):
            if issuer and each["Arn"].partition(":oidc-provider/")[2] == issuer:
                yield {"OpenIDConnectProviderArn": each["Arn"]}


def found_eks_clusters(reading: Reading) -> Requests:
    for _, answer in reading.answers("eks.DescribeCluster"):
        if cluster := answer.get("cluster"):
            yield {"clusterName": cluster["name"]}


def _eks(reading: Reading, call: str, key: str, parameter: str) -> Requests:
    for asked, answer in reading.answers(call):
        for name in answer.get(key, ()):
            yield {"clusterName": asked["clusterName"], parameter: name}


def addons(reading: Reading) -> Requests:
    return _eks(reading, "eks.ListAddons", "addons", "addonName")


def nodegroups(reading: Reading) -> Requests:
    return _eks(reading, "eks.ListNodegroups", "nodegroups", "nodegroupName")


def fargate_profiles(reading: Reading) -> Requests:
    return _eks(reading, "eks.ListFargateProfiles", "fargateProfileNames", "fargateProfileName")
