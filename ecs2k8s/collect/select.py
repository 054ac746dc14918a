"""Which items of an answer that lists a whole Region or account are kept: those that the services lead to.

Each function gives the items of all answers to its call that are kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecs2k8s.collect import estate, networks, traffic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.collect.reading import Item, Reading

TASK_INTERFACE = re.compile(r"arn:aws[\w-]*:ecs:[\w-]+:\d+:attachment/")  # the description of a task's own interface
ADDRESSES = ("A", "AAAA", "CNAME")  # records that say where a name leads

tasks = estate.tasks
target_groups = traffic.target_groups
load_balancers = traffic.load_balancers
security_groups = networks.security_groups
deployment_groups = estate.deployment_groups


def network_interfaces(reading: Reading) -> Iterator[Item]:
    """Tasks are known; their interfaces would only say it again, a few thousand times."""
    for interface in reading.items("ec2.DescribeNetworkInterfaces", "NetworkInterfaces"):
        if not TASK_INTERFACE.match(str(interface.get("Description", ""))):
            yield interface


def _of_services(reading: Reading, call: str, key: str) -> Iterator[Item]:
    wanted = estate.resource_ids(reading)
    return (each for each in reading.items(call, key) if each.get("ResourceId") in wanted)


def scaling_policies(reading: Reading) -> Iterator[Item]:
    return _of_services(reading, "application-autoscaling.DescribeScalingPolicies", "ScalingPolicies")


def scheduled_actions(reading: Reading) -> Iterator[Item]:
    return _of_services(reading, "application-autoscaling.DescribeScheduledActions", "ScheduledActions")


def namespaces(reading: Reading) -> Iterator[Item]:
    names = estate.namespaces(reading)
    for each in reading.items("servicediscovery.ListNamespaces", "Namespaces"):
        if {each.get("Id"), each.get("Name")} & names:
            yield each


def access_points(reading: Reading) -> Iterator[Item]:
    """Those that volumes name."""
    named = {
        volume.get("efsVolumeConfiguration", {}).get("authorizationConfig", {}).get("accessPointId")
        for definition in estate.definitions(reading)
        for volume in definition.get("volumes", ())
    }
    return (
        each for each in reading.items("efs.DescribeAccessPoints", "AccessPoints") if each["AccessPointId"] in named
    )


def schedules(reading: Reading) -> Iterator[Item]:
    """Whole answers: those about schedules that start tasks in the clusters that are read."""
    return (schedule for schedule, _ in estate.started_schedules(reading))


def db_instances(reading: Reading) -> list[Item]:
    return networks.stores(reading, "rds.DescribeDBInstances")


def db_clusters(reading: Reading) -> list[Item]:
    return networks.stores(reading, "rds.DescribeDBClusters")


def db_proxies(reading: Reading) -> list[Item]:
    return networks.stores(reading, "rds.DescribeDBProxies")


def serverless_caches(reading: Reading) -> list[Item]:
    return networks.stores(reading, "elasticache.DescribeServerlessCaches")


def replication_groups(reading: Reading) -> list[Item]:
    return networks.stores(reading, "elasticache.DescribeReplicationGroups")


def cache_clusters(reading: Reading) -> list[Item]:
    return networks.stores(reading, "elasticache.DescribeCacheClusters")


def alarms(reading: Reading) -> Iterator[Item]:
    """Alarms on services and load balancers, those that deployments or scaling watch, and what is made of them."""
    suffixes = {_suffix(str(each["LoadBalancerArn"])) for each in traffic.load_balancers(reading)}
    suffixes |= {_suffix(str(each["TargetGroupArn"])) for each in traffic.target_groups(reading)}
    services = estate.service_names(reading)
    watched = {
        name
        for each in estate.services(reading)
        for name in each.get("deploymentConfiguration", {}).get("alarms", {}).get("alarmNames", ())
    }
    for policy in scaling_policies(reading):
        watched |= {alarm.get("AlarmName") for alarm in policy.get("Alarms", ())}
    for group in estate.deployment_groups(reading):
        watched |= {alarm.get("name") for alarm in group.get("alarmConfiguration", {}).get("alarms", ())}
    metric = list(reading.items("cloudwatch.DescribeAlarms", "MetricAlarms"))
    composite = {
        str(each.get("AlarmName")): each for each in reading.items("cloudwatch.DescribeAlarms", "CompositeAlarms")
    }
    kept = {str(name) for name in watched if name}
    kept |= {
        str(each.get("AlarmName"))
        for each in metric
        if any(_on(found, services, suffixes) for found in dimensions(each))
    }
    kept = _made_of(kept, {name: named_alarms(each) for name, each in composite.items()})
    yield from (each for each in (*metric, *composite.values()) if each.get("AlarmName") in kept)


def named_alarms(composite: Item) -> set[str]:
    """The alarms in the rule of a composite one, by name: `ALARM("name") OR OK(arn:…:alarm:name)`."""
    found = re.findall(r'\(\s*"?([^"()]+?)"?\s*\)', str(composite.get("AlarmRule", "")))
    return {each.rpartition(":alarm:")[2] for each in found}


def _made_of(kept: set[str], parts: dict[str, set[str]]) -> set[str]:
    """*kept*, the composite alarms that have one of them as a part, and all parts of those."""
    while True:
        more = {name for name, named in parts.items() if named & kept}
        more |= {part for name in kept & parts.keys() for part in parts[name]}
        if more <= kept:
            return kept
        kept |= more


def _suffix(arn: str) -> str:
    """`app/name/id` or `targetgroup/name/id`, as metrics name it."""
    return arn.rpartition(":")[2].removeprefix("loadbalancer/")


def dimensions(alarm: Item) -> Iterator[dict[str, Any]]:
    """The dimensions of the alarm's metric, or of each metric that its expression uses."""
    metrics = [query.get("MetricStat", {}).get("Metric", {}) for query in alarm.get("Metrics", ())]
    for each in (alarm, *metrics):
        if each.get("Dimensions"):
            yield {dimension["Name"]: dimension["Value"] for dimension in each["Dimensions"]}


