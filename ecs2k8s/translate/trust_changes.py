"""The trust of task roles: who must be admitted, and the documents that do it beside all that is there."""

from __future__ import annotations

from collections import defaultdict
from shlex import quote
from typing import TYPE_CHECKING, Any

from ecs2k8s.core import names
from ecs2k8s.core.arns import Arn, last
from ecs2k8s.core.aws_objects import AwsChange
from ecs2k8s.core.iam import listed, size, statements
from ecs2k8s.core.tracking import NOTHING, note, unwrapped
from ecs2k8s.resolve.roles import placed_statements
from ecs2k8s.translate.eks_cluster import cluster_arn, provider
from ecs2k8s.translate.identity import ROLE, mechanism, role_view, task_role
from ecs2k8s.translate.trust import Admission, by_agent, by_issuer, merged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Inventory, Workload

TRUST = "AssumeRolePolicyDocument"
QUOTA = (
    2048  # characters, unless it was raised: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
)
NEARLY = 0.9
GUARD = """\
aws iam get-role --role-name {role} --query Role.AssumeRolePolicyDocument --output json |
  python3 -c 'import json, sys; sys.exit(json.load(sys.stdin) != json.load(open("{now}.json")))' &&
  aws iam update-assume-role-policy --role-name {role} --policy-document file://{then}.json"""


def admissions(inventory: Inventory, workloads: list[Workload], target: Target) -> Mapping[str, list[Admission]]:
    """ARN of each task role to the statements that its trust must have, as far as the cluster is known."""
    by_role: dict[str, list[Workload]] = defaultdict(list)
    for workload in workloads:
        if role := task_role(inventory, workload):
            by_role[role].append(workload)
    found = {role: _admissions(inventory, role, its, target) for role, its in sorted(by_role.items())}
    return {role: admitted for role, admitted in found.items() if admitted}


def _admissions(inventory: Inventory, role: str, workloads: list[Workload], target: Target) -> list[Admission]:
    """One statement for each provider, and one for each namespace of the cluster."""
    cluster = inventory.networks.cluster
    accounts: dict[str, list[tuple[str, str]]] = {"irsa": [], "pod-identity": []}
    for workload in workloads:
        accounts[mechanism(cluster, workload, target)].append((workload.namespace, workload.name))
    found: list[Admission] = []
    known, own, arn = provider(inventory), cluster_arn(cluster, target), Arn.parse(role)
    if accounts["irsa"] and known:
        vouching = known.arn(arn.account if arn else "")
        found.append(by_issuer(vouching, known.issuer, known.audience, accounts["irsa"]))
    if own:
        text = f"arn:{own.partition}:eks:{own.region}:{own.account}:{own.resource}"
        for namespace in sorted({space for space, _ in accounts["pod-identity"]}):
            its = [name for space, name in accounts["pod-identity"] if space == namespace]
            found.append(by_agent(text, own.account, namespace, its))
    return found


def trust_changes(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[AwsChange]:
    """For each task role that was read and does not admit its pods yet, its trust with what is missing."""
    roles = inventory.roles
    wanted = admissions(inventory, workloads, target)
    folders = names.unique(wanted, lambda arn: names.label(f"trust-{last(arn)}"))
    for role, admitted in wanted.items():
        view = roles.role(role)
        if not view:
            _say_unread(inventory, workloads, role)
        elif not _is_understood(view.get(TRUST)):
            note(view, "", "trust-not-understood", role=role)
        else:
            yield from _change(inventory, view, folders[role], admitted)
    for role in _used(inventory, workloads):
        _say_wildcards(roles.role(role))


def _change(inventory: Inventory, view: AwsMap, folder: str, admitted: list[Admission]) -> Iterator[AwsChange]:
    old: dict[str, Any] = unwrapped(view[TRUST])
    new = merged(old, admitted)
    if new == old:
        return
    role = str(view["Arn"])
    accounts = ", ".join(name for admission in admitted for name in _accounts(admission))
    note(view, "", "trust-to-extend", role=role, accounts=accounts)
    _say_size(inventory, view, new)
    name = quote(last(role))
    yield AwsChange(
        name=folder,
        subject=role,
        title=f"Trust of the role {last(role)}",
        why=f"It must also admit {accounts}. Every statement that it has stays, for as long as ECS runs the tasks.",
        old=old,
        new=new,
        command=GUARD.format(role=name, now="old", then="new"),
        back=GUARD.format(role=name, now="new", then="old"),
    )


def _accounts(admission: Admission) -> list[str]:
    spaces = [value for key, value in admission.equals if key.endswith("/kubernetes-namespace")]
    given = [name.removeprefix("system:serviceaccount:").replace(":", "/") for name in admission.names]
    return [f"{spaces[0]}/{name}" for name in given] if spaces else given


def _is_understood(document: Any) -> bool:
    """Whether it has statements and nothing but maps among them; text would be a document that nobody decoded."""
    if document is None or isinstance(document, str | list):
        return False
    given = listed(document.get("Statement"))
    return bool(given) and len(statements(document)) == len(given)


def _say_unread(inventory: Inventory, workloads: list[Workload], role: str) -> None:
    for workload in workloads:
        if task_role(inventory, workload) == role:
            note(role_view(workload), ROLE, "role-not-read", role=role, name=last(role))


def _used(inventory: Inventory, workloads: list[Workload]) -> list[str]:
    return sorted({task_role(inventory, workload) for workload in workloads} - {""})


def _say_size(inventory: Inventory, view: AwsMap, document: Mapping[str, Any]) -> None:
    quota = next(
        (
            int(number)
            for each in inventory.index.views("iam.AccountSummary").values()
            if (number := each.get("SummaryMap", NOTHING).get("AssumeRolePolicySizeQuota"))
        ),
        QUOTA,
    )
    length = size(document)
    if length > quota:
        note(view, "", "trust-too-long", role=view["Arn"], size=length, quota=quota)
    elif length >= NEARLY * quota:
        note(view, "", "trust-nearly-full", role=view["Arn"], size=length, quota=quota)


def _say_wildcards(view: AwsMap) -> None:
    """Statements that admit more than they name, which stay as they are."""
    for at, statement in placed_statements(view.get(TRUST, NOTHING), (TRUST,)):
        if statement.get("Effect") == "Allow":
            for place, value in _texts(statement.get("Principal"), (*at, "Principal")):
                if value == "*":
                    note(view, place, "trust-wildcard", value=value)
            for place, value in _texts(statement.get("Condition"), (*at, "Condition")):
                keys = [step for step in place if isinstance(step, str)]
                if "*" in value and keys[-1].endswith(":sub") and keys[-2].lower().endswith("like"):
                    note(view, place, "trust-wildcard", value=value)


def _texts(value: Any, at: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Every text below *value* with its place."""
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*at, index))
    elif value is not None and not isinstance(value, int | float):
        for key in value:
            yield from _texts(value[key], (*at, key))
