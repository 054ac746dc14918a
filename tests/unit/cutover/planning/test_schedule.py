"""A schedule rises to all requests, and a file of one's own is read strictly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.core.errors import Ecs2k8sError
from ecs2k8s.cutover.planning.schedule import OWN, convert, named, schedules

if TYPE_CHECKING:
    from pathlib import Path

STAGES = [{"share": 10, "minutes": 5, "requests": 100}, {"share": 100, "minutes": 5}]


def test_the_default_is_the_one_of_the_design() -> None:
    stages = named("default").stages
    assert [(stage.share, stage.minutes) for stage in stages] == [
        (1, 15),
        (5, 15),
        (10, 30),
        (25, 60),
        (50, 120),
        (75, 60),
        (100, 1440),
    ]
    assert named("default").hold_days == 7


def test_each_schedule_ends_with_all_requests_and_asks_for_some_at_each_stage() -> None:
    for schedule in schedules().values():
        assert schedule.stages[-1].share == 100
        assert all(stage.requests >= 600 for stage in schedule.stages)


def test_a_stage_is_undecided_after_four_times_its_time() -> None:
    wait = named("default").stages[0].wait
    assert (wait.seconds, wait.limit) == (900, 3600)


def test_a_file_is_a_schedule(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("hold_days: 3\nstages:\n- {share: 10, minutes: 5}\n- {share: 100, minutes: 60}\n")
    schedule = named(str(file))
    assert (schedule.name, schedule.hold_days, len(schedule.stages)) == (OWN, 3, 2)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"stages": STAGES}, "hold_days"),
        ({"stages": [], "hold_days": 1}, "last stage"),
        ({"stages": STAGES[:1], "hold_days": 1}, "last stage"),
        ({"stages": [STAGES[0], *STAGES], "hold_days": 1}, "must rise"),
        ({"stages": [{"share": 0, "minutes": 1}, STAGES[1]], "hold_days": 1}, "must rise"),
        ({"stages": [{"share": 100, "minutes": 0}], "hold_days": 1}, "a minute or more"),
        ({"stages": STAGES, "hold_days": 0}, "a day or more"),
        ({"stages": STAGES, "hold_days": 1, "more": 1}, "more"),
        ({"stages": [{"share": "all", "minutes": 1}], "hold_days": 1}, "share"),
    ],
)
def test_what_is_no_schedule_is_refused_with_its_place(value: Any, said: str) -> None:
    with pytest.raises(Ecs2k8sError, match=said) as raised:
        convert(value, "mine.yaml")
    assert str(raised.value).startswith("mine.yaml")


def test_a_name_that_is_neither_is_refused() -> None:
    with pytest.raises(Ecs2k8sError, match="none of fast, default, careful"):
        named("slow")
