"""Whether everything fits: numbers worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from ecs2k8s.assess.demand import Demand, quantity
from ecs2k8s.assess.fargate_sizes import fargate_size
from ecs2k8s.assess.fit import verdicts
from ecs2k8s.assess.packing import Room, pack
from ecs2k8s.core.instance_sizes import sizes
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from tests.case_files import snapshot

EKS = "arn:aws:eks:eu-west-1:111122223333"


def cluster(**more: Any) -> dict[str, Any]:
    network = {"vpcId": "vpc-0", "subnetIds": ["subnet-0a"], "clusterSecurityGroupId": "sg-0c"}
    data = {"name": "shop", "arn": f"{EKS}:cluster/shop", "resourcesVpcConfig": network} | more
    return {"shape": "eks.Cluster", "id": data["arn"], "data": data}


def group(most: int, *types: str, **more: Any) -> dict[str, Any]:
    data = {"nodegroupName": "base", "clusterName": "shop", "nodegroupArn": f"{EKS}:nodegroup/shop/base/1"}
    data |= {"instanceTypes": list(types), "scalingConfig": {"maxSize": most}, "subnets": ["subnet-0a"]} | more
    return {"shape": "eks.Nodegroup", "id": data["nodegroupArn"], "data": data}


def subnet(free: int, **more: Any) -> dict[str, Any]:
    data = {"SubnetId": "subnet-0a", "AvailabilityZone": "eu-west-1a", "AvailableIpAddressCount": free} | more
    return {"shape": "ec2.Subnet", "id": "subnet/subnet-0a", "data": data}


def answers(*others: dict[str, Any], **given: Any) -> dict[str, tuple[str, str]]:
    """Question to outcome and numbers, for 8 tasks of half a vCPU and 1 GiB (and 8 more while they are replaced)."""
    case: dict[str, Any] = {"cpu": "512", "memory": "1024", "service": {"desiredCount": 8}, "others": list(others)}
    target = convert({"background": "eks"} | given.pop("target", {}))
    made = translate(snapshot(case | given), target)
    return {each.question: (each.outcome, each.numbers) for each in verdicts(made, target)}


def test_nothing_is_said_to_fit_where_no_cluster_was_read() -> None:
    found = answers()
    assert found["largest pod on a node"][0] == found["free addresses"][0] == "not known"


def test_pods_on_node_groups() -> None:
    """An m7i.large has 1930 - 300 millicores and 6903 - 500 MiB left: three pods by CPU, so 16 pods need 6 nodes."""
    found = answers(cluster(), group(7, "m7i.large"), subnet(1000))
    assert found["nodes at the peak"] == (
        "fits",
        "16 pods at their peak need 6 nodes, filled up by CPU; there are at most 7",
    )
    assert found["largest pod on a node"][0] == "fits"


def test_a_node_of_each_zone_may_be_missing() -> None:
    found = answers(cluster(), group(6, "m7i.large"), subnet(1000))
    outcome, numbers = found["nodes at the peak"]
    assert (outcome, "one more for each of 1 zones" in numbers) == ("does not fit", True)


def test_too_few_nodes() -> None:
    found = answers(cluster(), group(2, "m7i.large"), subnet(1000))
    assert found["nodes at the peak"] == (
        "does not fit",
        "16 pods at their peak; without a place: prod/web: 10; there are at most 2 nodes",
    )


def test_a_pod_larger_than_every_node() -> None:
    found = answers(cluster(), group(9, "t3.small"), subnet(1000), memory="4096")
    outcome, numbers = found["largest pod on a node"]
    assert (outcome, "4096 MiB of" in numbers) == ("does not fit", True)


def test_groups_with_taints_and_types_that_are_not_known_do_not_count() -> None:
    taint = {"key": "a", "value": "b", "effect": "NO_SCHEDULE"}
    assert answers(cluster(), group(9, "m7i.large", taints=[taint]))["largest pod on a node"][0] == "not known"
    assert answers(cluster(), group(9, "z9.huge"))["largest pod on a node"][0] == "not known"


@pytest.mark.parametrize(("free", "outcome"), [(92, "fits"), (91, "does not fit"), (75, "does not fit")])
def test_free_addresses(free: int, outcome: str) -> None:
    """16 pods and 6 nodes that keep 10 addresses ready each are 76, and a fifth more has to be free."""
    assert answers(cluster(), group(7, "m7i.large"), subnet(free))["free addresses"][0] == outcome


def test_addresses_of_ipv6_clusters_do_not_run_out() -> None:
    of_ipv6 = cluster(kubernetesNetworkConfig={"ipFamily": "ipv6"})
    assert answers(of_ipv6, group(7, "m7i.large"))["free addresses"] == ("fits", "pods have IPv6 addresses")


def test_branch_interfaces_fill_nodes_too() -> None:
    """10 millicores each: 9 branch interfaces are what an m7i.large runs out of; a t3.large has none."""
    network = {"awsvpcConfiguration": {"subnets": ["subnet-0a"], "securityGroups": ["sg-0a"]}}
    given = {"service": {"desiredCount": 9, "networkConfiguration": network}, "networkMode": "awsvpc"}
    given |= {"cpu": "10", "memory": "10", "target": {"network": "security-group-policy"}}
    members = {"GroupId": "sg-0a", "GroupName": "web", "VpcId": "vpc-0"}
    secured = {"shape": "ec2.SecurityGroup", "id": "security-group/sg-0a", "data": members}
    found = answers(cluster(), group(3, "m7i.large"), subnet(1000), secured, **given)
    assert found["branch interfaces"] == ("fits", "18 are needed; a node has m7i.large: 9")
    assert "need 2 nodes, filled up by branch interfaces" in found["nodes at the peak"][1]
    found = answers(cluster(), group(3, "t3.large"), subnet(1000), secured, **given)
    assert found["branch interfaces"][0] == "does not fit"


def test_pools_start_as_many_nodes_as_are_needed() -> None:
    found = answers(cluster(), subnet(1000), target={"compute": "karpenter"})
    outcome, numbers = found["nodes at the peak"]
    assert (outcome, "node pools have no limit" in numbers) == ("fits", True)


@pytest.mark.parametrize(
    ("cpu", "memory", "size"),
    [
        (250, 256, "0.25 vCPU and 0.5 GB"),
        (250, 512, "0.25 vCPU and 1 GB"),
        (250, 2048, "0.5 vCPU and 3 GB"),
        (1000, 8192, "2 vCPU and 9 GB"),
        (8000, 16384, "8 vCPU and 20 GB"),
        (16000, 122624, "16 vCPU and 120 GB"),
        (16000, 122880, "None"),
        (16001, 1, "None"),
    ],
)
def test_sizes_of_eks_fargate(cpu: int, memory: int, size: str) -> None:
    assert str(fargate_size(cpu, memory)) == size


def test_every_pod_of_eks_fargate_gets_a_size() -> None:
    found = answers(target={"compute": "fargate"})
    assert found["size on EKS Fargate"] == (
        "fits",
        "500m CPU, 1024 MiB and 256 MiB for the kubelet become 0.5 vCPU and 2 GB",
    )


def test_the_largest_pods_are_placed_first() -> None:
    """Small ones first would take the room of the large one on the only node."""
    room = Room.of(sizes()["m7i.large"], [])
    large, small = Demand("a", "z", "Deployment", 1, 1000, 1000), Demand("a", "a", "Deployment", 7, 100, 100)
    packed = pack([small, large], [(room, 1)])
    assert packed.left == {small: 1}


def test_nodes_of_another_architecture_or_provider_stay_empty() -> None:
    room = Room.of(sizes()["m7g.large"], [], "heavy")
    amd = Demand("a", "a", "Deployment", 1, 100, 100, (("kubernetes.io/arch", "amd64"),))
    other = Demand("a", "b", "Deployment", 1, 100, 100, (("ecs2k8s.io/capacity-provider", "other"),))
    own = Demand("a", "c", "Deployment", 1, 100, 100, (("ecs2k8s.io/capacity-provider", "heavy"),))
    assert pack([amd, other, own], [(room, 5)]).left == {amd: 1, other: 1}


def listener(groups: int) -> dict[str, Any]:
    names = ["web", *(f"other{index}" for index in range(groups - 1))]
    forward = {"TargetGroups": [{"TargetGroupArn": f"tg:{name}", "Weight": 1} for name in names]}
    return {"port": 80, "default": [{"Type": "forward", "ForwardConfig": forward}]}


def test_more_rules_than_the_default_quota_are_there_already() -> None:
    """The new load balancer has as many as the old one, for which the quota was raised."""
    rules = [{"priority": n + 1, "if": {"path-pattern": [f"/{n}"]}, "then": "forward web"} for n in range(101)]
    balancer = {"name": "shop", "listeners": [{"port": 80, "default": "forward web", "rules": rules}]}
    outcome, numbers = answers(services=[{"family": "web"}], balancers=[balancer])["rules of a load balancer"]
    assert (outcome, "101 of 101" in numbers, "raised already" in numbers) == ("fits", True, True)


@pytest.mark.parametrize(("groups", "outcome"), [(4, "fits"), (5, "does not fit")])
def test_an_action_must_have_room_for_the_second_group(groups: int, outcome: str) -> None:
    given = {"services": [{"family": "web"}], "balancers": [{"name": "shop", "listeners": [listener(groups)]}]}
    found = answers(**given)
    assert found["target groups of a rule"][0] == outcome
    assert found["targets of a load balancer"] == ("fits", "3 of 1000: 1 tasks, and 2 pods at their peak")
    assert "target groups of a rule" not in answers(**given, target={"shift": "weighted-dns"})


@pytest.mark.parametrize(
    ("text", "what", "number"),
    [
        ("250m", "cpu", 250),
        ("2", "cpu", 2000),
        ("0.5", "cpu", 500),
        ("512Mi", "memory", 512),
        ("1Gi", "memory", 1024),
        ("1M", "memory", 1),
        ("0", "memory", 0),
        ("odd", "memory", 0),
    ],
)
def test_quantities(text: str, what: str, number: int) -> None:
    assert quantity(text, what) == number
