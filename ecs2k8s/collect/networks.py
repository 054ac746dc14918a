"""What tasks reach, and what reaches them: subnets, security groups, and the data stores behind those."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.collect import estate, traffic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.collect.reading import Item, Reading


def networks(reading: Reading) -> Iterator[Item]:
    """Subnets and security groups of services, task sets, rules and schedules, with the keys in small letters."""
    for each in estate.configurations(reading):
        yield each.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    for each in (*estate.rule_targets(reading), *estate.scheduled(reading)):
        network = _map(each.get("NetworkConfiguration"))
        its = _map(network.get("awsvpcConfiguration") or network.get("AwsvpcConfiguration"))
        yield {key: _texts(value) for key, value in estate.small(its).items()}


def _map(value: Any) -> Item:
    """The input of a universal target is text that a person wrote, and may be anything."""
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def task_subnets(reading: Reading) -> Iterator[str]:
    """Subnets of tasks that have no service, which say it in the details of their interface."""
    for task in estate.tasks(reading):
        for attachment in task.get("attachments", ()):
            yield from (each["value"] for each in attachment.get("details", ()) if each.get("name") == "subnetId")


def subnets(reading: Reading) -> set[str]:
    found = {subnet for network in networks(reading) for subnet in network.get("subnets", ())}
    found.update(task_subnets(reading))
    found.update(each.get("SubnetId") for each in instances(reading))
    found.update(cluster_subnets(reading))
    for balancer in traffic.load_balancers(reading):
        found.update(zone.get("SubnetId") for zone in balancer.get("AvailabilityZones", ()))
    return {str(subnet) for subnet in found if subnet}


def cluster_subnets(reading: Reading) -> Iterator[str]:
    """Subnets of the EKS cluster that is moved to: its own, and those of its nodes and Fargate profiles."""
    for _, answer in reading.answers("eks.DescribeCluster"):
        yield from answer.get("cluster", {}).get("resourcesVpcConfig", {}).get("subnetIds", ())
    for call, key in (("eks.DescribeNodegroup", "nodegroup"), ("eks.DescribeFargateProfile", "fargateProfile")):
        for _, answer in reading.answers(call):
            yield from answer.get(key, {}).get("subnets", ())


def instances(reading: Reading) -> Iterator[Item]:
    """EC2 instances of the clusters."""
    for each in reading.items("ec2.DescribeInstances", "Reservations"):
        yield from each.get("Instances", ())


def vpcs(reading: Reading) -> set[str]:
    found = {each.get("VpcId") for each in reading.items("ec2.DescribeSubnets", "Subnets")}
    found |= {balancer.get("VpcId") for balancer in traffic.load_balancers(reading)}
    groups = traffic.service_groups(reading)
    for group in reading.items("elbv2.DescribeTargetGroups", "TargetGroups"):
        if group.get("TargetGroupArn") in groups:
            found.add(group.get("VpcId"))
    return {str(vpc) for vpc in found if vpc}


def task_groups(reading: Reading) -> set[str]:
    """Security groups of tasks, of instances and of load balancers."""
    found = {group for network in networks(reading) for group in network.get("securityGroups", ())}
    for balancer in traffic.load_balancers(reading):
        found.update(balancer.get("SecurityGroups", ()))
    for instance in instances(reading):
        found.update(each.get("GroupId") for each in instance.get("SecurityGroups", ()))
    return {str(group) for group in found if group} | default_groups(reading)


def default_groups(reading: Reading) -> set[str]:
    """Tasks whose network names no group have the default group of their VPC."""
    bare = {
        subnet
        for network in networks(reading)
        if not network.get("securityGroups")
        for subnet in network.get("subnets", ())
    }
    found = {each.get("VpcId") for each in reading.items("ec2.DescribeSubnets", "Subnets") if each["SubnetId"] in bare}
    groups = reading.items("ec2.DescribeSecurityGroups", "SecurityGroups")
    return {
        str(each["GroupId"]) for each in groups if each.get("GroupName") == "default" and each.get("VpcId") in found
    }


def permissions(group: Item) -> Iterator[Item]:
    yield from group.get("IpPermissions") or ()
    yield from group.get("IpPermissionsEgress") or ()


def peers(group: Item) -> set[str]:
    """Security groups that the rules of *group* name."""
    pairs = (pair for rule in permissions(group) for pair in rule.get("UserIdGroupPairs") or ())
    return {str(pair.get("GroupId")) for pair in pairs if pair.get("GroupId")}


def neighbours(reading: Reading, seeds: set[str]) -> set[str]:
    """*seeds*, the security groups that their rules name, and those whose rules name them."""
    found = set(seeds)
    for group in reading.items("ec2.DescribeSecurityGroups", "SecurityGroups"):
        named = peers(group)
        if group.get("GroupId") in seeds:
            found |= named
        elif named & seeds:
            found.add(str(group.get("GroupId")))
    return found


def environment(reading: Reading) -> str:
    """All plain environment values in one text, in small letters, to look for host names in."""
    values = (str(pair.get("value", "")) for each in estate.containers(reading) for pair in each.get("environment", ()))
    return "\n".join(values).lower()


def endpoints(store: Item) -> set[str]:
    """Host names below any key of a data store's description that is called an address."""
    found: set[str] = set()
    stack: list[Any] = [store]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            found |= {str(value[key]).lower() for key in ("Address", "ReaderEndpoint", "Endpoint") if _text(value, key)}
            found |= {str(name).lower() for name in value.get("CustomEndpoints") or ()}
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)
    return {name for name in found if name}


