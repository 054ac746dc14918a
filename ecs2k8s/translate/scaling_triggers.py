"""Triggers of KEDA that ask CloudWatch or SQS.

`metricType` is always Value: the count is then current x metric / target, as ECS reckons, while KEDA's default divides
the metric by the replicas. No data must not read as 0, because ECS never scales in on missing data.
https://keda.sh/docs/latest/scalers/aws-cloudwatch/, https://keda.sh/docs/latest/scalers/aws-sqs/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.translate.scaling_metrics import CloudWatch, number

if TYPE_CHECKING:
    from ecs2k8s.resolve.workload import Workload
    from ecs2k8s.translate.scaling_metrics import Composed, Requests
    from ecs2k8s.translate.scheduled_scaling import Floor

AUTHENTICATION = "keda-aws"
UNKNOWN_ID = "REPLACE-WITH-ITS-ID"
WAITING = "ApproximateNumberOfMessagesVisible"
LEVELS = ("Average", "Maximum", "Minimum")  # statistics of a length that stand for the length itself
SUFFIXES = {"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}
Trigger = dict[str, Any]


def requests(metric: Requests, workload: Workload, group: str) -> Trigger:
    """Requests for each target of *group* (targetgroup/<name>/<id>) in a minute."""
    dimensions = (("TargetGroup", group),)
    found = CloudWatch("AWS/ApplicationELB", "RequestCountPerTarget", dimensions, "Sum", "", metric.target)
    return cloudwatch(found, workload, "alb_requests")


def cloudwatch(metric: CloudWatch, workload: Workload, name: str) -> Trigger:
    """The newest whole minute of one metric."""
    metadata = {
        "awsRegion": workload.region,
        "namespace": metric.namespace,
        "metricName": metric.name,
        "dimensionName": ";".join(key for key, _ in metric.dimensions),
        "dimensionValue": ";".join(value for _, value in metric.dimensions),
        "metricStat": metric.statistic,
        "metricStatPeriod": "60",
        "metricCollectionTime": "180",
        "metricEndTimeOffset": "60",
        "targetMetricValue": number(metric.target),
        "minMetricValue": "0",
        "ignoreNullValues": "false",
    }
    if metric.unit:
        metadata["metricUnit"] = metric.unit
    return _external("aws-cloudwatch", name, metadata)


def of_queue(metric: CloudWatch, workload: Workload, index: int) -> Trigger | None:
    """The length of a queue, asked of SQS itself; None where the metric is another or the queue's URL is not known."""
    queue = dict(metric.dimensions).get("QueueName", "")
    is_length = (metric.namespace, metric.name) == ("AWS/SQS", WAITING) and metric.statistic in LEVELS
    if not (is_length and queue and len(metric.dimensions) == 1 and workload.account):
        return None
    suffix = SUFFIXES.get(workload.partition)
    if metric.target != round(metric.target) or suffix is None:
        return None
    host = f"sqs.{workload.region}.{suffix}"
    metadata = {
        "awsRegion": workload.region,
        "queueURL": f"https://{host}/{workload.account}/{queue}",
        "queueLength": number(metric.target),
        "scaleOnInFlight": "false",
    }
    return _external("aws-sqs-queue", f"queue_{index}", metadata)


def composed(metric: Composed, workload: Workload) -> list[Trigger]:
    """A trigger for each name of the formula; the formula has the target, so theirs only must be a number."""
    return [cloudwatch(term, workload, name) for name, term in metric.terms]


def by_schedule(floor: Floor) -> Trigger:
    """At least so many replicas from one time to another. Its metric type is KEDA's own: the number itself."""
    metadata = {"timezone": floor.zone, "start": floor.start, "end": floor.end, "desiredReplicas": str(floor.high)}
    return {"type": "cron", "metadata": metadata}


def _external(kind: str, name: str, metadata: dict[str, str]) -> Trigger:
    return {
        "type": kind,
        "name": name,
        "metricType": "Value",
        "authenticationRef": {"name": AUTHENTICATION},
        "metadata": metadata,
    }
