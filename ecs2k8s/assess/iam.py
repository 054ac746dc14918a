"""Whether an IAM policy document lets a principal do something: what AWS decides, as far as the document says it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ecs2k8s.assess.globs import glob
from ecs2k8s.assess.iam_conditions import holds
from ecs2k8s.core.arns import Arn
from ecs2k8s.core.iam import Statement, listed, statements

Decision = Literal["allowed", "denied", "undecided"]
Truth = bool | None  # None: it cannot be told


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for what. `principal`: its kind as policies name it (AWS, Service, Federated) and its name.

    `resource`: the ARN of what it is about; empty in the policy of a resource, which is about that resource.
    `context`: condition key to its value, or to the list of values of a key that has many.
    """

    principal: tuple[str, str]
    action: str
    context: Mapping[str, Any] = field(default_factory=dict)
    resource: str = ""


def decide(document: Mapping[str, Any], request: Request) -> Decision:
    """A statement that denies wins over all that allow; what nothing allows is denied."""
    found = [(each.get("Effect"), _applies(each, request)) for each in statements(document)]
    denied = [truth for effect, truth in found if effect == "Deny"]
    allowed = [truth for effect, truth in found if effect == "Allow"]
    if True in denied or not any(truth is not False for truth in allowed):
        return "denied"
    return "allowed" if True in allowed and None not in denied else "undecided"


def _applies(statement: Statement, request: Request) -> Truth:
    if not (_is_meant(statement, request.principal) and _acts(statement, request.action)):
        return False
    if request.resource and not _is_on(statement, request.resource):
        return False
    conditions = statement.get("Condition", {})
    if not isinstance(conditions, Mapping):
        return None
    return holds(conditions, request.context)


def _acts(statement: Statement, action: str) -> bool:
    if "NotAction" in statement:
        return not any(glob(str(each), action, fold=True) for each in listed(statement["NotAction"]))
    return any(glob(str(each), action, fold=True) for each in listed(statement.get("Action")))


def _is_on(statement: Statement, resource: str) -> bool:
    if "NotResource" in statement:
        return not any(glob(str(each), resource) for each in listed(statement["NotResource"]))
    return any(glob(str(each), resource) for each in listed(statement.get("Resource")))


def _is_meant(statement: Statement, principal: tuple[str, str]) -> bool:
    """A policy of a role names no principal: it is about who has it."""
    if "NotPrincipal" in statement:
        return not _names(statement["NotPrincipal"], principal)
    return _names(statement["Principal"], principal) if "Principal" in statement else True


def _names(named: Any, principal: tuple[str, str]) -> bool:
    kind, name = principal
    if named == "*":
        return True
    if not isinstance(named, Mapping):
        return False
    return any(_is_named(kind, str(each), name) for each in listed(named.get(kind)))


def _is_named(kind: str, named: str, name: str) -> bool:
    """An account, by number or by its root, is everybody in it whom a policy there lets."""
    if named in ("*", name):
        return True
    if kind != "AWS":
        return False
    arn, asked = Arn.parse(named), Arn.parse(name)
    account = arn.account if arn and arn.resource == "root" else named
    return asked is not None and account == asked.account
