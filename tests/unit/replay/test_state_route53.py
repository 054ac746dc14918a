"""Record sets, through real clients."""

from __future__ import annotations

from typing import Any

import pytest

from tests.standing import Stand, refused, sample

ZONE = "Z0123456789EXAMPLESHOP"
NAME = "shop.example.com."


@pytest.fixture
def aws() -> Stand:
    return sample("three-tier")


def records(aws: Stand, **asked: Any) -> list[dict[str, Any]]:
    return list(aws.client("route53").list_resource_record_sets(HostedZoneId=ZONE, **asked)["ResourceRecordSets"])


def change(aws: Stand, *changes: tuple[str, dict[str, Any]], zone: str = ZONE) -> Any:
    batch = [{"Action": action, "ResourceRecordSet": record} for action, record in changes]
    return aws.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": batch})[
        "ChangeInfo"
    ]


def weighted(side: str, weight: int, name: str = NAME, **more: Any) -> dict[str, Any]:
    alias = {
        "HostedZoneId": "Z32O12XQLNTSW2",
        "DNSName": f"{side}.eu-west-1.elb.amazonaws.com",
        "EvaluateTargetHealth": False,
    }
    return {"Name": name, "Type": "A", "SetIdentifier": side, "Weight": weight, "AliasTarget": alias, **more}


def simple(value: str = "192.0.2.1", ttl: int = 60, name: str = f"api.{NAME}", kind: str = "A") -> dict[str, Any]:
    return {"Name": name, "Type": kind, "TTL": ttl, "ResourceRecords": [{"Value": value}]}


def test_a_simple_record_becomes_weighted_in_one_batch_and_back(aws: Stand) -> None:
    before = records(aws)
    change(aws, ("DELETE", before[0]), ("CREATE", weighted("ecs", 255)), ("CREATE", weighted("eks", 0)))
    found = records(aws, StartRecordName=NAME, StartRecordType="A")
    assert [(each.get("SetIdentifier"), each.get("Weight")) for each in found] == [
        ("ecs", 255),
        ("eks", 0),
        (None, None),
    ]
    change(aws, ("UPSERT", weighted("ecs", 128)), ("UPSERT", weighted("eks", 128)))
    assert [each["Weight"] for each in records(aws)[:2]] == [128, 128]
    change(aws, ("DELETE", records(aws)[0]), ("DELETE", records(aws)[1]), ("CREATE", before[0]))
    assert records(aws) == before


def test_a_change_is_pending_for_a_minute(aws: Stand) -> None:
    route53, sent = aws.client("route53"), change(aws, ("CREATE", simple()))
    assert (sent["Status"], sent["SubmittedAt"].timestamp()) == ("PENDING", aws.clock.now())
    aws.clock.sleep(59)
    assert route53.get_change(Id=sent["Id"])["ChangeInfo"] == sent
    aws.clock.sleep(1)
    assert route53.get_change(Id=sent["Id"])["ChangeInfo"]["Status"] == "INSYNC"
    with refused("NoSuchChange", 404):
        route53.get_change(Id="C1")


def test_a_simple_and_a_weighted_record_of_one_name_and_type_are_refused(aws: Stand) -> None:
    before = records(aws)
    with refused("InvalidChangeBatch"):
        change(aws, ("CREATE", weighted("eks", 0)))
    with refused("InvalidChangeBatch"):
        change(aws, ("DELETE", before[0]), ("CREATE", weighted("ecs", 1)), ("CREATE", simple(name=NAME)))
    assert records(aws) == before


@pytest.mark.parametrize("weight", [-1, 256, 300])
def test_weights_go_from_0_to_255(aws: Stand, weight: int) -> None:
    with refused("InvalidInput"):
        change(aws, ("CREATE", weighted("eks", weight, f"api.{NAME}")))
    change(aws, ("CREATE", weighted("eks", 255, f"api.{NAME}")), ("CREATE", weighted("ecs", 0, f"api.{NAME}")))


def test_a_record_is_deleted_only_as_it_is(aws: Stand) -> None:
    change(aws, ("CREATE", simple()))
    for wrong in (simple(ttl=61), simple("192.0.2.2")):
        with refused("InvalidChangeBatch"):
            change(aws, ("DELETE", wrong))
    with refused("InvalidChangeBatch"):
        change(aws, ("DELETE", simple(kind="AAAA", value="2001:db8::1")))
    change(aws, ("DELETE", simple(name=f"API.{NAME}".rstrip("."))))
    assert f"api.{NAME}" not in {each["Name"] for each in records(aws)}


def test_a_batch_happens_as_a_whole_or_not_at_all(aws: Stand) -> None:
    before = records(aws)
    with refused("InvalidChangeBatch"):
        change(aws, ("CREATE", simple()), ("UPSERT", simple("192.0.2.2", name=f"b.{NAME}")), ("CREATE", simple()))
    assert records(aws) == before


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (simple(name="other.example.org."), "InvalidChangeBatch"),
        (simple(name=NAME, kind="CNAME", value="a.example.com"), "InvalidChangeBatch"),
        (simple(ttl=-1), "InvalidInput"),
        ({"Name": f"api.{NAME}", "Type": "A"}, "InvalidInput"),
        ({**simple(), "Weight": 1}, "InvalidInput"),
        ({**simple(), "SetIdentifier": "a"}, "InvalidInput"),
        ({**weighted("eks", 1, f"api.{NAME}"), "TTL": 60}, "InvalidInput"),
    ],
)
def test_what_route_53_refuses_is_refused(aws: Stand, record: dict[str, Any], code: str) -> None:
    before = records(aws)
    with refused(code):
        change(aws, ("CREATE", record))
    assert records(aws) == before


def test_a_batch_has_between_one_and_a_thousand_changes(aws: Stand) -> None:
    for count in (0, 1001):
        with refused("InvalidChangeBatch"):
            change(aws, *(("UPSERT", simple()) for _ in range(count)))


def test_weighted_records_have_one_time_to_live(aws: Stand) -> None:
    one = {**simple(), "SetIdentifier": "a", "Weight": 1}
    with refused("InvalidChangeBatch"):
        change(aws, ("CREATE", one), ("CREATE", one | {"SetIdentifier": "b", "TTL": 61}))
    change(aws, ("CREATE", one), ("CREATE", one | {"SetIdentifier": "b"}))


def test_a_zone_that_is_not_there_is_refused(aws: Stand) -> None:
    with refused("NoSuchHostedZone", 404):
        change(aws, ("CREATE", simple()), zone="Z0")
    with refused("NoSuchHostedZone", 404):
        aws.client("route53").list_resource_record_sets(HostedZoneId="Z0")


def test_records_are_listed_from_a_name_on_page_by_page(aws: Stand) -> None:
    change(aws, *(("CREATE", simple(name=f"a{at}.{NAME}")) for at in range(3)))
    assert [each["Name"] for each in records(aws, StartRecordName=f"a1.{NAME}")] == [
        f"a1.{NAME}",
        f"a2.{NAME}",
        f"www.{NAME}",
    ]
    pages = aws.client("route53").get_paginator("list_resource_record_sets")
    found = pages.paginate(HostedZoneId=ZONE, PaginationConfig={"PageSize": 2}).build_full_result()[
        "ResourceRecordSets"
    ]
    assert [each["Name"] for each in found] == [each["Name"] for each in records(aws)]
    assert len(found) == 5
