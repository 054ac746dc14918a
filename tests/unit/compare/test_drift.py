"""Two readings of one account: which documents face each other, what is said of them, and what explains it."""

from __future__ import annotations

import copy
import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.compare.causes import catalogue
from ecs2k8s.compare.changes import Action, Masked
from ecs2k8s.compare.drift import Side, drift
from ecs2k8s.compare.drift_causes import COMES_AND_GOES, NOTHING, SCALED, STATE
from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.findings import Finding
from ecs2k8s.core.paths import leaves
from tests.estates import ESTATES, SAMPLES, estate

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.compare.changes import Change, Diff, Row

ECS = "arn:aws:ecs:eu-west-1:111122223333"
ELB = "arn:aws:elasticloadbalancing:eu-west-1:111122223333"
BACKEND = f"{ECS}:service/shop/backend"
OLD, NEW = f"{ECS}:task-definition/shop-backend:117", f"{ECS}:task-definition/shop-backend:118"
RULE = f"{ELB}:listener-rule/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee"
DATABASE = "security-group/sg-0a1b2c3d4e5f60004"


def compared(before: Snapshot, after: Snapshot, lacks: tuple[str, ...] = ()) -> Diff:
    return drift(Side("then", before), Side("now", after, frozenset(lacks)))


def shop() -> Snapshot:
    return copy.deepcopy(estate("three-tier")[0])


def find(snapshot: Snapshot, ident: str, shape: str = "") -> Document:
    return next(each for each in snapshot.documents if each.id == ident and shape in ("", each.shape))


def without(snapshot: Snapshot, *gone: str) -> Snapshot:
    return replace(snapshot, documents=tuple(each for each in snapshot.documents if each.id not in gone))


def having(snapshot: Snapshot, *more: Document) -> Snapshot:
    return replace(snapshot, documents=(*snapshot.documents, *more))


def unexplained(found: Diff) -> dict[str, list[str]]:
    rows = {change.subject: [row.path for row in change.rows if not row.explained] for change in found.changes}
    return {subject: paths for subject, paths in rows.items() if paths}


def row_at(found: Diff, path: str) -> Row:
    (row,) = [row for row in found.rows if row.path == path]
    return row


def deployed(change: Callable[[dict[str, Any]], Any]) -> Snapshot:
    """The shop after a new revision of the backend: *change* makes the revision from the old one."""
    snapshot = shop()
    definition = find(snapshot, OLD)
    definition.data.update(taskDefinitionArn=NEW, revision=118)
    change(definition.data)
    service = find(snapshot, BACKEND).data
    service["taskDefinition"] = NEW
    old = copy.deepcopy(service["deployments"][0])
    service["deployments"][0] |= {"id": "ecs-svc/2", "taskDefinition": NEW, "rolloutState": "IN_PROGRESS"}
    service["deployments"].append({**old, "status": "ACTIVE"})
    return having(without(snapshot, OLD), Document("ecs.TaskDefinition", NEW, definition.data))


@pytest.mark.parametrize("name", ESTATES)
def test_a_reading_has_not_moved_against_itself(name: str) -> None:
    snapshot, target = estate(name)
    found = drift(Side("a", snapshot), Side("b", copy.deepcopy(snapshot)), target.chosen)
    assert (found.changes, found.undecided) == ((), ())


@pytest.mark.parametrize("name", SAMPLES)
def test_order_of_documents_and_of_keys_means_nothing(name: str) -> None:
    snapshot, _ = estate(name)
    turned = tuple(Document(d.shape, d.id, dict(reversed(d.data.items()))) for d in reversed(snapshot.documents))
    assert compared(snapshot, Snapshot(turned)).changes == ()


def test_a_new_revision_shows_what_is_new_in_it() -> None:
    def change(definition: dict[str, Any]) -> None:
        app = definition["containerDefinitions"][1]
        app["image"] += "-hotfix"
        app["environment"].append({"name": "LOG_LEVEL", "value": "debug"})

    found = compared(shop(), deployed(change))
    app = "taskDefinition.containerDefinitions[name=backend]"
    new = ("image", "environment[name=LOG_LEVEL].name", "environment[name=LOG_LEVEL].value")
    assert set(unexplained(found)) == {BACKEND}
    assert sorted(unexplained(found)[BACKEND]) == sorted(["taskDefinition", *(f"{app}.{name}" for name in new)])
    image = row_at(found, f"{app}.image")
    assert image.after
    assert image.after.value.endswith("-hotfix")
    assert image.after.origin == f"{NEW} containerDefinitions[1].image"


def test_a_deployment_in_progress_is_state() -> None:
    found = compared(shop(), deployed(lambda _: None))
    assert unexplained(found) == {BACKEND: ["taskDefinition"]}
    assert {row.cause for row in found.rows if row.path.startswith("deployments")} == {"state"}


