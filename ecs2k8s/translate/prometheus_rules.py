"""Alarms on ECS services as a PrometheusRule for each workload.

https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PrometheusRule
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.escape import escape
from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.core.names import digest
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.alarms import say_composite_alarms, service_alarms
from ecs2k8s.translate.promql import METRICS, Query, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.alarms import Alarm
    from ecs2k8s.resolve.workload import Inventory, Workload

RELEASE = {"release": "kube-prometheus-stack"}  # what the operator of that chart selects rules and monitors by
MOST = 60  # seconds between evaluations
ACTIONS = {
    "AlarmActions": "ecs2k8s_alarm_actions",
    "OKActions": "ecs2k8s_ok_actions",
    "InsufficientDataActions": "ecs2k8s_insufficient_data_actions",
}


def prometheus_rules(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[Placed]:
    """One object for each workload that has alarms, where Prometheus was chosen."""
    say_composite_alarms(inventory, target)
    found: dict[Workload, list[Alarm]] = defaultdict(list)
    for each in service_alarms(inventory, workloads, target):
        found[each.workload].append(each.alarm)
    if target.monitoring == "prometheus":
        for workload, alarms in found.items():
            yield Placed(workload.folder, _manifest(workload, alarms, target), "monitoring")


def _manifest(workload: Workload, alarms: list[Alarm], target: Target) -> dict[str, Any]:
    metadata = workload.metadata(f"{workload.name}-ecs-alarms")
    names = _names(alarms)
    group = {
        "name": f"ecs2k8s-{workload.name}",
        "interval": seconds(min(MOST, *(alarm.period for alarm in alarms))),
        "rules": [_rule(alarm, names[alarm.name], Query(workload, target)) for alarm in alarms],
    }
    found: dict[str, Any] = prune(
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": metadata | {"labels": metadata["labels"] | RELEASE},
            "spec": {"groups": [group]},
        }
    )
    return found


def _names(alarms: list[Alarm]) -> dict[str, str]:
    """Name of the alarm to that of the alert: letters and digits, with a hash where two would be called the same."""
    plain = {alarm.name: _camel(alarm.name) for alarm in alarms}
    taken = list(plain.values())
    return {name: text if text and taken.count(text) == 1 else text + digest(name, 6) for name, text in plain.items()}


def _camel(name: str) -> str:
    return "".join(word[0].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", name) if word)


def _rule(alarm: Alarm, name: str, query: Query) -> dict[str, Any]:
    wanted = Query(query.workload, query.target, alarm.statistic, alarm.period)
    expression = METRICS[alarm.metric](wanted)
    waits = alarm.period * (alarm.periods - 1) if alarm.datapoints == alarm.periods else 0
    return {
        "alert": name,
        "expr": condition(alarm, expression),
        "for": seconds(waits) if waits else None,
        "labels": {"severity": "warning" if _notifies(alarm) else "info"},
        "annotations": _annotations(alarm),
    }


def condition(alarm: Alarm, expression: str) -> str:
    """When the alarm is in state ALARM, but for the time that it must last.

    `for` counts from the first evaluation, which is a period already. M of N periods are counted in a subquery.
    """
    if alarm.missing == "ignore":
        note(alarm.view, "TreatMissingData", "alarm-ignores-missing-data")
    breaching = alarm.missing == "breaching"
    some = alarm.datapoints < alarm.periods
    compared = f"{expression} {alarm.operator} {'bool ' if some else ''}{_number(alarm.threshold)}"
    whole = f"({compared}) or absent({expression})" if breaching else compared
    if not some:
        return whole
    span = f"{seconds(alarm.period * alarm.periods)}:{seconds(alarm.period)}"
    return f"sum_over_time(({whole})[{span}]) >= {alarm.datapoints}"


def _number(value: float) -> str:
    return f"{int(value)}" if value == int(value) and abs(value) < 10**15 else repr(value)


def _notifies(alarm: Alarm) -> bool:
    return alarm.view.get("ActionsEnabled", True) is not False and bool(alarm.actions("AlarmActions"))


def _annotations(alarm: Alarm) -> dict[str, str]:
    found = {"summary": str(alarm.view.get("AlarmDescription", "")) or f"{alarm.name}: {' '.join(alarm.metric)}"}
    found["ecs2k8s_source_alarm"] = str(alarm.view.get("AlarmArn", alarm.item.document.id))
    for key, name in ACTIONS.items():
        arns = alarm.actions(key)
        if arns:
            note(alarm.view, key, "alarm-action-of-aws", actions=", ".join(arns))
            found[name] = ",".join(arns)
    return {name: literal(text) for name, text in found.items()}


def literal(text: str) -> str:
    """*text* where Prometheus expects a template of Go: what would begin an action is written by one.

    https://prometheus.io/docs/prometheus/latest/configuration/template_reference/
    """
    return escape(text).replace("{{", '{{ "{{" }}')
