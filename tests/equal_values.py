"""Values for the places of mappings/equality.yaml: spellings that mean the same, and values that do not.

Written by hand from the documents that the rows cite; no code of the diff makes them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.patterns import steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecs2k8s.compare.equality import Rule

# Form to groups of spellings: those of one group are equal, those of two are not.
SPELLINGS: dict[str, list[list[Any]]] = {
    "quantity": [
        ["0.1", "100m", 0.1, "100000u", "1e-1", "+0.1"],
        ["1Gi", "1024Mi", "1048576Ki", "1073741824", 1073741824],
        ["1G", "1000M", "1e9"],
        [1, "1", "1.0", "1000m"],
        ["0", 0, "0m"],
        ["-1"],
        ["1gi"],
        [None, True],
    ],
    "duration": [
        ["60s", "1m", "1m0s", "60000ms", "0.5m30s"],
        ["1h", "60m", "3600s"],
        ["1h0m1s"],
        ["0", "0s", "0h"],
        ["-1m"],
        ["60"],
        [60],
        ["1d"],
        ["Never"],
        ["never"],
        [""],
    ],
    "prometheus-duration": [
        ["60s", "1m", "60000ms"],
        ["1d", "24h", "1440m"],
        ["1w", "7d"],
        ["1y", "365d"],
        ["0", "0s"],
        ["1.5h"],
        ["90m", "1h30m"],
        [""],
    ],
    "image": [
        ["nginx", "nginx:latest", "docker.io/nginx", "docker.io/library/nginx:latest", "index.docker.io/library/nginx"],
        ["nginx:1.27"],
        ["NGINX"],
        ["shop/web", "docker.io/shop/web:latest"],
        ["localhost/web"],
        ["localhost:5000/web:1"],
        ["localhost:5000/web:2"],
        [
            f"r.example/web@sha256:{'a' * 64}",
            f"r.example/web:1@sha256:{'a' * 64}",
            f"r.example/web:2@sha256:{'a' * 64}",
        ],
        [f"r.example/web@sha256:{'b' * 64}"],
        [f"other.example/web@sha256:{'a' * 64}"],
        ["r.example/web@sha256:short"],
        ["r.example/web:"],
        ["r.example/web: 1"],
        [""],
    ],
    "cron": [
        ["0 * * * *", "0 */1 * * *", "0 0-23 * * *", "@hourly", "0  *  * * ?"],
        ["0 0 * * 0", "0 0 * * SUN", "@weekly"],
        ["0 0 * * 1-5", "0 0 * * MON-FRI", "0 0 * * 1,2,3,4,5"],
        ["0 0 1 1 *", "@yearly", "@annually"],
        ["0 0 1 * 1"],  # the first, and every Monday
        ["0 0 1 * *", "@monthly"],
        ["TZ=UTC 0 0 1 * *"],
        ["0 0 * * 7"],
        ["0 0 * *"],
        [""],
    ],
    "schedule": [
        ["rate(60 minutes)", "rate(1 hour)", " rate( 1 hour )"],
        ["rate(1 day)", "rate(24 hours)", "rate(1440 minutes)"],
        ["cron(0 12 ? * MON-FRI *)", "cron(0 12 ? * 2-6 *)", "cron(0  12 ? * MON,TUE,WED,THU,FRI *)"],
        ["cron(0 12 ? * SUN-FRI *)"],
        ["cron(0/15 * * * ? *)", "cron(0,15,30,45 * * * ? *)"],
        ["cron(0 0 L * ? *)", "cron(0 0 l * ? *)"],
        ["cron(0 0 LW * ? *)"],
        ["at(2030-01-01T00:00:00)", "at( 2030-01-01T00:00:00 )"],
        ["at(2030-01-01T00:00:01)"],
        ["rate(5 fortnights)"],
        ["every day"],
    ],
    "json": [
        ['{"a": 1, "b": [1, 2]}', '{"b":[1,2],"a":1}', '{"b":[1,2],\n"a":1}'],
        ['{"a": 1.0, "b": [1, 2]}'],
        [{"a": 1, "b": [1, 2]}],  # the API server takes no map for a text
        ['{"a": 1, "b": [2, 1]}'],
        ['{"a": "1", "b": [1, 2]}'],
        ['{"a": true, "b": [1, 2]}'],
        ['{"a": 1, "b": [1, 2], "c": null}'],
        ['{"a": 2, "a": 1, "b": [1, 2]}'],
        ['{"a": 1'],
        ["[]"],
        ["[1]"],
        ['"text"'],
        [""],
    ],
    "policy": [
        [
            {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}},
            {"Statement": [{"Effect": "Allow", "Action": ["S3:getobject"], "Resource": ["*"]}]},
            '{"Statement": [{"Resource": "*", "Action": "s3:GetObject", "Effect": "Allow"}]}',
            "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3AGetObject%22%2C%22Resource%22%3A%22%2A%22%7D%7D",
        ],
        [{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}],
        [{"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}],
        [{"Statement": {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}}],
        [{"Statement": {"Effect": "Allow", "NotAction": "s3:GetObject", "Resource": "*"}}],
        [{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::A/*"}}],
        [{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}}],
        [{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}],
        [{"Statement": []}],
    ],
    "pairs": [["a=1,b=2", "b=2,a=1", "b=2, a=1 "], ["a=1,b=3"], ["a=1,b=2,b=3"], ["a=1,b=3,b=2"], ["a=1"], [""]],
    "commas": [["a,b", "b,a", "b, a", "a,b,a"], ["a"], ["a b"], [""]],
    "go-boolean": [
        ["true", "True", "TRUE", "t", "T", "1"],
        ["false", "False", "FALSE", "f", "F", "0"],
        ["yes"],
        ["tRUE"],
        [True],
        [1],
        [""],
    ],
    "boolean": [[True, "true", "True"], [False, "false"], ["yes"], [1], ["1"], [0]],
    "instant": [
        ["2025-01-01T00:00:00Z", "2025-01-01T01:00:00+01:00", "2025-01-01T00:00:00.000Z", "2024-12-31T19:00:00-05:00"],
        ["2025-01-01T00:00:01Z"],
        ["2025-01-01T00:00:00"],
        [1735689600, 1735689600.0],
        ["yesterday"],
    ],
    "ecs-cpu": [["256", ".25 vCPU", "0.25 vcpu", 256], ["1024", "1 vCPU"], ["1"], ["1 cpu"], [True]],
    "ecs-memory": [["1024", "1 GB", "1GB", 1024], ["512", "0.5 GB"], ["1"], ["1 GiB"]],
    "lower": [["S3:Get", "s3:get"], ["s3:gets"], ["s3:Get*"], ["\u017f3:get"], [1]],
    "words": [["true", True], ["false", False], ["3600", 3600], ["True"], ["3600.5", 3600.5], [""]],
}


def pairs_of_spellings(form: str) -> Iterator[tuple[Any, Any, bool]]:
    """All pairs of values with whether they are equal."""
    groups = [[value for value in group if value is not None] for group in SPELLINGS[form]]
    for number, group in enumerate(groups):
        for value in group:
            for other_number, other in enumerate(groups):
                yield from ((value, each, number == other_number) for each in other)


def at(place: str, value: Any) -> Any:
    """An object that holds *value* at the place of a pattern."""
    for step in reversed(steps(place)):
        value = {step.replace("*", "any"): value}
    return value


def lists_of(rule: Rule) -> Iterator[tuple[Any, Any, bool]]:
    """Lists with whether they are equal, by how their items find each other."""
    if rule.items == "bag":
        yield from _bags(rule)
    if rule.items == "keyed":
        yield from _keyed(rule)


def _bags(rule: Rule) -> Iterator[tuple[Any, Any, bool]]:
    one, two = {"x": "1"}, {"x": "2", "y": ["a"]}
    yield ["a", "b"], ["b", "a"], True
    yield ["a", "b"], ["a"], False
    yield ["a", "b"], ["a", "c"], False
    yield [one, two], [two, one], True
    yield [one, two], [two], False
    if rule.one:
        yield ["a", "a"], ["a"], True
        yield "a", ["a"], True
        yield one, [one], True
    else:
        yield ["a", "a", "b"], ["a", "b", "b"], False
        yield ["1"], [1], False
        yield [one, one], [one], False


def _keyed(rule: Rule) -> Iterator[tuple[Any, Any, bool]]:
    key = rule.by[0]
    one, two = {key: "one", "x": "1"}, {key: "two", "x": "2"}
    yield [one, two], [two, one], rule.order != "always"
    yield [one | {"y": None}, two], [one, two], True
    yield [one, two], [one], False
    yield [one, two], [one, two | {"x": "3"}], False
    yield [one, one | {"x": "2"}], [one], False
    yield [one, one | {"x": "2"}], [one | {"x": "2"}], False
    yield [{key: "one"}, {}], [{key: "one"}], False
    yield [{"x": "1"}, {"x": "2"}], [{"x": "2"}, {"x": "1"}], False
    yield [{key: 80, "x": "1"}], [{key: "80", "x": "1"}], False
    yield [{key: 1, "x": "1"}], [{key: True, "x": "1"}], False
    if rule.order == "hooks":
        yield [one | {"lifecycle": {"preStop": {}}}, two], [two, one | {"lifecycle": {"preStop": {}}}], True
        yield [one | {"lifecycle": {"postStart": {}}}, two], [two, one | {"lifecycle": {"postStart": {}}}], False
    if rule.order == "spellings":
        yield [one, one | {key: "ONE"}], [one | {key: "ONE"}, one], False
    for name, value in rule.defaults.items():
        yield [one | {name: "other"}, one | {name: value}], [one | {name: value}, one | {name: "other"}], True


VALUES: dict[str, Callable[[Rule], Iterator[tuple[Any, Any, bool]]]] = {
    "items": lists_of,
    "value": lambda rule: pairs_of_spellings(rule.value),
    "empty": lambda _: iter(
        [
            ({}, None, True),
            ([], None, True),
            ({"a": "1"}, None, False),
            (["a"], None, False),
            ("", None, False),
            (0, None, False),
            (False, None, False),
        ]
    ),
}


def told(value: Any) -> str:
    return json.dumps(value, default=str)[:60]
