"""Reads live accounts, each Region into a snapshot of its own."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ecs2k8s import __version__
from ecs2k8s.collect.account import Clients, Progress, Run
from ecs2k8s.collect.assemble import assemble
from ecs2k8s.collect.reading import Reading
from ecs2k8s.collect.redact import is_masked, mask
from ecs2k8s.collect.resume import FILE, Partial

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ecs2k8s.collect.login import Session
    from ecs2k8s.collect.scope import Scope
    from ecs2k8s.core.documents import Snapshot


@dataclass(slots=True)
class Live:
    """One account. What is the same in all Regions is read once."""

    session: Session
    redact: bool = False
    clients: Clients = field(init=False)

    def __post_init__(self) -> None:
        self.clients = Clients(self.session.client, mask if self.redact else lambda value: value)

    def read(
        self, region: str, scope: Scope, directory: Path, last: Snapshot | None, progress: Progress
    ) -> tuple[Snapshot, Partial]:
        """The snapshot of *region*; the file of answers in *directory* is `done` when the snapshot is written."""
        import botocore  # noqa: PLC0415 (only the live reading needs it)

        directory.mkdir(parents=True, exist_ok=True)
        header = {
            "account": self.session.account,
            "region": region,
            "scope": scope.plain(),
            "redact": self.redact,
            "versions": [__version__, botocore.__version__],  # another one may read or mask otherwise
        }
        partial = Partial(directory / FILE, header, time.time())
        try:
            reading = Reading(scope, region, self.session.account, known(last))
            troubles = Run(self.clients, reading, partial, progress).read()
            taken = datetime.fromtimestamp(int(partial.taken), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            return assemble(reading, troubles, taken, self.clients.mask), partial
        except BaseException:
            partial.close()
            raise


def known(last: Snapshot | None) -> Mapping[str, dict[str, Any]]:
    """Task definitions of the last snapshot by ARN; what was masked is read again."""
    documents = last.of("ecs.TaskDefinition") if last else []
    return {each.id: each.data for each in documents if each.id.startswith("arn:") and not is_masked(each.data)}
