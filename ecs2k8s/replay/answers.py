"""An account that is made of documents: what each operation of mappings/collect.yaml answers about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.arns import Arn, last
from ecs2k8s.replay.pages import check, page
from ecs2k8s.replay.wire import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ecs2k8s.core.documents import Document
    from ecs2k8s.replay.hook import Policy, Request

Item = dict[str, Any]
Asked = dict[str, Any]
BY_STATUS = {"efs", "eks", "iam", "route53", "scheduler"}  # services that say by the status, too, that there is none


@dataclass(slots=True)
class Estate:
    """Documents by shape and id."""

    account: str
    shapes: dict[str, dict[str, Item]] = field(default_factory=dict)

    @classmethod
    def of(cls, documents: Iterable[Document], account: str) -> Estate:
        estate = cls(account)
        for document in documents:
            estate.shapes.setdefault(document.shape, {})[document.id] = document.data
        return estate

    def all(self, shape: str) -> list[Item]:
        return list(self.shapes.get(shape, {}).values())

    def where(self, shape: str, **members: Any) -> list[Item]:
        """Documents whose members have these values; an ARN and the name at its end count as the same."""
        return [data for data in self.all(shape) if all(_same(data.get(name), its) for name, its in members.items())]

    def one(self, shape: str, code: str, **members: Any) -> Item:
        """The document. Raises `Refusal` with *code* where there is none."""
        found = self.where(shape, **members)
        if not found:
            raise Refusal(code, f"{members} does not exist", 404 if shape.partition(".")[0] in BY_STATUS else 400)
        return found[0]


def account(documents: Iterable[Document], number: str) -> Policy:
    """The policy that answers as the account of this *number* would."""
    estate = Estate.of(documents, number)

    def policy(request: Request, _: int) -> Item | None:
        answer = OPERATIONS.get(request.call)
        if answer is None:
            return None
        check(request.call, request.parameters)
        return page(request.call, request.parameters, answer(estate, request.parameters))

    return policy


def _same(one: Any, other: Any) -> bool:
    if one == other:
        return True
    texts = isinstance(one, str) and isinstance(other, str)
    return texts and not (Arn.parse(one) and Arn.parse(other)) and last(one) == last(other)


def _arns(shape: str, arn: str, key: str) -> Callable[[Estate, Asked], Item]:
    """A list of ARNs, of one cluster where the request names one."""

    def answer(estate: Estate, asked: Asked) -> Item:
        named = asked.get("cluster")
        if named:
            estate.one("ecs.Cluster", "ClusterNotFoundException", clusterArn=named)
        found = [data for data in estate.all(shape) if not named or _in_cluster(data, arn, named)]
        return {key: sorted(str(data[arn]) for data in found)}

    return answer


def _described(shape: str, arn: str, key: str) -> Callable[[Estate, Asked], Item]:
    """Documents by ARN or name, without tags where the request does not ask for them; others are failures."""

    def answer(estate: Estate, asked: Asked) -> Item:
        found, failures = [], []
        for name in asked.get(key, ()):
            its = estate.where(shape, **{arn: name})
            if "cluster" in asked:
                its = [data for data in its if _in_cluster(data, arn, asked["cluster"])]
            found += [_tags(data, asked) for data in its]
            failures += [] if its else [{"arn": name, "reason": "MISSING"}]
        return {key: found, "failures": failures}

    return answer


def _providers_of_cluster(estate: Estate, asked: Asked) -> Item:
    """Those that the cluster names."""
    cluster = estate.one("ecs.Cluster", "ClusterNotFoundException", clusterArn=asked["cluster"])
    named = [name for name in asked["capacityProviders"] if name in cluster.get("capacityProviders", ())]
    answer = _described("ecs.CapacityProvider", "name", "capacityProviders")
    return answer(estate, {"capacityProviders": named, "include": asked.get("include", ())})


def _in_cluster(data: Item, arn: str, cluster: str) -> bool:
    """Container instances say it in their ARN only: `container-instance/CLUSTER/ID`."""
    its = data.get("clusterArn") or str(data[arn]).rpartition(":")[2].split("/")[1]
    return _same(its, cluster)


def _tags(data: Item, asked: Asked) -> Item:
    return data if "TAGS" in asked.get("include", ()) else {k: v for k, v in data.items() if k != "tags"}


def _definition(estate: Estate, asked: Asked) -> Item:
    wanted = asked["taskDefinition"]
    data = dict(estate.one("ecs.TaskDefinition", "ClientException", taskDefinitionArn=wanted))
    tags = data.pop("tags", None)
    return {"taskDefinition": data} | (
        {"tags": tags} if tags is not None and "TAGS" in asked.get("include", ()) else {}
    )


def _definitions(estate: Estate, asked: Asked) -> Item:
    wanted = asked.get("status", "ACTIVE")
    found = [data for data in estate.all("ecs.TaskDefinition") if data.get("status", "ACTIVE") == wanted]
    return {"taskDefinitionArns": sorted(str(data["taskDefinitionArn"]) for data in found)}


def _definition_tags(estate: Estate, asked: Asked) -> Item:
    data = estate.one("ecs.TaskDefinition", "ResourceNotFoundException", taskDefinitionArn=asked["resourceArn"])
    return {"tags": data.get("tags", [])}


def _task_sets(estate: Estate, asked: Asked) -> Item:
    service = estate.one("ecs.Service", "ServiceNotFoundException", serviceArn=asked["service"])
    return {"taskSets": [_tags(each, asked) for each in estate.where("ecs.TaskSet", serviceArn=service["serviceArn"])]}


def _sweep(shape: str, key: str) -> Callable[[Estate, Asked], Item]:
    return lambda estate, _: {key: estate.all(shape)}


def _by(shape: str, key: str, code: str, **members: str) -> Callable[[Estate, Asked], Item]:
    """Documents whose members equal parameters (member=parameter); none is the error *code*, or an empty list."""

    def answer(estate: Estate, asked: Asked) -> Item:
        wanted = {member: asked[name] for member, name in members.items() if name in asked}
        found = estate.where(shape, **wanted)
        if code and not found:
            raise Refusal(code, f"{wanted} does not exist")
        return {key: found}

    return answer


def _whole(shape: str, code: str, without: tuple[str, ...] = (), **members: str) -> Callable[[Estate, Asked], Item]:
    """The answer that is a document, less what the document has of the request."""

    def answer(estate: Estate, asked: Asked) -> Item:
        found = estate.one(shape, code, **{member: asked[name] for member, name in members.items()})
        return {name: value for name, value in found.items() if name not in without}

    return answer


def _inner(shape: str, key: str, code: str, **members: str) -> Callable[[Estate, Asked], Item]:
    """One document below *key*."""

    def answer(estate: Estate, asked: Asked) -> Item:
        return {key: estate.one(shape, code, **{member: asked[name] for member, name in members.items()})}

    return answer


def _filtered(shape: str, key: str, **filters: str) -> Callable[[Estate, Asked], Item]:
    """Documents by filters of EC2 (member=filter), where a list of one of them matches by any item."""

    def answer(estate: Estate, asked: Asked) -> Item:
        found = estate.all(shape)
        for each in asked.get("Filters", ()):
            member = next(name for name, its in filters.items() if its == each["Name"])
            found = [data for data in found if set(each["Values"]) & _values(data, member)]
        return {key: found}

    return answer


def _values(data: Item, member: str) -> set[str]:
    value = data.get(member)
    return {str(each["GroupId"]) for each in value} if isinstance(value, list) else {str(value)}


def _tag_descriptions(estate: Estate, asked: Asked) -> Item:
    shapes = {"loadbalancer": "LoadBalancer", "targetgroup": "TargetGroup", "listener": "Listener"}
    found = []
    for arn in asked["ResourceArns"]:
        if not Arn.parse(arn):
            raise Refusal("ValidationError", f"'{arn}' is not a valid ARN")
        kind = arn.split(":")[5].partition("/")[0]
        shape = "Rule" if kind == "listener-rule" else shapes[kind]
        estate.one(f"elbv2.{shape}", f"{shape}NotFound", **{f"{shape}Arn": arn})
        found += estate.where("elbv2.Tags", ResourceArn=arn) or [{"ResourceArn": arn, "Tags": []}]
    return {"TagDescriptions": found}


def _scaled(shape: str, key: str) -> Callable[[Estate, Asked], Item]:
    def answer(estate: Estate, asked: Asked) -> Item:
        found = estate.where(shape, ServiceNamespace=asked["ServiceNamespace"])
        wanted = asked.get("ResourceIds") or [name for name in [asked.get("ResourceId")] if name]
        return {key: [data for data in found if not wanted or data["ResourceId"] in wanted]}

    return answer


def _buses(estate: Estate, _: Asked) -> Item:
    names = {"default", *(rule["EventBusName"] for rule in estate.all("events.Rule"))}
    return {"EventBuses": [{"Name": name} for name in sorted(names)]}


def _rule_names(estate: Estate, asked: Asked) -> Item:
    found = estate.where("events.RuleTargets", EventBusName=asked.get("EventBusName", "default"))
    names = {t["Rule"] for t in found if any(each["Arn"] == asked["TargetArn"] for each in t["Targets"])}
    return {"RuleNames": sorted(names)}


def _schedules(estate: Estate, _: Asked) -> Item:
    keys = ("Arn", "Name", "GroupName", "State", "CreationDate", "LastModificationDate")
    return {
        "Schedules": [
            {key: data[key] for key in keys if key in data} | {"Target": {"Arn": data["Target"]["Arn"]}}
            for data in estate.all("scheduler.Schedule")
        ]
    }


def _attached(estate: Estate, asked: Asked) -> Item:
    estate.one("iam.Role", "NoSuchEntity", RoleName=asked["RoleName"])
    found = estate.where("iam.AttachedRolePolicies", RoleName=asked["RoleName"])
    return {"AttachedPolicies": found[0]["AttachedPolicies"] if found else []}


def _inline(estate: Estate, asked: Asked) -> Item:
    estate.one("iam.Role", "NoSuchEntity", RoleName=asked["RoleName"])
    return {"PolicyNames": [data["PolicyName"] for data in estate.where("iam.RolePolicy", RoleName=asked["RoleName"])]}


def _images(estate: Estate, asked: Asked) -> Item:
    found = []
    for ident in asked["imageIds"]:
        its = [
            data
            for data in estate.where("ecr.ImageDetail", repositoryName=asked["repositoryName"])
            if ident.get("imageTag") in data.get("imageTags", ()) or ident.get("imageDigest") == data["imageDigest"]
        ]
        if not its:
            raise Refusal("ImageNotFoundException", f"{ident} does not exist")
        found += [data for data in its if data not in found]
    return {"imageDetails": found}


def _alarms(estate: Estate, _: Asked) -> Item:
    shapes = ("MetricAlarm", "CompositeAlarm")
    return {f"{shape}s": estate.all(f"cloudwatch.{shape}") for shape in shapes}


def _applications(estate: Estate, _: Asked) -> Item:
    return {"applications": sorted({data["applicationName"] for data in estate.all("codedeploy.DeploymentGroup")})}


def _deployment_groups(estate: Estate, asked: Asked) -> Item:
    found = estate.where("codedeploy.DeploymentGroup", applicationName=asked["applicationName"])
    return {"applicationName": asked["applicationName"], "deploymentGroups": [d["deploymentGroupName"] for d in found]}


def _deployment_group_infos(estate: Estate, asked: Asked) -> Item:
    found = estate.where("codedeploy.DeploymentGroup", applicationName=asked["applicationName"])
    return {"deploymentGroupsInfo": [d for d in found if d["deploymentGroupName"] in asked["deploymentGroupNames"]]}


def _web_acl(estate: Estate, asked: Asked) -> Item:
    found = estate.where("wafv2.WebACL", ResourceArn=asked["ResourceArn"])
    return {"WebACL": found[0]["WebACL"]} if found else {}


def _records(estate: Estate, asked: Asked) -> Item:
    found = estate.where("route53.RecordSets", HostedZoneId=asked["HostedZoneId"])
    records = found[0]["ResourceRecordSets"] if found else []
    start = (asked.get("StartRecordName"), asked.get("StartRecordType"), asked.get("StartRecordIdentifier"))
    keys = [(each["Name"], each["Type"], each.get("SetIdentifier")) for each in records]
    begin = keys.index(start) if start in keys else 0
    end = begin + min(300, int(asked.get("MaxItems", 300)))
    more = (
        dict(zip(("NextRecordName", "NextRecordType", "NextRecordIdentifier"), keys[end], strict=True))
        if keys[end:]
        else {}
    )
    more = {name: value for name, value in more.items() if value}
    return {"ResourceRecordSets": records[begin:end], "IsTruncated": bool(more), "MaxItems": str(end - begin)} | more


def _distributions(estate: Estate, asked: Asked) -> Item:
    items = estate.all("cloudfront.Distribution")
    begin, size = int(asked.get("Marker") or 0), int(asked.get("MaxItems", 100))
    found = {
        "Marker": str(asked.get("Marker", "")),
        "MaxItems": size,
        "IsTruncated": len(items) > begin + size,
        "Quantity": len(items[begin : begin + size]),
        "Items": items[begin : begin + size],
    }
    return {"DistributionList": found | ({"NextMarker": str(begin + size)} if found["IsTruncated"] else {})}


def _secret(estate: Estate, asked: Asked) -> Item:
    wanted = asked["SecretId"]
    for data in estate.all("secretsmanager.Secret"):
        if wanted in (data["ARN"], data["Name"]) or data["ARN"].startswith(f"{wanted}-"):
            return data
    raise Refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")


def _parameters(estate: Estate, asked: Asked) -> Item:
    names = {name for each in asked.get("ParameterFilters", ()) for name in each["Values"]}
    return {"Parameters": [data for data in estate.all("ssm.Parameter") if data["Name"] in names]}


def _trust_stores(estate: Estate, asked: Asked) -> Item:
    found = [estate.one("elbv2.TrustStore", "TrustStoreNotFound", TrustStoreArn=arn) for arn in asked["TrustStoreArns"]]
    return {"TrustStores": found}


def _names(shape: str, key: str, name: str) -> Callable[[Estate, Asked], Item]:
    """Names of what an EKS cluster has."""

    def answer(estate: Estate, asked: Asked) -> Item:
        estate.one("eks.Cluster", "ResourceNotFoundException", name=asked["clusterName"])
        return {key: [data[name] for data in estate.where(shape, clusterName=asked["clusterName"])]}

    return answer


def _associations(estate: Estate, asked: Asked) -> Item:
    found = estate.where("eks.PodIdentityAssociations", clusterName=asked["clusterName"])
    return {"associations": found[0]["associations"] if found else []}


def _providers(estate: Estate, _: Asked) -> Item:
    found = estate.all("iam.OpenIDConnectProviders")
    return {"OpenIDConnectProviderList": found[0]["OpenIDConnectProviderList"] if found else []}


def _summary(estate: Estate, _: Asked) -> Item:
    found = estate.all("iam.AccountSummary")
    return found[0] if found else {"SummaryMap": {"AssumeRolePolicySizeQuota": 2048}}


def _identity(estate: Estate, _: Asked) -> Item:
    return {"UserId": "AIDAEXAMPLE", "Account": estate.account, "Arn": f"arn:aws:iam::{estate.account}:user/reader"}


def _zones(estate: Estate, _: Asked) -> Item:
    return {"HostedZones": estate.all("route53.HostedZone"), "MaxItems": "100"}


_instances = _filtered("ec2.Instance", "Instances", InstanceId="instance-id")
_LB, _LISTENER, _GROUP = ("LoadBalancerArn",), ("ListenerArn",), ("TargetGroupArn",)
_EKS = "ResourceNotFoundException"
OPERATIONS: dict[str, Callable[[Estate, Asked], Item]] = {
    "sts.GetCallerIdentity": _identity,
    "ecs.ListClusters": _arns("ecs.Cluster", "clusterArn", "clusterArns"),
    "ecs.DescribeClusters": _described("ecs.Cluster", "clusterArn", "clusters"),
    "ecs.DescribeCapacityProviders": _providers_of_cluster,
    "ecs.ListServices": _arns("ecs.Service", "serviceArn", "serviceArns"),
    "ecs.DescribeServices": _described("ecs.Service", "serviceArn", "services"),
    "ecs.DescribeTaskSets": _task_sets,
    "ecs.ListTasks": _arns("ecs.Task", "taskArn", "taskArns"),
    "ecs.DescribeTasks": _described("ecs.Task", "taskArn", "tasks"),
    "ecs.ListContainerInstances": _arns("ecs.ContainerInstance", "containerInstanceArn", "containerInstanceArns"),
    "ecs.DescribeContainerInstances": _described("ecs.ContainerInstance", "containerInstanceArn", "containerInstances"),
    "ecs.DescribeTaskDefinition": _definition,
    "ecs.ListTaskDefinitions": _definitions,
    "ecs.ListTagsForResource": _definition_tags,
    "ecs.ListDaemons": _by("ecs.Daemon", "daemonSummariesList", "", clusterArn="clusterArn"),
    "ecs.DescribeDaemon": _inner("ecs.Daemon", "daemon", "DaemonNotFoundException", daemonArn="daemonArn"),
    "ecs.DescribeDaemonRevisions": lambda estate, asked: {"daemonRevisions": [each for arn in asked["daemonRevisionArns"] for each in estate.where("ecs.DaemonRevision", daemonRevisionArn=arn)]},
    "ecs.DescribeDaemonTaskDefinition": _inner("ecs.DaemonTaskDefinition", "daemonTaskDefinition", "ClientException", daemonTaskDefinitionArn="daemonTaskDefinition"),
    "ecs.ListGateways": _sweep("ecs.Gateway", "gateways"),
    "ecs.DescribeGateway": _inner("ecs.Gateway", "gateway", "ClientException", gatewayArn="gateway"),
    "ecs.ListGatewayRoutes": _sweep("ecs.GatewayRoute", "gatewayRoutes"),
    "ecs.DescribeGatewayRoute": _inner("ecs.GatewayRoute", "gatewayRoute", "ClientException", gatewayRouteArn="gatewayRouteArn"),
    "elbv2.DescribeTargetGroups": _sweep("elbv2.TargetGroup", "TargetGroups"),
    "elbv2.DescribeLoadBalancers": _sweep("elbv2.LoadBalancer", "LoadBalancers"),
    "elbv2.DescribeLoadBalancerAttributes": _whole("elbv2.LoadBalancerAttributes", "LoadBalancerNotFound", _LB, LoadBalancerArn="LoadBalancerArn"),
    "elbv2.DescribeListeners": _by("elbv2.Listener", "Listeners", "", LoadBalancerArn="LoadBalancerArn"),
    "elbv2.DescribeListenerAttributes": _whole("elbv2.ListenerAttributes", "ListenerNotFound", _LISTENER, ListenerArn="ListenerArn"),
    "elbv2.DescribeListenerCertificates": _whole("elbv2.ListenerCertificates", "ListenerNotFound", _LISTENER, ListenerArn="ListenerArn"),
    "elbv2.DescribeTrustStores": _trust_stores,
    "elbv2.DescribeRules": lambda estate, asked: {"Rules": _rules(estate, asked)},
    "elbv2.DescribeTargetGroupAttributes": _whole("elbv2.TargetGroupAttributes", "TargetGroupNotFound", _GROUP, TargetGroupArn="TargetGroupArn"),
    "elbv2.DescribeTargetHealth": _whole("elbv2.TargetHealth", "TargetGroupNotFound", _GROUP, TargetGroupArn="TargetGroupArn"),
    "elbv2.DescribeTags": _tag_descriptions,
    "ec2.DescribeInstances": lambda estate, asked: {"Reservations": [{"Instances": [each]} for each in _instances(estate, asked)["Instances"]]},
    "ec2.DescribeSubnets": _filtered("ec2.Subnet", "Subnets", SubnetId="subnet-id", VpcId="vpc-id"),
    "ec2.DescribeVpcs": _filtered("ec2.Vpc", "Vpcs", VpcId="vpc-id"),
    "ec2.DescribeSecurityGroups": _filtered("ec2.SecurityGroup", "SecurityGroups", VpcId="vpc-id", GroupId="group-id"),
    "ec2.DescribeSecurityGroupRules": _filtered("ec2.SecurityGroupRule", "SecurityGroupRules", GroupId="group-id"),
    "ec2.DescribeNetworkInterfaces": _filtered("ec2.NetworkInterface", "NetworkInterfaces", Groups="group-id"),
    "ec2.DescribeManagedPrefixLists": _filtered("ec2.PrefixList", "PrefixLists", PrefixListId="prefix-list-id"),
    "ec2.GetManagedPrefixListEntries": _whole("ec2.PrefixListEntries", "InvalidPrefixListID.NotFound", ("PrefixListId",), PrefixListId="PrefixListId"),
    "application-autoscaling.DescribeScalableTargets": _scaled("application-autoscaling.ScalableTarget", "ScalableTargets"),
    "application-autoscaling.DescribeScalingPolicies": _scaled("application-autoscaling.ScalingPolicy", "ScalingPolicies"),
    "application-autoscaling.DescribeScheduledActions": _scaled("application-autoscaling.ScheduledAction", "ScheduledActions"),
    "servicediscovery.ListNamespaces": _sweep("servicediscovery.Namespace", "Namespaces"),
    "servicediscovery.GetService": _inner("servicediscovery.Service", "Service", "ServiceNotFound", Id="Id"),
    "events.ListEventBuses": _buses,
    "events.ListRuleNamesByTarget": _rule_names,
    "events.DescribeRule": _whole("events.Rule", "ResourceNotFoundException", Name="Name", EventBusName="EventBusName"),
    "events.ListTargetsByRule": _whole("events.RuleTargets", "ResourceNotFoundException", ("Rule", "EventBusName"), Rule="Rule", EventBusName="EventBusName"),
    "scheduler.ListSchedules": _schedules,
    "scheduler.GetSchedule": _whole("scheduler.Schedule", "ResourceNotFoundException", Name="Name", GroupName="GroupName"),
    "iam.GetRole": _inner("iam.Role", "Role", "NoSuchEntity", RoleName="RoleName"),
    "iam.ListAttachedRolePolicies": _attached,
    "iam.ListRolePolicies": _inline,
    "iam.GetRolePolicy": _whole("iam.RolePolicy", "NoSuchEntity", RoleName="RoleName", PolicyName="PolicyName"),
    "iam.GetPolicy": _inner("iam.Policy", "Policy", "NoSuchEntity", Arn="PolicyArn"),
    "iam.GetPolicyVersion": _whole("iam.PolicyVersion", "NoSuchEntity", ("PolicyArn",), PolicyArn="PolicyArn"),
    "iam.GetAccountSummary": _summary,
    "iam.ListOpenIDConnectProviders": _providers,
    "iam.GetOpenIDConnectProvider": _whole("iam.OpenIDConnectProvider", "NoSuchEntity", ("OpenIDConnectProviderArn",), OpenIDConnectProviderArn="OpenIDConnectProviderArn"),
    "efs.DescribeFileSystems": _by("efs.FileSystem", "FileSystems", "FileSystemNotFound", FileSystemId="FileSystemId"),
    "efs.DescribeAccessPoints": _by("efs.AccessPoint", "AccessPoints", "", FileSystemId="FileSystemId"),
    "efs.DescribeMountTargets": _by("efs.MountTarget", "MountTargets", "", FileSystemId="FileSystemId"),
    "efs.DescribeMountTargetSecurityGroups": _whole("efs.MountTargetSecurityGroups", "MountTargetNotFound", ("MountTargetId",), MountTargetId="MountTargetId"),
    "efs.DescribeFileSystemPolicy": _whole("efs.FileSystemPolicy", "PolicyNotFound", FileSystemId="FileSystemId"),
    "rds.DescribeDBInstances": _sweep("rds.DBInstance", "DBInstances"),
    "rds.DescribeDBClusters": _sweep("rds.DBCluster", "DBClusters"),
    "rds.DescribeDBProxies": _sweep("rds.DBProxy", "DBProxies"),
    "elasticache.DescribeServerlessCaches": _sweep("elasticache.ServerlessCache", "ServerlessCaches"),
    "elasticache.DescribeReplicationGroups": _sweep("elasticache.ReplicationGroup", "ReplicationGroups"),
    "elasticache.DescribeCacheClusters": _sweep("elasticache.CacheCluster", "CacheClusters"),
    "ecr.DescribeImages": _images,
    "cloudwatch.DescribeAlarms": _alarms,
    "codedeploy.ListApplications": _applications,
    "codedeploy.BatchGetApplications": lambda _, asked: {"applicationsInfo": [{"applicationName": name, "computePlatform": "ECS"} for name in asked["applicationNames"]]},
    "codedeploy.GetDeploymentConfig": _inner("codedeploy.DeploymentConfig", "deploymentConfigInfo", "DeploymentConfigDoesNotExistException", deploymentConfigName="deploymentConfigName"),
    "codedeploy.ListDeploymentGroups": _deployment_groups,
    "codedeploy.BatchGetDeploymentGroups": _deployment_group_infos,
    "wafv2.GetWebACLForResource": _web_acl,
    "route53.ListHostedZones": _zones,
    "route53.ListResourceRecordSets": _records,
    "cloudfront.ListDistributions": _distributions,
    "acm.DescribeCertificate": _inner("acm.Certificate", "Certificate", "ResourceNotFoundException", CertificateArn="CertificateArn"),
    "secretsmanager.DescribeSecret": _secret,
    "ssm.DescribeParameters": _parameters,
    "eks.DescribeCluster": _inner("eks.Cluster", "cluster", _EKS, name="name"),
    "eks.ListAddons": _names("eks.Addon", "addons", "addonName"),
    "eks.DescribeAddon": _inner("eks.Addon", "addon", _EKS, clusterName="clusterName", addonName="addonName"),
    "eks.ListNodegroups": _names("eks.Nodegroup", "nodegroups", "nodegroupName"),
    "eks.DescribeNodegroup": _inner("eks.Nodegroup", "nodegroup", _EKS, clusterName="clusterName", nodegroupName="nodegroupName"),
    "eks.ListFargateProfiles": _names("eks.FargateProfile", "fargateProfileNames", "fargateProfileName"),
    "eks.DescribeFargateProfile": _inner("eks.FargateProfile", "fargateProfile", _EKS, clusterName="clusterName", fargateProfileName="fargateProfileName"),
    "eks.ListPodIdentityAssociations": _associations,
}  # fmt: skip


def _rules(estate: Estate, asked: Asked) -> list[Item]:
    """A rule's ARN holds that of its listener."""
    begin = asked["ListenerArn"].replace(":listener/", ":listener-rule/") + "/"
    return [rule for rule in estate.all("elbv2.Rule") if rule["RuleArn"].startswith(begin)]
