"""What starts a task at its times: an EventBridge rule with one of its targets, or a schedule of the Scheduler."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.cron_fields import YEARS
from ecs2k8s.core.tracking import NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.core.schedule_expressions import Said
    from ecs2k8s.core.tracking import View
    from ecs2k8s.resolve.run_views import AnyCase, Request

HORIZON = date(2026, 1, 1)  # from when times are computed where no document has a date
OFF = "DISABLED"


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """`view` is the rule or the schedule, `target` what it starts; `document` and `ident` are the ids of theirs.

    `said` is its expression for Kubernetes, `start` the day from which times are computed: that of the reading, else
    of the newest date in its document. `others`: the rule's further targets.
    """

    id: str  # the ARN
    document: str
    view: View
    target: AnyCase
    ident: str
    said: Said
    start: date
    read: datetime | None
    phase: datetime | None
    request: Request | None = None  # the text `Input` as an object
    others: tuple[Mapping[str, Any], ...] = ()
    count: int = 1
    universal: bool = False  # the target is RunTask itself

    @property
    def of_rule(self) -> bool:
        return "FlexibleTimeWindow" not in self.view

    @property
    def name(self) -> str:
        return str(self.view.get("Name", ""))

    @property
    def expression(self) -> str:
        return str(self.view.get("ScheduleExpression", ""))

    @property
    def is_off(self) -> bool:
        return bool(self.view.get("State") == OFF)

    @property
    def retry(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.target.get("RetryPolicy", NOTHING)
        return found

    @property
    def parameters(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.target.get("EcsParameters", NOTHING)
        return found

    @property
    def not_begun(self) -> bool:
        """Whether it is yet to begin, as far as is known."""
        begin = moment(self.view.get("StartDate"))
        return begin is not None and (self.read is None or begin > self.read)

    @property
    def has_ended(self) -> bool:
        end = moment(self.view.get("EndDate"))
        return end is not None and self.read is not None and end <= self.read


def moment(value: Any) -> datetime | None:
    """A time as the AWS CLI prints it (ISO 8601, or seconds since 1970); None where it is none that AWS can mean."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else datetime.fromtimestamp(float(value), UTC)
        known = found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    return known if YEARS.least <= known.year <= YEARS.most else None
