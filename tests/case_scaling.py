"""Short forms of what Application Auto Scaling says of the service `web`, for cases and properties.

`target`: bounds over 2 to 10 (null: none was read). `policies`: each either a whole policy, or `cpu`, `memory`, `requests`,
`metric` (a customized one) with the value that is tracked, and members of the configuration beside it. `actions`: scheduled
ones. `alarms`: by name, of all policies.
"""

from __future__ import annotations

from typing import Any

from ecs2k8s.core.documents import Document

PLACE = "eu-west-1:111122223333"
IDENT = {"ServiceNamespace": "ecs", "ResourceId": "service/prod/web", "ScalableDimension": "ecs:service:DesiredCount"}
PREDEFINED = {"cpu": "ECSServiceAverageCPUUtilization", "memory": "ECSServiceAverageMemoryUtilization"}
LABEL = "app/front/50dc6c495c0c9188/targetgroup/web/6d0ecf831eec9f09"
Item = dict[str, Any]


def scaling(given: Item) -> list[Document]:
    found = []
    if given.get("target", {}) is not None:
        arn = f"arn:aws:application-autoscaling:{PLACE}:scalable-target/0ec5"
        data = IDENT | {"ScalableTargetARN": arn, "MinCapacity": 2, "MaxCapacity": 10} | given.get("target", {})
        found.append(Document("application-autoscaling.ScalableTarget", arn, data))
    names = sorted(given.get("alarms", {}))
    for number, each in enumerate(given.get("policies", [])):
        found.append(policy(each, number, names))
    for number, each in enumerate(given.get("actions", [])):
        arn = f"arn:aws:autoscaling:{PLACE}:scheduledAction:0000:scheduledActionName/{number}"
        named = {"ScheduledActionARN": arn, "ScheduledActionName": f"action-{number}"}
        found.append(Document("application-autoscaling.ScheduledAction", arn, IDENT | named | each))
    for name in names:
        arn = f"arn:aws:cloudwatch:{PLACE}:alarm:{name}"
        found.append(
            Document("cloudwatch.MetricAlarm", arn, {"AlarmName": name, "AlarmArn": arn} | given["alarms"][name])
        )
    return found


def policy(given: Item, number: int, alarms: list[str]) -> Document:
    arn = f"arn:aws:autoscaling:{PLACE}:scalingPolicy:0000:policyName/{number}"
    data: Item = IDENT | {"PolicyARN": arn, "PolicyName": f"policy-{number}"}
    data["Alarms"] = [{"AlarmName": name, "AlarmARN": f"arn:aws:cloudwatch:{PLACE}:alarm:{name}"} for name in alarms]
    if "PolicyType" in given:
        return Document("application-autoscaling.ScalingPolicy", arn, data | given)
    data["PolicyType"] = "TargetTrackingScaling"
    data["TargetTrackingScalingPolicyConfiguration"] = configuration(dict(given))
    return Document("application-autoscaling.ScalingPolicy", arn, data)


def configuration(given: Item) -> Item:
    for name, kind in PREDEFINED.items():
        if name in given:
            return {
                "TargetValue": given.pop(name),
                "PredefinedMetricSpecification": {"PredefinedMetricType": kind},
            } | given
    if "requests" in given:
        named = {"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": given.pop("label", LABEL)}
        return {"TargetValue": given.pop("requests"), "PredefinedMetricSpecification": named} | given
    if "metric" in given:
        return {"TargetValue": given.pop("at"), "CustomizedMetricSpecification": given.pop("metric")} | given
    return given
