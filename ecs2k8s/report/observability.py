"""observability/README.md: how the files reach the log agent, and which metric stands for which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.report.escape_markdown import code, span
from ecs2k8s.translate.fargate_logging import is_too_long
from ecs2k8s.translate.fluent_bit import LOKI
from ecs2k8s.translate.insights import INSIGHTS_METRICS
from ecs2k8s.translate.log_routes import log_routes
from ecs2k8s.translate.promql import METRICS, Query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Workload
    from ecs2k8s.translate.log_routes import LogRoute

HEAD = """# Logs and metrics

Nothing here was done, and `ecs2k8s` does none of it. The files replace nothing by themselves.
"""
FLUENT_BIT = """## Logs

`ecs2k8s.conf` has filters and outputs for the Fluent Bit of the nodes. Lines of the pods below leave the output
that the cluster has, and go where they went on ECS; those of all other pods stay where they are. Each line is sent
as the application wrote it (`log_key log`): metric filters, subscriptions and queries see what they saw. It needs
the filter `kubernetes` before it, and no `Keep_Log Off` in that.
"""
ADD_ON = """With the add-on or the chart amazon-cloudwatch-observability the file is one more of its `extraFiles`,
which the chart includes after its own `application-log.conf`; `values.yaml` says so. It was not
run against every version of the chart: look at the log of one Fluent Bit pod first.

1. Save what the add-on has. It is the way back.

       aws eks describe-addon --cluster-name <cluster> --addon-name amazon-cloudwatch-observability \\
         --query addon.configurationValues --output text > values.before

2. Put `values.yaml` into it, and change nothing else there. Where the add-on takes no file of a new name, append
   `ecs2k8s.conf` to the text of `application-log.conf` that is installed: the value replaces that whole file, and
   without its inputs and excludes Fluent Bit reads its own errors.

       kubectl -n amazon-cloudwatch get configmap fluent-bit-config -o yaml

3. Update, and see that each pod of Fluent Bit starts and that new streams appear.

       aws eks update-addon --cluster-name <cluster> --addon-name amazon-cloudwatch-observability \\
         --configuration-values file://values.new --resolve-conflicts PRESERVE

Way back: the same command with `values.before`.
"""
PARSERS = """`parsers.conf` has the parsers for records of several lines. They belong behind the parsers that are
installed: with the chart in `containerLogs.fluentBit.config.customParsers`, which is the whole file.
Without them Fluent Bit does not start.
"""
ROLE = """The role of Fluent Bit needs `logs:CreateLogStream`, `logs:PutLogEvents` and `logs:DescribeLogStreams` on the
groups. They exist since ECS wrote to them; no group is made (`auto_create_group false`), because it would keep
lines for ever.
"""
LOKI_TEXT = f"""Append the file to the configuration of your Fluent Bit, and give its pods the variable `{LOKI}`.
The name of the group is the label `log_group`. Way back: remove the sections.
"""
FARGATE = """## Logs

`aws-logging.yaml` is the ConfigMap of the log router of EKS Fargate. There is one for the whole cluster: where one
is there already, merge both by hand, because applying this one replaces it. The pod execution role needs
`logs:CreateLogStream`, `logs:PutLogEvents` and `logs:DescribeLogStreams` on the groups. Pods read it when they
start.

    kubectl -n aws-observability get configmap aws-logging -o yaml > aws-logging.before
    kubectl apply -f aws-logging.yaml

Way back: apply what was saved, or delete the ConfigMap, and restart the pods.
"""
TOO_LONG = """## Logs

The log router of EKS Fargate takes one short ConfigMap for the cluster, which is too small for all that follows;
none is here. Send all to one group, or run these workloads on nodes.
"""
SECRETS = """These values are secrets, which no file has. Give the pods of Fluent Bit the variables from a Secret.
"""
METRICS_TEXT = """## Metrics

Container Insights of ECS and of EKS have other names, dimensions and units: dashboards and alarms do not carry
over. The metrics of the load balancer stay, with the new target group as the dimension `TargetGroup`; those of
queues and databases stay as they are.

| On ECS | In CloudWatch, namespace ContainerInsights | In Prometheus |
|---|---|---|
"""


def observability(translation: Translation, target: Target) -> dict[str, str]:
    """observability/README.md; none where nothing is logged and nothing is watched."""
    routes = [route for workload in translation.translated for route in log_routes(workload, target)]
    parts = [*_logs(routes, target), *_metrics(translation.translated, target)]
    return {"observability/README.md": "\n".join([HEAD, *parts]).rstrip() + "\n"} if parts else {}


def _logs(routes: list[LogRoute], target: Target) -> Iterator[str]:
    if not routes:
        return
    if target.compute == "fargate":
        yield TOO_LONG if is_too_long(routes) else FARGATE
    else:
        yield from (FLUENT_BIT, ADD_ON if target.logging == "cloudwatch" else LOKI_TEXT)
        yield from (PARSERS,) if any(route.start for route in routes) else ()
        yield from (ROLE,) if target.logging == "cloudwatch" and any(route.group for route in routes) else ()
    yield "| Workload | Container | Goes to |\n|---|---|---|"
    for route in routes:
        where = f"group {code(route.group)}" if route.group else f"output {code(dict(route.output)['Name'])}"
        name = f"{route.workload.namespace}/{route.workload.name}"
        yield f"| {code(name)} | {code(route.container)} | {where} |"
    yield ""
    variables = sorted({value[2:-1] for route in routes for _, value in route.output if value.startswith("${")})
    if variables:
        yield from (SECRETS, *(f"- {span(name)}" for name in variables), "")


def _metrics(workloads: list[Workload], target: Target) -> Iterator[str]:
    """With the queries of one workload as the example."""
    running = [workload for workload in workloads if workload.kind == "Deployment"]
    if target.monitoring == "none" or not running:
        return
    rows = []
    for (namespace, name), query_of in METRICS.items():
        found = INSIGHTS_METRICS.get((namespace, name))
        insights = (
            "none" if not found else code(f"100 * {found.metric} / {found.divisor}" if found.divisor else found.metric)
        )
        rows.append(f"| {namespace} {name} | {insights} | {code(query_of(Query(running[0], target)))} |\n")
    yield METRICS_TEXT + "".join(rows)
