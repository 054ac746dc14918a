"""The third witness: change a leaf, and exactly what its row claims changes.

Leaves of the estates are changed, one at a time. Each place that a row names (`to`) must be seen to change with a leaf
of it: tests/witnesses.yaml has one such change for each. Nothing else may change with a leaf; a row without places must
change nothing at all.
"""

from __future__ import annotations

import json
import pathlib
from collections import Counter, defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ecs2k8s.core.fields import Row, tables
from ecs2k8s.core.paths import leaves, show
from tests.estates import ESTATES, SAMPLES, estate
from tests.influence import Look, look_at, picture, with_leaves

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from ecs2k8s.core.documents import Document

LEAVES_PER_ROW = 2  # of a case, and one of a sample, with one other value each; `make test-long` takes all
ESTATES_PER_ROW = 12
WITNESSES = pathlib.Path(__file__).parent / "witnesses.yaml"
HEAD = """# Made by `make update`: for each place that a row of the tables names, a change of a leaf that was seen to change it.
# change: estate, shape, document, leaf, its other value. shows: row to places.
"""


def wrong(name: str, chosen: Container[str], most: int = LEAVES_PER_ROW, values: int = 1) -> tuple[str, ...]:
    """What changes in estate *name* though no row claims it; of leaves whose row names places, those that are *chosen*.

    Leaves whose row names no place are all changed at once, and one by one only where that changes something.
    """
    look = Look(name)
    seen: Counter[str] = Counter()
    for document in look.snapshot.documents:
        found = list(look.leaves(document))
        quiet = [leaf for leaf in found if not leaf[0].to and leaf[2]]
        at_once = with_leaves(look.bare, document, {path: others[0] for _, path, others in quiet})
        if quiet and picture(at_once, look.target) != look.picture:
            for row, path, others in quiet:
                look.change(document, row, path, others[0])
        for row, path, others in (leaf for leaf in found if leaf[0].to and called(leaf[0]) in chosen):
            seen[called(row)] += 1
            if seen[called(row)] <= most:
                for other in others[:values]:
                    look.change(document, row, path, other)
    return tuple(look.wrong)


def called(row: Row) -> str:
    return f"{row.table} {row.source}"


def claims() -> dict[str, list[str]]:
    """Row to the places that it names."""
    rows = [row for table in tables().values() for row in table.rows.values()]
    return {called(row): sorted(set(row.to)) for row in rows if row.to}


