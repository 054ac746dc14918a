"""The case with a Network Load Balancer of every kind of listener, to be edited by tests."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.documents import Document, Snapshot
from tests.case_files import load

if TYPE_CHECKING:
    from collections.abc import Mapping

CASE = Path(__file__).parent / "cases" / "network-load-balancers" / "listeners-of-every-kind.yaml"
ELB = "arn:aws:elasticloadbalancing:eu-west-1:111122223333"
BALANCER, AMQP, STATS = f"{ELB}:loadbalancer/net/mq/1", f"{ELB}:targetgroup/mq-amqp/1", f"{ELB}:targetgroup/mq-stats/2"
TCP, TLS, BOTH = (f"{ELB}:listener/net/mq/1/{number}" for number in (1, 2, 3))


def edited(edits: Mapping[tuple[str, str], dict[str, Any] | None], *more: Document) -> Snapshot:
    """The case's input with members of documents set (`None` as a member: removed; as all: no such document).

    A document is meant by its shape without the service, and its id.
    """
    kept = []
    for document in load(CASE).snapshot.documents:
        edit = edits.get((document.shape.partition(".")[2], document.id), {})
        if edit is not None:
            data = copy.deepcopy(document.data) | copy.deepcopy(edit)
            data = {key: value for key, value in data.items() if value is not None}
            kept.append(Document(document.shape, document.id, data))
    return Snapshot((*kept, *more)).in_order()


def forward(*groups: tuple[str, int], sticky: bool = False) -> list[dict[str, Any]]:
    """The default action that sends to *groups* with their weights."""
    config: dict[str, Any] = {"TargetGroups": [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in groups]}
    return [{"Type": "forward", "ForwardConfig": config | {"TargetGroupStickinessConfig": {"Enabled": sticky}}}]