def test_a_secret_of_a_new_revision_is_not_shown() -> None:
    secret = {"name": "API_PASSWORD", "value": "correct-horse-battery"}
    found = compared(shop(), deployed(lambda each: each["containerDefinitions"][1]["environment"].append(secret)))
    row = row_at(found, "taskDefinition.containerDefinitions[name=backend].environment[name=API_PASSWORD].value")
    assert row.after
    assert isinstance(row.after.value, Masked)
    assert "correct-horse" not in json.dumps(found.plain())


def test_a_changed_rule_is_found_by_its_arn() -> None:
    after = shop()
    find(after, RULE, "elbv2.Rule").data["Priority"] = "11"
    found = compared(shop(), after)
    assert unexplained(found) == {RULE: ["Priority"]}
    assert [change.shape for change in found.changes] == ["elbv2.Rule"]


def test_a_rule_of_a_security_group_that_was_added_is_one_change_of_the_group() -> None:
    after = shop()
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    find(after, DATABASE).data.setdefault("IpPermissions", []).append(ssh)
    assert list(unexplained(compared(shop(), after))) == [DATABASE]


def test_a_count_within_the_bounds_of_scaling_is_explained_and_one_beyond_them_is_not() -> None:
    after = shop()
    find(after, BACKEND).data["desiredCount"] = 5
    assert row_at(compared(shop(), after), "desiredCount").cause == "scaled-within-bounds"
    find(after, BACKEND).data["desiredCount"] = 500
    assert unexplained(compared(shop(), after)) == {BACKEND: ["desiredCount"]}


def test_a_count_of_a_service_without_scaling_is_drift() -> None:
    gone = {each.id for each in shop().of("application-autoscaling.ScalableTarget")}
    before, after = without(shop(), *gone), without(shop(), *gone)
    find(after, BACKEND).data["desiredCount"] = 5
    assert unexplained(compared(before, after)) == {BACKEND: ["desiredCount"]}


def test_tasks_that_a_service_replaced_are_no_drift_but_another_image_behind_the_tag_is() -> None:
    after = shop()
    moved = [replace(task, id=f"{task.id}0") for task in after.of("ecs.Task")]
    gone = {task.id for task in after.of("ecs.Task")}
    assert unexplained(compared(shop(), having(without(after, *gone), *moved))) == {}
    for task in moved:
        for container in task.data["containers"]:
            container["imageDigest"] = "sha256:" + "0" * 64
    paths = unexplained(compared(shop(), having(without(after, *gone), *moved)))[BACKEND]
    assert "tasks.containers[name=backend].imageDigest" in paths


def test_a_tag_that_leads_to_another_image_is_drift() -> None:
    after = shop()
    image = next(each for each in after.of("ecr.ImageDetail") if "backend" in each.id)
    new = Document(image.shape, image.id.replace("sha256:a", "sha256:b"), copy.deepcopy(image.data))
    new.data["imageDigest"] = new.data["imageDigest"].replace("sha256:a", "sha256:b")
    found = compared(shop(), having(without(after, image.id), new))
    assert set(unexplained(found)) == {f"111122223333/shop/backend:{tag}" for tag in image.data["imageTags"]}


def test_what_came_and_what_went_is_said() -> None:
    new = copy.deepcopy(find(shop(), BACKEND))
    new = replace(new, id=f"{BACKEND}-2", data=new.data | {"serviceArn": f"{BACKEND}-2", "serviceName": "backend-2"})
    assert actions(compared(shop(), having(shop(), new))) == {f"{BACKEND}-2": Action.CREATE}
    assert actions(compared(having(shop(), new), shop())) == {f"{BACKEND}-2": Action.DELETE}


def test_what_nothing_leads_to_any_more_is_not_called_gone() -> None:
    (change,) = [each for each in compared(shop(), without(shop(), RULE)).changes if each.shape == "elbv2.Rule"]
    assert change.said == ("it is gone, or nothing that is read leads to it any more",)


def actions(found: Diff) -> dict[str, Action]:
    return {change.subject: change.action for change in found.changes if any(not row.explained for row in change.rows)}


def test_what_could_not_be_read_is_undecided_and_never_removed() -> None:
    denied = Finding.of(
        "not-permitted",
        "elbv2.DescribeRules in eu-west-1",
        call="elbv2.DescribeRules",
        code="AccessDenied",
        what="",
        why="rules",
        permission="elasticloadbalancing:DescribeRules",
    )
    after = replace(without(shop(), RULE), failures=(denied,))
    found = compared(shop(), after, lacks=("elbv2.Rule", "elbv2.Tags"))
    assert found.changes == ()
    assert any(
        "elasticloadbalancing:DescribeRules" in text or "elbv2.DescribeRules" in text for text in found.undecided
    )
    assert any(RULE in text and text.startswith("elbv2.Rule: not all was read now") for text in found.undecided)


