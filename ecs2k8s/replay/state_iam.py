"""Trust policies of roles, and the associations by which EKS gives roles to pods."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.iam import size, statements
from ecs2k8s.replay.state import Asked, Item, only, refuse_unless
from ecs2k8s.replay.wire import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.replay.state import Account

QUOTA = 2048  # characters of a trust policy, where the account's summary does not say another
VERSIONS = {None, "2008-10-17", "2012-10-17"}
PRINCIPALS = {"AWS", "Service", "Federated", "CanonicalUser"}
ASSOCIATION = "eks.PodIdentityAssociation"  # whole associations; the list that `export` reads has the summaries
LIST = "eks.PodIdentityAssociations"
SUMMARY = ("clusterName", "namespace", "serviceAccount", "associationArn", "associationId", "ownerArn")


def update_trust(account: Account, asked: Asked) -> Item:
    """UpdateAssumeRolePolicy: the whole document is replaced."""
    only(asked, "RoleName", "PolicyDocument")
    role = account.estate.one("iam.Role", "NoSuchEntity", RoleName=asked["RoleName"])
    words = f"Cannot perform the operation on the protected role '{role['RoleName']}'"
    refuse_unless(not role.get("Path", "/").startswith("/aws-service-role/"), "UnmodifiableEntity", words)
    document = trust(asked["PolicyDocument"])
    summary = account.estate.all("iam.AccountSummary")
    quota = int(summary[0]["SummaryMap"].get("AssumeRolePolicySizeQuota", QUOTA)) if summary else QUOTA
    refuse_unless(size(document) <= quota, "LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {quota}", 409)
    role["AssumeRolePolicyDocument"] = document
    return {}


def add_role(account: Account, name: str) -> str:
    """A role that can be assumed, for tests and demos that write with one: its ARN."""
    arn = account.arn("iam", f"role/{name}", region="")
    caller = {"Effect": "Allow", "Principal": {"AWS": account.estate.account}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [caller]}
    role: Item = {"Path": "/", "RoleName": name, "RoleId": f"AROA{account.new_id().upper()}", "Arn": arn}
    role |= {"CreateDate": account.moment(), "MaxSessionDuration": 3600}
    account.put("iam.Role", arn, role | {"AssumeRolePolicyDocument": document})
    return arn


def trust(text: str) -> Item:
    """The document. Raises `Refusal` where IAM would not take it for a trust policy."""
    try:
        document: Any = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict) or document.get("Version") not in VERSIONS:
        raise Refusal("MalformedPolicyDocument", "This policy contains invalid Json")
    found = statements(document)
    refuse_unless(bool(found), "MalformedPolicyDocument", "Syntax errors in policy.")
    for statement in found:
        refuse_unless(_trusts(statement), "MalformedPolicyDocument", "Syntax errors in policy.")
    return document


def _trusts(statement: Mapping[str, Any]) -> bool:
    has = {name.removeprefix("Not") for name in statement}
    principal = statement.get("Principal", statement.get("NotPrincipal"))
    named = principal == "*" or (isinstance(principal, dict) and bool(principal) and set(principal) <= PRINCIPALS)
    return statement.get("Effect") in {"Allow", "Deny"} and "Action" in has and "Resource" not in has and named


def _associations(account: Account, cluster: str) -> list[Item]:
    account.estate.one("eks.Cluster", "ResourceNotFoundException", name=cluster)
    for document in account.estate.where(LIST, clusterName=cluster):
        found: list[Item] = document["associations"]
        return found
    found = []
    account.put(LIST, cluster, {"clusterName": cluster, "associations": found})
    return found


def create_association(account: Account, asked: Asked) -> Item:
    known = ("clusterName", "namespace", "serviceAccount", "roleArn", "clientRequestToken", "tags")
    only(asked, *known, "disableSessionTags")
    cluster = asked["clusterName"]
    there = _associations(account, cluster)
    for each in there:
        same = (each["namespace"], each["serviceAccount"]) == (asked["namespace"], asked["serviceAccount"])
        words = f"Association already exists: {each['associationId']}"
        refuse_unless(not same, "ResourceInUseException", words, 409)
    role = account.estate.where("iam.Role", Arn=asked["roleArn"])
    refuse_unless(bool(role), "InvalidParameterException", "Role provided in the request does not exist.")
    ident = f"a-{account.new_id(17)}"
    made: Item = {
        "clusterName": cluster,
        "namespace": asked["namespace"],
        "serviceAccount": asked["serviceAccount"],
        "roleArn": asked["roleArn"],
        "associationArn": account.arn("eks", f"podidentityassociation/{cluster}/{ident}"),
        "associationId": ident,
        "tags": asked.get("tags", {}),
        "createdAt": account.moment(),
        "modifiedAt": account.moment(),
        "disableSessionTags": asked.get("disableSessionTags", False),
    }
    account.put(ASSOCIATION, ident, made)
    there.append({key: made[key] for key in SUMMARY if key in made})
    return {"association": made}


def delete_association(account: Account, asked: Asked) -> Item:
    only(asked, "clusterName", "associationId")
    found = describe_association(account, asked)
    there = _associations(account, asked["clusterName"])
    there[:] = [each for each in there if each["associationId"] != asked["associationId"]]
    account.drop(ASSOCIATION, asked["associationId"])
    return found


def describe_association(account: Account, asked: Asked) -> Item:
    only(asked, "clusterName", "associationId")
    there = {each["associationId"]: each for each in _associations(account, asked["clusterName"])}
    found = there.get(asked["associationId"])
    refuse_unless(found is not None, "ResourceNotFoundException", "The association was not found.", 404)
    whole = account.estate.where(ASSOCIATION, associationId=asked["associationId"])
    return {"association": whole[0] if whole else found}


def list_associations(account: Account, asked: Asked) -> Item:
    only(asked, "clusterName", "namespace", "serviceAccount", "maxResults", "nextToken")
    found = _associations(account, asked["clusterName"])
    for key in ("namespace", "serviceAccount"):
        found = [each for each in found if asked.get(key, each[key]) == each[key]]
    return {"associations": found}
