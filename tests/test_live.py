"""Reading a live account: the replay layer answers as AWS would, over real clients of boto3."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from bench.estate import documents, floor
from ecs2k8s.cli import export
from ecs2k8s.cli.console import Talk
from ecs2k8s.collect import files, login
from ecs2k8s.collect.calls import calls
from ecs2k8s.collect.guard import NotAllowedError
from ecs2k8s.collect.pace import Pacer
from ecs2k8s.collect.resume import FILE
from ecs2k8s.collect.scope import Scope
from ecs2k8s.core.documents import Snapshot, dump, load
from ecs2k8s.replay.hook import Hook, Request
from ecs2k8s.replay.server import listening
from tests.estates import ROOT, SAMPLES
from tests.everything import EKS, everything
from tests.replayed import ACCOUNT, REGION, hook_of, prepared, read, sessions

if TYPE_CHECKING:
    from pathlib import Path

    from ecs2k8s.core.documents import Document

# Task definitions of a sample that nothing in the account uses, and the image of one: only a file brings them.
UNUSED = ("task-definition/isolated:1", "task-definition/portal:20", "task-definition/portal:22", "/isolated/sha256:")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for the rates that AWS documents: test_pace.py is about them."""
    monkeypatch.setattr(Pacer, "wait", lambda *_: None)


def exported(hook: Hook, place: Path, **choices: Any) -> int:
    request = export.Request(output=str(place), login=login.Login(regions=(REGION,)), **choices)
    return export.run(request, Talk(0), prepared(hook))


