"""Who may read secrets on the AWS side: exactly those that the execution role reads for the containers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecs2k8s.core import names
from ecs2k8s.core.arns import Arn
from ecs2k8s.core.manifests import Placed
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.eks_cluster import provider
from ecs2k8s.translate.grants import allow, grant, own_role, role
from ecs2k8s.translate.identity import task_role
from ecs2k8s.translate.registries import registries
from ecs2k8s.translate.secret_references import SUFFIX, referred_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.aws_objects import AwsResource
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.index import Index
    from ecs2k8s.resolve.workload import Inventory, Workload
    from ecs2k8s.translate.secret_references import Remote

# What External Secrets Operator calls. https://external-secrets.io/latest/provider/aws-secrets-manager/
OPERATOR = (
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetResourcePolicy",
    "secretsmanager:GetSecretValue",
    "secretsmanager:ListSecretVersionIds",
    "ssm:GetParameter*",
)
# What the provider of the CSI driver calls. https://github.com/aws/secrets-store-csi-driver-provider-aws
DRIVER = ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "ssm:GetParameters")
OF_AWS = "alias/aws/"  # keys that whoever may read the secret may use
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}")


@dataclass(slots=True)
class Reads:
    """ARNs of what is read, and the keys that decrypt it."""

    secrets: set[str] = field(default_factory=set)
    parameters: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)  # ARNs
    aliases: set[tuple[str, str]] = field(default_factory=set)  # ARN that stands for all keys of its place, and alias

    def statements(self, actions: Iterable[str] = OPERATOR) -> list[dict[str, Any]]:
        """Statements with those of *actions* that the service of each resource has."""
        given = list(actions)
        found = [
            allow([action for action in given if action.startswith(service)], resources)
            for service, resources in (("secretsmanager:", self.secrets), ("ssm:", self.parameters))
            if resources
        ]
        found += [allow(["kms:Decrypt"], self.keys)] if self.keys else []
        for place in sorted({place for place, _ in self.aliases}):
            its = sorted(alias for at, alias in self.aliases if at == place)
            found.append(allow(["kms:Decrypt"], [place], {"ForAnyValue:StringEquals": {"kms:ResourceAliases": its}}))
        return found


def by_operator(workload: Workload, target: Target) -> list[Remote]:
    """What the operator reads for *workload*: credentials of registries always, secrets unless the CSI driver does."""
    secrets = referred_secrets(workload) if target.secrets == "external-secrets" else []
    return [each.remote for each in secrets] + [each.remote for each in registries(workload)]


def by_pod(workload: Workload, target: Target) -> list[Remote]:
    """What the CSI driver reads with the pod's own role."""
    return [each.remote for each in referred_secrets(workload)] if target.secrets == "csi-driver" else []


def secret_reads(index: Index, wanted: Iterable[tuple[Workload, list[Remote]]]) -> Reads:
    """ARNs and keys of what is *wanted* for each workload."""
    reads = Reads()
    secrets, parameters = index.views("secretsmanager.Secret"), index.views("ssm.Parameter")
    for workload, remotes in wanted:
        for remote in remotes:
            account = remote.store.account or workload.account
            arn = remote.key
            if not Arn.parse(arn):
                arn = f"arn:{workload.partition}:ssm:{remote.store.region}:{account}:parameter/{arn.removeprefix('/')}"
            if not account and arn != remote.key:
                note(workload.definition, "", "secret-account-unknown", name=remote.key)
            elif remote.store.service == "SecretsManager":
                reads.secrets.add(_with_suffix(arn, secrets.keys()))
            else:
                reads.parameters.add(arn)
    for arn in reads.secrets & secrets.keys():
        _add_key(reads, arn, str(secrets[arn].get("KmsKeyId", "")))
    for arn in reads.parameters & parameters.keys():
        _add_key(reads, arn, str(parameters[arn].get("KeyId", "")))
    return reads


