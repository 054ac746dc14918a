"""The records of a hosted zone of the account, as its name servers have them: a change is there when it is in sync."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecs2k8s.replay import state_route53

if TYPE_CHECKING:
    from ecs2k8s.replay.state import Account, Item


@dataclass
class AccountZone:
    """For `dns.Authority`. While any change is pending all records are as they were: later than Route 53, never sooner."""

    account: Account
    zone: str
    synced: list[Item] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.synced = self._written()

    def __call__(self) -> list[Item]:
        with self.account.open() as account:
            pending = any(at > account.now() for at, _ in account.part(state_route53.Changes).known.values())
            if not pending:
                self.synced = self._written()
        return self.synced

    def _written(self) -> list[Item]:
        with self.account.open() as account:
            answer = state_route53.list_record_sets(account, {"HostedZoneId": self.zone})
            return copy.deepcopy(answer["ResourceRecordSets"])
