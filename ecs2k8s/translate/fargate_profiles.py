"""Fargate profiles: which namespaces run on EKS Fargate, in which subnets, pulled with which role.

https://docs.aws.amazon.com/eks/latest/userguide/fargate-profile.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.aws_objects import AwsResource, logical_id
from ecs2k8s.core.tracking import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Inventory, Workload

MOST_SELECTORS = 5  # of one profile
SERVICE = "eks-fargate-pods.amazonaws.com"
PROFILES = "arn:${AWS::Partition}:eks:${AWS::Region}:${AWS::AccountId}:fargateprofile/${Cluster}/*"
POLICY = "AmazonEKSFargatePodExecutionRolePolicy"


def fargate_profiles(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[AwsResource]:
    """Profiles for the namespaces that no profile of the cluster selects yet, and the role that they need.

    Nothing where the cluster or its private subnets are not known.
    """
    if target.compute != "fargate" or not (wanted := uncovered(inventory, workloads)):
        return
    cluster, subnets = str(inventory.networks.cluster.get("name", "")), private_subnets(inventory)
    if not cluster or not subnets:
        return
    role = logical_id("fargate", "pods", cluster)
    yield _role(role, cluster, workloads)
    for start in range(0, len(wanted), MOST_SELECTORS):
        properties = {
            "ClusterName": cluster,
            "FargateProfileName": f"ecs2k8s-{start // MOST_SELECTORS + 1}",
            "PodExecutionRoleArn": {"Fn::GetAtt": [role, "Arn"]},
            "Subnets": subnets,
            "Selectors": [{"Namespace": name} for name in wanted[start : start + MOST_SELECTORS]],
        }
        yield AwsResource(logical_id("fargate", cluster, str(start)), "AWS::EKS::FargateProfile", properties)


def uncovered(inventory: Inventory, workloads: Iterable[Workload]) -> list[str]:
    """The namespaces of *workloads* that no profile which was read selects as a whole, sorted."""
    cluster = inventory.networks.cluster.get("name")
    covered: set[str] = set()
    for profile in inventory.index.views("eks.FargateProfile").values():
        if cluster and profile.get("clusterName") == cluster:
            covered |= {str(each.get("namespace")) for each in profile.get("selectors", []) if not each.get("labels")}
    return sorted({workload.namespace for workload in workloads} - covered)


def private_subnets(inventory: Inventory) -> list[str]:
    """The cluster's subnets that were read and give no public addresses: Fargate takes no others."""
    networks = inventory.networks
    known = {subnet: networks.subnets.get(subnet, NOTHING) for subnet in networks.node_subnets}
    return sorted(subnet for subnet, view in known.items() if view and not view.get("MapPublicIpOnLaunch"))


def _role(name: str, cluster: str, workloads: Iterable[Workload]) -> AwsResource:
    """The role with which the images are pulled; only profiles of the cluster may take it."""
    partition = next(iter(sorted({workload.partition for workload in workloads})), "aws")
    profiles = {"Fn::Sub": [PROFILES, {"Cluster": cluster}]}
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": SERVICE},
        "Action": "sts:AssumeRole",
        "Condition": {"ArnLike": {"aws:SourceArn": profiles}},
    }
    properties = {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "ManagedPolicyArns": [f"arn:{partition}:iam::aws:policy/{POLICY}"],
    }
    return AwsResource(name, "AWS::IAM::Role", properties)
