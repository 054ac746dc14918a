"""What looks like a secret."""

from __future__ import annotations

import pytest

from ecs2k8s.collect.redact import mask
from ecs2k8s.core.redacted import looks_secret

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
