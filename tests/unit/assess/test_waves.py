"""Units, waves and blast radius: of small worlds, of the samples, and of random graphs against naive answers."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecs2k8s.assess.dependencies import Dependencies, Edge, Node, Permission
from ecs2k8s.assess.translation import Translation
from ecs2k8s.assess.wave_reasons import texts
from ecs2k8s.assess.waves import waves
from ecs2k8s.core.ledger import account
from ecs2k8s.core.manifests import Bundle
from ecs2k8s.core.target import Target, convert
from ecs2k8s.pipeline import translate
from ecs2k8s.resolve.index import Index
from ecs2k8s.resolve.inventory import resolve
from ecs2k8s.resolve.workload import Workload
from tests.call_worlds import registered, service, translated
from tests.estates import SAMPLES, estate

if TYPE_CHECKING:
    from ecs2k8s.assess.waves import Unit, Wave
    from ecs2k8s.resolve.workload import Inventory


def shown(found: tuple[Wave, ...]) -> list[list[str]]:
    """Names of the units of each wave, without the namespace, and `(background)` first where it is one."""
    return [
        [*(["(background)"] if wave.background else []), *(unit.name.removeprefix("prod-") for unit in wave.units)]
        for wave in found
    ]


def units(found: tuple[Wave, ...]) -> dict[str, Unit]:
    return {unit.name.removeprefix("prod-"): unit for wave in found for unit in wave.units}


def slugs(unit: Unit) -> tuple[list[str], list[str]]:
    return [reason.slug for reason in unit.why], [reason.slug for reason in unit.breaks]


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ("three-tier", [["(background)", "shop-shop-close-day", "shop-worker"], ["shop-frontend"], ["shop-backend"]]),
        (
            "microservices",
            [
                ["(background)", "market-notification", "market-report", "market-report-weekly"],
                ["market-auth", "market-inventory", "market-order", "market-payment"],
            ],
        ),
        ("routing", [["store-admin", "store-api", "store-web"]]),
        (
            "ec2-legacy",
            [
                ["(background)", "legacy-legacy-reports"],
                [
                    *("default-isolated", "legacy-erp", "legacy-gateway", "legacy-node-agent", "legacy-trainer"),
                    *("legacy-checkout", "legacy-portal", "legacy-reports"),
                ],
            ],
        ),
    ],
)
def test_the_samples(sample: str, expected: list[list[str]]) -> None:
    assert shown(translate(*estate(sample)).waves) == expected


def test_the_shop_says_what_notices_when_the_backend_fails() -> None:
    its = {unit.name: unit for wave in translate(*estate("three-tier")).waves for unit in wave.units}
    backend, worker = its["shop-backend"], its["shop-worker"]
    assert (backend.blast.callers, backend.blast.through, backend.blast.everyone) == (("shop/frontend",), (), True)
    assert [entrance.via for entrance in (*backend.blast.entrances, *backend.blast.beyond)] == [
        ("/api/*",),
        ("all else",),
    ]
    assert "www.shop.example.com" in backend.blast.entrances[0].names
    assert (worker.blast.dependents, worker.blast.entrances, worker.designs) == ((), (), ("D",))
    assert (backend.designs, backend.owners) == (("A",), ("shop", "shop@example.com"))


def test_one_action_with_weights_makes_one_unit() -> None:
    its = {unit.name: unit for wave in translate(*estate("routing")).waves for unit in wave.units}
    assert its["store-api"].workloads == ("store/api", "store/api-canary")
    assert slugs(its["store-api"]) == (["tied-by-action"], ["torn-action"])


def test_the_parts_of_a_split_make_one_unit() -> None:
    snapshot, _ = estate("three-tier")
    target = convert({"splits": {"shop/backend": {"by": "path", "parts": {"orders": {"paths": ["/api/*"]}}}}})
    its = {unit.name: unit for wave in translate(snapshot, target).waves for unit in wave.units}
    assert its["shop-backend"].workloads == ("shop/backend", "shop/backend-orders")
    assert slugs(its["shop-backend"])[0][0] == "tied-by-split"


def test_a_callee_of_service_connect_comes_before_its_callers_and_its_tasks_stay() -> None:
    api = service("api", {"DB": "http://db/"}, alias="api")
    found = translated(service("web", {"API": "http://api/"}, member=True), api, service("db", alias="db")).waves
    assert shown(found) == [["db"], ["api"], ["web"]]
    its = units(found)
    assert (its["api"].after, its["web"].after) == (("prod-db",), ("prod-api",))
    assert slugs(its["db"]) == (
        ["peers-together"],
        ["perhaps-not-found", "tasks-end-too-early", "perhaps-tasks-end-too-early"],
    )
    assert slugs(its["web"]) == (["callees-first", "perhaps-callees-first"], ["callee-not-found", "perhaps-not-found"])
    assert its["web"].why[0].text.startswith("It calls prod-api by api, a name of Service Connect.")
    assert (its["db"].blast.callers, its["db"].blast.through, its["db"].designs) == (
        ("prod/api",),
        ("prod/web",),
        ("C",),
    )


def test_a_member_that_only_calls_comes_after_what_it_may_call() -> None:
    found = translated(service("web", member=True), service("api", alias="api"), service("alone")).waves
    assert shown(found) == [["alone", "api"], ["web"]]
    assert slugs(units(found)["web"]) == (["perhaps-callees-first"], ["perhaps-not-found"])
    assert slugs(units(found)["api"]) == (["nothing-before"], ["perhaps-tasks-end-too-early"])


def test_many_members_that_only_call_come_after_all_that_answer() -> None:
    many = [service(f"web-{at}", member=True) for at in range(9)]
    found = translated(*many, *(service(f"api-{at}", alias=f"api-{at}") for at in range(5)))
    assert len(found.dependencies.wide) == 2
    assert [len(wave.units) for wave in found.waves] == [5, 9]
    assert units(found.waves)["api-0"].blast.may == 13


def test_calls_in_a_circle_by_names_of_ecs_alone_make_one_unit_and_a_finding() -> None:
    found = translated(
        service("one", {"TWO": "http://two/"}, alias="one"), service("two", {"ONE": "http://one/"}, alias="two")
    )
    assert shown(found.waves) == [["one"]]
    unit = units(found.waves)["one"]
    assert (unit.workloads, slugs(unit)) == (("prod/one", "prod/two"), (["tied-by-circle"], ["torn-circle"]))
    (said,) = [finding for finding in found.findings if finding.slug == "calls-in-a-circle"]
    assert dict(said.args) == {"workloads": "prod/one, prod/two", "unit": "prod-one"}


def test_a_call_inside_of_a_unit_is_no_circle_and_one_by_way_of_a_unit_is() -> None:
    weights = {"TargetGroups": [{"TargetGroupArn": f"tg:{name}", "Weight": 50} for name in ("one", "two")]}
    listener = {"port": 80, "rules": [], "default": [{"Type": "forward", "ForwardConfig": weights}]}
    front = [{"name": "front", "listeners": [listener]}]
    one = service("one", {"TWO": "http://two/"}, alias="one", group="one")
    two = service("two", group="two", alias="two")
    unit = units(translated(one, two, balancers=front).waves)["one"]
    assert (unit.workloads, slugs(unit)[0]) == (("prod/one", "prod/two"), ["tied-by-action"])
    calling = service("two", {"THREE": "http://three/"}, group="two", alias="two")
    three = service("three", {"ONE": "http://one/"}, alias="three")
    unit = units(translated(one, calling, three, balancers=front).waves)["one"]
    assert unit.workloads == ("prod/one", "prod/three", "prod/two")
    assert slugs(unit)[0] == ["tied-by-action", "tied-by-circle"]


def test_calls_in_a_circle_that_cross_make_no_unit() -> None:
    one, documents = registered("one", "one", {"TWO": "http://two.shop.local/"})
    two, more = registered("two", "two", {"ONE": "http://one.shop.local/"})
    found = translated(one, two, others=[*documents, more[1]]).waves
    assert shown(found) == [["one", "two"]]
    assert slugs(units(found)["one"]) == (["circle-open"], ["nothing-breaks"])


def test_a_caller_that_crosses_comes_before_its_callee() -> None:
    api, documents = registered("api", "api")
    found = translated(api, service("web", {"API": "http://api.shop.local/"}), others=documents).waves
    assert shown(found) == [["web"], ["api"]]
    assert slugs(units(found)["api"]) == (["callers-first"], ["nothing-breaks"])


def test_a_callee_that_is_refused_is_never_found() -> None:
    itself = {"dependsOn": [{"containerName": "app", "condition": "START"}]}
    bad = service("api", alias="api", container=itself)
    found = translated(bad, service("web", {"API": "http://api/"}, member=True))
    assert [workload.folder for workload in found.refused] == ["prod/api"]
    (said,) = [finding for finding in found.findings if finding.slug == "callee-without-pods"]
    assert dict(said.args) == {"caller": "prod/web", "callee": "prod/api", "names": "api"}
    assert shown(found.waves) == [["web"]]


def test_a_host_of_ours_that_nothing_answers_is_a_note() -> None:
    zone = {
        "shape": "route53.HostedZone",
        "id": "/hostedzone/Z1",
        "data": {"Id": "/hostedzone/Z1", "Name": "corp.example."},
    }
    found = translated(service("app", {"PRICES": "https://u:p@prices.corp.example/x?y"}), others=[zone])
    (said,) = [finding for finding in found.findings if finding.slug == "dependency-not-read"]
    assert dict(said.args) == {"name": "prod/app", "variables": "PRICES"}


@pytest.mark.parametrize(
    ("given_service", "target", "expected"),
    [
        (service("app", group="app"), {}, ("A",)),
        (service("app", group="app"), {"shift": "weighted-dns"}, ("B",)),
        (service("app", group="app", alias="app"), {}, ("A", "C")),
        (service("app"), {}, ("C",)),
        (service("app", container={"portMappings": []}), {}, ("D",)),
        (service("app", container={"portMappings": []}, service={"schedulingStrategy": "DAEMON"}), {}, ()),
        (service("app", service={"schedulingStrategy": "DAEMON"}), {}, ("C",)),
    ],
)
def test_designs(given_service: Any, target: dict[str, Any], expected: tuple[str, ...]) -> None:
    from tests.case_files import snapshot

    listener = {"port": 80, "rules": [], "default": "forward app"}
    given = {"services": [given_service], "balancers": [{"name": "front", "listeners": [listener]}]}
    if given_service["group"] is None:
        given["balancers"] = []
    (wave,) = translate(snapshot(given).in_order(), convert(target)).waves
    assert wave.units[0].designs == expected


def test_every_reason_is_said_by_a_test_of_this_file_and_can_be_filled_in() -> None:
    import re
    from pathlib import Path

    from ecs2k8s.assess import wave_reasons

    code = Path(wave_reasons.__file__).read_text("utf-8")
    said = set(re.findall(r'_reason\("([a-z-]+)"', code)) | {
        f"{tie}-{kind}" for tie in ("torn",) for kind in ("split", "action", "circle")
    }
    said |= {f"tied-by-{kind}" for kind in ("split", "action", "circle")}
    assert said == set(texts()["reasons"])


# --- random graphs

WORKLOADS = [f"ns/w{at}" for at in range(7)]
PAIRS = st.tuples(st.sampled_from(WORKLOADS), st.sampled_from(WORKLOADS)).filter(lambda pair: pair[0] != pair[1])
KINDS: dict[str, dict[str, Any]] = {
    "crosses": {"evidence": ("environment", "target-group"), "via": ("URL",)},
    "alone": {"evidence": ("discovery", "environment"), "ecs_names": ("name",)},
    "member": {"evidence": ("discovery",)},
    "permitted": {"evidence": ("security-group",)},
}
EDGES = st.dictionaries(PAIRS, st.sampled_from(sorted(KINDS)), max_size=14)


@cache
def nothing() -> Inventory:
    return resolve(Index.of(()), Target())


def world(names: list[str], edges: dict[tuple[str, str], str], *wide: Permission) -> Translation:
    container = {"name": "app", "image": "app:1", "portMappings": [{"containerPort": 80}]}
    data = {"containerDefinitions": [container]}
    its = [
        Workload(name.partition("/")[2], "ns", "Deployment", data, "d", service={"serviceName": name}) for name in names
    ]
    found = Dependencies(
        tuple(sorted(Node("workload", name, name) for name in names)),
        tuple(sorted(Edge(*pair, **KINDS[kind]) for pair, kind in edges.items())),
        wide,
    )
    inventory = replace(nothing(), workloads=tuple(its))
    return Translation(inventory, Bundle.of(()), account((), frozenset()), (), (), dependencies=found)


def before(
    its: dict[str, Unit], of: dict[str, str], edges: dict[tuple[str, str], str], *kinds: str
) -> dict[str, set[str]]:
    """Unit to all units that edges of *kinds* want after it, by the naive closure."""
    arcs = set()
    for (caller, callee), kind in edges.items():
        if kind in kinds and of[caller] != of[callee]:
            arcs.add((of[caller], of[callee]) if kind == "crosses" else (of[callee], of[caller]))
    found = {name: {b for a, b in arcs if a == name} for name in its}
    for _ in its:
        found = {name: after | {far for near in after for far in found[near]} for name, after in found.items()}
    return found


@settings(max_examples=120)
@given(EDGES)
def test_waves_keep_every_order_that_can_be_kept(edges: dict[tuple[str, str], str]) -> None:
    made = waves(world(WORKLOADS, edges), Target())
    its = {unit.name: unit for wave in made for unit in wave.units}
    of = {workload: unit.name for unit in its.values() for workload in unit.workloads}
    assert sorted(workload for unit in its.values() for workload in unit.workloads) == WORKLOADS
    assert [wave.number for wave in made] == list(range(1, len(made) + 1))
    assert all(unit.wave == wave.number for wave in made for unit in wave.units)
    alone = before(its, of, edges, "alone")
    member = before(its, of, edges, "alone", "member")
    every = before(its, of, edges, "alone", "member", "crosses")
    for (caller, callee), kind in edges.items():
        one, other = its[of[caller]], its[of[callee]]
        if one is other:
            continue
        if kind == "alone":
            assert other.wave < one.wave
            assert other.name in one.after
            assert other.name not in alone[one.name]
        if kind == "member" and other.name not in member[one.name]:
            assert other.wave < one.wave
        if kind == "crosses" and one.name not in every[other.name]:
            assert one.wave < other.wave


@settings(max_examples=120)
@given(EDGES)
def test_only_what_cannot_be_parted_is_one_unit(edges: dict[tuple[str, str], str]) -> None:
    reach = {name: {b for (a, b), kind in edges.items() if a == name and kind == "alone"} for name in WORKLOADS}
    for _ in WORKLOADS:
        reach = {name: near | {far for each in near for far in reach[each]} for name, near in reach.items()}
    made = waves(world(WORKLOADS, edges), Target())
    of = {workload: unit.name for wave in made for unit in wave.units for workload in unit.workloads}
    for one in WORKLOADS:
        for other in WORKLOADS:
            assert (of[one] == of[other]) == (one == other or (other in reach[one] and one in reach[other]))


@settings(max_examples=120)
@given(EDGES)
def test_the_blast_radius_is_all_from_which_uses_lead_here(edges: dict[tuple[str, str], str]) -> None:
    uses = {pair for pair, kind in edges.items() if kind in ("crosses", "alone")}
    reach = {name: {a for a, b in uses if b == name} for name in WORKLOADS}
    direct = dict(reach)
    for _ in WORKLOADS:
        reach = {name: near | {far for each in near for far in reach[each]} for name, near in reach.items()}
    may = {name: {a for (a, b) in edges.keys() - uses if b == name} for name in WORKLOADS}
    for unit in (unit for wave in waves(world(WORKLOADS, edges), Target()) for unit in wave.units):
        own = set(unit.workloads)
        every = {caller for name in own for caller in reach[name]} - own
        callers = {caller for name in own for caller in direct[name]} - own
        assert (set(unit.blast.callers), set(unit.blast.through)) == (callers, every - callers)
        assert unit.blast.may == len({caller for name in own for caller in may[name]} - own - every)


@settings(max_examples=40)
@given(EDGES, st.randoms())
def test_neither_order_nor_permissions_of_groups_change_the_waves(
    edges: dict[tuple[str, str], str], order: Any
) -> None:
    shuffled, names = list(edges.items()), list(WORKLOADS)
    order.shuffle(shuffled)
    order.shuffle(names)
    made = waves(world(WORKLOADS, edges), Target())
    assert waves(world(names, dict(shuffled)), Target()) == made
    uses = {pair: kind for pair, kind in edges.items() if kind != "permitted"}
    everyone = Permission(tuple(WORKLOADS), tuple(WORKLOADS), ("security-group",))
    assert shown(waves(world(WORKLOADS, uses, everyone), Target())) != [] or not WORKLOADS
    assert {u.name: u.wave for w in waves(world(WORKLOADS, uses, everyone), Target()) for u in w.units} == {
        unit.name: unit.wave for wave in made for unit in wave.units
    }


def test_a_thousand_workloads_take_seconds_and_time_does_not_grow_with_their_square() -> None:
    def seconds(size: int) -> float:
        numbers = random.Random(7)
        names = [f"ns/w{at:05}" for at in range(size)]
        pairs = {(names[numbers.randrange(at)], names[at]) for at in range(1, size) for _ in range(3)}
        edges = {pair: numbers.choice(["crosses", "alone", "permitted"]) for pair in sorted(pairs)}
        made = world(names, edges, Permission(tuple(names), tuple(names), ("security-group",)))
        start = time.process_time()
        assert sum(len(wave.units) for wave in waves(made, Target())) > 1
        return time.process_time() - start

    small, large = (min(seconds(size) for _ in range(3)) for size in (100, 1_000))
    assert large < 5
    assert large < 50 * small  # their square would be 100


@pytest.mark.parametrize("sample", SAMPLES)
def test_names_of_units_are_safe_and_unique(sample: str) -> None:
    from ecs2k8s.core.names import label

    its = [unit.name for wave in translate(*estate(sample)).waves for unit in wave.units]
    assert len(its) == len(set(its))
    assert all(label(name) == name for name in its)