def test_what_the_export_could_not_read_is_not_new() -> None:
    found = drift(Side("then", without(shop(), RULE), frozenset({"elbv2.Rule", "elbv2.Tags"})), Side("now", shop()))
    assert found.changes == ()
    assert [text.partition(":")[0] for text in found.undecided] == ["elbv2.Rule", "elbv2.Tags"]


def test_a_document_that_one_side_names_by_its_arn_is_the_same() -> None:
    after = shop()
    group = find(after, DATABASE)
    named = replace(group, id=f"arn:aws:ec2:eu-west-1:111122223333:{group.id}")
    assert compared(shop(), having(without(after, DATABASE), named)).changes == ()


def test_the_moving_parts_of_an_account_are_explained() -> None:
    after = shop()
    find(after, BACKEND).data.update(runningCount=9, pendingCount=1, events=[{"id": "1", "message": "steady"}])
    for role in after.of("iam.Role"):
        role.data["RoleLastUsed"] = {"LastUsedDate": "2026-11-01T00:00:00+00:00", "Region": "eu-west-1"}
    for health in after.of("elbv2.TargetHealth"):
        health.data["TargetHealthDescriptions"] = []
    for subnet in after.of("ec2.Subnet"):
        subnet.data["AvailableIpAddressCount"] = 7
    for secret in after.of("secretsmanager.Secret"):
        secret.data["LastAccessedDate"] = "2026-11-01T00:00:00+00:00"
    for database in after.of("rds.DBInstance"):
        database.data["LatestRestorableTime"] = "2026-11-01T00:00:00+00:00"
    for alarm in after.of("cloudwatch.MetricAlarm"):
        alarm.data["StateValue"] = "ALARM"
    found = compared(shop(), after)
    assert unexplained(found) == {}
    assert {row.cause for row in found.rows} == {"state"}


def test_a_field_that_asks_for_nothing_on_eks_is_explained() -> None:
    after = shop()
    find(after, BACKEND).data["platformVersion"] = "1.4.9"
    row = row_at(compared(shop(), after), "platformVersion")
    assert (row.cause, row.because) == (
        "asks-for-nothing",
        "The Fargate platform follows the EKS cluster's version.",
    )


def test_the_causes_of_drift_are_those_of_the_catalogue() -> None:
    told = {STATE, NOTHING, SCALED, COMES_AND_GOES}
    assert told == {ident for ident, cause in catalogue().items() if cause.by == "compare.drift_causes"}
    assert {catalogue()[ident].test for ident in told} <= globals().keys()


# By these an item of a list is known, or a deployment: another value is another item.
KEYS = {"name", "Name", "key", "Key", "id", "Id", "status", "CidrIp", "CidrIpv6", "GroupId", "UserId", "PrefixListId"}
KEYS |= {"IpProtocol", "FromPort", "ToPort", "TargetGroupArn", "CertificateArn", "ZoneName", "containerPort", "Cidr"}
KEYS |= {"protocol", "containerName", "containerPath", "portName", "dnsName", "port", "capacityProvider", "registryArn"}
KEYS |= {"targetGroupArn", "sourceContainer", "namespace", "type", "hostPath", "loadBalancerName", "containerPortRange"}


def test_one_leaf_that_changed_is_one_row() -> None:
    """A hundred leaves of all samples; what is compared by digest and tag has tests of its own."""
    dice = random.Random(6)
    places = [
        (name, index, path, value)
        for name in SAMPLES
        for index, document in enumerate(estate(name)[0].documents)
        if document.shape not in {"ecr.ImageDetail", "ecs.Task"}
        for path, value in leaves(document.data)
        if isinstance(value, str | int) and not isinstance(value, bool) and path[-1] not in KEYS
    ]
    for name, index, path, value in dice.sample(places, 100):
        before = estate(name)[0]
        after = copy.deepcopy(before)
        put(after.documents[index].data, path, f"{value}0" if isinstance(value, str) else value + 1)
        found = compared(before, after)
        assert len(found.changes) == 1, (name, path)
        (change,) = found.changes
        assert (change.shape, change.subject) == (before.documents[index].shape, before.documents[index].id)
        assert one_row(change, value), (name, path, [row.path for row in change.rows])


def one_row(change: Change, value: object) -> bool:
    """One; of a policy in a text, which may be no JSON afterwards, its leaves."""
    return len(change.rows) == 1 or (isinstance(value, str) and value.lstrip().startswith("{"))


def put(data: Any, path: tuple[str | int, ...], value: object) -> None:
    for step in path[:-1]:
        data = data[step]
    data[path[-1]] = value
