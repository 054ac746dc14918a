"""Every operation under every fault: nothing is raised, nothing is left out without being said, the rest goes on."""

from __future__ import annotations

import json
import os
import pickle
import tempfile
from dataclasses import dataclass
from functools import cache
from hashlib import sha1
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from ecs2k8s.cli import export
from ecs2k8s.cli.console import Talk
from ecs2k8s.collect import login, select
from ecs2k8s.collect.account import Run
from ecs2k8s.collect.calls import CREDENTIALS, calls, closure
from ecs2k8s.collect.live import Live, known
from ecs2k8s.collect.pace import Pacer
from ecs2k8s.collect.reading import Answer, Reading
from ecs2k8s.collect.scope import Scope
from ecs2k8s.core.documents import canonical
from ecs2k8s.core.errors import Ecs2k8sError
from ecs2k8s.core.findings import action, message
from ecs2k8s.replay import faults
from ecs2k8s.replay.answers import account
from ecs2k8s.replay.hook import Hook
from ecs2k8s.replay.wire import reply
from tests.everything import EKS, everything
from tests.replayed import ACCOUNT, REGION, hook_of, prepared, sessions

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.core.documents import Snapshot
    from ecs2k8s.replay.hook import Policy, Request
    from ecs2k8s.replay.wire import Reply

SCOPE = Scope(eks_cluster=EKS)
AT_LOGIN = {"sts.GetCallerIdentity"}
AGAIN = {"ecs.ListTaskDefinitions", "ecs.ListTagsForResource"}  # sent when an earlier export left a snapshot


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to the requests of an operation, and the slug of the finding that says so (none: it heals)."""

    made: Callable[[str], Policy]
    slug: str = ""


@cache
def answers() -> Policy:
    return account(everything(), ACCOUNT)


@cache
def remembered() -> Policy:
    """The same as they go over the wire: most requests of most cases are the same ones."""
    replies: dict[bytes, Reply] = {}

    def policy(request: Request, before: int) -> Reply | None:
        key = canonical([request.call, request.parameters])
        if key not in replies and (found := answers()(request, before)) is not None:
            service, _, operation = request.call.partition(".")
            replies[key] = reply(service, operation, cast("dict[str, Any]", found))
        return replies.get(key)

    return policy


FAULTS = {
    "throttled twice": Fault(lambda call: faults.refuse("throttled", call, first=2)),
    "500 always": Fault(faults.broken, "no-answer"),
    "time-out always": Fault(faults.silent, "no-answer"),
    "access denied": Fault(lambda call: faults.refuse("denied", call), "not-permitted"),
    "token expired": Fault(lambda call: faults.refuse("expired", call), "login-expired"),
    "answer cut off": Fault(lambda call: faults.cut_off(call, answers()), "answer-not-understood"),
    "token repeated": Fault(lambda call: faults.repeating(call, answers()), "answer-not-understood"),
    "second page denied": Fault(
        lambda call: faults.second_page(call, answers(), faults.refuse("denied", call)), "not-permitted"
    ),
    "second page cut off": Fault(
        lambda call: faults.second_page(call, answers(), faults.cut_off(call, answers())), "answer-not-understood"
    ),
}
PAGED_ONLY = ("token repeated", "second page denied", "second page cut off")
CASES = [(call, name) for call in calls() for name in FAULTS if faults.more(call) or name not in PAGED_ONLY]
READ = [(call, name) for call, name in CASES if call not in AT_LOGIN]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting: neither for our own rates, nor between botocore's attempts, of which there are as many as ever."""
    monkeypatch.setattr(Pacer, "wait", lambda *_: None)
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr("botocore.retries.bucket.TokenBucket.acquire", lambda *_, **__: True)


@cache
def shared() -> tuple[Hook, login.Session, dict[tuple[str, str], Any]]:
    """A session, for all cases of this process, and clients that no fault was done to."""
    hook = Hook((remembered(),))
    return hook, sessions(hook)[0], {}


def repeated(client: Any) -> Any:
    """*client*, which sends nothing twice: the answer to a request is also that to the next one like it."""
    given: dict[bytes, bytes] = {}
    sent = client._make_api_call

    def call(operation: str, parameters: dict[str, Any]) -> Any:
        key = canonical([operation, parameters])
        if key not in given:
            given[key] = pickle.dumps(sent(operation, parameters))
        return pickle.loads(given[key])

    client._make_api_call = call
    return client


