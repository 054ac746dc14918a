"""Exit codes of diffs, the file that one is written to, and options that do not go together."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.cli.diff_output import View, exit_code, put_out
from ecs2k8s.cli.options import DiffFormat
from ecs2k8s.compare.changes import Action, Change, Diff, Leaf, Risk, Row, Status
from ecs2k8s.core.errors import OutputError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS: dict[str, Any] = {
    "everything": False,
    "show_values": False,
    "detailed_exitcode": False,
    "diff_exit_code": None,
}


def row(status: Status, **more: Any) -> Row:
    return Row("spec.a", status, Risk.METADATA, Leaf(1), Leaf(2), **more)


def diff(*rows: Row, undecided: tuple[str, ...] = ()) -> Diff:
    return Diff("drift", "a", "b", (Change("Deployment/a/b", Action.UPDATE, rows),), undecided)


SAME = row(Status.SAME)
CHANGED = row(Status.CHANGED)
EXPLAINED = row(Status.CHANGED, cause="server-default")
MAPPED = row(Status.MAPPED, rule="a row")
DROPPED = row(Status.DROPPED, rule="a row")
UNKNOWN = row(Status.UNKNOWN)
ERROR = row(Status.DROPPED, rule="a row", findings=("unread-field",))
CONFLICT = row(Status.CONFLICT)


@pytest.mark.parametrize(
    ("rows", "undecided", "options", "code"),
    [
        ([SAME, CHANGED], (), {}, 0),
        ([SAME, CHANGED], (), {"detailed_exitcode": True}, 2),
        ([SAME, CHANGED], (), {"diff_exit_code": 42}, 42),
        ([SAME, CHANGED], (), {"detailed_exitcode": True, "diff_exit_code": 1}, 1),
        ([SAME], (), {"detailed_exitcode": True}, 0),
        ([EXPLAINED], (), {"detailed_exitcode": True}, 0),
        ([MAPPED], (), {"detailed_exitcode": True}, 0),
        ([DROPPED], (), {"detailed_exitcode": True}, 2),
        ([DROPPED], (), {}, 0),
        ([UNKNOWN], (), {}, 3),
        ([ERROR], (), {}, 3),
        ([CONFLICT], (), {}, 4),
        ([SAME], ("denied",), {}, 5),
        ([CHANGED], ("denied",), {"detailed_exitcode": True}, 5),
        ([UNKNOWN, CHANGED], ("denied",), {"detailed_exitcode": True}, 3),
        ([CONFLICT, UNKNOWN, CHANGED], ("denied",), {"detailed_exitcode": True}, 4),
    ],
)
def test_the_first_of_4_3_5_2_wins(
    rows: list[Row], undecided: tuple[str, ...], options: dict[str, Any], code: int
) -> None:
    view = View.of(DiffFormat.text, None, **(OPTIONS | options))
    assert exit_code(diff(*rows, undecided=undecided), view) == code


@pytest.mark.parametrize("code", [-1, 0, 3, 4, 5, 6, 7, 126, 255])
def test_an_exit_code_that_means_something_else_is_refused(code: int) -> None:
    with pytest.raises(UsageError, match="--diff-exit-code"):
        View.of(DiffFormat.text, None, **(OPTIONS | {"diff_exit_code": code}))


def test_values_are_shown_on_a_terminal_only() -> None:
    with pytest.raises(UsageError, match="--show-values"):
        View.of(DiffFormat.text, None, **(OPTIONS | {"show_values": True}))


@pytest.mark.parametrize("form", DiffFormat)
def test_a_file_is_written_whole_and_nothing_beside_it(
    form: DiffFormat, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "diff"
    place.write_text("before")
    assert put_out(diff(CHANGED), View.of(form, str(place), **OPTIONS)) == 0
    assert put_out(diff(CHANGED), View.of(form, "-", **OPTIONS)) == 0
    assert place.read_text("utf-8") == capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [place]


def test_json_is_the_diff_itself(capsys: pytest.CaptureFixture[str]) -> None:
    found = diff(SAME, CHANGED, row(Status.ADDED, because="\ud800\u202e"))
    put_out(found, View.of(DiffFormat.json, None, **OPTIONS))
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out) == found.plain()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    aim, link = tmp_path / "aim", tmp_path / "link"
    aim.write_text("precious")
    link.symlink_to(aim)
    with pytest.raises(OutputError, match="is a link"):
        View.of(DiffFormat.text, str(link), **OPTIONS)
    assert aim.read_text() == "precious"


@pytest.mark.parametrize("name", ["", ".", "folder", "none/diff", "/dev/null"])
def test_only_a_file_in_a_folder_that_is_there_is_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError):
        View.of(DiffFormat.text, name, **OPTIONS)
