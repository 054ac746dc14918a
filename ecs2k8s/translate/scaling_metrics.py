"""What scaling policies track: each policy as a metric with its target, or left out with the reason.

Sources: https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html,
https://keda.sh/docs/latest/scalers/aws-cloudwatch/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.core.units import millicores
from ecs2k8s.translate.resources import task_size
from ecs2k8s.translate.scaling_formula import Formula, formula
from ecs2k8s.translate.scaling_steps import leave_out_steps

if TYPE_CHECKING:
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.scaling import Policy
    from ecs2k8s.resolve.workload import AwsMap, Workload

UTILIZATIONS = {
    "ECSServiceAverageCPUUtilization": "cpu",
    "ECSServiceAverageMemoryUtilization": "memory",
    "ECSServiceAverageCPUUtilizationHighResolution": "cpu",
    "ECSServiceAverageMemoryUtilizationHighResolution": "memory",
}
REQUESTS = "ALBRequestCountPerTarget"
OF_ECS = {"CPUUtilization": "cpu", "MemoryUtilization": "memory"}
# Of targets: an HPA counts in thousandths of 64 bits, and percentages in 32 bits. What lies beyond scales nothing.
LEAST, MOST, MOST_PERCENT = 0.001, 1e15, 1e6
STATISTICS = ("Average", "Maximum", "Minimum", "SampleCount", "Sum")


@dataclass(frozen=True, slots=True)
class Utilization:
    """CPU or memory in use, in percent of what the task reserves. `reserved`: millicores, or MiB."""

    resource: str  # cpu or memory
    target: float
    reserved: int


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests of a load balancer for each target in a minute. `group`: as metrics name it, targetgroup/<name>/<id>."""

    group: str
    target: float


