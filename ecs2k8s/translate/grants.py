"""Permissions on the AWS side as new objects: roles for service accounts, and policies for roles that exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.arns import last
from ecs2k8s.core.aws_objects import AwsResource, logical_id
from ecs2k8s.core.names import suffixed
from ecs2k8s.translate.trust import by_issuer, new_trust

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ecs2k8s.translate.eks_cluster import Provider

LONGEST = 64  # characters of a role's name
Account = tuple[str, str]  # namespace and name of a service account


def allow(actions: Sequence[str], resources: Iterable[str], condition: dict[str, Any] | None = None) -> dict[str, Any]:
    """A statement that allows *actions* on exactly these *resources* (ARNs)."""
    found = {"Effect": "Allow", "Action": sorted(actions), "Resource": sorted(set(resources))}
    return found | ({"Condition": condition} if condition else {})


def own_role(purpose: str, provider: Provider) -> str:
    """The ARN of the new role for *purpose*: its name has a hash of the issuer, so that clusters do not share one."""
    return f"arn:{provider.partition}:iam::{provider.account}:role/{_name(purpose, provider)}"


def _name(purpose: str, provider: Provider) -> str:
    return suffixed(f"ecs2k8s-{purpose}", f"{purpose} {provider.issuer}", LONGEST)


def role(
    purpose: str, why: str, provider: Provider, account: Account, statements: Sequence[dict[str, Any]]
) -> AwsResource:
    """A new role that only the service account *account* of the cluster can assume, with *statements* as its policy."""
    properties = {
        "RoleName": _name(purpose, provider),
        "Description": why,
        "AssumeRolePolicyDocument": new_trust(
            [by_issuer(provider.arn(), provider.issuer, provider.audience, [account])]
        ),
        "Policies": [{"PolicyName": purpose, "PolicyDocument": _document(statements)}],
    }
    return AwsResource(logical_id("Role", purpose), "AWS::IAM::Role", properties)


def grant(role_arn: str, purpose: str, statements: Sequence[dict[str, Any]]) -> AwsResource:
    """A new inline policy of the role *role_arn*, which exists and keeps all that it has.

    *purpose* is the policy's name below `ecs2k8s-`; *statements* come from `allow`. Give it to `RESOURCES`.
    """
    properties = {
        "RoleName": last(role_arn),
        "PolicyName": f"ecs2k8s-{purpose}",
        "PolicyDocument": _document(statements),
    }
    return AwsResource(logical_id("Grant", purpose, role_arn), "AWS::IAM::RolePolicy", properties)


def _document(statements: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
