"""The last look at a role's new trust: nothing of the old one is lost, and it admits those pods and nobody else.

It knows nothing of how the document was made: whom to admit it takes from the manifests and the new associations, and
what the document does it asks the evaluator of policies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.assess.iam import Request, decide
from ecs2k8s.core.findings import Finding
from ecs2k8s.core.iam import listed, normal, statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecs2k8s.core.aws_objects import AwsChange, AwsResource
    from ecs2k8s.core.iam import Statement
    from ecs2k8s.core.manifests import Bundle

IRSA = "eks.amazonaws.com/role-arn"
WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"
TAGS = "aws:RequestTag/"
ROLE = ":role/"
ECS = Request(("Service", "ecs-tasks.amazonaws.com"), "sts:AssumeRole")
AGENT = ("Service", "pods.eks.amazonaws.com")
MOST_PAIRS = 400  # of strangers that are tried for one role
Account = tuple[str, str]  # namespace and name


def judged(
    changes: Iterable[AwsChange], bundle: Bundle, resources: Iterable[AwsResource]
) -> tuple[tuple[AwsChange, ...], tuple[Finding, ...]]:
    """The changes that may be written, and an error for each trust of a role that may not."""
    sound, doubts = [], []
    wanted = _wanted(bundle, resources)
    for change in changes:
        why = next(unsound(change, wanted.get(change.subject, set())), "") if ROLE in change.subject else ""
        if why:
            doubts.append(Finding.of("trust-not-proved", change.subject, "", why=why))
        else:
            sound.append(change)
    return tuple(sound), tuple(doubts)


def _wanted(bundle: Bundle, resources: Iterable[AwsResource]) -> dict[str, set[Account]]:
    """ARN of a role to the service accounts that are to have it."""
    found: dict[str, set[Account]] = {}
    for manifest in bundle.manifests:
        if manifest["kind"] == "ServiceAccount":
            metadata = manifest["metadata"]
            role = metadata.get("annotations", {}).get(IRSA, "")
            found.setdefault(role, set()).add((metadata["namespace"], metadata["name"]))
    for resource in resources:
        if resource.type == "AWS::EKS::PodIdentityAssociation":
            given = resource.properties
            found.setdefault(given["RoleArn"], set()).add((given["Namespace"], given["ServiceAccount"]))
    return found


def unsound(change: AwsChange, wanted: set[Account]) -> Iterator[str]:
    """What is wrong with the new trust of a role; nothing where *wanted*, and of pods only they, are let in anew."""
    old, new = change.old, change.new
    added = [each for each in statements(new) if normal(each) not in [normal(one) for one in statements(old)]]
    for statement in statements(old):
        if normal(statement) not in [normal(one) for one in statements(new)] and not _grown(statement, added):
            yield f"a statement of today is missing or narrower: {statement.get('Sid', 'without a Sid')}"
    if {**old, "Statement": None} != {**new, "Statement": None}:
        yield "more than the statements differs"
    if decide(old, ECS) != decide(new, ECS):
        yield "tasks of ECS are judged otherwise"
    yield from _admitted(old, new, added, wanted)


def _grown(statement: Statement, added: list[Statement]) -> bool:
    """Whether an added statement is *statement* with more values of one condition key."""
    return any(_is_grown(normal(statement), normal(other)) for other in added)


def _is_grown(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    before, after = one.get("Condition"), other.get("Condition")
    if not isinstance(before, dict) or not isinstance(after, dict) or one.get("Sid") != other.get("Sid"):
        return False
    if {**one, "Condition": None} != {**other, "Condition": None}:
        return False
    pairs = [(before.get(op, {}).get(key), values) for op, keys in after.items() for key, values in keys.items()]
    same_keys = {op: set(keys) for op, keys in before.items()} == {op: set(keys) for op, keys in after.items()}
    return same_keys and all(set(less) <= set(more) for less, more in pairs)


def _admitted(
    old: Mapping[str, Any], new: Mapping[str, Any], added: list[Statement], wanted: set[Account]
) -> Iterator[str]:
    forms = [form for statement in statements(new) for form in _forms(statement)]
    every = [form for form in forms if form[:2] == AGENT or form[0] == "Federated"]
    for account in sorted(wanted):
        found = {decide(new, request) for form in every for request in _requests(form, account)}
        if found <= {"denied"}:
            yield f"pods of {'/'.join(account)} would not be admitted"
    for form in (form for statement in added for form in _forms(statement)):
        if not _keys(form) <= form[2].keys():
            yield "a statement that is added lacks a condition"
        for account in _strangers(wanted):
            for request in _requests(form, account):
                if decide(new, request) == "allowed" and decide(old, request) != "allowed":
                    yield f"pods of {'/'.join(account)} would be admitted too"
        for request in _forgeries(form, wanted):
            if decide(new, request) == "allowed" and decide(old, request) != "allowed":
                yield "another principal, action or audience would be admitted too"


def _forms(statement: Statement) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Kind and name of the principal, and a value for each condition that is an equality."""
    principal, conditions = statement.get("Principal"), statement.get("Condition")
    given = conditions.get("StringEquals") if isinstance(conditions, dict) else None
    equals = {key: str(listed(value)[0]) for key, value in given.items() if value} if isinstance(given, dict) else {}
    for kind, names in principal.items() if isinstance(principal, dict) else ():
        for name in listed(names):
            yield kind, str(name), equals


