"""Record sets of Route 53: batches that happen as a whole or not at all, and that are in sync a little later."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecs2k8s.replay.state import Asked, Item, only, refuse_unless
from ecs2k8s.replay.wire import Refusal

if TYPE_CHECKING:
    from ecs2k8s.replay.state import Account

CHANGES = 1000  # in a batch
WEIGHTS = range(256)
SECONDS = range(2_147_483_648)
POLICIES = (
    "Weight",
    "Region",
    "GeoLocation",
    "Failover",
    "MultiValueAnswer",
    "CidrRoutingConfig",
    "GeoProximityLocation",
)
KNOWN = ("Name", "Type", "SetIdentifier", "TTL", "ResourceRecords", "AliasTarget", "HealthCheckId", *POLICIES)
Key = tuple[str, str, str]  # name, type and set identifier


@dataclass(slots=True)
class Changes:
    """When each batch is in sync, and when it was sent, by the id of the change."""

    known: dict[str, tuple[float, str]] = field(default_factory=dict)


def change_record_sets(account: Account, asked: Asked) -> Item:
    only(asked, "HostedZoneId", "ChangeBatch")
    document = _document(account, asked["HostedZoneId"])
    zone = _zone(account, asked["HostedZoneId"])
    changes = asked["ChangeBatch"]["Changes"]
    refuse_unless(1 <= len(changes) <= CHANGES, "InvalidChangeBatch", "Number of records limit of 1000 exceeded.")
    records = {_key(each): each for each in copy.deepcopy(document["ResourceRecordSets"])}
    for change in changes:
        _apply(records, change["Action"], _normal(change["ResourceRecordSet"], zone["Name"]))
    _unmixed(records, {_key(each["ResourceRecordSet"]) for each in changes})
    if "ResourceRecordSetCount" in zone:  # counts records, too, that the documents do not have
        zone["ResourceRecordSetCount"] += len(records) - len(document["ResourceRecordSets"])
    document["ResourceRecordSets"] = sorted(records.values(), key=_order)
    ident = f"C{account.new_id(13).upper()}"
    account.part(Changes).known[ident] = (account.now() + account.delays.dns, account.moment())
    return _info(account, ident)


def _zone(account: Account, ident: str) -> Item:
    words = f"No hosted zone found with ID: {ident}"
    for zone in account.estate.all("route53.HostedZone"):
        if zone["Id"].rpartition("/")[2] == ident.rpartition("/")[2]:
            return zone
    raise Refusal("NoSuchHostedZone", words, 404)


def _document(account: Account, ident: str) -> Item:
    """The one with the records of the zone."""
    zone = _zone(account, ident)["Id"].rpartition("/")[2]
    for document in account.estate.all("route53.RecordSets"):
        if document["HostedZoneId"].rpartition("/")[2] == zone:
            return document
    return account.put("route53.RecordSets", zone, {"HostedZoneId": zone, "ResourceRecordSets": []})


def _name(text: str) -> str:
    return text.lower().rstrip(".") + "."


def _key(record: Item) -> Key:
    return _name(record["Name"]), record["Type"], record.get("SetIdentifier", "")


def _order(record: Item) -> tuple[list[str], str, str]:
    """By labels from the last to the first, as ListResourceRecordSets lists them."""
    name, kind, identifier = _key(record)
    return name.rstrip(".").split(".")[::-1], kind, identifier


def _said(key: Key) -> str:
    return f"[name='{key[0]}', type='{key[1]}'" + (f", set-identifier='{key[2]}']" if key[2] else "]")


def _normal(record: Item, zone: str) -> Item:
    """As it is kept. Raises `Refusal` for what is out of range or does not go together."""
    only(record, *KNOWN)
    new = copy.deepcopy(record) | {"Name": _name(record["Name"])}
    inside = new["Name"] == _name(zone) or new["Name"].endswith(f".{_name(zone)}")
    refuse_unless(inside, "InvalidChangeBatch", f"RRSet with DNS name {new['Name']} is not permitted in zone {zone}")
    alias, values = new.get("AliasTarget"), new.get("ResourceRecords")
    one = bool(alias) != bool(values) and (bool(alias) != ("TTL" in new))
    refuse_unless(
        one, "InvalidInput", "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, ResourceRecords]]"
    )
    if alias:
        alias["DNSName"] = _name(alias["DNSName"])
        alias["EvaluateTargetHealth"] = bool(alias["EvaluateTargetHealth"])
    for name, allowed in (("Weight", WEIGHTS), ("TTL", SECONDS)):
        if name in new:
            new[name] = int(new[name])
            words = f"Value '{new[name]}' at '{name}' failed to satisfy constraint: at most {allowed[-1]}"
            refuse_unless(new[name] in allowed, "InvalidInput", words)
    routed = [name for name in POLICIES if name in new]
    paired = bool(routed) == bool(new.get("SetIdentifier")) and len(routed) <= 1
    refuse_unless(paired, "InvalidInput", "A SetIdentifier goes with exactly one routing policy")
    return new


def _apply(records: dict[Key, Item], action: str, new: Item) -> None:
    key = _key(new)
    there = records.get(key)
    if action == "DELETE":
        refuse_unless(
            there is not None,
            "InvalidChangeBatch",
            f"Tried to delete resource record set {_said(key)} but it was not found",
        )
        words = (
            f"Tried to delete resource record set {_said(key)} but the values provided do not match the current values"
        )
        refuse_unless(_comparable(there or {}) == _comparable(new), "InvalidChangeBatch", words)
        del records[key]
        return
    words = f"Tried to create resource record set {_said(key)} but it already exists"
    refuse_unless(action == "UPSERT" or there is None, "InvalidChangeBatch", words)
    records[key] = new


def _comparable(record: Item) -> Item:
    """Values in any order; names in any case, with or without the dot at their end."""
    found = _normal(record, record["Name"])
    if "ResourceRecords" in found:
        found["ResourceRecords"] = sorted(each["Value"] for each in found["ResourceRecords"])
    return found


def _unmixed(records: dict[Key, Item], touched: set[Key]) -> None:
    """Of one name and type: simple or one routing policy, one TTL for all weights, and no CNAME beside anything."""
    for name, kind, identifier in touched:
        alike = [each for key, each in records.items() if key[:2] == (name, kind)]
        policies = {next((policy for policy in POLICIES if policy in each), "") for each in alike}
        words = (
            f"RRSet with DNS name {name}, type {kind}, SetIdentifier {identifier or 'null'} cannot be created as a "
            "non multivalue answer rrset exists with the same name and type."
        )
        refuse_unless(len(policies) <= 1, "InvalidChangeBatch", words)
        ttls = {each.get("TTL") for each in alike if "TTL" in each}
        words = (
            f"RRSet with DNS name {name} and type {kind} cannot be created as weighted sets must contain the same TTL."
        )
        refuse_unless("Weight" not in policies or len(ttls) <= 1, "InvalidChangeBatch", words)
        kinds = {key[1] for key in records if key[0] == name}
        words = f"RRSet of type CNAME with DNS name {name} is not permitted: other records have the same DNS name"
        refuse_unless("CNAME" not in kinds or len(kinds) == 1, "InvalidChangeBatch", words)


def _info(account: Account, ident: str) -> Item:
    synced, sent = account.part(Changes).known[ident]
    status = "INSYNC" if synced <= account.now() else "PENDING"
    return {"ChangeInfo": {"Id": f"/change/{ident}", "Status": status, "SubmittedAt": sent}}


def get_change(account: Account, asked: Asked) -> Item:
    only(asked, "Id")
    ident = asked["Id"].rpartition("/")[2]
    words = f"A change with the specified change ID does not exist: {ident}"
    refuse_unless(ident in account.part(Changes).known, "NoSuchChange", words, 404)
    return _info(account, ident)


def list_record_sets(account: Account, asked: Asked) -> Item:
    """From a name on, in the order of names, types and identifiers; the name itself need not be there."""
    only(asked, "HostedZoneId", "StartRecordName", "StartRecordType", "StartRecordIdentifier", "MaxItems")
    records = sorted(_document(account, asked["HostedZoneId"])["ResourceRecordSets"], key=_order)
    if start := asked.get("StartRecordName"):
        first = {"Name": start, "Type": asked.get("StartRecordType", "")}
        first["SetIdentifier"] = asked.get("StartRecordIdentifier", "")
        records = [each for each in records if _order(each) >= _order(first)]
    size = min(300, int(asked.get("MaxItems", 300)))
    answer = {"ResourceRecordSets": records[:size], "IsTruncated": len(records) > size, "MaxItems": str(size)}
    for key, name in (
        ("Name", "NextRecordName"),
        ("Type", "NextRecordType"),
        ("SetIdentifier", "NextRecordIdentifier"),
    ):
        if records[size:] and key in records[size]:
            answer[name] = records[size][key]
    return answer
