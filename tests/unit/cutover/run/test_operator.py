"""What people ask of a run by files."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest
from msgspec.structs import replace

from ecs2k8s.cli.cutover_folders import FOLDERS
from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.plan import Purpose
from ecs2k8s.cutover.run.operator import Operator
from tests.cutover_world import Clock, Quick, ramp

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("purpose", get_args(Purpose))
def test_the_flag_of_a_directory_pauses_its_runs_whatever_they_are_for(tmp_path: Path, purpose: Purpose) -> None:
    plan = replace(ramp(), purpose=purpose)
    folder = tmp_path / "cutover" / plan.unit / FOLDERS.get(purpose, "") / "runs" / "01J"
    folder.mkdir(parents=True)
    with Journal.create(folder, plan, "01J", Clock(), disk=Quick(), mode="execute", who="ann") as journal:
        operator = Operator(folder, plan, journal, Clock(), "ann")
        assert operator.asked() is None
        (tmp_path / "cutover" / "pause").touch()
        asked = operator.asked()
    assert asked
    assert asked.what == "pause"