def read(call: str, *policies: Policy, last: Snapshot | None = None) -> Snapshot:
    """The snapshot while *policies* are in front of the account.

    The service of *call* gets clients of its own. The others are not what is looked at: they send what they have not
    sent before.
    """
    hook, session, clients = shared()
    hook.policies = (*policies, remembered())
    hook.seen.clear()
    hook.calls.clear()
    live = Live(session)
    own = call.partition(".")[0]
    live.clients.made.update({key: client for key, client in clients.items() if own and key[0] != own})
    with tempfile.TemporaryDirectory() as folder:
        snapshot, partial = live.read(REGION, SCOPE, Path(folder), last, lambda *_: None)
        partial.done()
    made = {key: client for key, client in live.clients.made.items() if own and key[0] != own}
    clients.update({key: repeated(client) for key, client in made.items() if key not in clients})
    return snapshot


@cache
def clean(again: bool) -> Snapshot:
    """Without a fault: *again* when an earlier export left a snapshot."""
    return read("", last=clean(again=False) if again else None)


Documents = dict[tuple[str, str], dict[str, Any]]


def documents(snapshot: Snapshot) -> Documents:
    return {(each.shape, each.id): each.data for each in snapshot.documents}


class Watched(Reading):
    """Remembers which answers were looked at."""

    def answers(self, call: str) -> list[Answer]:
        WATCHED.add(call)
        return super().answers(call)


WATCHED: set[str] = set()


@cache
def deciders() -> dict[str, frozenset[str]]:
    """For each row the calls that decide which documents it keeps: those that it comes after, or selects by."""
    hook, session, clients = shared()
    hook.policies = (remembered(),)
    reading = Watched(SCOPE, REGION, ACCOUNT, known(clean(again=False)))
    live = Live(session)
    live.clients.made.update(clients)
    Run(live.clients, reading).read()
    found = {}
    for row in calls().values():
        WATCHED.clear()
        if row.select:
            list(getattr(select, row.select)(reading))
        direct = {*closure(row.name), *WATCHED}
        found[row.name] = frozenset(direct.union(*map(closure, direct)) | {row.name})
    return found


def depending(call: str) -> set[str]:
    """Shapes of documents that can be missing when *call* has no answer."""
    return {shape for row in calls().values() if call in deciders()[row.name] for shape in row.keep}


def test_the_faulted_operations_are_all_of_them_and_all_that_page(capsys: pytest.CaptureFixture[str]) -> None:
    session = shared()[1]
    from botocore import xform_name

    paged = set()
    for call, row in calls().items():
        client = session.client(row.service, REGION)
        output = client.meta.service_model.operation_model(row.operation).output_shape
        if client.can_paginate(xform_name(row.operation)) or {"nextToken", "NextToken", "NextMarker"} & {
            *output.members
        }:
            paged.add(call)
    assert {call for call in calls() if faults.more(call)} == paged
    assert {call for call, _ in CASES} == set(calls())
    assert len(CASES) == len(calls()) * (len(FAULTS) - len(PAGED_ONLY)) + len(paged) * len(PAGED_ONLY)
    with capsys.disabled():
        print(f"\nfaults: {len(calls())} operations, {len(CASES)} cases")  # noqa: T201 (a figure for people)


def test_without_a_fault_every_operation_is_asked_and_nothing_fails() -> None:
    hook = shared()[0]
    assert read("").failures == ()
    first = {request.call for request in hook.calls}
    assert read("", last=clean(again=False)).failures == ()
    assert first | {request.call for request in hook.calls} | AT_LOGIN == set(calls())


# What one operation makes of these is what each makes of them: they take turns. The long suite has all for each.
TURNS = (
    ("throttled twice", "500 always", "time-out always", "token expired"),
    ("token repeated", "second page cut off"),
)


def has_its_turn(call: str, name: str) -> bool:
    at = list(calls()).index(call)
    return all(name == each[at % len(each)] for each in TURNS if name in each)


