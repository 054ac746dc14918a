"""What looks like a secret."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecs2k8s.collect.redact import mask
from ecs2k8s.core.redacted import REDACTED, hidden, known, looks_secret

SECRETS = {
    "DB_PASSWORD": "hunter2",
    "dbPassword": "hunter2",
    "MYSQLPASSWORD": "hunter2",
    "SMTP_PASS": "hunter2",
    "PGPASSWORD": "hunter2",
    "GITHUB_TOKEN": "abc",
    "splunk-token": "abc",
    "API_KEY": "abc",
    "apiKey": "abc",
    "STRIPE_API_KEY_2": "abc",
    "AWS_SECRET_ACCESS_KEY": "abc",
    "JWT_SECRET": "abc",
    "SIGNING_KEY": "abc",
    "PIN_SECRET": "123456",
    "A": "AKIAIOSFODNN7EXAMPLE",
    "B": "-----BEGIN RSA PRIVATE KEY-----\nMII",
    "C": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc",
    "D": "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "E": "xoxb-123456789-abcdef",
    "F": "sk_live_0123456789abcdef",
    "DATABASE_URL": "postgres://user:pa55@db:5432/app",
    "REDIS_URL": "redis://:pa55@cache:6379",
    "SALT": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "COOKIE": "q7Xv2LrT9zKd4WmBc8YpHs1NfGj6QeAo",
    "CONNECTION": "Server=db;User Id=app;Password=pa55;",
    "CALLBACK": "https://api.example.com/hook?token=abcdef",
    "JAVA_OPTS": "-Xmx1g -Djavax.net.ssl.keyStorePassword=pa55word",
    "SETTINGS": '{"db": {"user": "app", "password": "pa55word"}}',
    "TWENTY": "q7Xv2LrT9zKd4WmBc8Yp",
    "LOWER": "k3j9x2m4q8w7e5r1t6y0u3i9o2p4a8s7",
    "REDIS_AUTH": "requirepass=pa55word token=abcdef",
    "HTPASSWD": "app:$2y$10$abcdefghijklmnopqrstuv",
    "PROXY": "http://user:p@ss/w0rd@proxy:3128",
}
HARMLESS = {
    "LOG_LEVEL": "debug",
    "DB_PASSWORD_FILE": "/run/secrets/db",
    "TOKEN_PATH": "/var/token",
    "SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:x",
    "DB_SECRET": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:x",
    "SECRET_NAME": "prod/db",
    "TOKEN_URL": "https://idp.example.com/token",
    "DATABASE_URL": "postgres://db:5432/app",
    "MAX_TOKENS": "4096",
    "SECRETS_ENABLED": "x",
    "USE_SECRETS": "true",
    "PASSWORD": "",
    "API_KEY": "${API_KEY}",
    "API_TOKEN": "<TOKEN>",
    "DSN": "mysql://app:${DB_PASSWORD}@db/app",
    "TOKENIZER": "bpe",
    "COMPASS": "north",
    "PASSWORD_MIN_LENGTH": "twelve",
    "KEYBOARD": "us",
    "TIME": "2024-01-01T10:20:30@x",
    "EMAIL": "mailto:a@example.com",
    "GIT_SHA": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
    "CLIENT_ID": "q7Xv2LrT9zKd4WmBc8YpHs1NfGj6QeAo",
    "TOPIC": "orders-created-in-the-north-of-europe",
    "HOST": "internal-shop-1234567890.eu-west-1.elb.amazonaws.com",
    "JAVA_OPTS": "-Xms512m -Xmx1024m -XX:+UseG1GC",
    "CLASS": "com.example.shop.orders.OrderRepositoryFactory",
    "PRIVATE_SUBNET": "subnet-1",
    "TABLE": "shop-UserProfileTable-14EXNJ76G4F4W",
    "POOL": "eu-west-1_9zKd4WmBc",
    "PASSWORD_POLICY_REGEX": "^(?=.*[A-Z]).{8,}$",
    "PASSWORD_SSM_PARAM": "/shop/prod/database/password",
    "TOKEN_EXPIRES_IN": "15m",
    "MODEL": "sk-learn-pipelines-for-everyone",
    "JOB": "global-inventory-reconciliation-of-orders",
    "SCOPED": "https://registry.example.com/@acme/shop",
    "MODULE": "https://unpkg.com/react@18.2.0/umd/react.production.min.js",
}


@pytest.mark.parametrize("name", SECRETS)
def test_it_looks_like_a_secret(name: str) -> None:
    assert looks_secret(name, SECRETS[name])


@pytest.mark.parametrize("name", HARMLESS)
def test_it_looks_like_no_secret(name: str) -> None:
    assert not looks_secret(name, HARMLESS[name])


def test_by_form_a_secret_is_masked_wherever_it_stands() -> None:
    token = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
    given = {
        "command": ["sh", "-c", f"login {token} && run", "--password", "hunter2", "--api-key=abcdef"],
        "tags": [{"key": "owner", "value": token}, {"key": "password", "value": "hunter2"}],
        "options": {"splunk-token": "abc", "tag": "x"},
        "Input": '{"containerOverrides": [{"environment": [{"name": "DB_PASSWORD", "value": "hunter2"}]}]}',
        "healthCheck": {"command": ["CMD", "curl", "https://user:pa55@localhost/"]},
        "image": "repo/app:1",
    }
    masked = mask(given)
    assert token not in str(masked)
    assert "hunter2" not in str(masked)
    assert "abc" not in str(masked)
    assert "pa55" not in str(masked)
    assert masked["command"][2] == "login ecs2k8s:redacted && run"
    assert masked["image"] == "repo/app:1"
    assert masked["options"]["tag"] == "x"
    assert mask(masked) == masked


def test_what_has_no_secret_stays_as_it_is() -> None:
    given = {"environment": [{"name": "A", "value": "b"}], "Input": '{"a":  1}', "n": 1, "none": None, "l": [[], {}]}
    assert mask(given) == given


REFERENCES = {
    "secrets": [
        {"name": "A", "valueFrom": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/db-AbCdEf:password::"},
        {"name": "B", "valueFrom": "arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:token-AbCdEf"},
        {"name": "C", "valueFrom": "/shop/prod/password"},
    ],
    "repositoryCredentials": {"credentialsParameter": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:registry"},
    "image": "acme/external-secret:1.2.3",
    "Resource": ["arn:aws:secretsmanager:*:*:secret:prod/*", "arn:*:secretsmanager:*:*:secret:shop"],
    "taskDefinition": "arn:aws:ecs:eu-west-1:111122223333:task-definition/shop-token:12",
    "options": {"awslogs-group": "/ecs/token", "awslogs-stream-prefix": "secret"},
}


def test_references_to_secrets_stay_as_they_are() -> None:
    assert mask(REFERENCES) == REFERENCES


WHOLE = {
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7bq8\n-----END RSA PRIVATE KEY-----": "MIIEowIBAAKCAQEA7bq8",
    "Server=db;Password=hunter22;User Id=app": "hunter22",
    "AccountName=shop;AccountKey=c2VjcmV0LWtleS1vZi1henVyZQ==;x=1": "c2VjcmV0LWtleS1vZi1henVyZQ==",
    "https://hooks.slack.com/services/T0123456789/B0123456789/abcdefghijklmnopqrstuvwx": "T0123456789/B0123456789",
    "redis://:ab/cd+ef=@cache:6379/0": "ab/cd+ef=",
    "sh -c 'export DB_PASS=hunter22 && run'": "hunter22",
    "curl -H 'Authorization: Bearer abcdefghijkl' https://x": "abcdefghijkl",
    "app --password hunter22 --port 80": "hunter22",
    'jaas username="app" password="hunter22";': "hunter22",
}


@pytest.mark.parametrize("text", WHOLE)
def test_nothing_of_a_secret_is_left_where_it_is_masked(text: str) -> None:
    secret = WHOLE[text]
    for size in range(6, len(secret) + 1):
        for at in range(len(secret) - size + 1):
            assert secret[at : at + size] not in hidden(text)
    assert looks_secret("X", text)


def test_maps_of_workflows_and_buildspecs_are_masked_by_name() -> None:
    step = {"env": {"DB_PASSWORD": "hunter2", "PIN_SECRET": 123456}, "with": {"token": "abc", "fetch-depth": 0}}
    masked = {"env": {"DB_PASSWORD": REDACTED, "PIN_SECRET": REDACTED}, "with": {"token": REDACTED, "fetch-depth": 0}}
    assert mask({"jobs": {"a": {"steps": [step]}}}) == {"jobs": {"a": {"steps": [masked]}}}
    buildspec = {
        "variables": {"DB_PASSWORD": "hunter2", "STAGE": "prod"},
        "secrets-manager": {"DB_PASSWORD": "prod/db"},
    }
    kept = buildspec | {"variables": {"DB_PASSWORD": REDACTED, "STAGE": "prod"}}
    assert mask({"env": buildspec}) == {"env": kept}
    given = {"with": {"token": "${{ secrets.GITHUB_TOKEN }}"}, "env": {"DB_PASSWORD": "${{ secrets.DB }}"}}
    assert mask(given) == given


def test_a_header_of_fluent_bit_is_a_name_and_a_value() -> None:
    for secret in ("Authorization Bearer abc", "Authorization abc", "X-Api-Key abc", "Header abc ghp_" + "a1" * 15):
        assert mask({"options": {"Header": secret}}) == {"options": {"Header": REDACTED}}
    for harmless in ("X-Stage prod", "Authorization", "Authorization Bearer ${TOKEN}", "", "Header", "Header " * 5_000):
        assert mask({"options": {"Header": harmless}}) == {"options": {"Header": harmless}}


def test_json_in_a_string_is_masked_by_the_names_in_it() -> None:
    text = json.dumps({"db": {"password": "hunter22"}, "list": [{"apiToken": "abc", "port": "80"}]})
    assert json.loads(mask(text)) == {"db": {"password": REDACTED}, "list": [{"apiToken": REDACTED, "port": "80"}]}


@pytest.mark.parametrize("provider", sorted(known().tokens))
def test_a_known_form_is_found_and_masked_wherever_it_stands(provider: str) -> None:
    @settings(max_examples=30)
    @given(st.from_regex(known().tokens[provider].replace(r"\b", ""), fullmatch=True, alphabet=ASCII))
    def holds(token: str) -> None:
        assert looks_secret("SETTING", token)
        for text in (token, f"run {token} now", f'"{token}"', f"https://x.example.com/{token}"):
            assert token not in hidden(text)
        assert hidden(hidden(token)) == hidden(token)

    holds()


ASCII = st.characters(min_codepoint=33, max_codepoint=126)


@given(
    st.recursive(
        st.text() | st.none() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_masking_twice_changes_nothing_more(value: object) -> None:
    assert mask(mask(value)) == mask(value)


SLOW = (
    "a",
    "-----BEGIN ",
    "password=",
    "://a:",
    "sk-",
    "eyJ",
    "$2a$",
    "glpat-",
    "arn:aws:",
    'token":"',
    "[&",
    "=",
    "A1b",
)


@pytest.mark.parametrize("part", SLOW)
def test_a_long_value_takes_no_longer_than_its_length(part: str) -> None:
    """Thousands of times what it takes would show here; no figure is promised."""
    long = part * (65_536 // len(part))
    begin = time.process_time()
    hidden(long)
    looks_secret("X", long)
    assert time.process_time() - begin < 10
