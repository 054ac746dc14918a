"""Secrets that were planted all over an account: those that are never asked for, and those that --redact masks.

What redaction promises is to mask values that look like secrets: by the name that they have (DB_PASSWORD, `--token`,
`X-Api-Key`), by the form of a known kind (a private key, a token of a provider, a password in a URL or a connection
string) or, alone under a name of its own or as a word of a command, by how random it is. A value like `hunter2` under
a name like LOG_LEVEL, or in the middle of a sentence, is not promised to anybody, and none is planted here.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha512
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.cli import export
from ecs2k8s.cli.console import Talk
from ecs2k8s.collect import login
from ecs2k8s.collect.pace import Pacer
from ecs2k8s.collect.resume import FILE
from ecs2k8s.core.documents import Document
from ecs2k8s.core.redacted import REDACTED
from ecs2k8s.replay import faults
from ecs2k8s.replay.server import listening
from tests.everything import CLUSTER, ECS, EKS, everything
from tests.replayed import ACCOUNT, REGION, hook_of, prepared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecs2k8s.replay.hook import Hook, Request

ROOT = Path(__file__).parent.parent
SHORTEST = 8  # letters of a canary that must not be seen either: half a secret is one too
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


@dataclass(slots=True)
class Aviary:
    """Makes canaries: the same ones each time, none twice. Only the random part of each is looked for."""

    salt: str
    kept: list[str] = field(default_factory=list)

    def random(self, length: int, letters: str = LETTERS) -> str:
        """Letters of the kind that machines make; capitals, small letters and digits take turns."""
        digest = sha512(f"{self.salt} {len(self.kept)}".encode()).digest() * 2
        value = "".join(letters[byte % len(letters)] for byte in digest[:length])
        if letters is LETTERS:
            kinds = (LETTERS[:24], LETTERS[24:49], LETTERS[49:])
            value = "".join(kinds[at % 3][digest[at] % len(kinds[at % 3])] for at in range(length))
        self.kept.append(value)
        return value

    def plain(self) -> str:
        """What only its name gives away."""
        return self.random(11, "abcdefghijkmnopqrstuvwxyz")


FORMS: dict[str, Callable[[Aviary], str]] = {
    "access key": lambda made: "AKIA" + made.random(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
    "GitHub": lambda made: f"ghp_{made.random(36)}",
    "GitLab": lambda made: f"glpat-{made.random(20)}",
    "Slack": lambda made: f"xoxb-{made.random(40)}",
    "Slack hook": lambda made: f"https://hooks.slack.com/services/T0000000000/B0000000000/{made.random(24)}",
    "Stripe": lambda made: f"sk_live_{made.random(24)}",
    "SendGrid": lambda made: f"SG.{made.random(22)}.{made.random(43)}",
    "npm": lambda made: f"npm_{made.random(36)}",
    "JWT": lambda made: f"eyJhbGciOiJIUzI1NiJ9.eyJ{made.random(30)}.{made.random(40)}",
    "URL": lambda made: f"postgres://app:{made.random(14)}@db.example.com:5432/app",
    "URL without user": lambda made: f"redis://:{made.random(14)}@cache.example.com:6379",
    "connection string": lambda made: f"Server=db;User Id=app;Password={made.random(14)};Encrypt=true",
    "Azure": lambda made: f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={made.random(60)}==;Suffix=x",
    "private key": lambda made: (
        f"-----BEGIN RSA PRIVATE KEY-----\n{made.random(64)}\n{made.random(64)}\n-----END RSA PRIVATE KEY-----"
    ),
    "query": lambda made: f"https://api.example.com/hook?token={made.random(16)}",
    "property": lambda made: f"-Xmx1g -Djavax.net.ssl.trustStorePassword={made.random(14)}",
    "JSON": lambda made: json.dumps({"db": {"user": "app", "password": made.random(14)}}),
    "quoted": lambda made: f"--user app --password '{made.random(14)}' --port 80",
    "header": lambda made: f"Authorization: Bearer {made.random(24)}",
}
NAMES = (
    *("DB_PASSWORD", "dbPassword", "MYSQL_PWD", "SMTP_PASS", "GITHUB_TOKEN", "API_KEY", "apiKey", "JWT_SECRET"),
    *("SIGNING_KEY", "ENCRYPTION_KEY", "CLIENT_SECRET", "AWS_SECRET_ACCESS_KEY", "REDIS_AUTH_TOKEN", "PASSPHRASE"),
    *("SSH_PRIVATE_KEY", "LICENSE_KEY", "spring.datasource.password", "ADMIN_CREDENTIALS", "APP_SECRETS", "PGPASSWORD"),
)


def environment(made: Aviary, prefix: str) -> list[dict[str, str]]:
    """By telling names, by known forms, and by randomness, each under a name that is not used again."""
    named = [{"name": f"{prefix}_{name}", "value": made.plain()} for name in NAMES]
    formed = [{"name": f"{prefix}_SETTING_{at}", "value": form(made)} for at, form in enumerate(FORMS.values())]
    loose = [{"name": f"{prefix}_SALT_{at}", "value": made.random(32)} for at in range(4)]
    hexes = [{"name": f"{prefix}_SEED_{at}", "value": made.random(40, "0123456789abcdef")} for at in range(2)]
    return [*named, *formed, *loose, *hexes]


def settings(made: Aviary) -> dict[str, str]:
    """What people call as they like: options, labels, tags."""
    return {
        "splunk-token": made.plain(),
        "x.api-key": made.plain(),
        "url": FORMS["URL"](made),
        "hook": FORMS["Slack hook"](made),
        "salt": made.random(32),
    }


def tags(made: Aviary, key: str = "key", value: str = "value") -> list[dict[str, str]]:
    return [{key: name, value: its} for name, its in settings(made).items()]


def command(made: Aviary) -> list[str]:
    return [
        *("serve", "--password", made.plain(), "-token", made.plain(), f"--api-key={made.plain()}"),
        *("--listen", ":8080", made.random(32), FORMS["URL"](made), f"--header={FORMS['header'](made)}"),
    ]


def script(made: Aviary) -> str:
    return (
        f"export DB_PASSWORD={made.plain()} TOKEN='{made.plain()}' && curl -u admin:{made.plain()} "
        f'-H "Authorization: Bearer {made.random(24)}" {FORMS["URL"](made)} && mysql --password="{made.plain()}"'
    )


def health_checks(made: Aviary) -> Iterator[list[str]]:
    yield ["CMD-SHELL", f"curl -fsS -u probe:{made.plain()} http://localhost/ || exit 1"]
    yield ["CMD-SHELL", f"PGPASSWORD={made.plain()} psql -c 'select 1'"]
    yield ["CMD", "curl", "-u", f"probe:{made.plain()}", "http://localhost/"]
    yield ["CMD", "redis-cli", "-a", made.plain(), "ping"]
    yield ["CMD-SHELL", f"redis-cli -a {made.plain()} ping"]
    yield ["CMD-SHELL", f"mysqladmin ping -uroot -p{made.plain()}"]
    yield ["CMD", "mysqladmin", "ping", "-uroot", f"-p{made.plain()}"]


def container(made: Aviary, name: str, check: list[str]) -> dict[str, Any]:
    return {
        "name": name,
        "image": "app:1",
        "essential": True,
        "environment": environment(made, name.upper()),
        "command": command(made),
        "entryPoint": ["sh", "-c", script(made)],
        "dockerLabels": settings(made),
        "healthCheck": {"command": check},
        "logConfiguration": {"logDriver": "splunk", "options": settings(made)},
        "firelensConfiguration": {"type": "fluentbit", "options": settings(made)},
    }


def overrides(made: Aviary, name: str) -> dict[str, Any]:
    return {"containerOverrides": [{"name": name, "environment": environment(made, "OVER"), "command": command(made)}]}


def oidc(made: Aviary) -> dict[str, Any]:
    config = {"Issuer": "https://idp.example.com", "ClientId": "shop", "ClientSecret": made.plain()}
    config |= {"AuthorizationEndpoint": "https://idp.example.com/a", "TokenEndpoint": "https://idp.example.com/t"}
    config |= {"UserInfoEndpoint": "https://idp.example.com/u"}
    extra = {"AuthenticationRequestExtraParams": {"login_token": made.plain()}}
    return {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": config | extra}


@dataclass(frozen=True, slots=True)
class Planted:
    """An account with canaries in it: those that can be read, and among them the plain values of environments."""

    documents: tuple[Document, ...]
    readable: tuple[str, ...]
    in_environments: dict[str, list[str]]  # names to what is looked for


@cache
def planted() -> Planted:
    made = Aviary("readable")
    checks = list(health_checks(made))
    before = len(made.kept)
    found = {(each.shape, each.id): json.loads(json.dumps(each.data)) for each in everything()}
    named: dict[str, list[str]] = {}
    for (shape, _), data in found.items():
        change = CHANGES.get(shape)
        if change:
            change(made, data)
        key = next((key for key in ("tags", "Tags", "TagList", "TagSet") if isinstance(data.get(key), list)), "")
        if key:
            low = shape.startswith("ecs.")
            data[key] = tags(made, *(("key", "value") if low else ("Key", "Value")))
    definition = found["ecs.TaskDefinition", f"{ECS}:task-definition/legacy:1"]
    definition["containerDefinitions"] = [
        container(made, f"part{at}", check) | ({"secrets": SECRET} if not at else {}) for at, check in enumerate(checks)
    ]
    driver = {"type": "cifs", "o": f"username=app,password={made.plain()}", "token": made.plain()}
    volume = {"name": "share", "dockerVolumeConfiguration": {"driverOpts": driver, "labels": settings(made)}}
    definition["volumes"] = [*definition["volumes"], volume]
    documents = tuple(Document(shape, name, data) for (shape, name), data in found.items())
    for each in definition["containerDefinitions"]:
        for item in each["environment"]:
            named[item["name"]] = [canary for canary in made.kept if canary in item["value"]]
    assert before == len(checks)
    return Planted(documents, tuple(made.kept), named)


SECRET = [{"name": "TOKEN", "valueFrom": "/shop/token"}]


def _services(made: Aviary, data: dict[str, Any]) -> None:
    log = {"logDriver": "splunk", "options": settings(made)}
    data["deployments"] = [
        {**each, "serviceConnectConfiguration": {"enabled": True, "namespace": "local", "logConfiguration": log}}
        for each in data.get("deployments", [{"id": "1", "status": "PRIMARY"}])
    ]


def _targets(made: Aviary, data: dict[str, Any]) -> None:
    """The target of the sample, and one whose input is made by a template, which is no JSON."""
    (given,) = data["Targets"]
    pair = f'{{"name": "DB_PASSWORD", "value": "{made.plain()}"}}, {{"name": "WHEN", "value": <time>}}'
    template = f'{{"containerOverrides": [{{"name": "worker", "environment": [{pair}]}}], "token": "{made.plain()}"}}'
    transformer = {"InputPathsMap": {"time": "$.time"}, "InputTemplate": template}
    its = {key: value for key, value in given.items() if key != "Input"}
    data["Targets"] = [
        given | {"Input": json.dumps(overrides(made, "worker") | {"api_token": made.plain()})},
        its | {"Id": "other", "InputTransformer": transformer},
    ]


def _schedule(made: Aviary, data: dict[str, Any]) -> None:
    data["Target"]["Input"] = " " + json.dumps(overrides(made, "part0"))
    data["Target"]["EcsParameters"]["Tags"] = tags(made)
    data["Description"] = f"runs with {FORMS['GitHub'](made)}"


def _task(made: Aviary, data: dict[str, Any]) -> None:
    data["overrides"] = overrides(made, data["containers"][0]["name"])
    data["stoppedReason"] = f"could not reach {FORMS['URL'](made)}"


def _rule(made: Aviary, data: dict[str, Any]) -> None:
    data["Actions"] = [oidc(made), *data["Actions"]]
    data["Conditions"] = [
        {
            "Field": "http-header",
            "HttpHeaderConfig": {"HttpHeaderName": "X-Api-Key", "Values": [made.plain(), made.plain()]},
        },
        {
            "Field": "http-header",
            "HttpHeaderConfig": {"HttpHeaderName": "X-Origin-Verify", "Values": [made.random(32)]},
        },
        {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "token", "Value": made.plain()}]}},
    ]


def _listener(made: Aviary, data: dict[str, Any]) -> None:
    data["DefaultActions"] = [oidc(made), *data["DefaultActions"]]


def _attributes(made: Aviary, data: dict[str, Any]) -> None:
    data["Attributes"] = [
        *data["Attributes"],
        {"Key": "routing.http.response.x_api_token.header_value", "Value": FORMS["JWT"](made)},
        {"Key": "routing.http.response.content_security_policy.header_value", "Value": FORMS["query"](made)},
    ]


def _distribution(made: Aviary, data: dict[str, Any]) -> None:
    items = [{"HeaderName": "X-Api-Key", "HeaderValue": made.plain()}]
    items += [{"HeaderName": "X-Origin-Verify", "HeaderValue": made.random(32)}]
    data["Origins"]["Items"][0]["CustomHeaders"] = {"Quantity": 2, "Items": items}
    data["Comment"] = f"cached, {FORMS['GitHub'](made)}"


def _web_acl(made: Aviary, data: dict[str, Any]) -> None:
    """What a header is compared with is bytes, which the documents have in base64."""
    secret = [made.plain(), made.random(32)]
    made.kept += [base64.b64encode(each.encode()).decode().rstrip("=") for each in secret]
    seen = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "x"}
    data["WebACL"]["Rules"] = [
        {
            "Name": f"header-{at}",
            "Priority": at,
            "VisibilityConfig": seen,
            "Action": {
                "Allow": {"CustomRequestHandling": {"InsertHeaders": [{"Name": "x-api-key", "Value": made.plain()}]}}
            },
            "Statement": {
                "ByteMatchStatement": {
                    "SearchString": base64.b64encode(secret[at].encode()).decode(),
                    "FieldToMatch": {"SingleHeader": {"Name": header}},
                    "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
                    "PositionalConstraint": "EXACTLY",
                }
            },
        }
        for at, header in enumerate(("x-api-key", "x-origin-verify"))
    ]


def _addon(made: Aviary, data: dict[str, Any]) -> None:
    data["configurationValues"] = json.dumps({"env": {"API_TOKEN": made.plain()}, "url": FORMS["URL"](made)})
    data["tags"] = settings(made)


def _nodes(made: Aviary, data: dict[str, Any]) -> None:
    data["labels"], data["tags"] = settings(made), settings(made)


def described(key: str) -> Callable[[Aviary, dict[str, Any]], None]:
    def change(made: Aviary, data: dict[str, Any]) -> None:
        data[key] = f"for {FORMS['GitHub'](made)} and {FORMS['URL'](made)}"

    return change


CHANGES: dict[str, Callable[[Aviary, dict[str, Any]], None]] = {
    "ecs.Service": _services,
    "ecs.Task": _task,
    "events.RuleTargets": _targets,
    "events.Rule": described("Description"),
    "scheduler.Schedule": _schedule,
    "elbv2.Rule": _rule,
    "elbv2.Listener": _listener,
    "elbv2.ListenerAttributes": _attributes,
    "cloudfront.Distribution": _distribution,
    "wafv2.WebACL": _web_acl,
    "eks.Addon": _addon,
    "eks.Nodegroup": _nodes,
    "ssm.Parameter": described("Description"),
    "secretsmanager.Secret": described("Description"),
    "servicediscovery.Namespace": described("Description"),
    "ec2.SecurityGroup": described("Description"),
    "cloudwatch.MetricAlarm": described("AlarmDescription"),
    "iam.Role": described("Description"),
}

# ---- those that nobody may ask for

LOCKED = Aviary("locked up")
LOCKED_UP = {f"{kind}/{at}": LOCKED.random(32) for kind in ("secret", "parameter", "history") for at in range(60)}
OWN = Aviary("credentials")
GIVEN = {name: OWN.random(40) for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")}


def unlocked(request: Request, before: int) -> dict[str, Any] | None:
    """What a reader would get that asked for values: another one each time."""
    secret = list(LOCKED_UP.values())[before % len(LOCKED_UP)]
    parameter = {"Name": "/shop/token", "Type": "SecureString", "Value": secret}
    match request.call:
        case "secretsmanager.GetSecretValue":
            return {"Name": "x", "SecretString": secret}
        case "secretsmanager.BatchGetSecretValue":
            return {"SecretValues": [{"Name": "x", "SecretString": secret}]}
        case "ssm.GetParameter":
            return {"Parameter": parameter}
        case "ssm.GetParameters" | "ssm.GetParametersByPath" | "ssm.GetParameterHistory":
            return {"Parameters": [parameter]}
    return None


WORD = re.compile(rf"[A-Za-z0-9+/]{{{SHORTEST},}}")


def leaks(text: bytes, canaries: list[str]) -> list[str]:
    """Which canaries are in *text*, or half of them: looked for in each word once, however often it stands there."""
    seen = "\n".join(set(WORD.findall(text.decode(errors="replace"))))
    return [canary for canary in canaries if canary[:SHORTEST] in seen or canary[-SHORTEST:] in seen]


def tree(folder: Path) -> dict[str, bytes]:
    found = {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
    snapshot = json.loads(found.pop("snapshot.json"))
    return found | {"snapshot": json.dumps({**snapshot, "taken": ""}).encode()}


def in_files(folder: Path, canaries: list[str]) -> dict[str, list[str]]:
    found = {str(p.relative_to(folder)): leaks(p.read_bytes(), canaries) for p in folder.rglob("*") if p.is_file()}
    return {path: its for path, its in found.items() if its}


def everything_planted() -> list[str]:
    return [*planted().readable, *LOCKED.kept, *GIVEN.values()]


@dataclass(slots=True)
class Ran:
    """What a process left: its exit code, what it said, and what the file of answers held while it ran."""

    code: int
    said: bytes
    partial: bytes


def ran(out: Path, *args: str, before: tuple[Any, ...] = (), **variables: str) -> tuple[Ran, Hook]:
    """The real command against the account on a loopback port, with made-up credentials."""
    seen: list[bytes] = []

    def looking(request: Request, _: int) -> None:
        """Look at the file of answers whenever something is asked: the last look is at nearly all of it."""
        if (out / FILE).is_file():
            seen[:] = [(out / FILE).read_bytes()]

    hook = hook_of(planted().documents, unlocked, looking, *before)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ECS2K8S_"))}
    clean |= {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "PYTHONPATH": str(ROOT), "AWS_CONFIG_FILE": os.devnull} | GIVEN
    with listening(hook) as url:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "ecs2k8s", "export", "-o", str(out), "--region", REGION),
                *("--endpoint-url", url, "--set", f"eks_cluster={EKS}", *args),
            ],
            capture_output=True,
            env=clean | variables,
            check=False,
        )
    return Ran(done.returncode, done.stdout + done.stderr, b"".join(seen)), hook


def test_there_are_more_than_five_hundred_canaries_and_each_is_another(capsys: pytest.CaptureFixture[str]) -> None:
    found = everything_planted()
    assert len(set(found)) == len(found) > 500
    assert len({each[:SHORTEST] for each in found}) == len({each[-SHORTEST:] for each in found}) == len(found)
    assert [each for each in found if not WORD.fullmatch(each[:SHORTEST] + each[-SHORTEST:])] == []
    account = json.dumps([each.data for each in planted().documents])
    coded = [each for each in planted().readable if each not in account]
    assert [each for each in coded if base64.b64encode(each.encode()).decode() not in account] == []
    with capsys.disabled():
        print(f"\ncanaries: {len(planted().readable)} readable, {len(LOCKED.kept)} locked up, {len(GIVEN)} credentials")  # noqa: T201


LEVELS = {"quiet": ["-q"], "normal": [], "verbose": ["-v"], "debug": ["--debug", "-v"], "json": ["--format", "json"]}
# What the others say, debug says too; the files are the same at each.
LOUDEST = [level if level in ("debug", "json") else pytest.param(level, marks=pytest.mark.long) for level in LEVELS]


@pytest.mark.parametrize("level", LOUDEST)
def test_redacted_nothing_of_a_secret_is_in_any_file_or_on_any_screen(level: str, tmp_path: Path) -> None:
    done, hook = ran(tmp_path / "out", "--redact", *LEVELS[level])
    assert done.code == 0, done.said
    assert len(done.partial) > 100_000
    assert leaks(done.partial, everything_planted()) == []
    assert leaks(done.said, everything_planted()) == []
    assert in_files(tmp_path, everything_planted()) == {}
    assert {request.call for request in hook.calls}.isdisjoint(VALUES)


VALUES = {
    *("secretsmanager.GetSecretValue", "secretsmanager.BatchGetSecretValue", "ssm.GetParameter", "ssm.GetParameters"),
    *("ssm.GetParametersByPath", "ssm.GetParameterHistory"),
}


@pytest.mark.parametrize("level", LOUDEST)
def test_not_redacted_what_is_locked_up_stays_so_and_plain_secrets_are_named_not_shown(
    level: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done, hook = ran(out, *LEVELS[level])
    assert done.code == 0, done.said
    secret = [*LOCKED.kept, *GIVEN.values()]
    assert leaks(done.partial, secret) == leaks(done.said, secret) == []
    assert in_files(tmp_path, secret) == {}
    assert {request.call for request in hook.calls}.isdisjoint(VALUES)
    shown = [canary for found in planted().in_environments.values() for canary in found]
    assert leaks(done.said, shown) == []
    assert in_files(out / "report", shown) == {}
    assert in_files(out / "cutover", shown) == {}
    findings = json.loads((out / "report" / "findings.json").read_bytes())
    said = [finding["message"] for finding in findings if finding["slug"] == "plain-secret"]
    assert [name for name in planted().in_environments if not any(f" {name} " in text for text in said)] == []


def test_an_error_shows_no_secret_even_with_its_traceback(tmp_path: Path) -> None:
    denied = faults.refuse("denied", "ecs.DescribeClusters")
    done, _ = ran(tmp_path / "out", "--redact", "--debug", before=(denied,), ECS2K8S_DEBUG="1")
    assert done.code == 1
    assert b"Traceback" in done.said
    assert leaks(done.said, everything_planted()) == []
    assert in_files(tmp_path, everything_planted()) == {}
    expired = (faults.refuse("expired", "sts.GetCallerIdentity"),)
    done, _ = ran(tmp_path / "other", "--redact", before=expired, ECS2K8S_DEBUG="1")
    assert done.code == 1
    assert b"Traceback" in done.said
    assert leaks(done.said, everything_planted()) == []


def test_partly_denied_the_rest_is_masked_all_the_same(tmp_path: Path) -> None:
    done, _ = ran(tmp_path / "out", "--redact", "-v", before=(faults.refuse("denied", "iam.GetRole"),))
    assert done.code == 5
    assert leaks(done.said, everything_planted()) == []
    assert in_files(tmp_path, everything_planted()) == {}


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pacer, "wait", lambda *_: None)


def exported(out: Path, *before: Any, redact: bool) -> int:
    request = export.Request(
        str(out), login=login.Login(regions=(REGION,)), sets=(f"eks_cluster={EKS}",), redact=redact
    )
    return export.run(request, Talk(2), prepared(hook_of(planted().documents, unlocked, *before)))


def test_an_interrupted_run_leaves_no_secret_in_what_it_has_read(tmp_path: Path, at_once: None) -> None:
    def dying(request: Request, _: int) -> None:
        if request.call == "iam.GetPolicyVersion":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exported(tmp_path, dying, redact=True)
    assert (tmp_path / FILE).stat().st_size > 100_000
    assert in_files(tmp_path, everything_planted()) == {}


def test_redacting_a_directory_that_was_not_leaves_no_secret_in_it(tmp_path: Path, at_once: None) -> None:
    def dying(request: Request, _: int) -> None:
        if request.call == "iam.GetPolicyVersion":
            raise KeyboardInterrupt

    assert exported(tmp_path, redact=False) == 0
    assert set(in_files(tmp_path, everything_planted())) > {"snapshot.json"}
    with pytest.raises(KeyboardInterrupt):
        exported(tmp_path, dying, redact=False)
    assert exported(tmp_path, redact=True) == 0
    assert in_files(tmp_path, everything_planted()) == {}


def test_masking_is_stable_and_leaves_what_is_no_secret(tmp_path: Path, at_once: None) -> None:
    assert exported(tmp_path / "one", redact=True) == exported(tmp_path / "two", redact=True) == 0
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    assert exported(tmp_path / "one", redact=True) == 0  # over what is there
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    plain = json.loads(json.dumps([each.data for each in planted().documents]))
    assert REDACTED not in json.dumps(plain)
    snapshot = json.loads((tmp_path / "one" / "snapshot.json").read_bytes())
    (definition,) = [each["data"] for each in snapshot["documents"] if each["id"].endswith("task-definition/legacy:1")]
    first = definition["containerDefinitions"][0]
    assert first["secrets"] == SECRET
    assert first["image"] == "app:1"
    assert first["command"][0] == "serve"
    assert first["command"][6:8] == ["--listen", ":8080"]
    assert [each["id"] for each in snapshot["documents"] if each["id"] == CLUSTER] == [CLUSTER]


def test_without_secrets_redacting_changes_nothing(tmp_path: Path, at_once: None) -> None:
    """Only what the sample account has in the clear itself."""
    for redact in (False, True):
        request = export.Request(str(tmp_path / str(redact)), login=login.Login(regions=(REGION,)), redact=redact)
        assert export.run(request, Talk(0), prepared(hook_of(everything()))) == 0
    one, two = (json.loads((tmp_path / name / "snapshot.json").read_bytes()) for name in ("False", "True"))
    pairs = zip(one["documents"], two["documents"], strict=True)
    changed = [(before["id"], after) for before, after in pairs if before != after]
    assert [name for name, after in changed if REDACTED not in json.dumps(after)] == []
    assert len(changed) < 5, [name for name, _ in changed]
    assert ACCOUNT in json.dumps(two)
