"""Designs B and C: people carry them out, with the commands and the way back of each."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from tests.moved_estates import documents, ground_from
from tests.planned import ground, planned

if TYPE_CHECKING:
    from ecs2k8s.cutover.plan import Plan

STORED = {
    "AliasTarget": {
        "DNSName": "dualstack.shop-1234567890.eu-west-1.elb.amazonaws.com.",
        "EvaluateTargetHealth": True,
        "HostedZoneId": "Z32O12XQLNTSW2",
    },
    "Name": "shop.example.com.",
    "Type": "A",
}


def by_dns() -> Plan:
    return planned(ground_from(documents().values(), shift="weighted-dns"), "shop-backend")


def batch(command: str) -> list[dict[str, Any]]:
    """The changes of a command as a shell passes them on."""
    words = shlex.split(command.replace('"$NEW_NAME"', "new.example.com.").replace('"$NEW_ZONE"', "ZNEW"))
    found: list[dict[str, Any]] = json.loads(words[words.index("--change-batch") + 1])["Changes"]
    return found


def test_nobody_but_people_carries_them_out() -> None:
    for plan in (by_dns(), planned(ground("ec2-legacy"), "legacy-erp")):
        assert not plan.executable
        ours = [step for step in plan.steps if step.kind.startswith(("r53.", "sd."))]
        assert ours
        assert all(step.guided and not step.moves for step in ours)


def test_one_batch_makes_a_simple_record_weighted_and_deletes_exactly_what_is_stored() -> None:
    delete, ecs, eks = batch(by_dns().step("records").commands[-1])
    assert delete == {"Action": "DELETE", "ResourceRecordSet": STORED}
    assert (ecs["ResourceRecordSet"]["Weight"], eks["ResourceRecordSet"]["Weight"]) == (255, 0)
    for change in (ecs, eks):
        assert change["ResourceRecordSet"]["AliasTarget"]["EvaluateTargetHealth"] is False
    assert eks["ResourceRecordSet"]["AliasTarget"] == {
        "DNSName": "new.example.com.",
        "EvaluateTargetHealth": False,
        "HostedZoneId": "ZNEW",
    }


def test_the_way_back_of_that_batch_is_the_record_as_it_was() -> None:
    changes = batch(by_dns().step("records").undo[0])
    assert [change["Action"] for change in changes] == ["DELETE", "DELETE", "CREATE"]
    assert changes[-1]["ResourceRecordSet"] == STORED


def test_weights_of_records_are_parts_of_255_and_all_go_to_ecs_again() -> None:
    plan = by_dns()
    for share in (1, 50, 100):
        step = plan.step(f"dns-{share}")
        ecs, eks = (change["ResourceRecordSet"]["Weight"] for change in batch(step.commands[0]))
        assert (ecs + eks, eks) == (255, round(255 * share / 100))
        assert [change["ResourceRecordSet"]["Weight"] for change in batch(step.undo[0])] == [255, 0]


def test_a_cname_gets_a_short_time_first_and_its_old_one_back() -> None:
    found = documents()
    records = found["route53.RecordSets", "record-sets/Z0123456789EXAMPLESHOP"].data["ResourceRecordSets"]
    value = [{"Value": STORED["AliasTarget"]["DNSName"]}]  # type: ignore[index]
    records[0] = {"Name": "shop.example.com.", "Type": "CNAME", "TTL": 3600, "ResourceRecords": value}
    step = planned(ground_from(found.values(), shift="weighted-dns"), "shop-backend").step("ttl")
    assert "client_keep_alive.seconds" in step.commands[0]
    assert batch(step.commands[1])[0]["ResourceRecordSet"]["TTL"] == 60
    assert batch(step.undo[0])[0]["ResourceRecordSet"]["TTL"] == 3600


def test_each_caller_has_a_step_whose_way_back_is_the_revision_that_runs() -> None:
    plan = planned(ground("ec2-legacy"), "legacy-erp")
    callers = [step for step in plan.steps if step.kind == "sd.caller"]
    assert callers
    assert callers[0].phase == "P6"
    for step in (step for step in callers if step.commands):
        assert "update-service" in step.undo[0]
        assert ":task-definition/" in step.undo[0]


def test_a_pod_beside_tasks_in_cloud_map_is_told_as_a_count() -> None:
    plan = planned(ground("microservices"), "market-inventory")
    registered = [step for step in plan.steps if step.kind == "sd.register"]
    assert registered
    assert "no weights" in registered[0].why
    assert "deregister-instance" in registered[0].undo[0]
