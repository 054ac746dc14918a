"""Rules of EventBridge and schedules of EventBridge Scheduler that start tasks."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.arns import last
from ecs2k8s.core.cron_fields import UnreadableError
from ecs2k8s.core.schedule_expressions import UTC_NAME, Said, convert
from ecs2k8s.core.tracking import NOTHING, View, note
from ecs2k8s.resolve.run_shapes import OVERRIDES, REQUEST
from ecs2k8s.resolve.run_views import AnyCase, request
from ecs2k8s.resolve.schedule import HORIZON, Schedule, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, datetime

    from ecs2k8s.resolve.index import Index, Tracked
    from ecs2k8s.resolve.run_views import Request

RUN_TASK = ":aws-sdk:ecs:runTask"
DEFAULT = "default"  # the event bus, the group of schedules and the cluster that have no other name
DATES = ("StartDate", "CreationDate")  # of a schedule: when its rate began
CHANGED = ("CreationDate", "LastModificationDate")


@dataclass(frozen=True, slots=True)
class Started:
    """What a schedule starts: its names, and the definition as it names it. `schedule` is None: nothing is made."""

    wanted: str
    seed: str
    definition: str
    cluster: str
    schedule: Schedule | None
    at: tuple[View, str]  # the leaf that names the definition
    item: Tracked  # the rule or the schedule
    target: View

    def leave_out(self) -> None:
        """Say of each leaf of the target that nothing is made of it."""
        AnyCase.over(self.target).say_of_all("target-not-carried")


def started(index: Index) -> Iterator[Started]:
    """All tasks that rules and schedules start; why one comes without schedule is said on the leaf."""
    yield from _of_rules(index)
    for item in index.of_shape("scheduler.Schedule"):
        yield from _of_scheduler(index, item)


def leave_out_unused(found: Iterable[tuple[Started, bool]]) -> None:
    """Say of rules and schedules of which nothing is made that nothing is. Each comes with whether something is."""
    used: dict[str, bool] = {}
    items: dict[str, Tracked] = {}
    for each, made in found:
        items[each.item.document.id] = each.item
        used[each.item.document.id] = used.get(each.item.document.id, False) or made
    for ident, made in used.items():
        if not made:
            items[ident].leave_out("schedule-not-made")


def _of_rules(index: Index) -> Iterator[Started]:
    targets: dict[tuple[str, str], list[Tracked]] = defaultdict(list)
    for item in index.of_shape("events.RuleTargets"):
        targets[_bus(item.view), str(item.view.get("Rule", ""))].append(item)
    for rule in index.of_shape("events.Rule"):
        its = targets.pop((_bus(rule.view), str(rule.view.get("Name", ""))), [])
        if rule.view.get("ManagedBy"):
            for item in (rule, *its):
                item.leave_out("rule-of-a-service", service=rule.view["ManagedBy"])
        else:
            yield from _of_rule(index, rule, its)
    for (_, name), left in targets.items():
        for item in left:
            note(item.view, "Rule", "dangling-reference", what=f"the rule {name}")
            item.leave_out("schedule-not-made")


def _bus(view: View) -> str:
    return last(str(view.get("EventBusName", DEFAULT)))


def _of_rule(index: Index, rule: Tracked, items: list[Tracked]) -> Iterator[Started]:
    listed: list[View] = [target for item in items for target in item.view.get("Targets", [])]
    tasks = [target for target in listed if "EcsParameters" in target]
    for target in listed:
        if target not in tasks:
            note(target, "Arn", "target-outside-ecs")
            AnyCase.over(target).say_of_all("of-target-outside-ecs")
    if not tasks:
        rule.leave_out("rule-without-tasks")
    elif "EventPattern" in rule.view:
        note(rule.view, "EventPattern", "task-started-by-event", bus=_bus(rule.view))
    for target in tasks:
        name = str(rule.view["Name"]) if len(tasks) == 1 else f"{rule.view['Name']}-{target.get('Id', '')}"
        others = tuple(other for other in listed if other is not target)
        schedule = _schedule(index, rule, AnyCase.over(target), items[0].document.id, others)
        parameters = target["EcsParameters"]
        wanted, arn = str(parameters.get("TaskDefinitionArn", "")), str(target.get("Arn", ""))
        seed = f"{rule.document.id}/{target.get('Id', '')}"
        yield Started(name, seed, wanted, arn, schedule, (parameters, "TaskDefinitionArn"), rule, target)


def _of_scheduler(index: Index, item: Tracked) -> Iterator[Started]:
    target: View = item.view.get("Target", View({}, item.trace, ("Target",)))
    arn = str(target.get("Arn", ""))
    universal = arn.endswith(RUN_TASK)
    if not universal and "EcsParameters" not in target:
        item.leave_out("schedule-outside-ecs", target=arn)
        return
    schedule = _schedule(index, item, AnyCase.over(target), item.document.id, (), universal=universal)
    if universal:
        asked: Mapping[str, Any] = (schedule.request if schedule else None) or NOTHING
        wanted, arn, at = str(asked.get("taskDefinition", "")), str(asked.get("cluster", DEFAULT)), (target, "Input")
    else:
        parameters = target["EcsParameters"]
        wanted, at = str(parameters.get("TaskDefinitionArn", "")), (parameters, "TaskDefinitionArn")
    yield Started(str(item.view.get("Name", "")), item.document.id, wanted, arn, schedule, at, item, target)


def _schedule(  # noqa: PLR0913
    index: Index, item: Tracked, target: AnyCase, ident: str, others: tuple[View, ...], *, universal: bool = False
) -> Schedule | None:
    """The schedule of one target; None where nothing can be made of it, which is said."""
    asked = _input(target, universal=universal)
    said = _said(index, item.view)
    if said is None or isinstance(asked, bool) or said.over:
        return None
    given = asked if universal and asked else target.get("EcsParameters", NOTHING)
    return Schedule(
        id=str(item.view.get("Arn", item.document.id)),
        document=item.document.id,
        view=item.view,
        target=target,
        ident=ident,
        said=said,
        start=_start(item.view),
        read=moment(index.taken),
        phase=_phase(item.view) if said.every else None,
        request=asked,
        others=others,
        count=max(1, int(given.get("count", 1) if universal else given.get("TaskCount", 1))),
        universal=universal,
    )


def _input(target: AnyCase, *, universal: bool) -> Request | bool | None:
    """What the input says; None: nothing; False: something that cannot be read before the event comes."""
    for key in ("InputPath", "InputTransformer"):
        if key in target:
            note(target, (key,) if key == "InputPath" else (key, "InputTemplate"), "input-from-event")
            return False
    if "Input" not in target:
        if universal:
            note(target, "Arn", "run-input-unreadable", where="Input, which is missing")
        return False if universal else None
    found = request(target, "Input")
    place = "the whole text" if found is None else found.differs(REQUEST if universal else OVERRIDES)
    if found is None or place:
        note(target, "Input", "run-input-unreadable", where=place)
        return False
    return found


def _said(index: Index, view: View) -> Said | None:
    """What Kubernetes can say of the expression; None where there is none, or none that can be read."""
    if "ScheduleExpression" not in view:
        return None
    try:
        said = convert(
            str(view["ScheduleExpression"]),
            str(view.get("ScheduleExpressionTimezone") or UTC_NAME),
            _phase(view) if str(view["ScheduleExpression"]).lstrip().startswith("rate") else None,
            moment(index.taken),
        )
    except UnreadableError as error:
        note(view, "ScheduleExpression", "schedule-unreadable", why=error)
        return None
    if said.over:
        note(view, "ScheduleExpression", "schedule-is-over")
    return said


def _phase(view: View) -> datetime | None:
    return next((found for key in DATES if (found := moment(view.get(key)))), None)


def _start(view: View) -> date:
    """The day of its last change: the day of the reading would make other files of the same input tomorrow."""
    return max((found.date() for key in CHANGED if (found := moment(view.get(key)))), default=HORIZON)


def is_unpinned(definition: str) -> bool:
    """Whether it names a family and no revision: ECS then runs the latest active one."""
    name = last(definition)
    return bool(name) and ":" not in name
