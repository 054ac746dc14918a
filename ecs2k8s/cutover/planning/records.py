"""Records of Route 53 that lead to a load balancer, as the snapshot has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.assess.known_names import plain
from ecs2k8s.core.arns import last
from ecs2k8s.cutover.plan import Thing
from ecs2k8s.cutover.planning.moves import move
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.cutover.things.route53_records import records_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.cutover.plan import Move
    from ecs2k8s.cutover.planning.ground import Ground
    from ecs2k8s.resolve.balancers import LoadBalancer

    Record = Mapping[str, Any]

RECORDS = "route53.record-sets"


@dataclass(frozen=True, slots=True)
class Name:
    """A name of one zone with those of its records that lead to the load balancer, each as it is stored."""

    zone: str
    name: str
    records: tuple[Record, ...]

    @property
    def thing(self) -> Thing:
        return Thing(RECORDS, records_id(self.zone, self.name))

    @property
    def shown(self) -> str:
        return plain(self.name)


def names_of(ground: Ground, balancer: LoadBalancer) -> list[Name]:
    """Sorted by zone and name. Only zones that were read."""
    wanted = plain(str(balancer.view.get("DNSName", "")))
    found: dict[tuple[str, str], list[Record]] = {}
    for (shape, _), data in sorted(ground.documents.items()):
        if shape == "route53.RecordSets" and wanted:
            for record in data.get("ResourceRecordSets") or ():
                if wanted in leads_to(record):
                    found.setdefault((last(str(data["HostedZoneId"])).rpartition("/")[2], record["Name"]), []).append(
                        record
                    )
    return [Name(zone, name, tuple(records)) for (zone, name), records in sorted(found.items())]


def leads_to(record: Record) -> Iterator[str]:
    yield plain(str((record.get("AliasTarget") or {}).get("DNSName", "")))
    if record.get("Type") == "CNAME":
        yield from (plain(str(each.get("Value", ""))) for each in record.get("ResourceRecords") or ())


def leaves(record: Record) -> bool:
    """Whether Route 53 answers with another record once the load balancer has an empty group."""
    return bool(record.get("SetIdentifier") and (record.get("AliasTarget") or {}).get("EvaluateTargetHealth"))


def without_evaluation(ground: Ground, name: Name) -> Move:
    """The records that lead to the load balancer no longer evaluate its health."""
    before: list[dict[str, Any]] = KINDS[RECORDS].then(ground.documents, name.thing.id)
    evaluating = [dict(record) for record in name.records if leaves(record)]
    return move(name.thing, before, [_deaf(record) if record in evaluating else record for record in before])


def _deaf(record: dict[str, Any]) -> dict[str, Any]:
    return record | {"AliasTarget": record["AliasTarget"] | {"EvaluateTargetHealth": False}}