@pytest.mark.parametrize("each", [False, pytest.param(True, marks=pytest.mark.long)], ids=["in turn", "each"])
@pytest.mark.parametrize("call", [call for call in calls() if call not in AT_LOGIN])
def test_a_fault_is_said_and_the_rest_goes_on(call: str, each: bool) -> None:
    whole = clean(again=call in AGAIN)
    last = clean(again=False) if call in AGAIN else None
    wrong, given = [], {}
    for name in (name for its, name in READ if its == call and (each or has_its_turn(call, name))):
        given[name] = found = read(call, FAULTS[name].made(call), last=last)
        assert call in {request.call for request in shared()[0].calls}
        wrong += [f"{name}: {problem}" for problem in problems(call, FAULTS[name], whole, found)]
    if faults.more(call) and documents(given["second page denied"]) != documents(given["access denied"]):
        wrong.append("second page denied: the items of the first page are passed off as all")
    assert wrong == []


def problems(call: str, fault: Fault, whole: Snapshot, found: Snapshot) -> list[str]:
    """What is wrong with *found*, judged by what the account holds and by nothing that the reading says of itself."""
    if not fault.slug:
        return [] if (found.documents, found.failures) == (whole.documents, ()) else ["it did not heal"]
    wrong = []
    own = [each for each in found.failures if dict(each.args).get("call") == call]
    if own != list(found.failures) or [each.slug for each in own] != [fault.slug]:
        wrong.append(f"failures {[(each.slug, each.args) for each in found.failures]}")
    row = calls()[call]
    for each in own:
        said = message(each)
        if call not in said or f"not known: {row.why[:1].lower()}{row.why[1:].removesuffix('.')}" not in said:
            wrong.append(f"the finding does not say what is not known: {said}")
        if fault.slug == "not-permitted" and not all(permission in action(each) for permission in row.permissions):
            wrong.append(f"the finding does not name {row.permissions}: {action(each)}")
    before, after = documents(whole), documents(found)
    affected = depending(call)
    wrong += [
        f"{key} is missing and does not depend on {call}"
        for key in before.keys() - after.keys()
        if key[0] not in affected
    ]
    wrong += [f"{key} was made up" for key in after.keys() - before.keys()]
    for key in after.keys() & before.keys():
        if after[key] != before[key] and not (key[0] in affected and within(after[key], before[key])):
            wrong.append(f"{key} is changed")
    return wrong


