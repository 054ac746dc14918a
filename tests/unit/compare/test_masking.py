"""A masked diff says whether two values are the same, and nothing else about them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ecs2k8s.compare.changes import Action, Change, Diff, Masked, Row
from ecs2k8s.compare.differ import rows
from ecs2k8s.compare.masking import Mask

# No letter of a secret stands in any other text of a diff, so that whatever part of it is shown is found.
LETTERS = "ЖЩЮЯФЭЙЦQXZ7"
SECRETS = st.tuples(st.sampled_from(LETTERS[:8]), st.text(LETTERS, min_size=4, max_size=60)).map("".join)
EXAMPLES = settings.default.max_examples if settings.default else 100
Holder = Callable[[str], Any]


def container(**fields: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": {"containers": [{"name": "web", **fields}]}}}}


def definition(**fields: Any) -> dict[str, Any]:
    return {"containerDefinitions": [{"name": "web", **fields}]}


# Where a secret may stand: a shape, and the object that holds one there.
HOLDERS: dict[str, tuple[str, Holder]] = {
    "data of a Secret": ("Secret", lambda s: {"data": {"a": s}}),
    "a Secret's text": ("Secret", lambda s: {"stringData": {"a": s, "b": "1"}}),
    "the annotation of kubectl": (
        "ConfigMap",
        lambda s: {"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": s}}},
    ),
    "an annotation with a telling name": (
        "Service",
        lambda s: {"metadata": {"annotations": {"example.com/api-token": s}}},
    ),
    "JSON in an annotation": (
        "Ingress",
        lambda s: {
            "metadata": {"annotations": {"alb.ingress.kubernetes.io/auth-idp-oidc": json.dumps({"clientSecret": s})}}
        },
    ),
    "text that is no JSON in its place": (
        "Ingress",
        lambda s: {
            "metadata": {"annotations": {"alb.ingress.kubernetes.io/auth-idp-oidc": f'{{"clientSecret": "{s}",'}}
        },
    ),
    "a variable": ("Deployment", lambda s: container(env=[{"name": "DB_PASSWORD", "value": s}])),
    "a variable without a list": ("Custom", lambda s: {"spec": {"name": "DB_PASSWORD", "value": s}}),
    "a plain variable": ("Deployment", lambda s: container(env=[{"name": "COLOUR", "value": s}])),
    "an argument behind its flag": ("Deployment", lambda s: container(args=["-v", "--password", s])),
    "an argument with its flag": ("Deployment", lambda s: container(args=[f"--password={s}"])),
    "a script": ("Deployment", lambda s: container(command=["sh", "-c", f"login --password {s} --user me"])),
    "a probe": (
        "CronJob",
        lambda s: {
            "spec": {
                "jobTemplate": {"spec": container(livenessProbe={"exec": {"command": ["redis-cli", "-a", s]}})["spec"]}
            }
        },
    ),
    "a URL anywhere": ("Custom", lambda s: {"spec": {"to": [{"url": f"postgres://me:{s}@db.internal/shop"}]}}),
    "a file of settings": ("ConfigMap", lambda s: {"data": {"app.conf": f"colour=red\npassword={s}\n"}}),
    "JSON in a file": ("ConfigMap", lambda s: {"data": {"app.json": json.dumps({"db": {"password": s}})}}),
    "a setting of its own": ("ConfigMap", lambda s: {"data": {"DB_PASSWORD": s}}),
    "a variable in ECS": ("ecs.TaskDefinition", lambda s: definition(environment=[{"name": "API_KEY", "value": s}])),
    "a plain variable in ECS": (
        "ecs.TaskDefinition",
        lambda s: definition(environment=[{"name": "COLOUR", "value": s}]),
    ),
    "an option of a log driver": (
        "ecs.TaskDefinition",
        lambda s: definition(logConfiguration={"logDriver": "splunk", "options": {"splunk-token": s}}),
    ),
    "a command in ECS": ("ecs.TaskDefinition", lambda s: definition(command=["mysql", f"-p{s}"])),
    "a tag": ("ec2.SecurityGroup", lambda s: {"Tags": [{"Key": "password", "Value": s}]}),
    "an input of a schedule": (
        "scheduler.Schedule",
        lambda s: {
            "Target": {"Input": json.dumps({"containerOverrides": [{"environment": [{"name": "TOKEN", "value": s}]}]})}
        },
    ),
    "an action of a rule": ("elbv2.Rule", lambda s: {"Actions": [{"AuthenticateOidcConfig": {"ClientSecret": s}}]}),
    "the name of a variable": ("Deployment", lambda s: container(env=[{"name": f"password={s}", "value": "1"}])),
    "a key": ("ConfigMap", lambda s: {"data": {f"password={s}": "1"}}),
}


def shown(before: Any, after: Any, shape: str) -> str:
    """All that any view could show."""
    found: tuple[Row, ...] = rows(before, after, shape, show_values=False)
    plain = Diff("drift", "left", "right", (Change("a", Action.UPDATE, found),)).plain()
    return f"{found!r}\n{[str(row) for row in found]}\n{json.dumps(plain, ensure_ascii=False)}"


@pytest.mark.parametrize("name", HOLDERS)
def test_a_diff_is_the_same_whatever_the_secrets_are(name: str) -> None:
    shape, hold = HOLDERS[name]

    @settings(max_examples=EXAMPLES // 10)  # of 26 holders, with four pairs each: 1,040, and 20,800 in the long suite
    @given(st.lists(SECRETS, min_size=4, max_size=4, unique=True))
    def check(made: list[str]) -> None:
        one, other, third, fourth = made
        assert shown(hold(one), hold(other), shape) == shown(hold(third), hold(fourth), shape)
        for before, after in ((hold(one), hold(other)), (hold(one), None), (None, hold(one))):
            said = shown(before, after, shape)
            assert not [letter for letter in LETTERS[:8] if letter in said]

    check()


@pytest.mark.parametrize("name", HOLDERS)
def test_equal_secrets_have_no_row_and_others_have_rows(name: str) -> None:
    shape, hold = HOLDERS[name]
    assert rows(hold("ЖЩЮЯ7777"), hold("ЖЩЮЯ7777"), shape) == ()
    found = rows(hold("ЖЩЮЯ7777"), hold("ЖЩЮЯ7778"), shape)
    assert found
    assert {row.masked_same for row in found} <= {False, None}


@given(SECRETS, SECRETS)
def test_a_near_miss_hides_both_sides(secret: str, other: str) -> None:
    """What looks like a secret on one side may stand in the clear on the other, with a letter less."""
    assume(secret != other)
    before = container(args=["run", f"password={secret}", "x"])
    after = container(args=["run", f"passwrd={other}", "x"])
    said = shown(before, after, "Deployment")
    assert not [letter for letter in LETTERS[:8] if letter in said]


@pytest.mark.parametrize("value", ["7777", "1234567890"])
def test_a_number_is_a_secret_where_its_name_says_so(value: str) -> None:
    before, after = container(env=[{"name": "DB_PASSWORD", "value": value}]), container(env=[{"name": "DB_PASSWORD"}])
    assert value not in str(rows(before, after, "Deployment", show_values=True))


def test_the_order_of_rows_does_not_depend_on_the_key_of_the_run() -> None:
    def tolerations(*values: str) -> dict[str, Any]:
        keyed = [{"key": "k", "value": "v", "note": f"password={value}"} for value in values]
        return {"spec": {"template": {"spec": {"tolerations": keyed}}}}

    before, after = tolerations(*"abcdefgh"), tolerations(*"stuvwxyz")
    assert len({shown(before, after, "Deployment") for _ in range(20)}) == 1


def test_a_mask_is_of_one_run() -> None:
    one, other = Mask(), Mask()
    assert one.seal("a", "") == one.seal("a", "")
    assert one.seal("a", "") != other.seal("a", "")
    assert "key" not in repr(one).lower()
    assert one == other


def test_a_masked_value_has_one_length() -> None:
    assert str(Masked(same=False)) == "•••••• (differs)"
    assert str(Masked(same=True)) == "•••••• (same)"
