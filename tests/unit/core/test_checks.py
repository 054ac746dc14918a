"""The table of checks is whole, and what it names is there."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest

from ecs2k8s.collect.calls import calls
from ecs2k8s.core.checks import checks
from ecs2k8s.core.findings import catalogue
from ecs2k8s.cutover.checks.needs import APPLIES, NEEDS
from ecs2k8s.cutover.checks.proofs import PROOFS

ROOT = Path(__file__).parents[3]
IDS = [f"{letter}{number:02}" for letter, last in (("S", 38), ("L", 21), ("T", 22)) for number in range(1, last + 1)]


def test_every_check_of_the_design_has_a_row() -> None:
    assert list(checks()) == IDS


def test_every_finding_that_a_person_must_act_on_decides_a_check() -> None:
    decided = set(chain.from_iterable(check.deciding for check in checks().values()))
    acted_on = {slug for slug, entry in catalogue().items() if entry.severity != "note"}
    assert sorted(acted_on - decided) == []


@pytest.mark.parametrize("ident", IDS)
def test_what_a_row_names_is_there(ident: str) -> None:
    check = checks()[ident]
    assert set(check.deciding) <= catalogue().keys()
    assert not set(check.fails) & set(check.doubts)
    assert set(check.needs) <= NEEDS.keys()
    assert not check.applies or check.applies in APPLIES
    assert not check.proof or check.proof in PROOFS
    known = {call.partition(".")[0] for call in calls()} | set(calls())
    assert set(check.unread) <= known
    assert check.see.startswith("https://") or (ROOT / check.see).is_file()


def test_what_is_never_waived_is_what_the_design_lists() -> None:
    assert {ident for ident, check in checks().items() if not check.waivable} >= {"S01", "S31", "L06", "T13"}


def test_all_conditions_and_proofs_are_used() -> None:
    rows = checks().values()
    assert {need for check in rows for need in check.needs} == NEEDS.keys()
    assert {check.applies for check in rows} - {""} == APPLIES.keys()
    assert {check.proof for check in rows} - {""} == PROOFS.keys()


def test_a_warning_leaves_a_check_undecided_and_an_error_fails_it() -> None:
    timing = checks()["S14"]
    assert timing.weight("timing-loses-requests") == "fails"
    assert timing.weight("timing-not-proven") == "doubts"
    assert timing.weight("probe-kill-cuts-shutdown") == "shows"
    assert timing.weight("plain-secret") is None
    assert checks()["S35"].weight("fit-not-known") == "doubts"
