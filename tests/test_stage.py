"""An account, its load balancer and both fleets: what a client of AWS writes is what becomes of real requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.replay.hook import Hook
from ecs2k8s.replay.stand_in import StandIn
from tests.harness.cluster import Template
from tests.harness.metrics import dimension
from tests.harness.propagation import Delays
from tests.harness.server import Behaviour
from tests.harness.stage import Stage
from tests.replayed import ACCOUNT, REGION
from tests.standing import client_of, of_sample

if TYPE_CHECKING:
    from collections.abc import Iterator

PODS = Template(Behaviour("eks"), pre_stop=70, grace=100)
ASKED = {"Name": "web-eks", "Protocol": "HTTP", "Port": 8000, "VpcId": "vpc-0123456789abcdef0", "TargetType": "ip"}


class Move:
    """What design A does, by hand."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.hook = Hook((StandIn(stage.account),))
        estate = stage.account.estate
        self.rule = next(each for each in estate.all("elbv2.Rule") if not each["IsDefault"])
        self.listener = str(self.rule["RuleArn"]).replace(":listener-rule/", ":listener/").rpartition("/")[0]
        self.old = str(self.rule["Actions"][0]["TargetGroupArn"])
        self.new = str(self.aws("elbv2").create_target_group(**ASKED)["TargetGroups"][0]["TargetGroupArn"])

    def aws(self, service: str) -> Any:
        return client_of(self.hook, service)

    def weigh(self, old: int, new: int) -> None:
        tuples = [{"TargetGroupArn": self.old, "Weight": old}, {"TargetGroupArn": self.new, "Weight": new}]
        action = {"Type": "forward", "ForwardConfig": {"TargetGroups": tuples}}
        self.aws("elbv2").modify_rule(RuleArn=self.rule["RuleArn"], Actions=[action])

    def health(self, group: str) -> list[str]:
        found = self.aws("elbv2").describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return [each["TargetHealth"]["State"] for each in found]


@pytest.fixture
def move() -> Iterator[Move]:
    documents = of_sample("three-tier")
    balancer = next(each.id for each in documents if each.shape == "elbv2.LoadBalancer")
    stage = Stage(documents, balancer, number=ACCOUNT, region=REGION, delays=Delays(30, 10), scale=120)
    try:
        yield Move(stage)
    finally:
        stage.close()


def test_a_move_by_design_a_loses_no_request_and_its_metrics_can_be_asked_for(move: Move) -> None:
    stage = move.stage
    count = len(move.health(move.old))
    stage.settled(move.old, count)
    move.weigh(100, 0)
    stage.bind(move.new, "web")
    stage.deploy("web", 2, PODS)
    assert move.health(move.new) == ["healthy"] * 2
    began = stage.clock.now()
    with traffic(move) as load:
        for new in (10, 50, 100):
            move.weigh(100 - new, new)
            stage.clock.sleep(45)
        answered = load.tally.of("ecs")
        stage.clock.sleep(60)
        assert load.tally.of("ecs") == answered
    assert load.tally.causes(stage.balancer.failures) == {}
    assert min(load.tally.of("ecs"), load.tally.of("eks")) > 30
    stage.clock.sleep(61)
    names = [
        {"Name": "LoadBalancer", "Value": dimension(stage.plane.balancer)},
        {"Name": "TargetGroup", "Value": dimension(move.new)},
    ]
    metric = {"Namespace": "AWS/ApplicationELB", "MetricName": "RequestCount", "Dimensions": names}
    query = {"Id": "requests", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    asked = {"MetricDataQueries": [query], "StartTime": began - 60, "EndTime": stage.clock.now()}
    [found] = move.aws("cloudwatch").get_metric_data(**asked)["MetricDataResults"]
    assert sum(found["Values"]) == load.tally.of("eks")


def test_a_binding_of_the_ecs_group_is_seen_to_throw_out_the_tasks(move: Move) -> None:
    count = len(move.health(move.old))
    move.stage.settled(move.old, count)
    move.stage.bind(move.old, "web")
    move.stage.deploy("web", 1, PODS)
    assert move.health(move.old).count("draining") == count


def traffic(move: Move) -> Any:
    conditions = move.rule["Conditions"]
    path = next((each["Values"][0] for each in conditions if each["Field"] == "path-pattern"), "/").replace("*", "x")
    host = next((each["Values"][0] for each in conditions if each["Field"] == "host-header"), "shop").replace("*", "x")
    return move.stage.traffic(move.listener, rate=150, paths=(path,), host=host)