def _with_suffix(arn: str, known: Iterable[str]) -> str:
    """*arn* as a policy must name it. AWS takes an ARN without its six last characters; a policy compares all of it.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html
    """
    whole = sorted(each for each in known if each == arn or each[:-SUFFIX] == arn)
    if whole:
        return arn if arn in whole else whole[0]
    return arn if re.search(r"-[A-Za-z0-9]{6}$", arn) else f"{arn}-??????"


def _add_key(reads: Reads, of: str, key: str) -> None:
    """A key by ARN, by id or by an alias; AWS's own keys ask for nothing."""
    arn, home = Arn.parse(key), Arn.parse(of)
    name = arn.resource if arn else key
    if not name or home is None or name.startswith(OF_AWS):
        return
    place = arn or home
    base = f"arn:{place.partition}:kms:{place.region}:{place.account}"
    if name.startswith("alias/"):
        reads.aliases.add((f"{base}:key/*", name))
    elif arn or UUID.fullmatch(name):
        reads.keys.add(key if arn else f"{base}:key/{name}")


def reader(inventory: Inventory, workloads: Iterable[Workload], namespace: str) -> str:
    """The name of the service account by which stores of *namespace* read; empty where the issuer is not known.

    Each namespace has its own: who may make a store there could else read what others may.
    """
    if provider(inventory) is None:
        return ""
    name = names.label(f"eso-{namespace}")
    taken = {workload.name for workload in workloads if workload.namespace == namespace}
    return names.suffixed(name, namespace) if name in taken else name


def _reading(workloads: Iterable[Workload], target: Target) -> dict[str, list[tuple[Workload, list[Remote]]]]:
    """Namespace to its workloads for which the operator reads something, with what it is."""
    found: dict[str, list[tuple[Workload, list[Remote]]]] = {}
    for workload in workloads:
        if remotes := by_operator(workload, target):
            found.setdefault(workload.namespace, []).append((workload, remotes))
    return dict(sorted(found.items()))


def secret_readers(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[Placed]:
    """The service account of each namespace by which its stores read. IRSA, whatever the pods have.

    `auth.jwt` of a store does not work with EKS Pod Identity.
    """
    known = provider(inventory)
    for namespace in _reading(workloads, target) if known else ():
        metadata = {
            "name": reader(inventory, workloads, namespace),
            "namespace": namespace,
            "labels": {"app.kubernetes.io/managed-by": "ecs2k8s"},
            "annotations": {"eks.amazonaws.com/role-arn": own_role(_purpose(namespace), known) if known else ""},
        }
        manifest = {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": metadata,
            "automountServiceAccountToken": False,
        }
        yield Placed(f"{namespace}/shared", manifest)


def _purpose(namespace: str) -> str:
    return f"secrets-{namespace}"


def secret_reader_roles(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[AwsResource]:
    """AWS::IAM::Role for each of these service accounts, with the exact secrets of its namespace."""
    known = provider(inventory)
    for namespace, its in _reading(workloads, target).items() if known else ():
        statements = secret_reads(inventory.index, its).statements()
        if statements and known:
            why = f"Secrets that workloads of the namespace {namespace} are given at their start."
            account = (namespace, reader(inventory, workloads, namespace))
            yield role(_purpose(namespace), why, known, account, statements)


def secret_grants(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[AwsResource]:
    """AWS::IAM::RolePolicy for each task role by which the CSI driver reads: what the execution role reads today."""
    found: dict[str, list[tuple[Workload, list[Remote]]]] = {}
    for workload in workloads:
        if remotes := by_pod(workload, target):
            role_arn = task_role(inventory, workload)
            arn = Arn.parse(role_arn)
            if arn and arn.account == workload.account:
                found.setdefault(role_arn, []).append((workload, remotes))
            else:
                note(workload.definition, "", "secrets-without-own-role", workload=workload.name)
    for role_arn, wanted in sorted(found.items()):
        if statements := secret_reads(inventory.index, wanted).statements(DRIVER):
            yield grant(role_arn, "secrets", statements)