@pytest.fixture(scope="session")
def in_estates(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> dict[str, list[str]]:
    """Row to the estates that have a leaf of it, found once however many processes run the tests."""
    base = tmp_path_factory.getbasetemp()
    file = (base if worker_id == "master" else base.parent) / "rows.json"
    if not file.exists():
        found: dict[str, list[str]] = defaultdict(list)
        for name in ESTATES:
            for row in sorted({called(row) for d in estate(name)[0].documents for row in rows_of(d)}):
                found[row].append(name)
        beside = file.with_suffix(f".{worker_id}")
        beside.write_text(json.dumps(found))
        beside.replace(file)
    whole: dict[str, list[str]] = json.loads(file.read_text())
    return whole


def rows_of(document: Document) -> Iterator[Row]:
    found = (tables()[document.shape].find(path)[0] for path, _ in leaves(document.data))
    return (row for row in found if row and row.to)


@pytest.mark.parametrize("name", ESTATES)
def test_a_leaf_changes_what_its_row_claims_and_nothing_else(name: str, in_estates: dict[str, list[str]]) -> None:
    """Each row is looked at in a few estates, spread over all that have it; `make test-long` looks everywhere."""
    chosen = {row for row, names in in_estates.items() if name in _few(names)}
    assert wrong(name, chosen, 1 if name in SAMPLES else LEAVES_PER_ROW) == ()


def _few(names: list[str]) -> list[str]:
    """Cases, spread over all, before samples, which take a hundred times as long."""
    ordered = sorted(names, key=lambda name: name in SAMPLES)
    return ordered[:: max(1, len(names) // ESTATES_PER_ROW)][:ESTATES_PER_ROW]


@pytest.mark.long
@pytest.mark.parametrize("name", ESTATES)
def test_every_single_leaf_changes_what_its_row_claims_and_nothing_else(name: str) -> None:
    assert wrong(name, claims(), most=1_000_000, values=1_000_000) == ()


Change = tuple[str, str, str, str, Any]  # estate, shape, id and path of the leaf, and its other value


@cache
def recorded() -> dict[Change, dict[str, list[str]]]:
    """tests/witnesses.yaml: a change to the rows and places that were seen to change with it."""
    lines: list[dict[str, Any]] = yaml.load(WITNESSES.read_bytes(), yaml.CSafeLoader) if WITNESSES.exists() else []
    return {tuple(line["change"]): line["shows"] for line in lines}


def shown(change: Change, rows: Container[str]) -> dict[str, set[str]]:
    """Of each of *rows* that the leaf is of, the places that change with it; none where the leaf is gone."""
    name, shape, ident, at, other = change
    if name not in ESTATES:
        return {}
    look = look_at(name)
    for document in look.snapshot.documents:
        if (document.shape, document.id) == (shape, ident):
            for row, path, _ in look.leaves(document):
                if show(path) == at and called(row) in rows:
                    return {called(row): look.change(document, row, path, other)}
    return {}


def searched(row: str, wanted: set[str], names: list[str]) -> Iterator[tuple[Change, set[str]]]:
    """Changes that show the places *wanted* of *row*, as far as there are any."""
    for name in sorted(names, key=lambda name: (len(estate(name)[0].documents), name)):
        look = look_at(name)
        for document in look.snapshot.documents:
            for found, path, others in look.leaves(document):
                for other in others if called(found) == row and wanted else ():
                    seen = look.change(document, found, path, other) & wanted
                    wanted -= seen
                    if seen:
                        yield (name, document.shape, document.id, show(path), other), seen
        if not wanted:
            return


WITNESSED = sorted({change[0] for change in recorded()})


@pytest.mark.parametrize("name", WITNESSED)
def test_a_recorded_change_still_shows_its_places(name: str, update: bool) -> None:
    if update:
        pytest.skip("the record is made anew")
    lost = {
        (*change, row, place)
        for change, rows in recorded().items()
        if change[0] == name
        for row, expected in rows.items()
        for place in set(expected) - shown(change, rows).get(row, set())
    }
    assert lost == set()


def test_every_place_that_a_row_claims_is_changed_by_it_somewhere(
    update: bool, in_estates: dict[str, list[str]]
) -> None:
    if update:
        WITNESSES.write_text(_record(in_estates), encoding="utf-8")
    proven = {(row, place) for rows in recorded().values() for row, found in rows.items() for place in found}
    claimed = {(row, place) for row, found in claims().items() for place in found}
    assert sorted(claimed - proven) == []
    assert sorted(proven - claimed) == []


def _record(in_estates: dict[str, list[str]]) -> str:
    """What was recorded and still holds, and a new witness for each place that has none."""
    found: dict[Change, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    missing = {row: set(places) for row, places in claims().items()}
    for change, rows in recorded().items():
        for row, seen in shown(change, rows).items():
            new = seen & missing.get(row, set())
            missing[row] -= new
            if new:
                found[change][row] |= new
    for row, wanted in missing.items():
        for change, seen in searched(row, wanted, in_estates.get(row, [])) if wanted else ():
            found[change][row] |= seen
    lines = (
        json.dumps({"change": change, "shows": {row: sorted(seen) for row, seen in rows.items()}})
        for change, rows in sorted(found.items(), key=lambda item: (item[0][:4], repr(item[0][4])))
    )
    return HEAD + "".join(f"- {line}\n" for line in lines)
