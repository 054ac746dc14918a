"""The IAM policies that reading needs, from the rows of mappings/collect.yaml."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Any

from ecs2k8s.collect.calls import calls

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.collect.calls import Call

VERSION = "2012-10-17"
LIMIT = 6144  # characters of a managed policy, white space not counted
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html

Statement = dict[str, Any]


def policies(partition: str = "aws", regions: Iterable[str] = ("*",), account: str = "*") -> list[dict[str, Any]]:
    """As few policies as the statements fit in."""
    return packed(statements(calls().values(), partition, tuple(regions), account))


def packed(statements: Iterable[Statement]) -> list[dict[str, Any]]:
    """Each statement in the first policy that has room for it."""
    found: list[dict[str, Any]] = []
    for statement in statements:
        room = (at for at, policy in enumerate(found) if size(_with(policy, statement)) <= LIMIT)
        at = next(room, len(found))
        found[at : at + 1] = [_with(found[at] if found[at:] else {"Version": VERSION, "Statement": []}, statement)]
    return found


def text(found: list[dict[str, Any]]) -> str:
    """As people paste it: the policy, or a JSON list where one is too small."""
    return json.dumps(found[0] if len(found) == 1 else found, indent=2)


def _with(policy: dict[str, Any], statement: Statement) -> dict[str, Any]:
    return {**policy, "Statement": [*policy["Statement"], statement]}


def size(policy: dict[str, Any]) -> int:
    """Characters as IAM counts them."""
    return len(json.dumps(policy, separators=(",", ":")))


def statements(rows: Iterable[Call], partition: str, regions: tuple[str, ...], account: str) -> Iterator[Statement]:
    """One for each set of resources, the narrow ones first."""
    actions: dict[tuple[str, ...], set[str]] = {}
    for row in rows:
        if row.partitions and partition not in row.partitions:
            continue
        found = product(row.resource, regions)
        resources = {text.format(partition=partition, region=region, account=account) for text, region in found}
        narrow = ("*",) if "*" in resources else tuple(sorted(resources))
        actions.setdefault(narrow, set()).update(row.permissions)
    for narrow, named in sorted(actions.items(), reverse=True):
        if named:
            yield {
                "Effect": "Allow",
                "Action": sorted(named),
                "Resource": narrow[0] if len(narrow) == 1 else list(narrow),
            }
