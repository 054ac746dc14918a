"""The IAM policies of a cutover: of who watches, and of the role that a run assumes for each request that it sends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecs2k8s.collect.policy import VERSION, packed, statements
from ecs2k8s.cutover.aws.calls import merged, needed, reads, widest, writes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.cutover.aws.calls import Place
    from ecs2k8s.cutover.plan import Plan, Request

READER, WRITER = "ecs2k8s-cutover-reader", "ecs2k8s-cutover-writer"  # names of roles, as a proposal


def of_designs(designs: Iterable[str], place: Place) -> dict[str, Any]:
    """For any plan of these designs."""
    wanted = set(designs)
    names = (name for name, row in writes().items() if row.mode == "execute" and wanted & set(row.designs))
    return _all(place, (statement for name in names for statement in widest(name, place)))


def of_plans(plans: Iterable[Plan], place: Place) -> dict[str, Any]:
    """For these plans, ways back included, and for nothing else. Raises `PlanError`."""
    asked = (request for plan in plans for request in _requests(plan))
    return _all(place, (statement for request in asked for statement in needed(request, place)))


def _requests(plan: Plan) -> Iterator[Request]:
    """What `cutover run --execute` may send to AWS."""
    for step in plan.steps if plan.executable else ():
        for move in (*step.moves, *step.back):
            row = writes().get(move.request.call)
            if row and row.mode == "execute" and not step.guided:
                yield move.request


def _all(place: Place, found: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """`read`: what a guided run needs. `write`: the role of --write-role-arn. `assume`, `trust`: one to the other."""
    role = f"arn:{place.partition}:iam::{place.account}:role/"
    handing = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    return {
        "read": packed(statements(reads().values(), place.partition, (place.region,), place.account)),
        "write": packed(merged(found)),
        "assume": {"Version": VERSION, "Statement": [{**handing, "Resource": role + WRITER}]},
        "trust": {"Version": VERSION, "Statement": [{**handing, "Principal": {"AWS": role + READER}}]},
    }


def text(found: dict[str, Any]) -> str:
    return json.dumps(found, indent=2)
