from __future__ import annotations

import json

import pytest

from ecs2k8s.assess.decisions import decisions, own_documents
from ecs2k8s.compare.changes import RANKS, Leaf, Masked, Risk, Row, Status
from ecs2k8s.core.paths import show
from ecs2k8s.pipeline import translate
from ecs2k8s.report import workload_sides
from ecs2k8s.report.data import not_exact
from ecs2k8s.report.diff_words import OF_ARN, cut
from ecs2k8s.report.translated import translated_changes
from ecs2k8s.report.workload_sides import LONGEST_PLACE, LONGEST_VALUE, MOST_OF_ONE, differs, sides, value
from tests.estates import SAMPLES, estate


@pytest.mark.parametrize("name", SAMPLES)
def test_the_riskiest_come_first_and_what_is_left_out_is_counted(name: str) -> None:
    translation = translate(*estate(name))
    for found in sides(translation, decisions(translation)).values():
        shown = sum(len(group.rows) for group in found.groups)
        assert (shown <= MOST_OF_ONE, shown + found.more) == (True, found.count)
        calm = [RANKS[Risk(group.risk)] for group in found.groups if group.severity != "error"]
        assert calm == sorted(calm)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_field_of_a_workload_that_is_not_exact_is_among_them(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for those that a known cause of `diff translate` explains."""
    monkeypatch.setattr(workload_sides, "MOST_OF_ONE", 10_000)
    translation = translate(*estate(name))
    decided = decisions(translation)
    shown = {row.ecs for one in sides(translation, decided).values() for group in one.groups for row in group.rows}
    rows = [row for change in translated_changes(translation) for row in change.rows if row.before]
    explained = {row.before.origin for row in rows if row.before and row.cause}
    own = {document for each in decided for document in own_documents(each.workload)}
    wanted = [each for each in not_exact(translation.ledger.entries) if each.document.id in own]
    assert wanted
    for entry in wanted:
        origin = f"{entry.document.id} {show(entry.path)}"
        assert cut(OF_ARN.sub("", origin), LONGEST_PLACE) in shown or origin in explained, origin


def test_no_value_of_the_environment_is_shown() -> None:
    snapshot, target = estate("three-tier")
    translation = translate(snapshot, target)
    values = {
        variable["value"]
        for document in snapshot.documents
        for container in document.data.get("containerDefinitions", [])
        for variable in container.get("environment", [])
        if len(variable["value"]) > 8
    }
    found = sides(translation, decisions(translation))
    text = json.dumps([[row.before, row.after] for one in found.values() for group in one.groups for row in group.rows])
    assert values
    assert not [each for each in values if json.dumps(each)[1:-1] in text]


def test_what_is_carried_exactly_or_asks_for_nothing_is_left_out() -> None:
    leaf = Leaf("x", "arn a")
    assert not differs(Row("a", Status.MAPPED, Risk.IMAGE, leaf, leaf), set())
    assert not differs(Row("a", Status.ADDED, Risk.IMAGE, None, leaf), {"arn a"})
    assert not differs(Row("a", Status.DROPPED, Risk.IMAGE, leaf, None, cause="nothing-to-carry"), {"arn a"})
    assert differs(Row("a", Status.DROPPED, Risk.IMAGE, leaf, None), {"arn a"})
    assert differs(Row("a", Status.UNKNOWN, Risk.IMAGE, leaf, None), set())
    assert differs(Row("a", Status.SAME, Risk.IMAGE, leaf, leaf, findings=("field-manual",)), set())


def test_values_are_short_visible_and_masked_where_they_must_be() -> None:
    assert value(Leaf(Masked(same=True))) == "•••••• (same)"
    assert value(Leaf("a\u202eb")) == "a\\u202eb"
    assert value(Leaf("")) == '""'
    assert value(Leaf([1, None])) == "[1, null]"
    assert len(value(Leaf("x" * 5_000))) <= LONGEST_VALUE
    assert value(None) == ""
