from __future__ import annotations

import dataclasses
from collections import Counter

from ecs2k8s.assess.decisions import decisions
from ecs2k8s.core.findings import Finding, catalogue
from ecs2k8s.pipeline import translate
from tests.estates import SAMPLES, estate


def words(name: str, *more: Finding, without: tuple[str, ...] = ()) -> dict[str, str]:
    """Workload to decision, with *more* findings and without those of the severities *without*."""
    translation = translate(*estate(name))
    kept = tuple(f for f in translation.findings if catalogue()[f.slug].severity not in without)
    found = decisions(dataclasses.replace(translation, findings=(*kept, *more)))
    return {f"{each.workload.namespace}/{each.workload.name}": each.word for each in found}


ELB = "arn:aws:elasticloadbalancing:eu-west-1:111122223333"


def test_a_warning_on_a_workload_asks_for_work() -> None:
    assert set(words("three-tier").values()) == {"go with work"}


def test_a_workload_with_nothing_but_notes_may_go() -> None:
    assert set(words("three-tier", without=("warning", "error")).values()) == {"go"}


def test_an_error_on_its_own_document_stops_a_workload_and_no_other() -> None:
    error = Finding.of("unread-field", "arn:aws:ecs:eu-west-1:111122223333:service/shop/worker", "x")
    found = words("three-tier", error)
    assert {name for name, word in found.items() if word == "no-go"} == {"shop/worker"}


def test_an_error_on_a_load_balancer_stops_the_workloads_behind_it() -> None:
    error = Finding.of("unread-field", f"{ELB}:loadbalancer/app/shop/50dc6c495c0c9188", "x")
    found = words("three-tier", error)
    assert {name for name, word in found.items() if word == "no-go"} == {"shop/backend", "shop/frontend"}


def test_an_error_on_a_generated_object_stops_its_workload() -> None:
    found = words("three-tier", Finding.of("unread-field", "Deployment/shop/worker"))
    assert found["shop/worker"] == "no-go"
    assert found["shop/backend"] == "go with work"


def test_a_warning_that_workloads_share_holds_none_of_them_back() -> None:
    shared = Finding.of("unknown-field", f"{ELB}:loadbalancer/app/shop/50dc6c495c0c9188", "x")
    assert set(words("three-tier", shared, without=("warning", "error")).values()) == {"go"}


def test_what_ecs_would_refuse_is_no_go() -> None:
    for name in SAMPLES:
        translation = translate(*estate(name))
        refused = [each for each in decisions(translation) if each.refused]
        assert [each.workload for each in refused] == list(translation.refused)
        assert {each.word for each in refused} <= {"no-go"}


def test_every_blocker_is_an_error_and_makes_a_no_go() -> None:
    found = [each for name in SAMPLES for each in decisions(translate(*estate(name)))]
    assert Counter(each.word for each in found)["no-go"] > 0
    for each in found:
        assert all(catalogue()[finding.slug].severity == "error" for finding in each.blockers)
        assert (each.word == "no-go") == (bool(each.blockers) or each.refused)
