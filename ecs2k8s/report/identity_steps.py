"""The part of aws/README.md about identity: the cluster's provider, and roles whose trust could not be written."""

from __future__ import annotations

import json
from collections import defaultdict
from shlex import quote
from typing import TYPE_CHECKING

from ecs2k8s.core.arns import last
from ecs2k8s.core.aws_steps import aws
from ecs2k8s.core.tracking import NOTHING
from ecs2k8s.report.aws_objects import block
from ecs2k8s.report.escape_markdown import span
from ecs2k8s.translate.eks_cluster import cluster_name, provider
from ecs2k8s.translate.identity import mechanism, task_role
from ecs2k8s.translate.trust_changes import admissions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.target import Target
    from ecs2k8s.translate.eks_cluster import Provider
    from ecs2k8s.translate.trust import Admission

ISSUER = """## Identity

Pods get their role by IRSA: the role trusts the issuer of the cluster, for named service accounts. The issuer is not
known here. Look it up, and whether IAM knows it:
"""
KNOWN = """## Identity

Pods get their role by IRSA: each role trusts the issuer of the cluster, for named service accounts only. IAM must know
the issuer first. Make it once if the list lacks it:
"""
AGENT = """## Identity

Pods get their role by EKS Pod Identity: the associations are in `template.yaml`, and each role trusts the agent for
named service accounts of this cluster only. The nodes must run the agent (EKS Auto Mode has it):
"""
UPDATE = "aws iam update-assume-role-policy"


def identity_lines(translation: Translation, target: Target) -> Iterator[str]:
    """What to do before any role is changed, and the roles for which there is no document."""
    inventory = translation.inventory
    holders = [workload for workload in translation.translated if task_role(inventory, workload)]
    if not holders:
        yield "No workload has a task role: nothing to do for the identity of pods.\n"
        return
    cluster = inventory.networks.cluster
    name = cluster_name(cluster, target) or "<cluster>"
    chosen = {mechanism(cluster, workload, target) for workload in holders}
    if "pod-identity" in chosen:
        addon = aws("eks", "create-addon", "--cluster-name", name, "--addon-name", "eks-pod-identity-agent")
        yield from (AGENT, *block(addon), "", "Way back: `delete-addon`, when no pod uses it any more.", "")
    if "irsa" in chosen:
        yield from _provider(provider(inventory), name)
    yield from _unwritten(translation, target)


def _provider(known: Provider | None, cluster: str) -> Iterator[str]:
    providers = "aws iam list-open-id-connect-providers"
    if known is None:
        query = "cluster.identity.oidc.issuer"
        look = f"aws eks describe-cluster --name {quote(cluster)} --query {query} --output text"
        yield from (ISSUER, *block(f"{look}\n{providers}"), "")
        yield "Export again with `eks_cluster` set and the cluster read: the documents are made then.\n"
        return
    options = ("--url", f"https://{known.issuer}", "--client-id-list", known.audience)
    make = aws("iam", "create-open-id-connect-provider", *options)
    unmake = aws("iam", "delete-open-id-connect-provider", "--open-id-connect-provider-arn", known.arn())
    yield from (KNOWN, *block(f"{providers}\n{make}"), "", "Way back, when no role trusts it any more:", "")
    yield from (*block(unmake), "")


def _unwritten(translation: Translation, target: Target) -> Iterator[str]:
    """Roles with a task, whose trust was not read or cannot be written: whom they must admit, and how."""
    inventory = translation.inventory
    written = {change.subject for change in translation.changes}
    wanted = admissions(inventory, translation.translated, target)
    subjects: dict[str, list[str]] = defaultdict(list)
    for workload in translation.translated:
        if role := task_role(inventory, workload):
            subjects[role].append(f"system:serviceaccount:{workload.namespace}:{workload.name}")
    for role, accounts in sorted(subjects.items()):
        if role not in written and not _is_admitted(translation, role, wanted):
            yield from _by_hand(role, accounts, wanted.get(role, []))


def _is_admitted(translation: Translation, role: str, wanted: Mapping[str, list[Admission]]) -> bool:
    """Whether its trust was read and lacks nothing."""
    view = translation.inventory.roles.role(role)
    doubted = any(finding.slug == "trust-not-proved" and finding.subject == role for finding in translation.findings)
    return bool(view.get("AssumeRolePolicyDocument", NOTHING)) and role in wanted and not doubted


def _by_hand(role: str, accounts: list[str], admitted: list[Admission]) -> Iterator[str]:
    name = quote(last(role))
    yield from (f"### {span(role)}", "", "Its trust must admit, beside all that it admits now:", "")
    yield from (*(f"- {span(account)}" for account in sorted(accounts)), "")
    for admission in admitted:
        text = json.dumps(admission.statement(admission.names), indent=2)
        yield from ("with this statement:", "", *block(text), "")
    yield from (
        f"Save: {span(f'aws iam get-role --role-name {name} --query Role.AssumeRolePolicyDocument')}  ",
        f"Change: {span(f'{UPDATE} --role-name {name} --policy-document file://new.json')}  ",
        "Way back: the same command with the saved document.",
        "",
    )
