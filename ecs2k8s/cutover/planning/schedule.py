"""How fast the weights go up: a schedule by name, or a file of one's own."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ecs2k8s.core.errors import PlanError
from ecs2k8s.core.mappings import load_yaml
from ecs2k8s.cutover.plan import Wait

if TYPE_CHECKING:
    from collections.abc import Mapping

WHOLE = 100
CANARY = 5  # per cent, up to which a stage counts as canary and not as ramp
PATIENCE = 4  # times the planned time, after which a bake without enough requests is undecided
OWN = "own"  # the name of a schedule that comes from a file


class Stage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A share of the requests in per cent, and how long it is watched before the next one."""

    share: int
    minutes: int
    requests: int = 0
    why: str = ""

    @property
    def wait(self) -> Wait:
        seconds = self.minutes * 60
        return Wait(seconds, self.requests, seconds * PATIENCE)


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The stages of a shift, and the days for which ECS is kept at full size behind the last one."""

    stages: tuple[Stage, ...]
    hold_days: int
    name: str = OWN


@cache
def schedules() -> Mapping[str, Schedule]:
    """mappings/cutover-schedules.yaml."""
    rows = load_yaml("cutover-schedules.yaml")
    return {name: convert(row | {"name": name}, f"cutover-schedules.yaml: {name}") for name, row in rows.items()}


def convert(value: object, where: str) -> Schedule:
    """Raises `PlanError` with the place of what is wrong."""
    try:
        schedule = msgspec.convert(value, Schedule)
    except msgspec.ValidationError as error:
        raise PlanError(f"{where}: {error}") from error
    if problem := _problem(schedule):
        raise PlanError(f"{where}: {problem}")
    return schedule


def _problem(schedule: Schedule) -> str:
    shares = [stage.share for stage in schedule.stages]
    if shares[-1:] != [WHOLE]:
        return f"the last stage must have the share {WHOLE}"
    if shares[0] < 1 or any(one >= other for one, other in pairwise(shares)):
        return "the shares of the stages must rise, from 1 to 100"
    if any(stage.minutes < 1 or stage.requests < 0 for stage in schedule.stages) or schedule.hold_days < 1:
        return "every stage takes a minute or more, and the hold a day or more"
    return ""


def named(text: str) -> Schedule:
    """The schedule of that name, or the one in the YAML file *text*. Raises `PlanError`."""
    if text in schedules():
        return schedules()[text]
    from ecs2k8s.compare.lying_documents import text_in, values_in  # noqa: PLC0415 (only for a file)

    file = Path(text)
    if not file.is_file():
        raise PlanError(f"--schedule {text}: is no file, and none of {', '.join(schedules())}")
    return convert(values_in(text_in(file), file), text)