def _on(found: dict[str, Any], services: set[tuple[str, Any]], suffixes: set[str]) -> bool:
    cluster = str(found.get("ClusterName"))
    if (cluster, found.get("ServiceName")) in services:
        return True
    if found.keys() == {"ClusterName"} and cluster in {name for name, _ in services}:
        return True
    return bool({found.get("LoadBalancer"), found.get("TargetGroup")} & suffixes)


def record_sets(reading: Reading) -> list[Item]:
    """All address records of a name of which one leads to the load balancers, or to distributions in front of them.

    Those that share the name share its requests: a plan compares all of them.
    """
    fronts = {traffic.plain_name(str(each.get("DomainName", ""))) for each in distributions(reading)}
    leading = {id(record) for record in _leading_to(reading, traffic.dns_names(reading) | fronts)}
    found = [
        (asked["HostedZoneId"], record)
        for asked, answer in reading.answers("route53.ListResourceRecordSets")
        for record in answer.get("ResourceRecordSets", ())
    ]
    names = {(zone, record["Name"]) for zone, record in found if id(record) in leading}
    return [
        record
        for zone, record in found
        if id(record) in leading or (record.get("Type") in ADDRESSES and (zone, record["Name"]) in names)
    ]


def _leading_to(reading: Reading, names: set[str]) -> list[Item]:
    """Records that lead to *names*, also by way of other records."""
    records = list(reading.items("route53.ListResourceRecordSets", "ResourceRecordSets"))
    while True:
        found = [record for record in records if names & _values(record)]
        more = names | {traffic.plain_name(record["Name"]) for record in found}
        if more == names:
            return found
        names = more


def _values(record: Item) -> set[str]:
    """What a record leads to."""
    values = [each.get("Value", "") for each in record.get("ResourceRecords") or ()]
    values.append((record.get("AliasTarget") or {}).get("DNSName", ""))
    return {traffic.plain_name(value) for value in values} - {""}


def hosted_zones(reading: Reading) -> Iterator[Item]:
    """Zones that have such a record."""
    kept = {id(record) for record in record_sets(reading)}
    wanted = {
        asked["HostedZoneId"]
        for asked, answer in reading.answers("route53.ListResourceRecordSets")
        if any(id(record) in kept for record in answer.get("ResourceRecordSets", ()))
    }
    for zone in reading.items("route53.ListHostedZones", "HostedZones"):
        if zone["Id"].rpartition("/")[2] in wanted:
            yield zone


def distributions(reading: Reading) -> list[Item]:
    """Distributions with a load balancer as origin, or a name that leads to one."""
    names = traffic.dns_names(reading)
    names |= {traffic.plain_name(record["Name"]) for record in _leading_to(reading, names)}
    found = []
    for _, answer in reading.answers("cloudfront.ListDistributions"):
        for each in answer.get("DistributionList", {}).get("Items") or ():
            origins = (each.get("Origins") or {}).get("Items") or ()
            if names & {traffic.plain_name(origin.get("DomainName", "")) for origin in origins}:
                found.append(each)
    return found