def within(part: Any, whole: Any) -> bool:
    """Whether *part* says nothing but what *whole* says: a list can lack the items that could not be told."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return part.keys() == whole.keys() and all(within(part[key], whole[key]) for key in part)
    if isinstance(part, list) and isinstance(whole, list):
        return all(item in whole for item in part)
    return bool(part == whole)


EXPORTED = ["ec2.DescribeSecurityGroups", "iam.GetRole"]


@pytest.mark.parametrize("name", FAULTS)
def test_an_export_with_a_fault_is_5_and_says_it_in_the_report(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for call in EXPORTED:
        if name in PAGED_ONLY and not faults.more(call):
            continue
        place = tmp_path / call
        assert exported(call, name, place) == (5 if FAULTS[name].slug else 0), call
        report, said = (place / "report" / "report.md").read_text(), capsys.readouterr().err
        assert (call in said) == bool(FAULTS[name].slug)
        assert "Traceback" not in said
        found = [
            each for each in json.loads((place / "report" / "findings.json").read_bytes()) if call in each["subject"]
        ]
        assert [each["slug"] for each in found] == ([FAULTS[name].slug] if FAULTS[name].slug else [])
        assert (call in report) == bool(FAULTS[name].slug)
    assert exported(EXPORTED[0], name, tmp_path / EXPORTED[0], allow_partial=True) == 0


def exported(call: str, name: str, place: Path, **choices: Any) -> int:
    hook = hook_of(everything(), FAULTS[name].made(call))
    request = export.Request(str(place), login=login.Login(regions=(REGION,)), sets=(f"eks_cluster={EKS}",), **choices)
    return export.run(request, Talk(0), prepared(hook))


def test_an_export_that_may_not_list_anything_says_why_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(Ecs2k8sError, match=r"ecs\.DescribeClusters was denied \(AccessDeniedException\)") as raised:
        exported("ecs.DescribeClusters", "access denied", tmp_path)
    assert "\n" not in str(raised.value)


ROLE = "arn:aws:iam::444455556666:role/read"
TOKEN = "eyJhbGciOiJub25lIn0"
PROFILE = f"""
[profile base]
region = {REGION}
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = x
[profile assumed]
region = {REGION}
role_arn = {ROLE}
source_profile = base
[profile web]
region = {REGION}
role_arn = {ROLE}
web_identity_token_file = FOLDER/web
[sso-session corp]
sso_region = {REGION}
sso_start_url = https://corp.awsapps.com/start
[profile sso]
region = {REGION}
sso_session = corp
sso_account_id = 444455556666
sso_role_name = reader
"""
KEYS = {"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "x", "SessionToken": "x", "Expiration": "2099-01-01T00:00:00Z"}


def credentials(request: Any, _: int) -> dict[str, Any] | None:
    """What the services say that give credentials."""
    match request.call:
        case "sts.AssumeRole" | "sts.AssumeRoleWithWebIdentity":
            return {"Credentials": KEYS, "AssumedRoleUser": {"AssumedRoleId": "x", "Arn": ROLE}}
        case "sso.GetRoleCredentials":
            keys = {"accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "x", "sessionToken": "x"}
            return {"roleCredentials": keys | {"expiration": 4070908800000}}
        case "sso-oidc.CreateToken":
            return {"accessToken": TOKEN, "expiresIn": 3600, "refreshToken": TOKEN, "tokenType": "Bearer"}
    return None


# The operation, and the login by which it is sent; "" is the role that is named on the command line.
LOGINS = [
    ("sts.GetCallerIdentity", login.Login("base")),
    ("sts.AssumeRole", login.Login("base", role_arns=(ROLE,))),
    ("sts.AssumeRole", login.Login("assumed")),
    ("sts.AssumeRoleWithWebIdentity", login.Login("web")),
    ("sso.GetRoleCredentials", login.Login("sso")),
    ("sso-oidc.CreateToken", login.Login("sso")),
]
NOT_BY_ITSELF = {
    "sts.GetSessionToken",  # the AWS CLI and people ask for it; boto3 does not
    "signin.CreateOAuth2Token",  # needs awscrt, which is not installed
}


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration of the AWS CLI with one profile for each way to log in."""
    (tmp_path / "config").write_text(PROFILE.replace("FOLDER", str(tmp_path)))
    (tmp_path / "web").write_text(TOKEN)
    token = {"startUrl": "https://corp.awsapps.com/start", "region": REGION, "accessToken": TOKEN}
    token |= {"expiresAt": "2000-01-01T00:00:00Z", "registrationExpiresAt": "2099-01-01T00:00:00Z"}
    token |= {"clientId": "x", "clientSecret": "x", "refreshToken": TOKEN}
    (tmp_path / f"{sha1(b'corp').hexdigest()}.json").write_text(json.dumps(token))
    monkeypatch.setattr("botocore.tokens.SSOTokenProvider._SSO_TOKEN_CACHE_DIR", str(tmp_path))
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return tmp_path


def log_in(call: str, by: login.Login, name: str) -> tuple[list[login.Session], list[login.LoginError]]:
    whole = (credentials, answers())

    def answer(request: Any, before: int) -> Any:
        return next(found for policy in whole if (found := policy(request, before)) is not None)

    faulty = faults.cut_off(call, answer) if name == "answer cut off" else FAULTS[name].made(call)
    hook = Hook((faulty, *whole))
    try:
        return login.sessions(by, hook.attach)
    finally:
        assert call in {request.call for request in hook.calls}


BY = pytest.mark.parametrize(("call", "by"), LOGINS, ids=[f"{call} {by.profile}" for call, by in LOGINS])


@pytest.mark.parametrize("name", ["500 always", "time-out always", "access denied", "token expired", "answer cut off"])
@BY
def test_a_fault_at_login_is_one_line_that_ends_the_run(call: str, by: login.Login, name: str, profiles: Path) -> None:
    with pytest.raises(login.LoginError, match=r"\A.+\Z"):
        log_in(call, by, name)


@BY
def test_a_login_that_is_throttled_twice_succeeds(call: str, by: login.Login, profiles: Path) -> None:
    found, refused = log_in(call, by, "throttled twice")
    assert ([each.account for each in found], refused) == ([ACCOUNT], [])


def test_each_operation_that_gives_credentials_is_sent_by_one_of_these_logins() -> None:
    assert {call for call, _ in LOGINS} | NOT_BY_ITSELF == CREDENTIALS | AT_LOGIN
