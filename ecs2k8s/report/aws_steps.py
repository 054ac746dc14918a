"""aws/README.md: what has to change on the AWS side, in which order, with the command and the way back."""

from __future__ import annotations

from collections import defaultdict
from shlex import quote
from typing import TYPE_CHECKING

from ecs2k8s.core.arns import last
from ecs2k8s.report.escape_markdown import code

if TYPE_CHECKING:
    from ecs2k8s.core.manifests import Bundle

HEAD = """# On the AWS side

Nothing here was done, and `ecs2k8s` does none of it. Keep every existing statement of a role's trust: ECS needs it
until it is gone.
"""
UPDATE = "aws iam update-assume-role-policy"
ISSUER = """## 1. The cluster's OIDC provider

    aws eks describe-cluster --name <cluster> --query cluster.identity.oidc.issuer --output text
    aws iam list-open-id-connect-providers

If the issuer is not among the providers, make it once (`aws iam create-open-id-connect-provider`). Way back: delete it,
when no role trusts it any more.
"""
TRUST = """## 2. Trust of the task roles

Each role must also trust the provider, for exactly these service accounts (conditions `aud` = `sts.amazonaws.com` and
`sub` = the subject). Save the document first; it is the way back.
"""


def aws_readme(bundle: Bundle) -> str:
    """The roles that the service accounts carry, with subjects and commands."""
    roles: dict[str, list[str]] = defaultdict(list)
    for manifest in bundle.manifests:
        metadata = manifest["metadata"]
        role = metadata.get("annotations", {}).get("eks.amazonaws.com/role-arn")
        if manifest["kind"] == "ServiceAccount" and role:
            roles[role].append(f"system:serviceaccount:{metadata['namespace']}:{metadata['name']}")
    if not roles:
        return HEAD + "\nNo workload has a task role: nothing to do for identity.\n"
    lines = [HEAD, ISSUER, TRUST]
    for role, subjects in sorted(roles.items()):
        name = quote(last(role))
        lines += [
            f"### {code(role)}",
            "",
            *(f"- {code(subject)}" for subject in sorted(subjects)),
            "",
            f"Save: {code(f'aws iam get-role --role-name {name} --query Role.AssumeRolePolicyDocument')}  ",
            f"Change: {code(f'{UPDATE} --role-name {name} --policy-document file://new.json')}  ",
            "Way back: the same command with the saved document.",
            "",
        ]
    return "\n".join(lines)
