"""The first witness: the tables are total over botocore's shapes, and say nothing of what is not there."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from ecs2k8s.collect.kinds import kinds
from ecs2k8s.collect.shapes import model
from ecs2k8s.core import fields, mappings
from ecs2k8s.core.errors import MappingError
from ecs2k8s.core.fidelity import Fidelity
from ecs2k8s.core.fields import Pattern, pattern, tables
from tests.test_samples import documented

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Documents for which botocore has no shape.
OWN = {
    "jenkins.Jenkinsfile": ("name", "lines[]"),
    "codebuild.Buildspec": (
        *("name", "version", "run-as", "phases.**", "env.**", "proxy.**", "batch.**", "reports.**", "artifacts.**"),
        "cache.**",
    ),
    "github.Workflow": (
        *("name", "run-name", "on", "on[]", "on.**", "permissions", "permissions.**", "env.**", "defaults.**"),
        *("concurrency", "concurrency.**", "jobs.**"),
    ),
    "s3.EnvironmentFile": ("arn", "variables[].name", "variables[].value"),
    "pricing.Price": (
        *("serviceCode", "sku", "usagetype", "regionCode", "instanceType", "operatingSystem", "unit"),
        "pricePerUnit.*",
    ),
}
OF_ONE_CALL = {"tags"}  # RegisterTaskDefinition's own members, but the tags, are those of TaskDefinition


def leaves_of(shape: str) -> set[Pattern]:
    """Every leaf that AWS documents for a document of *shape*."""
    if shape not in kinds():
        return {pattern(leaf) for leaf in OWN[shape]}
    found: set[str] = set()
    for name in kinds()[shape].model:
        found |= set(documented(model(shape.partition(".")[0]).shape_for(name)))
    return {pattern(leaf) for leaf in found}


def test_every_shape_that_is_read_has_a_table() -> None:
    assert set(kinds()) | OWN.keys() == set(tables())


@pytest.mark.parametrize("shape", sorted(tables()))
def test_every_leaf_that_aws_documents_has_a_row(shape: str) -> None:
    table = tables()[shape]
    missing = [".".join(leaf) for leaf in leaves_of(shape) if table.find(leaf)[0] is None]
    assert sorted(missing) == [], "AWS has fields that no table knows: give each a row"


@pytest.mark.parametrize("shape", sorted(tables()))
def test_every_row_is_about_a_leaf_that_aws_documents(shape: str) -> None:
    known = leaves_of(shape)
    stray = [
        ".".join(key)
        for key in tables()[shape].rows
        if not any(covered(key, leaf) for leaf in known) and not any(leaf[: len(key)] == key for leaf in known)
    ]
    assert sorted(stray) == [], "rows about nothing: the field is gone or misspelt"


def covered(key: Pattern, leaf: Pattern) -> bool:
    if key[-1] == "**":
        return leaf[: len(key) - 1] == key[:-1]
    return len(key) == len(leaf) and all(
        one in (other, "*") or other == "*" for one, other in zip(key, leaf, strict=True)
    )


@pytest.mark.parametrize("shape", sorted(tables()))
def test_every_function_that_a_row_names_exists(shape: str) -> None:
    for row in tables()[shape].rows.values():
        if row.by:
            module, _, name = row.by.rpartition(".")
            assert callable(getattr(import_module(f"ecs2k8s.{module}"), name)), row.by


@pytest.mark.parametrize("shape", sorted(tables()))
def test_rows_without_a_place_are_not_carried_and_rows_with_one_say_by_what(shape: str) -> None:
    for row in tables()[shape].rows.values():
        if row.to:
            assert row.fidelity is not Fidelity.NOT_APPLICABLE, row.source
        if row.by:
            assert row.to, row.source


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A mappings/ of its own."""
    (tmp_path / "ecs").mkdir()
    monkeypatch.setattr(mappings, "root", lambda: tmp_path)
    fields.tables.cache_clear()
    yield tmp_path
    fields.tables.cache_clear()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{fidelity: exact, nonsense: 1}", "nonsense"),
        ("{fidelity: perfect}", "perfect"),
        ("{fidelity: approximated, to: a}", "because is missing"),
        ("{fidelity: manual, because: x}", "action is missing"),
        ("{fidelity: exact, to: a, via: mebibytes, by: b.c}", "both via and by"),
        ("{fidelity: exact, to: a, via: furlongs}", "furlongs"),
    ],
)
def test_a_wrong_row_is_refused_by_name(row: str, said: str, folder: Path) -> None:
    (folder / "ecs" / "x.yaml").write_text(f"shape: X\nat: [ecs.X]\nto: Pod\nfields:\n  cpu: {row}\n")
    with pytest.raises(MappingError, match=rf"ecs/x\.yaml: .*{said}"):
        tables()


def test_a_row_that_stands_twice_is_refused(folder: Path) -> None:
    text = "shape: X\nat: [ecs.X]\nfields:\n  cpu: {fidelity: exact}\n  cpu: {fidelity: exact}\n"
    (folder / "ecs" / "x.yaml").write_text(text)
    with pytest.raises(MappingError, match="'cpu' stands twice"):
        tables()


def test_two_tables_for_one_leaf_are_refused(folder: Path) -> None:
    for name in ("x", "y"):
        (folder / "ecs" / f"{name}.yaml").write_text("shape: X\nat: [ecs.X]\nfields:\n  cpu: {fidelity: exact}\n")
    with pytest.raises(MappingError, match="has this row already"):
        tables()


def test_an_unknown_field_is_found_out_by_name() -> None:
    assert tables()["ecs.TaskDefinition"].find(("containerDefinitions", 0, "brandNewField")) == (None, False)
