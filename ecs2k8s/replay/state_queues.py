"""Queues: where their dead letters go. The documents have none, so a test says which there are."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecs2k8s.replay.state import Asked, Item, only, refuse_unless

if TYPE_CHECKING:
    from ecs2k8s.replay.state import Account


@dataclass(slots=True)
class Queues:
    """By name the name of the queue of dead letters; empty: it has none."""

    dead_letters: dict[str, str] = field(default_factory=dict)


def get_queue_attributes(account: Account, asked: Asked) -> Item:
    only(asked, "QueueUrl", "AttributeNames")
    queues, name = account.part(Queues).dead_letters, str(asked["QueueUrl"]).rpartition("/")[2]
    refuse_unless(name in queues, "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
    dead = queues[name]
    policy = json.dumps({"deadLetterTargetArn": account.arn("sqs", dead), "maxReceiveCount": 5}) if dead else ""
    wanted = {"RedrivePolicy", "All"} & set(asked.get("AttributeNames", ()))
    return {"Attributes": {"RedrivePolicy": policy}} if policy and wanted else {}