@dataclass(frozen=True, slots=True)
class CloudWatch:
    """One metric of CloudWatch with one statistic."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str
    unit: str
    target: float


@dataclass(frozen=True, slots=True)
class Composed:
    """Simple arithmetic over several metrics, by name."""

    expression: str
    terms: tuple[tuple[str, CloudWatch], ...]
    target: float


Metric = Utilization | Requests | CloudWatch | Composed


def metric(policy: Policy, workload: Workload, target: Target) -> Metric | None:
    """What *policy* tracks; None where it has no counterpart, which is then said of the policy as a whole."""
    kind = str(policy.view.get("PolicyType", ""))
    if kind == "StepScaling":
        leave_out_steps(policy)
        return None
    if kind == "PredictiveScaling":
        _leave_out_predictive(policy)
        return None
    found = _tracked(policy, workload)
    if found is not None and not isinstance(found, Utilization) and target.autoscaling == "hpa":
        policy.item.leave_out("metric-needs-keda", what=_name(found), target=number(found.target))
        return None
    if found is not None and not isinstance(found, Utilization) and not workload.region:
        policy.item.leave_out("metric-not-askable", metric=_name(found), why="its Region is not known")
        return None
    return found


def _leave_out_predictive(policy: Policy) -> None:
    mode = policy.view.get("PredictiveScalingPolicyConfiguration", NOTHING).get("Mode", "ForecastOnly")
    slug = "forecast-scales-service" if mode == "ForecastAndScale" else "forecast-only"
    policy.item.leave_out(slug, policy=policy.view.get("PolicyName", ""))


def _tracked(policy: Policy, workload: Workload) -> Metric | None:
    config: AwsMap = policy.view.get("TargetTrackingScalingPolicyConfiguration", NOTHING)
    wanted = float(config.get("TargetValue", 0))
    if not LEAST <= wanted <= MOST:
        policy.item.leave_out("scaling-target-not-positive", value=f"{wanted:g}")
        return None
    if "PredefinedMetricSpecification" in config:
        return _predefined(policy, config["PredefinedMetricSpecification"], workload, wanted)
    return _customized(policy, config.get("CustomizedMetricSpecification", NOTHING), workload, wanted)


def _predefined(policy: Policy, spec: AwsMap, workload: Workload, wanted: float) -> Metric | None:
    kind = str(spec.get("PredefinedMetricType", ""))
    if kind in UTILIZATIONS:
        if kind.endswith("HighResolution"):
            note(spec, "PredefinedMetricType", "high-resolution-metric")
        return _utilization(policy, UTILIZATIONS[kind], workload, wanted)
    if kind != REQUESTS:
        policy.item.leave_out("metric-type-unknown", type=kind)
        return None
    group = "/".join(str(spec.get("ResourceLabel", "")).split("/")[3:])
    if not group.startswith("targetgroup/"):
        policy.item.leave_out("request-metric-without-label", label=spec.get("ResourceLabel", ""))
        return None
    return Requests(group, wanted)


def _utilization(policy: Policy, resource: str, workload: Workload, wanted: float) -> Metric | None:
    amount = reserved(workload, resource)
    if wanted > MOST_PERCENT:
        policy.item.leave_out("scaling-target-not-positive", value=f"{wanted:g}")
        return None
    if not amount:
        policy.item.leave_out("utilization-without-reservation", resource=resource, target=number(wanted))
        return None
    return Utilization(resource, wanted, amount)


def reserved(workload: Workload, resource: str) -> int:
    """What ECS takes percentages of: the task's size, else the sum over its containers. Millicores, or MiB.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-metrics.html (service utilization)
    """
    size = task_size(workload)[0 if resource == "cpu" else 1]
    if size:
        return size
    if resource == "cpu":
        return millicores(sum(int(container.get("cpu", 0)) for container in workload.containers))
    return sum(int(c.get("memoryReservation", c.get("memory", 0))) for c in workload.containers)


def _customized(policy: Policy, spec: AwsMap, workload: Workload, wanted: float) -> Metric | None:
    if "Metrics" in spec:
        return _composed(policy, spec, workload, wanted)
    return _of_cloudwatch(policy, _metric(spec, spec.get("Statistic"), spec.get("Unit"), wanted), workload)


def _of_cloudwatch(policy: Policy, found: CloudWatch, workload: Workload) -> Metric | None:
    """*found*, as the utilization that it is; None where it ends with the service or KEDA cannot ask for it."""
    own = _is_own(found, workload) and found.namespace == "AWS/ECS" and found.statistic == "Average"
    if own and found.name in OF_ECS:
        return _utilization(policy, OF_ECS[found.name], workload, found.target)
    if {"ServiceName", "TargetGroup"} & {name for name, _ in found.dimensions}:
        policy.item.leave_out("metric-ends-with-service", metric=f"{found.namespace} {found.name}")
        return None
    if why := _unaskable(found):
        policy.item.leave_out("metric-not-askable", metric=f"{found.namespace} {found.name}", why=why)
        return None
    return found


def _is_own(found: CloudWatch, workload: Workload) -> bool:
    name = str(workload.service.get("serviceName", workload.service.get("service", "")))
    return dict(found.dimensions) == {"ClusterName": workload.cluster_name, "ServiceName": name}


def _unaskable(found: CloudWatch) -> str:
    """Why the scaler aws-cloudwatch of KEDA cannot ask for it; empty where it can."""
    if not found.dimensions:
        return "the scaler wants at least one dimension"
    if any(";" in part or not part for pair in found.dimensions for part in pair):
        return "the scaler separates dimensions by semicolons"
    if found.statistic not in STATISTICS:
        return f"the scaler does not know the statistic {found.statistic or 'that is missing'}"
    return "" if found.namespace and found.name else "its namespace or its name is missing"


def _composed(policy: Policy, spec: AwsMap, workload: Workload, wanted: float) -> Metric | None:
    """Metric math. One MetricStat alone is a plain metric; arithmetic is a formula; all else is left out."""
    queries = list(spec["Metrics"])
    stats = {str(q.get("Id", "")): _stat(q["MetricStat"], wanted) for q in queries if "MetricStat" in q}
    results = [q for q in queries if q.get("ReturnData", True)]
    if len(results) == 1 and "MetricStat" in results[0] and len(queries) == 1:
        return _of_cloudwatch(policy, next(iter(stats.values())), workload)
    made: Formula | str = formula(results, set(stats), len(queries))
    if isinstance(made, str):
        expressions = "; ".join(str(q["Expression"]) for q in queries if "Expression" in q)
        policy.item.leave_out("metric-math-not-carried", expression=expressions or "none", why=made)
        return None
    terms = [(name, _of_cloudwatch(policy, stats[name], workload)) for name in made.names]
    if any(not isinstance(term, CloudWatch) for _, term in terms):
        if policy.item.trace.skipped is None:
            policy.item.leave_out("metric-math-not-carried", expression=made.text, why="a term ends with the service")
        return None
    kept = tuple((name, term) for name, term in terms if isinstance(term, CloudWatch))
    return Composed(made.text, kept, wanted)


def _stat(stat: AwsMap, wanted: float) -> CloudWatch:
    return _metric(stat.get("Metric", NOTHING), stat.get("Stat"), stat.get("Unit"), wanted)


def _metric(of: AwsMap, statistic: object, unit: object, wanted: float) -> CloudWatch:
    name = str(of.get("Namespace", "")), str(of.get("MetricName", ""))
    return CloudWatch(*name, _dimensions(of), str(statistic or ""), str(unit or ""), wanted)


def _dimensions(spec: AwsMap) -> tuple[tuple[str, str], ...]:
    return tuple((str(item.get("Name", "")), str(item.get("Value", ""))) for item in spec.get("Dimensions", []))


def number(value: float) -> str:
    """As people write it: 900 for 900.0, and never with an exponent."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _name(found: Requests | CloudWatch | Composed) -> str:
    match found:
        case Requests():
            return f"{REQUESTS} of {found.group}"
        case CloudWatch():
            return f"{found.namespace} {found.name} ({found.statistic})"
        case Composed():
            return found.expression
