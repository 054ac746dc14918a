"""IAM roles with their trust and their policies, as far as they were read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.arns import Arn, last
from ecs2k8s.core.iam import listed
from ecs2k8s.core.tracking import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.paths import Path
    from ecs2k8s.resolve.index import Index
    from ecs2k8s.resolve.workload import AwsMap


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy of a role: the document that was read, and where in it the statements are."""

    name: str
    view: AwsMap
    at: Path
    statements: tuple[tuple[Path, AwsMap], ...]  # with their places below `view`


@dataclass(frozen=True, slots=True, eq=False)
class Roles:
    """What was read of IAM, by what refers to it. Names of roles are unique in an account, whatever their paths.

    What decided which document it is counts as read when the document is asked for, not before.
    """

    roles: Mapping[str, AwsMap]  # by ARN
    names: Mapping[tuple[str, str], AwsMap]  # by name and account
    inline: Mapping[str, list[AwsMap]]  # by name of the role
    attached: Mapping[str, list[AwsMap]]  # by name of the role
    versions: Mapping[str, AwsMap]  # by ARN of the policy

    @classmethod
    def of(cls, index: Index) -> Roles:
        roles = {arn: views[0] for arn, views in _by(index, "iam.Role", "Arn").items()}
        names = {}
        for item in index.of_shape("iam.Role"):
            arn = Arn.parse(str(item.document.data.get("Arn", "")))
            names[str(item.document.data.get("RoleName", "")), arn.account if arn else ""] = item.view
        inline, attached = (_by(index, shape, "RoleName") for shape in ("iam.RolePolicy", "iam.AttachedRolePolicies"))
        return cls(roles, names, inline, attached, index.views("iam.PolicyVersion"))

    def role(self, arn: str) -> AwsMap:
        """The role with this *arn*; empty where it was not read."""
        view = self.roles.get(arn, NOTHING)
        view.get("Arn")
        return view

    def named(self, name: str, account: str) -> AwsMap:
        """The role called *name* of *account*; empty where it was not read."""
        view = self.names.get((name, account), NOTHING)
        view.get("RoleName")
        return view

    def policies(self, arn: str) -> Iterator[Policy]:
        """The policies of the role, inline ones first; nothing of a role that was not read."""
        name = last(arn)
        if not self.role(arn):
            return
        for view in self.inline.get(name, ()):
            yield _policy(str(view.get("PolicyName", "")), view, ("PolicyDocument",))
        for each in self.attached.get(name, ()):
            for policy in each.get("AttachedPolicies", []):
                view = self.versions.get(str(policy.get("PolicyArn", "")), NOTHING)
                if view:
                    yield _policy(str(policy.get("PolicyName", "")), view, ("PolicyVersion", "Document"))


def _by(index: Index, shape: str, key: str) -> dict[str, list[AwsMap]]:
    found: dict[str, list[AwsMap]] = {}
    for item in index.of_shape(shape):
        found.setdefault(str(item.document.data.get(key, "")), []).append(item.view)
    return found


def _policy(name: str, view: AwsMap, at: Path) -> Policy:
    document: Any = view
    for step in at:
        document = document.get(step, NOTHING) if isinstance(document, Mapping) else NOTHING
    return Policy(name, view, at, tuple(placed_statements(document, at)))


def placed_statements(document: Any, at: Path) -> Iterator[tuple[Path, AwsMap]]:
    """The statements of the policy *document* that lies at *at*, each with its own place."""
    given = document.get("Statement") if isinstance(document, Mapping) else None
    for index, statement in enumerate(listed(given)):
        if isinstance(statement, Mapping):
            place: Path = (*at, "Statement", index) if isinstance(given, list) else (*at, "Statement")
            yield place, statement
