"""The operations that may be sent to AWS: mappings/collect.yaml."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from ecs2k8s.core.mappings import rows

if TYPE_CHECKING:
    from collections.abc import Mapping

# What boto3 itself sends to get or renew credentials; none of it reads or changes a resource.
CREDENTIALS = frozenset(
    {
        *("sts.AssumeRole", "sts.AssumeRoleWithWebIdentity", "sts.GetSessionToken"),
        *("sso.GetRoleCredentials", "sso-oidc.CreateToken", "signin.CreateOAuth2Token"),
    }
)
FILTER_KEY = {"ParameterFilters": "Key"}  # ssm; elsewhere `Name`


class Pace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Requests that may be sent at once, and requests a second from then on."""

    burst: int
    rate: float


class Call(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One operation; the keys are explained in the file."""

    why: str
    after: tuple[str, ...] = ()
    ids: str = ""
    batch: dict[str, int] = {}
    page: dict[str, int] = {}
    send: dict[str, Any] = {}
    keep: tuple[str, ...] = ()
    select: str = ""
    absent: tuple[str, ...] = ()
    split: tuple[str, ...] = ()
    otherwise: dict[str, str] = {}
    pace: str = "default"
    scope: Literal["region", "account"] = "region"
    partitions: tuple[str, ...] = ()
    actions: tuple[str, ...] | None = None
    resource: tuple[str, ...] = ("*",)
    name: str = ""

    @property
    def service(self) -> str:
        return self.name.partition(".")[0]

    @property
    def operation(self) -> str:
        return self.name.partition(".")[2]

    @property
    def permissions(self) -> tuple[str, ...]:
        """The IAM actions that it needs."""
        if self.actions is not None:
            return self.actions
        prefix = {"elbv2": "elasticloadbalancing"}.get(self.service, self.service)
        return (f"{prefix}:{self.operation}",)

    @property
    def batched(self) -> tuple[str, int]:
        """The parameter of which one request takes several values, and how many; empty and 1 where there is none."""
        return next(iter(self.batch.items()), ("", 1))

    def parameters(self, fixed: Mapping[str, Any], values: list[Any]) -> dict[str, Any]:
        """The parameters of the request for *values* of the batched parameter."""
        given = {**fixed, **self.send}
        name = self.batched[0]
        outer, dot, inner = name.partition(".")
        if dot:
            given[outer] = [{FILTER_KEY.get(outer, "Name"): inner, "Values": values}]
        elif name:
            given[name] = values
        return given


@cache
def calls() -> Mapping[str, Call]:
    """`ecs.ListClusters` to its row, in the order of the file."""
    found = rows("collect.yaml", Call, "calls")
    return {name: msgspec.structs.replace(row, name=name) for name, row in found.items()}


@cache
def paces() -> Mapping[str, Pace]:
    """The buckets that requests are counted in."""
    return rows("collect.yaml", Pace, "paces")


@cache
def closure(name: str) -> frozenset[str]:
    """The calls that *name* comes after, and those that they come after."""
    before = calls()[name].after
    return frozenset(before).union(*(closure(each) for each in before))
