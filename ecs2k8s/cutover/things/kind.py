"""What a kind of object knows: its state in a snapshot, its state now, and the one call between two states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from ecs2k8s.core.errors import PlanError
from ecs2k8s.core.redacted import REDACTED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.cutover.plan import Request, State

# Sends one read, `elbv2.DescribeRules` with its parameters, and gives the whole answer, all pages of it; of a request
# that says how long its page is, that page. Raises `world.UnreadableError`; an answer "does not exist" comes back as
# None.
# What begins with `kubernetes.` is for the cluster (`cutover.cluster.asking`): Get, Pods, DryRun, and Manifests, which
# reads the files of a path that a plan names.
Ask = Callable[[str, Mapping[str, Any]], Any]
# The documents of a snapshot: by shape (`elbv2.Rule`) and id.
Documents = Mapping[tuple[str, str], Mapping[str, Any]]

# A target group that the plan makes has no ARN yet, so that states and requests name it `targetgroup:shop-web-eks`.
# The run puts the ARN in before it sends, and the name back when it reads; a command asks for it.
NAMED = "targetgroup:"
RUN_TAG = "ecs2k8s:run"  # the only tag of ours that a plan cannot know: no part of a state


class NotInSnapshotError(PlanError):
    """The snapshot does not say what the state is: it was not read."""


def never(_before: State, _wanted: State, _live: State) -> bool:
    """Of a kind that one call changes as a whole."""
    return False


@dataclass(frozen=True, slots=True)
class Kind:
    """All functions are pure but `now`, which asks. `request` raises `PlanError` where no single call leads there.

    `sets`: the keys of a state that the call writes; the others are there to see what somebody else changed. Empty:
    the call writes all of it.
    """

    name: str  # `elbv2.rule`
    then: Callable[[Documents, str], State]  # in the snapshot; raises `NotInSnapshotError`
    now: Callable[[Ask, str], State]
    request: Callable[[str, State, State], Request]  # id, before, wanted
    sets: tuple[str, ...] = ()
    # before, wanted, live: whether the call stopped on its way, so that the same call once more leads on
    between: Callable[[State, State, State], bool] = never
    part_of: str = ""  # the kind that, under the same id, has it as a part: deleting that takes it along


def document(documents: Documents, shape: str, ident: str) -> Mapping[str, Any]:
    """Raises `NotInSnapshotError` where it was not read, or was masked."""
    found = documents.get((shape, ident))
    if found is None:
        raise NotInSnapshotError(f"{ident}: the snapshot has no {shape} of it: export again")
    if REDACTED in msgspec.json.encode(found).decode():
        raise NotInSnapshotError(f"{ident}: was exported with --redact, and a plan needs its values: export without")
    return found


def tags(found: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """A list of `Key` and `Value` as a map, without the tag that names the run."""
    return {tag["Key"]: tag.get("Value", "") for tag in found or () if tag["Key"] != RUN_TAG}


def tag_list(found: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(found.items())]


def only_reads(ident: str, _: State, __: State) -> Request:
    """The `request` of a kind that no step changes."""
    raise PlanError(f"{ident}: is looked at only: no call of a plan changes it")


def differs_elsewhere(before: State, wanted: State, *sets: str) -> list[str]:
    """The keys beside *sets* in which two states differ."""
    return sorted(
        key for key in before.keys() | wanted.keys() if key not in sets and before.get(key) != wanted.get(key)
    )
