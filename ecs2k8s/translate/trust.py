"""Statements that admit service accounts to a role, and how they join a trust that exists."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.iam import listed, same, statements
from ecs2k8s.core.names import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.core.iam import Statement

SUBJECT = "system:serviceaccount:{}:{}"
TAGS = "aws:RequestTag/"
AGENT = "pods.eks.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Admission:
    """One statement: *names* may be many, because they stand in the list of a single condition key.

    Never two keys with lists: two lists are a cross product, and would admit what nobody asked for.
    """

    kind: str
    principal: tuple[str, str]  # kind and name
    actions: tuple[str, ...]
    equals: tuple[tuple[str, str], ...]  # further conditions, with one value each
    key: str  # the condition that lists the names
    names: tuple[str, ...]

    @property
    def sid(self) -> str:
        """Letters and digits only, and a function of all but the names."""
        return self.kind + digest(json.dumps([self.principal, self.actions, self.equals, self.key]), 8)

    def statement(self, names: Iterable[str], sid: str = "") -> dict[str, Any]:
        found = sorted(set(names))
        kind, name = self.principal
        return {
            "Sid": sid or self.sid,
            "Effect": "Allow",
            "Principal": {kind: name},
            "Action": self.actions[0] if len(self.actions) == 1 else list(self.actions),
            "Condition": {"StringEquals": dict(self.equals) | {self.key: found[0] if len(found) == 1 else found}},
        }

    def names_in(self, statement: Statement) -> set[str] | None:
        """The names that *statement* admits, if it is this one but for the names and the Sid."""
        condition = statement.get("Condition")
        equals = condition.get("StringEquals") if isinstance(condition, dict) else None
        if not isinstance(equals, dict) or self.key not in equals:
            return None
        found = listed(equals[self.key])
        if not found or not all(isinstance(name, str) for name in found):
            return None
        return set(found) if same(self.statement(found), statement) else None


def by_issuer(provider: str, issuer: str, audience: str, accounts: Iterable[tuple[str, str]]) -> Admission:
    """IRSA: the *provider* (ARN) of the *issuer* (host and path) vouches for *accounts* (namespace and name).

    https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
    """
    return Admission(
        kind="Ecs2k8sIrsa",
        principal=("Federated", provider),
        actions=("sts:AssumeRoleWithWebIdentity",),
        equals=((f"{issuer}:aud", audience),),
        key=f"{issuer}:sub",
        names=tuple(sorted(SUBJECT.format(*account) for account in accounts)),
    )


def by_agent(cluster: str, account: str, namespace: str, names: Iterable[str]) -> Admission:
    """EKS Pod Identity: the agent asks for service accounts *names* of one namespace of one *cluster* (ARN).

    https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
    """
    return Admission(
        kind="Ecs2k8sPodIdentity",
        principal=("Service", AGENT),
        actions=("sts:AssumeRole", "sts:TagSession"),
        equals=(
            ("aws:SourceAccount", account),
            (f"{TAGS}eks-cluster-arn", cluster),
            (f"{TAGS}kubernetes-namespace", namespace),
        ),
        key=f"{TAGS}kubernetes-service-account",
        names=tuple(sorted(names)),
    )


def merged(document: Mapping[str, Any], admissions: Iterable[Admission]) -> dict[str, Any]:
    """*document* with every statement that it has, and with those that *admissions* lack.

    A statement of ours that is there already only gains names. One with our Sid that somebody changed stays as it is,
    and ours is added beside it. What is admitted already, by whatever statement of the same form, is not added.
    """
    found = list(statements(document))
    for admission in admissions:
        found = _with(found, admission)
    unchanged = found == statements(document)
    return dict(document) if unchanged else {**document, "Statement": found}


def _with(found: list[Statement], admission: Admission) -> list[Statement]:
    admitted = [admission.names_in(statement) or set() for statement in found]
    missing = set(admission.names) - set().union(*admitted)
    if not missing:
        return found
    sid = admission.sid
    for index, statement in enumerate(found):
        if statement.get("Sid") == sid and admitted[index]:
            grown = admission.statement(admitted[index] | missing, sid)
            return [*found[:index], grown, *found[index + 1 :]]
    taken = {statement.get("Sid") for statement in found}
    while sid in taken:
        sid = admission.kind + digest(sid, 8)
    return [*found, admission.statement(missing, sid)]


def new_trust(admissions: Iterable[Admission]) -> dict[str, Any]:
    """The trust of a role that does not exist yet."""
    return merged({"Version": "2012-10-17", "Statement": []}, admissions)
