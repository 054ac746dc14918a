"""A small world for the live checks: answers of AWS, objects of a cluster and minutes of metrics, all to be changed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.cutover.checks.scene import Scene
from ecs2k8s.cutover.journal.events import verified
from ecs2k8s.cutover.plan import FORMAT, Fingerprint, Move, Plan, Request, Step, Thing
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.cutover.world import Series, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.cutover.plan import State

ELB = "arn:aws:elasticloadbalancing:eu-west-1:111122223333"
RULE = f"{ELB}:listener-rule/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee"
OLD = f"{ELB}:targetgroup/shop-web/73e2d6bc24d8a067"
NEW = f"{ELB}:targetgroup/shop-web-eks/1234567890abcdef"
NAMED = "targetgroup:shop-web-eks"
SERVICE = "arn:aws:ecs:eu-west-1:111122223333:service/shop/web"
DEFINITION = "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7"
IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/web:1.2"
BALANCER = "app/shop/50dc6c495c0c9188"
SCALING = "ecs/service/shop/web/ecs:service:DesiredCount"
NOW = 1_800_000_000.0 // 60 * 60
MINUTE = 60.0


def forward(old: int, new: int) -> dict[str, Any]:
    groups = [{"TargetGroupArn": OLD, "Weight": old}, {"TargetGroupArn": NAMED, "Weight": new}]
    return {"Type": "forward", "Order": 1, "ForwardConfig": {"TargetGroups": groups}}


def rule(old: int, new: int) -> dict[str, Any]:
    return {"Actions": [forward(old, new)], "Conditions": [], "Priority": "10"}


@dataclass
class Now:
    """A clock that stands."""

    at: float = NOW

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


@dataclass
class World:
    """`answers` by call; `states` by thing, for what is read as a thing; `values` by metric, group or balancer, minute."""

    answers: dict[str, Any] = field(default_factory=dict)
    states: dict[Thing, State] = field(default_factory=dict)
    objects: list[Manifest] = field(default_factory=list)
    values: dict[tuple[str, str, str], dict[float, float]] = field(default_factory=lambda: defaultdict(dict))
    uid: str = "uid-1"
    denied: set[str] = field(default_factory=set)

    def ask(self, call: str, parameters: Mapping[str, Any]) -> Any:
        if call in self.denied or call not in self.answers:
            raise UnreadableError(f"{call} was denied")
        found = self.answers[call]
        return found(parameters) if callable(found) else found

    def read(self, thing: Thing) -> State:
        if thing in self.states:
            return self.states[thing]
        return KINDS[thing.kind].now(self.ask, thing.id)

    def identity(self) -> str:
        return self.uid

    def get(self, ref: ObjectRef) -> Manifest | None:
        return next((each for each in self.objects if ObjectRef.of(each) == ref), None)

    def items(self, api_version: str, kind: str, namespace: str = "", **_: str) -> list[Manifest]:
        if kind in self.denied:
            raise UnreadableError(f"the list of {kind}: denied")
        its = [m for m in self.objects if (m["apiVersion"], m["kind"]) == (api_version, kind)]
        return [m for m in its if not namespace or m["metadata"].get("namespace") == namespace]

    def series(self, metric: str, dimensions: dict[str, str], statistic: str, since: float, until: float) -> Series:
        if metric in self.denied:
            raise UnreadableError(f"{metric}: CloudWatch does not answer")
        key = (metric, dimensions.get("TargetGroup") or next(iter(dimensions.values())), statistic)
        found = sorted(self.values.get(key, {}).items())
        return Series(tuple((at, value) for at, value in found if since <= at < until))

    def put(self, metric: str, where: str, value: float, minutes: int = 10, statistic: str = "Sum") -> None:
        """The same value in each of the last *minutes*."""
        for back in range(1, minutes + 1):
            self.values[metric, where, statistic][NOW - back * MINUTE] = value


OLD_GROUP, NEW_GROUP = "targetgroup/shop-web/73e2d6bc24d8a067", "targetgroup/shop-web-eks/1234567890abcdef"


def target(ident: str, zone: str = "eu-west-1a", state: str = "healthy", reason: str = "") -> dict[str, Any]:
    health = {"State": state, **({"Reason": reason} if reason else {})}
    return {"Target": {"Id": ident, "Port": 8080, "AvailabilityZone": zone}, "TargetHealth": health}


def pod(name: str, address: str, **status: Any) -> Manifest:
    conditions = [{"type": "Ready", "status": "True"}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "labels": {"app": "web"}},
        "spec": {"readinessGates": [{"conditionType": "target-health.elbv2.k8s.aws/web"}]},
        "status": {"phase": "Running", "podIP": address, "conditions": conditions, "containerStatuses": []} | status,
    }


DEPLOYMENT: Manifest = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "generation": 3, "annotations": {}},
    "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}},
    "status": {
        "observedGeneration": 3,
        "replicas": 2,
        "readyReplicas": 2,
        "updatedReplicas": 2,
        "availableReplicas": 2,
    },
}
OBJECTS: tuple[Manifest, ...] = (
    DEPLOYMENT,
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": {"app": "web"}},
    },
    {
        "apiVersion": "elbv2.k8s.aws/v1beta1",
        "kind": "TargetGroupBinding",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"targetGroupName": "shop-web-eks", "serviceRef": {"name": "web", "port": 8080}},
    },
)


def plan(*steps: Step, share: int = 10) -> Plan:
    """Of one service behind one rule, unless *steps* say otherwise."""
    place = Thing("elbv2.rule", RULE)
    request = Request("elbv2.ModifyRule")
    attach = Move(place, rule(100, 0), rule(100, 0), request, "")
    to = Move(place, rule(100, 0), rule(100 - share, share), request, "")
    pinned = {"MinCapacity": 2, "MaxCapacity": 4, "SuspendedState": {}}
    pin = Move(Thing("autoscaling.target", SCALING), None, pinned, Request("application-autoscaling.X"), "")
    usual = (
        Step("pin", "ecs.pin", "P2", "pin", "", "", moves=(pin,)),
        Step("attach", "elb.rule.attach", "P3", "attach", "", "", moves=(attach,)),
        Step("to", "elb.weights", "P6", "to", "", "", moves=(to,), share=share),
    )
    state = {"taskDefinition": DEFINITION, "deployments": ["ecs-svc/1"], "taskSets": []}
    marks = (Fingerprint(Thing("ecs.service-deployment", SERVICE), state), Fingerprint(place, rule(100, 0)))
    return Plan(
        format=FORMAT,
        version="0",
        unit="web",
        purpose="move",
        designs={"shop/web": ["A"]},
        account="111122223333",
        partition="aws",
        region="eu-west-1",
        eks_cluster="shop",
        taken="2027-01-15T00:00:00Z",
        expires="2027-01-16T00:00:00Z",
        inputs={},
        steps=steps or usual,
        fingerprints=marks,
    )


def service(**changes: Any) -> dict[str, Any]:
    return {
        "serviceArn": SERVICE,
        "status": "ACTIVE",
        "desiredCount": 2,
        "runningCount": 2,
        "taskDefinition": DEFINITION,
        "deployments": [{"id": "ecs-svc/1", "status": "PRIMARY", "rolloutState": "COMPLETED"}],
    } | changes


def healthy(share: int = 10) -> World:
    """Where every check passes: 600 requests a minute, of which EKS has its share."""
    found = World(objects=[*OBJECTS, pod("web-1", "10.0.0.1"), pod("web-2", "10.0.0.2")])
    health = {NEW: [target("10.0.0.1"), target("10.0.0.2", "eu-west-1b")], OLD: [target("10.0.1.1")]}
    zones = [{"ZoneName": "eu-west-1a"}, {"ZoneName": "eu-west-1b"}]
    found.answers = {
        "elbv2.DescribeTargetGroups": {"TargetGroups": [{"TargetGroupArn": NEW, "TargetGroupName": "shop-web-eks"}]},
        "elbv2.DescribeTargetHealth": lambda its: {"TargetHealthDescriptions": health[its["TargetGroupArn"]]},
        "elbv2.DescribeLoadBalancers": {"LoadBalancers": [{"AvailabilityZones": zones}]},
        "elbv2.DescribeTags": {"TagDescriptions": []},
        "ecs.DescribeServices": {"services": [service()]},
        "ecs.DescribeTaskDefinition": {
            "taskDefinition": {"status": "ACTIVE", "containerDefinitions": [{"name": "web", "image": IMAGE}]}
        },
        "ecr.DescribeImages": {"imageDetails": [{"imageDigest": f"sha256:{'1' * 64}"}]},
        "application-autoscaling.DescribeScalableTargets": {
            "ScalableTargets": [
                {"ResourceId": "service/shop/web", "SuspendedState": {"DynamicScalingInSuspended": True}}
            ]
        },
        "cloudwatch.DescribeAlarms": {"MetricAlarms": [{"AlarmName": "web-5xx", "StateValue": "OK"}]},
    }
    found.states = {Thing("elbv2.rule", RULE): rule(100 - share, share)}
    state = {"taskDefinition": DEFINITION, "deployments": ["ecs-svc/1"], "taskSets": []}
    found.states[Thing("ecs.service-deployment", SERVICE)] = state
    eks = 600 * share // 100
    found.put("RequestCount", NEW_GROUP, eks)
    found.put("RequestCount", OLD_GROUP, 600 - eks)
    found.put("RequestCount", BALANCER, 600, minutes=80)
    return found


def scene(world: World, made: Plan | None = None, **changes: Any) -> Scene:
    """Ten minutes after the share was set."""
    place = Thing("elbv2.rule", RULE)
    seen = {place: verified("to", place, world.states.get(place))}
    usual: dict[str, Any] = {
        "reader": world,
        "ask": world.ask,
        "cluster": world,
        "metrics": world,
        "objects": OBJECTS,
        "verified": lambda: seen,
        "since": NOW - 10 * MINUTE,
        "expected_cluster": "uid-1",
        "alarms": ("web-5xx",),
    }
    return Scene(made or plan(), Now(), **(usual | changes))
