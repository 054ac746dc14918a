"""The address records of one name: who is answered with which load balancer. One batch changes all of them or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.arns import last
from ecs2k8s.core.errors import PlanError
from ecs2k8s.cutover.plan import Request
from ecs2k8s.cutover.things.kind import Kind, NotInSnapshotError, document

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.cutover.plan import State
    from ecs2k8s.cutover.things.kind import Ask, Documents

Item = dict[str, Any]
ADDRESSES = ("A", "AAAA", "CNAME")
PAGE = "300"  # more than the records that one name can have


def records_id(zone: str, name: str) -> str:
    """The id of the records of *name*, as Route 53 writes it: with a dot at its end, and a star as `\\052`."""
    return f"{last(zone)}/{name}"


def _state(found: Iterable[Mapping[str, Any]], name: str) -> State:
    kept = (dict(each) for each in found if each["Name"] == name and each["Type"] in ADDRESSES)
    return sorted(kept, key=_key)


def _key(record: Mapping[str, Any]) -> tuple[str, str]:
    return record["Type"], record.get("SetIdentifier", "")


def _then(documents: Documents, ident: str) -> State:
    """A snapshot has all records of a name of which one leads to a load balancer."""
    zone, _, name = ident.partition("/")
    for (shape, key), data in documents.items():
        if shape == "route53.RecordSets" and last(data["HostedZoneId"]) == zone:
            return _state(document(documents, shape, key)["ResourceRecordSets"], name)
    raise NotInSnapshotError(f"{zone}: the snapshot has no records of this zone: export again")


def _now(ask: Ask, ident: str) -> State:
    zone, _, name = ident.partition("/")
    asked = {"HostedZoneId": zone, "StartRecordName": name, "MaxItems": PAGE}
    answer = ask("route53.ListResourceRecordSets", asked)
    return _state(answer["ResourceRecordSets"], name) if answer else None


def _request(ident: str, before: State, wanted: State) -> Request:
    """Deletions first: a simple record and a weighted one of one name and type cannot stand side by side.

    A deletion repeats the stored record exactly.
    """
    zone, _, name = ident.partition("/")
    if before is None or wanted is None or any(record["Name"] != name for record in wanted):
        raise PlanError(f"{ident}: a plan changes the records of this name only")
    old, new = ({_key(record): record for record in state} for state in (before, wanted))
    changes = [_change("DELETE", record) for key, record in sorted(old.items()) if key not in new]
    changes += [_change("CREATE", record) for key, record in sorted(new.items()) if key not in old]
    changes += [_change("UPSERT", new[key]) for key in sorted(new.keys() & old.keys()) if new[key] != old[key]]
    if not changes:
        raise PlanError(f"{ident}: nothing is to change")
    return Request("route53.ChangeResourceRecordSets", {"HostedZoneId": zone, "ChangeBatch": {"Changes": changes}})


def _change(action: str, record: Item) -> Item:
    return {"Action": action, "ResourceRecordSet": record}


RECORDS = Kind("route53.record-sets", _then, _now, _request)
