"""The waves as a person gets them: cutover/waves.json, the section of the report, and no secret in either."""

from __future__ import annotations

import json
import random
import string
import time
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.assess.call_graph import dependencies
from ecs2k8s.core.findings import message
from ecs2k8s.core.target import Target
from ecs2k8s.pipeline import translate
from ecs2k8s.report.waves import FILE, FORMAT, wave_lines, waves_json
from tests.call_worlds import graph, service, translated
from tests.estates import SAMPLES, estate

if TYPE_CHECKING:
    from ecs2k8s.assess.translation import Translation


def written(made: Translation) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(waves_json(made, Target())[FILE])
    return found


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_file_has_every_workload_once_and_every_end_of_an_arrow(sample: str) -> None:
    made = translate(*estate(sample))
    found = written(made)
    units = [unit for wave in found["waves"] for unit in wave["units"]]
    names = [name for unit in units for name in unit["workloads"]]
    assert sorted(names) == sorted(workload.folder for workload in made.translated)
    nodes = {node["id"] for node in found["graph"]["nodes"]}
    assert {edge[end] for edge in found["graph"]["edges"] for end in ("from", "to")} <= nodes
    assert {name for each in found["graph"]["permissions"] for name in (*each["from"], *each["to"])} <= nodes
    assert {other for unit in units for other in unit["after"]} <= {unit["name"] for unit in units}
    assert found["format"] == FORMAT


def test_a_unit_in_the_file() -> None:
    (backend,) = [
        unit
        for wave in written(translate(*estate("three-tier")))["waves"]
        for unit in wave["units"]
        if wave["number"] == 3
    ]
    names = {"count": 3, "names": ["d111111abcdef8.cloudfront.net", "shop.example.com", "www.shop.example.com"]}
    entrance = {"load_balancer": "shop", "internet": True, "names": names}
    assert backend == {
        "name": "shop-backend",
        "workloads": ["shop/backend"],
        "designs": ["A"],
        "owners": ["shop", "shop@example.com"],
        "after": [],
        "why": [
            {
                "slug": "callers-first",
                "text": "It is called by shop-frontend and reached wherever it runs. They move first: fewer depend on them.",
            }
        ],
        "breaks": [
            {
                "slug": "nothing-breaks",
                "text": "Nothing that is known: who calls it reaches it wherever it runs.",
            }
        ],
        "blast_radius": {
            "callers": {"count": 1, "names": ["shop/frontend"]},
            "through": {"count": 0, "names": []},
            "entrances": [entrance | {"requests": {"count": 1, "names": ["/api/*"]}}],
            "beyond": [entrance | {"requests": {"count": 1, "names": ["all else"]}}],
            "may_call": 0,
        },
    }


def test_the_section_says_each_reason_once_with_its_units() -> None:
    lines = wave_lines(translate(*estate("three-tier")))
    assert "| 1 | `shop-worker` | D | `shop`, `shop@example.com` | nothing known |" in lines
    (said,) = [line for line in lines if "handed over" in line and line.startswith("- ")]
    assert said.startswith("- `shop-shop-close-day`, `shop-worker`: No requests come to it.")


def test_where_nothing_moves_there_is_no_file_and_no_section() -> None:
    itself = {"dependsOn": [{"containerName": "app", "condition": "START"}]}
    made = translated(service("app", container=itself))
    assert (made.waves, waves_json(made, Target()), wave_lines(made)) == ((), {}, [])


FORMS = (
    "postgres://{0}:{1}@shop.c9akciq32abc.eu-west-1.rds.amazonaws.com:5432/{2}?password={3}",
    "https://{0}:{1}@api.corp.example/{2}?token={3}#{0}",
    "amqps://{0}:{1}@api:5671/{2}",
    "https://sqs.eu-west-1.amazonaws.com/{0}/{1}?{2}",
    "jdbc:sqlserver://api:1433;user={0};password={1}",
    "Server=tcp:api,1433;Password={0};User={1}",
    "mongodb://{0}:{1}@one.corp.example:27017,api:27017/{2}",
    "https://hooks.example/{0}/{1}",
    "{0}@api:3306/{1}",
    "{0}",
)


def test_of_a_value_nothing_is_shown_but_hosts_that_are_known() -> None:
    numbers = random.Random(3)
    canaries = [
        "cn" + "".join(numbers.choices(string.ascii_letters + string.digits, k=14)) for _ in range(4 * len(FORMS))
    ]
    values = [form.format(*canaries[4 * at : 4 * at + 4]) for at, form in enumerate(FORMS)]
    env = {f"VALUE_{at}": value for at, value in enumerate(values)}
    zone = {
        "shape": "route53.HostedZone",
        "id": "/hostedzone/Z1",
        "data": {"Id": "/hostedzone/Z1", "Name": "corp.example."},
    }
    command = {"command": ["serve", *values]}
    caller = service("caller", env, member=True, container=command)
    made = translated(caller, service("api", alias="api"), others=[zone])
    used = {variable for edge in made.dependencies.uses for variable in edge.via}
    assert {"VALUE_0", "VALUE_2", "VALUE_4", "VALUE_6", "VALUE_8", "command"} <= used
    said = [message(finding) for finding in made.findings if finding.slug == "dependency-not-read"]
    shown = "\n".join(
        [waves_json(made, Target())[FILE], *wave_lines(made), *said, repr(made.dependencies), repr(made.waves)]
    )
    assert [canary for canary in canaries if canary.lower() in shown.lower()] == []


def test_a_thousand_services_are_read_in_seconds_and_time_does_not_grow_with_their_square() -> None:
    def seconds(size: int) -> float:
        names = [f"s{at:04}" for at in range(size)]
        env = [{f"TO_{to}": f"http://{to}:80/" for to in names[at + 1 : at + 4]} for at in range(size)]
        its = [service(name, each, alias=name) for name, each in zip(names, env, strict=True)]
        start = time.process_time()
        assert len(graph(*its).uses) == 3 * size - 6
        return time.process_time() - start

    small, large = (min(seconds(size) for _ in range(2)) for size in (40, 400))
    assert large < 50 * small  # their square would be 100


def test_the_graph_looks_at_documents_when_the_ledger_is_done_and_changes_nothing() -> None:
    made = translate(*estate("three-tier"))
    assert dependencies(made) == made.dependencies