def tree(folder: Path) -> dict[str, bytes]:
    found = {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
    snapshot = json.loads(found.pop("snapshot.json"))
    snapshot.pop("live", None)  # which files cannot be
    return found | {"snapshot": json.dumps({**snapshot, "taken": ""}).encode()}


def used(given: Snapshot) -> list[Document]:
    return [
        document
        for document in given.documents
        if not document.id.endswith(UNUSED[:3]) and UNUSED[3] not in document.id
    ]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_live_export_equals_the_export_of_the_files(name: str, tmp_path: Path) -> None:
    given = Snapshot(tuple(used(files.read([str(ROOT / "samples" / name)]))))
    (tmp_path / "given.json").write_bytes(dump(given))
    sets = tuple(f"eks_cluster={cluster.data['name']}" for cluster in given.of("eks.Cluster"))
    assert export.run(export.Request(str(tmp_path / "files"), (str(tmp_path / "given.json"),), sets=sets), Talk(0)) == 0
    assert exported(hook_of(given.documents), tmp_path / "live", sets=sets) == 0
    assert tree(tmp_path / "live") == tree(tmp_path / "files")


def test_redaction_does_not_hide_what_a_secret_stands_beside(tmp_path: Path) -> None:
    """A database that only the address in a URL with a password leads to is read, before and after an interruption."""
    url = "postgres://app:hunter22@shop-db.example.com/shop"
    document = next(each for each in everything() if each.id.endswith("task-definition/legacy:1"))
    definition = json.loads(json.dumps(document.data))
    definition["containerDefinitions"][0]["environment"] = [{"name": "DATABASE_URL", "value": url}]
    store = {"DBInstanceArn": "arn:aws:rds:eu-west-1:111122223333:db:far", "DBInstanceIdentifier": "far"}
    far = type(document)(
        "rds.DBInstance", store["DBInstanceArn"], {**store, "Endpoint": {"Address": "shop-db.example.com"}}
    )
    estate = [
        *(each for each in everything() if each is not document),
        type(document)(document.shape, document.id, definition),
        far,
    ]

    def dying(request: Request, _: int) -> None:
        if request.call == "iam.GetPolicyVersion":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read(hook_of(estate, dying), tmp_path, redact=True)
    assert b"hunter22" not in (tmp_path / FILE).read_bytes()
    snapshot = read(hook_of(estate), tmp_path, redact=True)
    assert far.id in {each.id for each in snapshot.of("rds.DBInstance")}
    assert b"hunter22" not in dump(snapshot)


def test_over_a_port_it_is_the_same(tmp_path: Path) -> None:
    given = files.read([str(ROOT / "samples" / "three-tier")]).documents
    assert exported(hook_of(given), tmp_path / "hook") == 0
    with listening(hook_of(given)) as url:
        request = export.Request(str(tmp_path / "port"), login=login.Login(regions=(REGION,), endpoint_url=url))
        keys = ("AKIDEXAMPLE", "not-a-key", "not-a-token")
        assert export.run(request, Talk(0), lambda core: core.set_credentials(*keys)) == 0
    assert tree(tmp_path / "port") == tree(tmp_path / "hook")


def test_every_row_is_asked_and_nothing_else_and_nothing_twice(tmp_path: Path) -> None:
    hook = hook_of(everything())
    first = read(hook, tmp_path, Scope(eks_cluster=EKS))
    assert first.failures == ()
    asked = Counter((request.call, json.dumps(request.parameters, sort_keys=True)) for request in hook.calls)
    assert [request for request, times in asked.items() if times > 1] == []
    again = hook_of(everything())
    read(again, tmp_path, Scope(eks_cluster=EKS), last=first)
    assert {request.call for request in (*hook.calls, *again.calls)} == set(calls())


def test_every_document_of_the_account_is_kept(tmp_path: Path) -> None:
    snapshot = read(hook_of(everything()), tmp_path, Scope(eks_cluster=EKS))
    given = {(document.shape, document.id): document.data for document in everything()}
    found = {(document.shape, document.id): document.data for document in snapshot.documents}
    assert sorted(given.keys() - found.keys()) == []
    assert {shape for shape, _ in found.keys() - given.keys()} == {"elbv2.Tags"}  # of what has none
    assert [key for key in given if given[key] != found[key]] == []


def test_known_revisions_are_not_read_again_but_their_tags_and_status_are(tmp_path: Path) -> None:
    first = read(hook_of(everything()), tmp_path, Scope(eks_cluster=EKS))
    arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/shop-worker:31"
    changed = []
    for document in everything():
        data = dict(document.data)
        if document.id == arn:
            data |= {"status": "INACTIVE", "tags": [{"key": "team", "value": "new"}]}
        changed.append(type(document)(document.shape, document.id, data))
    hook = hook_of(changed)
    second = read(hook, tmp_path, Scope(eks_cluster=EKS), last=first)
    assert "ecs.DescribeTaskDefinition" not in {request.call for request in hook.calls}
    (now,) = [document.data for document in second.documents if document.id == arn]
    assert (now["status"], now["tags"]) == ("INACTIVE", [{"key": "team", "value": "new"}])
    assert [d.id for d in second.documents] == [d.id for d in first.documents]


def test_two_hundred_services_take_as_few_calls_as_the_apis_allow(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hook = hook_of(documents(200))
    snapshot = read(hook, tmp_path)
    assert snapshot.failures == ()
    least = sum(floor(200).values())
    with capsys.disabled():
        print(f"\n200 services: {len(hook.calls)} requests, {least} at least")  # noqa: T201 (a figure for people)
    assert len(hook.calls) <= 1.05 * least


def test_an_operation_that_no_row_names_is_refused_before_it_is_sent() -> None:
    hook = hook_of([])
    client = sessions(hook)[0].client("secretsmanager", REGION)
    before = len(hook.calls)
    with pytest.raises(NotAllowedError, match=r"secretsmanager\.GetSecretValue"):
        client.get_secret_value(SecretId="a")
    with pytest.raises(NotAllowedError, match=r"secretsmanager\.DeleteSecret"):
        client.delete_secret(SecretId="a")
    assert len(hook.calls) == before


def test_the_suite_sees_what_is_sent_without_the_guard() -> None:
    import botocore.session

    core = botocore.session.Session()
    core.set_credentials("AKIDEXAMPLE", "not-a-key")
    client = core.create_client("secretsmanager", region_name=REGION, endpoint_url="http://127.0.0.1:9")
    with pytest.raises(pytest.fail.Exception, match=r"secretsmanager\.GetSecretValue was sent"):
        client.get_secret_value(SecretId="a")


READS_SECRETS = {
    *("secretsmanager.GetSecretValue", "secretsmanager.BatchGetSecretValue", "ssm.GetParameter", "ssm.GetParameters"),
    *("ssm.GetParametersByPath", "ssm.GetParameterHistory", "s3.GetObject", "ecr.BatchGetImage", "kms.Decrypt"),
}


def test_no_row_reads_a_secret_or_changes_anything() -> None:
    assert not READS_SECRETS & set(calls())
    verbs = ("Describe", "List", "Get", "BatchGet")
    assert [name for name in calls() if not name.partition(".")[2].startswith(verbs)] == []


def test_an_interrupted_run_is_taken_up(tmp_path: Path) -> None:
    whole = hook_of(everything())
    expected = read(whole, tmp_path / "whole", Scope(eks_cluster=EKS))

    def dying(request: Request, _: int) -> None:
        if request.call == "iam.GetPolicyVersion":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read(hook_of(everything(), dying), tmp_path, Scope(eks_cluster=EKS))
    kept = (tmp_path / FILE).read_bytes().splitlines()
    assert len(kept) > 60
    (tmp_path / FILE).write_bytes(b"\n".join(kept)[:-40])  # as a kill in the middle of a line leaves it
    rest = hook_of(everything())
    found = read(rest, tmp_path, Scope(eks_cluster=EKS))
    assert (found.documents, found.failures) == (expected.documents, ())
    assert len(rest.calls) < len(whole.calls) / 2
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize("scope", [Scope(eks_cluster=EKS, clusters=("shop",)), Scope()])
def test_what_another_scope_read_is_not_taken_up(scope: Scope, tmp_path: Path) -> None:
    def dying(request: Request, _: int) -> None:
        if request.call == "iam.GetPolicyVersion":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read(hook_of(everything(), dying), tmp_path, Scope(eks_cluster=EKS))
    hook = hook_of(everything())
    read(hook, tmp_path, scope)
    assert "ecs.DescribeServices" in {request.call for request in hook.calls}


def test_a_second_export_into_the_directory_waits_for_nothing_and_changes_nothing(tmp_path: Path) -> None:
    import fcntl

    with (tmp_path / FILE).open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(Exception, match="another export is writing there"):
            read(hook_of(everything()), tmp_path)


def test_only_the_services_that_are_asked_for_are_read(tmp_path: Path) -> None:
    snapshot = read(hook_of(everything()), tmp_path, Scope(services=("front*", "back*"), excluded=("backend",)))
    assert [document.data["serviceName"] for document in snapshot.of("ecs.Service")] == ["frontend"]
    assert {document.data["family"] for document in snapshot.of("ecs.TaskDefinition")} == {"shop-frontend"}
    assert snapshot.of("scheduler.Schedule") == []


def test_a_cluster_that_does_not_exist_is_said(tmp_path: Path) -> None:
    snapshot = read(hook_of(everything()), tmp_path, Scope(clusters=("shop", "nowhere")))
    assert [(f.slug, f.subject) for f in snapshot.failures] == [("aws-failure", "nowhere")]


def test_a_policy_that_cannot_be_read_costs_no_other(tmp_path: Path) -> None:
    from ecs2k8s.replay.wire import Refusal

    def failing(request: Request, _: int) -> None:
        of = request.parameters.get("ResourceId", "shop/worker")
        if request.call == "application-autoscaling.DescribeScalingPolicies" and of.endswith("shop/worker"):
            raise Refusal("FailedResourceAccessException", "cannot describe alarms")

    snapshot = read(hook_of(everything(), failing), tmp_path)
    kept = {document.data["ResourceId"] for document in snapshot.of("application-autoscaling.ScalingPolicy")}
    assert kept == {"service/shop/frontend", "service/shop/backend"}
    (failure,) = snapshot.failures
    assert (failure.slug, dict(failure.args)["what"]) == ("refused-by-aws", " (service/shop/worker)")


def expiring(request: Request, _: int) -> None:
    from ecs2k8s.replay.wire import Refusal

    if request.call in ("ecs.DescribeServices", "iam.GetRole"):
        raise Refusal("ExpiredTokenException", "The security token included in the request is expired")


def test_a_login_that_ends_costs_no_manifest_and_no_answer(tmp_path: Path) -> None:
    whole = hook_of(everything())
    assert exported(whole, tmp_path) == 0
    before = {path: path.read_bytes() for path in (tmp_path / "manifests").rglob("deployment.yaml")}
    assert len(before) > 1
    assert exported(hook_of(everything(), expiring), tmp_path) == 5
    assert {path: path.read_bytes() for path in before if path.is_file()} == before
    rest = hook_of(everything())
    assert exported(rest, tmp_path) == 0
    assert len(rest.calls) < len(whole.calls)
    assert tree(tmp_path).keys() >= {str(path.relative_to(tmp_path)) for path in before}
    assert not (tmp_path / FILE).exists()


def test_what_is_gone_is_removed_by_a_whole_run_only(tmp_path: Path) -> None:
    fewer = [each for each in everything() if not each.id.endswith("service/shop/backend")]
    assert exported(hook_of(everything()), tmp_path) == 0
    place = tmp_path / "manifests" / "shop" / "backend" / "deployment.yaml"
    assert place.is_file()

    def denied(request: Request, _: int) -> None:
        from ecs2k8s.replay.wire import Refusal

        if request.call == "wafv2.GetWebACLForResource":
            raise Refusal("AccessDeniedException", "", 400)

    assert exported(hook_of(fewer, denied), tmp_path) == 5
    assert place.is_file()
    assert exported(hook_of(fewer), tmp_path) == 0
    assert not place.exists()


def test_schedules_of_other_clusters_are_not_kept(tmp_path: Path) -> None:
    night = next(each for each in everything() if each.shape == "scheduler.Schedule")
    target = {"Arn": "arn:aws:scheduler:::aws-sdk:ecs:runTask", "RoleArn": "r"}
    target["Input"] = json.dumps({"Cluster": "payroll", "TaskDefinition": "x"})
    other = {**night.data, "Arn": night.id.replace("night", "pay"), "Name": "pay", "Target": target}
    snapshot = read(hook_of([*everything(), type(night)(night.shape, other["Arn"], other)]), tmp_path)
    assert [each.id for each in snapshot.of("scheduler.Schedule")] == [night.id]


def test_a_service_that_cannot_be_reached_is_not_asked_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import ConnectTimeoutError

    monkeypatch.setattr("time.sleep", lambda _: None)

    def unreachable(request: Request, _: int) -> None:
        if request.call.startswith("secretsmanager."):
            raise ConnectTimeoutError(endpoint_url="https://secretsmanager.invalid")

    hook = hook_of(documents(60), unreachable)
    snapshot = read(hook, tmp_path)
    assert {failure.slug for failure in snapshot.failures} == {"no-answer"}
    asked = [request for request in hook.calls if request.call == "secretsmanager.DescribeSecret"]
    assert len(asked) < 60 * 8 / 2


def test_a_lone_surrogate_rejects_its_document_only(tmp_path: Path) -> None:
    def odd(request: Request, before: int) -> dict[str, Any] | None:
        found = hook_of(everything()).policies[0](request, before)
        if request.call != "ecs.DescribeTaskDefinition" or "legacy" not in request.parameters["taskDefinition"]:
            return None
        assert isinstance(found, dict)
        found = json.loads(json.dumps(found))
        found["taskDefinition"]["containerDefinitions"][0]["environment"] = [{"name": "A", "value": "\ud800x"}]
        return dict(found)

    snapshot = read(hook_of(everything(), odd), tmp_path)
    assert len(snapshot.of("ecs.Service")) == 4
    assert dump(snapshot)


def test_several_accounts_and_regions_get_a_directory_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = Hook((assumed, in_region(hook_of(everything()).policies[0])))
    roles = ("arn:aws:iam::111122223333:role/read", "arn:aws:iam::444455556666:role/read")
    request = export.Request(
        str(tmp_path), login=login.Login(regions=(REGION, "us-east-1"), role_arns=roles, external_id="four")
    )
    assert export.run(request, Talk(0), prepared(hook)) == 0
    assert sorted(str(p.parent.relative_to(tmp_path)) for p in tmp_path.rglob("snapshot.json")) == [
        "111122223333/eu-west-1",
        "444455556666/eu-west-1",
    ]
    report = (tmp_path / "report" / "report.md").read_text()
    assert "111122223333/eu-west-1" in report
    assert "account 444455556666, us-east-1: no service and no task was found" in report
    assert export.run(request, Talk(0), prepared(hook)) == 0  # into the same directory again


def assumed(request: Request, before: int) -> dict[str, Any] | None:
    """STS, which tells the accounts apart by the order in which they are asked for."""
    if request.call == "sts.AssumeRole":
        assert request.parameters["ExternalId"] == "four"
        keys = {
            "AccessKeyId": "AKIDEXAMPLE",
            "SecretAccessKey": "x",
            "SessionToken": "x",
            "Expiration": "2099-01-01T00:00:00Z",
        }
        return {"Credentials": keys}
    if request.call == "sts.GetCallerIdentity":
        account = ["111122223333", "444455556666"][before % 2]
        return {"Account": account, "UserId": "x", "Arn": f"arn:aws:sts::{account}:assumed-role/read/x"}
    return None


def in_region(policy: Any) -> Any:
    """Answers in one Region; the others are empty."""
    empty = hook_of([]).policies[0]
    return lambda request, before: (
        policy
        if request.region == REGION or calls()[request.call].scope == "account" or request.call.startswith("iam.")
        else empty
    )(request, before)


def test_a_region_without_anything_is_no_migration(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="nothing to translate in account 111122223333, eu-west-1"):
        exported(hook_of([]), tmp_path)


def test_partial_access_is_5_and_allowed_0(tmp_path: Path) -> None:
    from ecs2k8s.replay.faults import refuse

    def hook() -> Hook:
        return hook_of(everything(), refuse("denied", "wafv2.GetWebACLForResource"))

    assert exported(hook(), tmp_path / "a") == 5
    assert exported(hook(), tmp_path / "b", allow_partial=True) == 0
    assert exported(hook(), tmp_path / "c", strict=True) == 3
    findings = json.loads((tmp_path / "a" / "report" / "findings.json").read_text())
    (denied,) = [each for each in findings if each["slug"] == "not-permitted"]
    assert "wafv2:GetWebACLForResource" in denied["action"]
    failures = load(json.loads((tmp_path / "a" / "snapshot.json").read_text())).failures
    assert [failure.slug for failure in failures] == ["not-permitted"]


def test_the_version_is_that_of_the_eks_cluster(tmp_path: Path) -> None:
    assert exported(hook_of(everything()), tmp_path / "a", sets=(f"eks_cluster={EKS}",)) == 0
    assert "kubernetes_version: '1.35'" in (tmp_path / "a" / "target.yaml").read_text()
    assert exported(hook_of(everything()), tmp_path / "b", sets=(f"eks_cluster={EKS}", "kubernetes_version=1.33")) == 0
    assert "kubernetes_version: '1.33'" in (tmp_path / "b" / "target.yaml").read_text()


def test_a_version_of_the_eks_cluster_that_is_not_known_is_said(tmp_path: Path) -> None:
    old = [
        each if each.shape != "eks.Cluster" else type(each)(each.shape, each.id, {**each.data, "version": "1.30"})
        for each in everything()
    ]
    assert exported(hook_of(old), tmp_path, sets=(f"eks_cluster={EKS}",)) == 0
    findings = json.loads((tmp_path / "report" / "findings.json").read_text())
    assert [each["subject"] for each in findings if each["slug"] == "eks-version-not-known"] == [EKS]
