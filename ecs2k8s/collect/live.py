"""Reads live accounts, each Region into a snapshot of its own."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
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
        directory.mkdir(parents=True, exist_ok=True)
        partial = Partial(directory / FILE, self._header(region, scope), time.time())
        try:
            return self._snapshot(region, scope, last, progress, partial), partial
        except BaseException:
            partial.close()
            raise

    def look(self, region: str, scope: Scope, last: Snapshot | None, progress: Progress) -> Snapshot:
        """The snapshot of *region*; nothing is written."""
        return self._snapshot(region, scope, last, progress)

    def _header(self, region: str, scope: Scope) -> dict[str, Any]:
        import botocore  # noqa: PLC0415 (only the live reading needs it)

        return {
            "account": self.session.account,
            "region": region,
            "scope": scope.plain(),
            "redact": self.redact,
            "versions": [__version__, botocore.__version__],  # another one may read or mask otherwise
        }

    def _snapshot(
        self, region: str, scope: Scope, last: Snapshot | None, progress: Progress, partial: Partial | None = None
    ) -> Snapshot:
        began = partial.taken if partial else time.time()
        reading = Reading(scope, region, self.session.account, known(last))
        troubles = Run(self.clients, reading, partial, progress).read()
        taken = datetime.fromtimestamp(int(began), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return replace(assemble(reading, troubles, taken, self.clients.mask), scope=scope.limits, live=True)


def known(last: Snapshot | None) -> Mapping[str, dict[str, Any]]:
    """Task definitions of the last snapshot by ARN; what was masked is read again."""
    documents = last.of("ecs.TaskDefinition") if last else []
    return {each.id: each.data for each in documents if each.id.startswith("arn:") and not is_masked(each.data)}