def _text(value: Item, key: str) -> bool:
    return isinstance(value.get(key), str)


STORES = {
    "rds.DescribeDBInstances": ("DBInstances", "VpcSecurityGroups", "VpcSecurityGroupId"),
    "rds.DescribeDBClusters": ("DBClusters", "VpcSecurityGroups", "VpcSecurityGroupId"),
    "rds.DescribeDBProxies": ("DBProxies", "VpcSecurityGroupIds", ""),
    "elasticache.DescribeReplicationGroups": ("ReplicationGroups", "", ""),
    "elasticache.DescribeCacheClusters": ("CacheClusters", "SecurityGroups", "SecurityGroupId"),
    "elasticache.DescribeServerlessCaches": ("ServerlessCaches", "SecurityGroupIds", ""),
}


def stores(reading: Reading, call: str) -> list[Item]:
    """Databases and caches that environment values name, or that a rule lets tasks reach."""
    key, groups, _ = STORES[call]
    near, text = neighbours(reading, task_groups(reading)), environment(reading)
    caches = _caches(reading, near) if not groups else set()
    found = []
    for store in reading.items(call, key):
        reached = bool(store_groups(store, call) & near) or store.get("ReplicationGroupId") in caches
        if reached or any(name in text for name in endpoints(store)):
            found.append(store)
    return found


def _caches(reading: Reading, near: set[str]) -> set[str]:
    """Replication groups have no security groups of their own: their nodes have."""
    call = "elasticache.DescribeCacheClusters"
    found = reading.items(call, "CacheClusters")
    return {str(node.get("ReplicationGroupId")) for node in found if store_groups(node, call) & near}


def store_groups(store: Item, call: str) -> set[str]:
    _, groups, key = STORES[call]
    return {str(each.get(key) if key else each) for each in store.get(groups, ())} if groups else set()


def security_groups(reading: Reading) -> list[Item]:
    """Groups of tasks, load balancers, file systems and data stores, with those next to them."""
    seeds = task_groups(reading)
    for call in STORES:
        seeds.update(*(store_groups(store, call) for store in stores(reading, call)))
    seeds.update(str(group) for group in reading.items("efs.DescribeMountTargetSecurityGroups", "SecurityGroups"))
    wanted = neighbours(reading, seeds)
    for _, answer in reading.answers("eks.DescribeCluster"):
        its = answer.get("cluster", {}).get("resourcesVpcConfig", {})
        wanted.update((its.get("clusterSecurityGroupId"), *its.get("securityGroupIds", ())))
    found = reading.items("ec2.DescribeSecurityGroups", "SecurityGroups")
    return [group for group in found if group.get("GroupId") in wanted]
