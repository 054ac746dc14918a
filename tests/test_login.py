"""Who is asking: roles, Regions and credentials that do not answer, and what is said of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError, SSOTokenLoadError

from ecs2k8s.cli import export
from ecs2k8s.cli.console import Talk
from ecs2k8s.collect import login
from ecs2k8s.collect.pace import Pacer
from ecs2k8s.core.errors import Ecs2k8sError
from ecs2k8s.replay.wire import Refusal
from tests.everything import everything
from tests.replayed import REGION, hook_of, prepared

if TYPE_CHECKING:
    from pathlib import Path

    from ecs2k8s.replay.hook import Hook, Policy, Request

READERS = tuple(f"arn:aws:iam::{account}:role/read" for account in ("111122223333", "444455556666"))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pacer, "wait", lambda *_: None)
    monkeypatch.setattr("time.sleep", lambda _: None)  # botocore's, between its attempts


def keys(account: str, minutes: int = 60) -> dict[str, Any]:
    """What AssumeRole answers; the name of the key says whose it is."""
    until = datetime.now(UTC) + timedelta(minutes=minutes)
    found = {"AccessKeyId": f"ASIA{account}", "SecretAccessKey": "no-key", "SessionToken": "no-token"}
    return {"Credentials": found | {"Expiration": until.isoformat()}}


def sts(request: Request, _: int) -> dict[str, Any] | None:
    """Roles can be assumed; whoever asks is in the account of the role."""
    if request.call == "sts.AssumeRole":
        return keys(request.parameters["RoleArn"].split(":")[4])
    if request.call == "sts.GetCallerIdentity":
        account = request.key.removeprefix("ASIA") if request.key.startswith("ASIA") else "111122223333"
        return {"Account": account, "UserId": "x", "Arn": f"arn:aws:sts::{account}:assumed-role/read/x"}
    return None


def refusing(account: str) -> Policy:
    def policy(request: Request, _: int) -> None:
        if request.call == "sts.AssumeRole" and f":{account}:" in request.parameters["RoleArn"]:
            raise Refusal("AccessDenied", "is not authorized to perform: sts:AssumeRole", 403)

    return policy


def absent(region: str) -> Policy:
    """A Region that is not there: its endpoints have no address."""

    def policy(request: Request, _: int) -> None:
        if request.region == region:
            raise EndpointConnectionError(endpoint_url=f"https://{request.call}.{region}.invalid")

    return policy


def exported(place: Path, *policies: Policy, **asked: Any) -> tuple[int, Hook]:
    hook = hook_of(everything(), *policies)
    asked.setdefault("regions", (REGION,))
    return export.run(export.Request(str(place), login=login.Login(**asked)), Talk(0), prepared(hook)), hook


def accounts(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((place / "report" / "accounts.json").read_text())
    return found


def test_a_role_that_cannot_be_assumed_does_not_stop_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _ = exported(tmp_path, refusing("444455556666"), sts, role_arns=READERS)
    assert code == 5
    said = "arn:aws:iam::444455556666:role/read: AWS refused AssumeRole (AccessDenied)"
    assert said in capsys.readouterr().err
    assert [each["directory"] for each in accounts(tmp_path)["directories"]] == ["111122223333/eu-west-1"]
    assert accounts(tmp_path)["unread"][0].startswith(said)
    assert "## Not read" in (tmp_path / "report" / "report.md").read_text()


def test_no_role_that_can_be_assumed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(login.LoginError, match=r"444455556666:role/read: AWS refused AssumeRole .*--external-id"):
        exported(tmp_path, refusing("444455556666"), sts, role_arns=READERS[1:])


def test_two_roles_of_one_account_would_write_the_same_directory(tmp_path: Path) -> None:
    with pytest.raises(login.LoginError, match="account 111122223333: two of the roles are in it"):
        exported(tmp_path, sts, role_arns=(READERS[0], READERS[0].replace("read", "other")))


@pytest.mark.parametrize("regions", [("eu-nowhere-1", REGION), (REGION, "eu-nowhere-1")])
def test_a_region_that_is_not_there_does_not_stop_the_others(regions: tuple[str, ...], tmp_path: Path) -> None:
    code, _ = exported(tmp_path, absent("eu-nowhere-1"), regions=regions)
    assert code == 5
    (unread,) = accounts(tmp_path)["unread"]
    assert unread.startswith("account 111122223333, eu-nowhere-1 could not be read: ")
    assert "EndpointConnectionError" in unread
    assert [each["directory"] for each in accounts(tmp_path)["directories"]] == [f"111122223333/{REGION}"]


def test_the_only_region_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(login.LoginError, match=r"AWS gave no answer .*check the network, --region"):
        exported(tmp_path, absent("eu-nowhere-1"), regions=("eu-nowhere-1",))


def test_a_region_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    code, hook = exported(tmp_path, regions=(REGION, REGION))
    assert code == 0
    assert (tmp_path / "snapshot.json").is_file()
    assert [request.call for request in hook.calls].count("ecs.ListClusters") == 1


def test_what_is_the_same_in_all_regions_is_asked_once(tmp_path: Path) -> None:
    _, hook = exported(tmp_path, regions=(REGION, "us-east-1"))
    for call in ("iam.GetRole", "route53.ListHostedZones", "cloudfront.ListDistributions"):
        asked = [json.dumps(request.parameters) for request in hook.calls if request.call == call]
        assert len(asked) == len(set(asked)) > 0, call


def test_a_role_is_assumed_again_when_its_hour_ends(tmp_path: Path) -> None:
    def short(request: Request, before: int) -> dict[str, Any] | None:
        return keys("111122223333", 5 if before == 0 else 60) if request.call == "sts.AssumeRole" else None

    code, hook = exported(tmp_path, short, sts, role_arns=READERS[:1], external_id="four")
    assert code == 0
    asked = [request.parameters for request in hook.calls if request.call == "sts.AssumeRole"]
    assert [each["ExternalId"] for each in asked] == ["four", "four"]
    assert {request.key for request in hook.calls if request.call == "ecs.ListServices"} == {"ASIA111122223333"}


def test_one_and_several_accounts_do_not_share_a_directory(tmp_path: Path) -> None:
    exported(tmp_path / "one")
    with pytest.raises(Ecs2k8sError, match="holds the migration of one account and Region"):
        exported(tmp_path / "one", sts, role_arns=READERS)
    exported(tmp_path / "many", sts, role_arns=READERS)
    with pytest.raises(Ecs2k8sError, match="holds several accounts or Regions"):
        exported(tmp_path / "many")


def test_several_accounts_go_on_after_a_kill_in_the_first(tmp_path: Path) -> None:
    def dying(request: Request, _: int) -> None:
        if request.call == "iam.GetPolicyVersion":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exported(tmp_path, dying, sts, role_arns=READERS)
    code, _ = exported(tmp_path, sts, role_arns=READERS)
    assert code == 0
    assert len(accounts(tmp_path)["directories"]) == 2


def test_an_account_that_is_no_number_chooses_no_path(tmp_path: Path) -> None:
    def hostile(request: Request, _: int) -> dict[str, Any] | None:
        if request.call == "sts.GetCallerIdentity":
            return {"Account": "../../elsewhere", "UserId": "x", "Arn": "arn:aws:iam::1:user/x"}
        return None

    with pytest.raises(login.LoginError, match=r"names no account of twelve digits, but '\.\./\.\./elsewhere'"):
        exported(tmp_path / "out", hostile, regions=(REGION, "us-east-1"))
    assert not list(tmp_path.rglob("snapshot*"))


@pytest.mark.parametrize("region", ["../../evil", "eu_west_1"])
def test_a_region_that_is_no_name_is_refused_before_anything_is_read(region: str, tmp_path: Path) -> None:
    with pytest.raises(login.LoginError, match="correct --region"):
        exported(tmp_path / "out", regions=(REGION, region))
    assert not (tmp_path / "out").exists()


def test_the_region_of_the_aws_cli_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    _, hook = exported(tmp_path, regions=())
    assert {request.region for request in hook.calls if request.call.startswith("ecs.")} == {REGION}


def test_a_role_needs_somebody_who_assumes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    request = export.Request(str(tmp_path / "out"), login=login.Login(regions=(REGION,), role_arns=READERS[:1]))
    with pytest.raises(login.LoginError, match="no AWS credentials: run `aws configure sso`"):
        export.run(request, Talk(0), hook_of([]).attach)


REFUSED = {
    "ExpiredToken": r"the credentials have expired \(ExpiredToken\): run `aws sso login`.*MFA",
    "InvalidClientTokenId": r"AWS refused GetCallerIdentity \(InvalidClientTokenId\)",
}


@pytest.mark.parametrize(("code", "said"), REFUSED.items())
def test_a_refused_login_is_one_line_with_the_command(code: str, said: str, tmp_path: Path) -> None:
    def refused(request: Request, _: int) -> None:
        if request.call == "sts.GetCallerIdentity":
            raise Refusal(code, "no", 403)

    with pytest.raises(login.LoginError, match=said) as raised:
        exported(tmp_path, refused)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "snapshot.json").exists()


def test_an_expired_sso_login_names_the_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config"
    config.write_text("[profile work]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))

    def expired(request: Request, _: int) -> None:
        raise SSOTokenLoadError(error_msg="expired")

    with pytest.raises(login.LoginError, match=r"the SSO login has expired: run `aws sso login --profile work`"):
        exported(tmp_path / "out", expired, profile="work", regions=())


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"profile": "nobody"}, "profile .*nobody.* could not be found"),
        ({"regions": ("eu west",)}, "eu west"),
        ({"endpoint_url": "nonsense"}, "nonsense"),
        ({"role_arns": READERS[:1], "external_id": "x"}, "ExternalId"),
        ({"role_arns": ("read",)}, "RoleArn"),
    ],
)
def test_what_is_wrong_with_an_option_is_said(asked: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(login.LoginError, match=said) as raised:
        exported(tmp_path, sts, **asked)
    assert "\n" not in str(raised.value)


def test_without_a_region_it_says_what_to_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(login.LoginError, match="no Region: name one with --region"):
        exported(tmp_path, regions=())