def _keys(form: tuple[str, str, dict[str, Any]]) -> set[str]:
    """The condition keys without which a statement for pods admits more than named ones of one cluster."""
    if form[:2] == AGENT:
        tags = ("eks-cluster-arn", "kubernetes-namespace", "kubernetes-service-account")
        return {"aws:SourceAccount", *(f"{TAGS}{tag}" for tag in tags)}
    issuer = form[1].partition(":oidc-provider/")[2]
    return {f"{issuer}:aud", f"{issuer}:sub"}


def _requests(form: tuple[str, str, dict[str, Any]], account: Account) -> list[Request]:
    """How pods of *account* ask, by the principal of *form*."""
    kind, name, equals = form
    namespace, service_account = account
    if kind == "Federated":
        issuer = name.partition(":oidc-provider/")[2]
        context = equals | {f"{issuer}:sub": f"system:serviceaccount:{namespace}:{service_account}"}
        return [Request((kind, name), WEB_IDENTITY, context)]
    tags = {f"{TAGS}kubernetes-namespace": namespace, f"{TAGS}kubernetes-service-account": service_account}
    return [Request((kind, name), action, equals | tags) for action in ("sts:AssumeRole", "sts:TagSession")]


def _strangers(wanted: set[Account]) -> list[Account]:
    """Neighbours of those who are *wanted*: every other pair of their names, and names that nearly are theirs."""
    spaces, names = sorted({space for space, _ in wanted}), sorted({name for _, name in wanted})
    crossed = [(space, name) for space in spaces for name in names][:MOST_PAIRS]
    near = [
        pair
        for space, name in sorted(wanted)
        for pair in ((f"{space}x", name), (space, f"{name}x"), (space, name[:-1] or "x"), (space, "default"))
    ]
    return [account for account in [*crossed, *near] if account not in wanted]


def _forgeries(form: tuple[str, str, dict[str, Any]], wanted: set[Account]) -> Iterator[Request]:
    """The same pods by another provider, cluster, audience or action."""
    kind, name, equals = form
    for account in sorted(wanted):
        for request in _requests(form, account):
            yield Request((kind, f"{name}x"), request.action, request.context)
            yield Request((kind, name), "sts:AssumeRoleWithSAML", request.context)
            for key in equals:
                yield Request((kind, name), request.action, {**request.context, key: f"{equals[key]}x"})
                yield Request((kind, name), request.action, {k: v for k, v in request.context.items() if k != key})
