"""T11: the alarms that the plan names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.checks.scene import Said, told
from ecs2k8s.cutover.verdicts import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.cutover.checks.scene import Scene
    from ecs2k8s.cutover.plan import Step
    from ecs2k8s.cutover.verdicts import Verdict

BATCH = 100  # names that DescribeAlarms takes
VERDICTS: Mapping[str, Verdict] = {"OK": "pass", "ALARM": "fail", "INSUFFICIENT_DATA": "inconclusive"}


def alarms(scene: Scene, step: Step) -> Result:
    """One that is not there is undecided: nothing watches."""
    del step
    if not scene.alarms:
        return Result("T11", scene.plan.unit, "not_applicable", "the plan names no alarm")
    states: dict[str, str] = {}
    for start in range(0, len(scene.alarms), BATCH):
        names = list(scene.alarms[start : start + BATCH])
        asked = {"AlarmNames": names, "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
        answer = scene.asked("cloudwatch.DescribeAlarms", **asked) or {}
        found = (*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ()))
        states |= {str(each["AlarmName"]): str(each["StateValue"]) for each in found}
    return told("T11", scene.plan.unit, [_said(name, states.get(name, "not there")) for name in scene.alarms])


def _said(name: str, state: str) -> Said:
    return Said(VERDICTS.get(state, "inconclusive"), f"{name}: {state}")
