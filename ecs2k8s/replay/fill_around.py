"""Makes what services need from documents: roles, images, secrets, file systems, data stores, names, alarms.

Values of secrets are made up: no document has them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ecs2k8s.replay.fill import made

if TYPE_CHECKING:
    from ecs2k8s.replay.fill import Filling, Item

PLACEHOLDER = "made-up-value"
OF_AWS = "arn:aws:iam::aws:"  # policies that every account has


def certificate(filling: Filling, data: Item) -> None:
    ask = made("acm.Certificate", "acm.RequestCertificate", but=("DomainValidationOptions", "Options"))
    ask(filling, data)


def role(filling: Filling, data: Item) -> None:
    boundary = data.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    given = {**data, "AssumeRolePolicyDocument": json.dumps(data["AssumeRolePolicyDocument"])}
    given.pop("PermissionsBoundary", None)
    filling.send("iam.CreateRole", {**given, "PermissionsBoundary": boundary} if boundary else given)


def policy(filling: Filling, data: Item) -> None:
    """With as many versions as the one that counts has before it."""
    if data["Arn"].startswith(OF_AWS):
        return
    version = filling.first("iam.PolicyVersion", PolicyArn=data["Arn"]).get("PolicyVersion", {})
    text = json.dumps(version.get("Document", {}))
    filling.send("iam.CreatePolicy", {**data, "PolicyDocument": text})
    for _ in range(1, int(version.get("VersionId", "v1")[1:])):
        given = {"PolicyArn": data["Arn"], "PolicyDocument": text, "SetAsDefault": True}
        filling.send("iam.CreatePolicyVersion", given)


def role_policy(filling: Filling, data: Item) -> None:
    filling.send("iam.PutRolePolicy", {**data, "PolicyDocument": json.dumps(data["PolicyDocument"])})


def attached_policies(filling: Filling, data: Item) -> None:
    for each in data["AttachedPolicies"]:
        filling.send("iam.AttachRolePolicy", {"RoleName": data["RoleName"], "PolicyArn": each["PolicyArn"]})


def image(filling: Filling, data: Item) -> None:
    """A registry makes the digest of the manifest, so it is not that of the document."""
    name = data["repositoryName"]
    if filling.first("ecr.ImageDetail", repositoryName=name) is data:
        filling.send("ecr.CreateRepository", {"repositoryName": name})
    manifest = {"schemaVersion": 2, "mediaType": data.get("imageManifestMediaType", ""), "of": data["imageDigest"]}
    for tag in data.get("imageTags") or [None]:
        given = {"repositoryName": name, "imageManifest": json.dumps(manifest)} | ({"imageTag": tag} if tag else {})
        its = filling.send("ecr.PutImage", given).get("image", {}).get("imageId", {})
        filling.ids.add(data["imageDigest"], its.get("imageDigest"))


def secret(filling: Filling, data: Item) -> None:
    given = {**data, "SecretString": PLACEHOLDER}
    made("secretsmanager.Secret", "secretsmanager.CreateSecret")(filling, given)


def parameter(filling: Filling, data: Item) -> None:
    given = {name: value for name, value in data.items() if name != "Policies"}
    filling.send("ssm.PutParameter", {**given, "Value": PLACEHOLDER})


def mount_target(filling: Filling, data: Item) -> None:
    groups = filling.first("efs.MountTargetSecurityGroups", MountTargetId=data["MountTargetId"])
    given = {**data, "SecurityGroups": groups.get("SecurityGroups", [])}
    made("efs.MountTarget", "efs.CreateMountTarget")(filling, given)


def db_instance(filling: Filling, data: Item) -> None:
    subnets = data["DBSubnetGroup"]
    given = {"SubnetIds": [each["SubnetIdentifier"] for each in subnets["Subnets"]]}
    filling.send("rds.CreateDBSubnetGroup", {**subnets, **given})
    groups = [each["VpcSecurityGroupId"] for each in data["VpcSecurityGroups"]]
    its = {"DBSubnetGroupName": subnets["DBSubnetGroupName"], "VpcSecurityGroupIds": groups, "Tags": data["TagList"]}
    answer = filling.send("rds.CreateDBInstance", {**data, **its, "MasterUserPassword": PLACEHOLDER})
    found = answer.get("DBInstance", {})
    filling.ids.add(data["Endpoint"]["Address"], found.get("Endpoint", {}).get("Address"))


def replication_group(filling: Filling, data: Item) -> None:
    given = {"ReplicationGroupDescription": data["Description"], "NumCacheClusters": len(data["MemberClusters"])}
    switches = {
        "AutomaticFailoverEnabled": data.get("AutomaticFailover") == "enabled",
        "MultiAZEnabled": data.get("MultiAZ") == "enabled",
    }
    filling.send("elasticache.CreateReplicationGroup", {**data, **given, **switches})


def cache_cluster(filling: Filling, data: Item) -> None:
    groups = [each["SecurityGroupId"] for each in data["SecurityGroups"]]
    filling.send("elasticache.CreateCacheCluster", {**data, "SecurityGroupIds": groups})


def web_acl(filling: Filling, data: Item) -> None:
    answer = filling.send("wafv2.CreateWebACL", {**data["WebACL"], "Scope": "REGIONAL"})
    arn = answer.get("Summary", {}).get("ARN")
    if arn:
        filling.ids.add(data["WebACL"]["ARN"], arn)
        filling.ids.add(data["WebACL"]["Id"], answer["Summary"]["Id"])
        filling.send("wafv2.AssociateWebACL", {"WebACLArn": arn, "ResourceArn": data["ResourceArn"]})


def distribution(filling: Filling, data: Item) -> None:
    answer = filling.send(
        "cloudfront.CreateDistribution", {"DistributionConfig": {**data, "CallerReference": data["Id"]}}
    )
    filling.learn("cloudfront.Distribution", data, answer.get("Distribution", {}), "DomainName")


def hosted_zone(filling: Filling, data: Item) -> None:
    answer = filling.send("route53.CreateHostedZone", {**data, "HostedZoneConfig": data["Config"]})
    its = answer.get("HostedZone", {}).get("Id", "")
    filling.ids.add(*(name.rpartition("/")[2] for name in (data["Id"], its)))


def record_sets(filling: Filling, data: Item) -> None:
    changes = [{"Action": "UPSERT", "ResourceRecordSet": record} for record in data["ResourceRecordSets"]]
    given = {"HostedZoneId": data["HostedZoneId"], "ChangeBatch": {"Changes": changes}}
    filling.send("route53.ChangeResourceRecordSets", given)
