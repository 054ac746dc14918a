"""What a kind of object knows: its state in a snapshot, its state now, and the one call between two states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.errors import PlanError

if TYPE_CHECKING:
    from ecs2k8s.cutover.plan import Request, State

# Sends one read, `elbv2.DescribeRules` with its parameters, and gives the whole answer, all pages of it.
# Raises `world.UnreadableError`; an answer "does not exist" comes back as None.
Ask = Callable[[str, Mapping[str, Any]], Any]
# The documents of a snapshot: by shape (`elbv2.Rule`) and id.
Documents = Mapping[tuple[str, str], Mapping[str, Any]]

# A target group that the plan makes has no ARN yet, so that states and requests name it `targetgroup:shop-web-eks`.
# The run puts the ARN in before it sends, and the name back when it reads; a command asks for it.
NAMED = "targetgroup:"


class NotInSnapshotError(PlanError):
    """The snapshot does not say what the state is: it was not read."""


@dataclass(frozen=True, slots=True)
class Kind:
    """All functions are pure but `now`, which asks. `request` raises `PlanError` where no single call leads there."""

    name: str  # `elbv2.rule`
    then: Callable[[Documents, str], State]  # in the snapshot; raises `NotInSnapshotError`
    now: Callable[[Ask, str], State]
    request: Callable[[str, State, State], Request]  # id, before, wanted
