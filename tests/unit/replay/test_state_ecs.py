"""Services, tasks and scalable targets, through real clients."""

from __future__ import annotations

from typing import Any

import pytest

from ecs2k8s.replay.state_tasks import Watching, address_of
from tests.standing import Stand, refused, sample, states

SERVICE = {"cluster": "shop", "service": "backend"}
TARGET = {"ServiceNamespace": "ecs", "ResourceId": "service/shop/backend"}
TARGET |= {"ScalableDimension": "ecs:service:DesiredCount"}


@pytest.fixture
def aws() -> Stand:
    return sample("three-tier")


def service(aws: Stand) -> Any:
    return aws.client("ecs").describe_services(cluster="shop", services=["backend"])["services"][0]


def counts(aws: Stand) -> tuple[int, int, int]:
    found = service(aws)
    return found["desiredCount"], found["pendingCount"], found["runningCount"]


def tasks(aws: Stand, status: str = "RUNNING") -> list[str]:
    ecs = aws.client("ecs")
    return list(ecs.list_tasks(cluster="shop", serviceName="backend", desiredStatus=status)["taskArns"])


def health(aws: Stand) -> list[tuple[str, str, str]]:
    group = service(aws)["loadBalancers"][0]["targetGroupArn"]
    elb = aws.client("elbv2")
    return states(elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"])


def test_more_tasks_are_pending_then_run_and_are_targets(aws: Stand) -> None:
    before = service(aws)["deployments"][0]["id"]
    aws.client("ecs").update_service(**SERVICE, desiredCount=4)
    assert counts(aws) == (4, 2, 2)
    assert len(health(aws)) == 2
    aws.clock.sleep(30)
    assert counts(aws) == (4, 0, 4)
    assert [state for _, state, _ in health(aws)] == ["healthy", "healthy", "initial", "initial"]
    deployment = service(aws)["deployments"][0]
    assert (deployment["id"], deployment["desiredCount"], deployment["runningCount"]) == (before, 4, 4)
    described = aws.client("ecs").describe_tasks(cluster="shop", tasks=tasks(aws))["tasks"]
    assert {address_of(each) for each in described} == {ident for ident, _, _ in health(aws)}


def test_fewer_tasks_drain_before_they_stop(aws: Stand) -> None:
    """The group of the sample drains for 60 seconds."""
    aws.client("ecs").update_service(**SERVICE, desiredCount=1)
    assert sorted(state for _, state, _ in health(aws)) == ["draining", "healthy"]
    assert (counts(aws), len(tasks(aws)), len(tasks(aws, "STOPPED"))) == ((1, 0, 2), 1, 1)
    aws.clock.sleep(89)
    assert counts(aws) == (1, 0, 2)
    assert len(health(aws)) == 1
    aws.clock.sleep(1)
    assert counts(aws) == (1, 0, 1)
    stopped = aws.client("ecs").describe_tasks(cluster="shop", tasks=tasks(aws, "STOPPED"))["tasks"]
    assert [each["lastStatus"] for each in stopped] == ["STOPPED"]
    aws.clock.sleep(3600)
    assert tasks(aws, "STOPPED") == []


def test_a_task_that_is_not_wanted_any_more_never_runs(aws: Stand) -> None:
    aws.client("ecs").update_service(**SERVICE, desiredCount=3)
    aws.client("ecs").update_service(**SERVICE, desiredCount=2)
    assert counts(aws) == (2, 0, 2)
    aws.clock.sleep(3600)
    assert counts(aws) == (2, 0, 2)
    assert len(health(aws)) == 2


def test_a_new_deployment_appears_and_completes(aws: Stand) -> None:
    old = service(aws)["deployments"][0]["id"]
    aws.client("ecs").update_service(**SERVICE, forceNewDeployment=True)
    new, before = service(aws)["deployments"]
    assert (new["status"], new["rolloutState"], before["status"], before["id"]) == (
        "PRIMARY",
        "IN_PROGRESS",
        "ACTIVE",
        old,
    )
    aws.clock.sleep(30)
    assert counts(aws) == (2, 0, 4)
    aws.clock.sleep(90)
    assert counts(aws) == (2, 0, 2)
    assert [(each["status"], each["rolloutState"]) for each in service(aws)["deployments"]] == [
        ("PRIMARY", "COMPLETED")
    ]
    assert service(aws)["deployments"][0]["id"] == new["id"]
    assert [state for _, state, _ in health(aws)] == ["healthy", "healthy"]


def test_whoever_runs_tasks_for_real_is_told(aws: Stand) -> None:
    told: list[str] = []
    aws.account.part(Watching).started.append(lambda task: told.append(f"runs {address_of(task)}"))
    aws.account.part(Watching).stopping.append(lambda task: told.append(f"stops {address_of(task)}"))
    aws.client("ecs").update_service(**SERVICE, desiredCount=3)
    aws.clock.sleep(30)
    counts(aws)
    address = health(aws)[-1][0]
    aws.client("ecs").update_service(**SERVICE, desiredCount=2)
    aws.clock.sleep(60)
    counts(aws)
    assert told == [f"runs {address}", f"stops {address}"]


def test_whoever_is_told_may_look_around_and_each_effect_has_its_own_moment(aws: Stand) -> None:
    begun, seen = aws.clock.now(), []

    def look(_: Any) -> None:
        with aws.account.open():
            seen.append(aws.account.now() - begun)

    aws.account.part(Watching).started.append(look)
    for wait in (0, 10):
        aws.clock.sleep(wait)
        with aws.account.open():
            aws.client("ecs").update_service(**SERVICE, desiredCount=service(aws)["desiredCount"] + 1)
    aws.clock.sleep(3600)
    assert counts(aws) == (4, 0, 4)
    assert seen == [30, 40]


def test_what_ecs_refuses_is_refused(aws: Stand) -> None:
    ecs = aws.client("ecs")
    with refused("ClusterNotFoundException"):
        ecs.update_service(cluster="none", service="backend", desiredCount=1)
    with refused("ServiceNotFoundException"):
        ecs.update_service(cluster="shop", service="none", desiredCount=1)
    with refused("InvalidParameterException"):
        ecs.update_service(**SERVICE, desiredCount=-1)
    with refused("ClientException"):
        ecs.update_service(**SERVICE, taskDefinition="none:1")
    next(each for each in aws.all("ecs.Service") if each["serviceName"] == "backend")["status"] = "DRAINING"
    with refused("ServiceNotActiveException"):
        ecs.update_service(**SERVICE, desiredCount=1)
    assert counts(aws) == (2, 0, 2)


def scalable(aws: Stand) -> Any:
    scaling = aws.client("application-autoscaling")
    return scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[TARGET["ResourceId"]])[
        "ScalableTargets"
    ][0]


def test_a_scalable_target_changes_in_what_is_named(aws: Stand) -> None:
    before = scalable(aws)
    scaling = aws.client("application-autoscaling")
    scaling.register_scalable_target(**TARGET, SuspendedState={"DynamicScalingInSuspended": True})
    suspended = before["SuspendedState"] | {"DynamicScalingInSuspended": True}
    assert scalable(aws) == before | {"SuspendedState": suspended}
    assert counts(aws) == (2, 0, 2)


def test_a_count_outside_the_new_bounds_is_moved_into_them(aws: Stand) -> None:
    aws.client("application-autoscaling").register_scalable_target(**TARGET, MinCapacity=4)
    assert counts(aws) == (4, 2, 2)
    aws.clock.sleep(30)
    aws.client("application-autoscaling").register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=3)
    assert counts(aws) == (3, 0, 4)


def test_what_automatic_scaling_refuses_is_refused(aws: Stand) -> None:
    scaling = aws.client("application-autoscaling")
    with refused("ValidationException"):
        scaling.register_scalable_target(**TARGET, MinCapacity=11)
    with refused("ValidationException"):
        scaling.register_scalable_target(**TARGET | {"ResourceId": "service/shop/none"}, MinCapacity=1, MaxCapacity=2)
    for other in ({"ServiceNamespace": "dynamodb"}, {"ScalableDimension": "ecs:service:None"}):
        with refused("ValidationException"):
            scaling.register_scalable_target(**TARGET | other, MinCapacity=1, MaxCapacity=2)
    aws.account.estate.shapes["application-autoscaling.ScalableTarget"].clear()
    with refused("ValidationException"):
        scaling.register_scalable_target(**TARGET, MinCapacity=1)
    scaling.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=2)
    assert (scalable(aws)["MinCapacity"], scalable(aws)["SuspendedState"]["ScheduledScalingSuspended"]) == (1, False)


def test_a_service_is_deleted_when_it_is_empty_or_by_force(aws: Stand) -> None:
    ecs = aws.client("ecs")
    with refused("InvalidParameterException"):
        ecs.delete_service(**SERVICE)
    ecs.delete_service(**SERVICE, force=True)
    assert (service(aws)["status"], counts(aws)) == ("DRAINING", (0, 0, 2))
    with refused("ServiceNotActiveException"):
        ecs.delete_service(**SERVICE)
    aws.clock.sleep(90)
    assert (service(aws)["status"], counts(aws)) == ("INACTIVE", (0, 0, 0))


def test_a_scalable_target_goes_with_all_that_hangs_on_it(aws: Stand) -> None:
    scaling = aws.client("application-autoscaling")
    scaling.deregister_scalable_target(**TARGET)
    asked = {"ServiceNamespace": "ecs"}
    assert scaling.describe_scalable_targets(**asked, ResourceIds=[TARGET["ResourceId"]])["ScalableTargets"] == []
    assert scaling.describe_scaling_policies(**asked, ResourceId=TARGET["ResourceId"])["ScalingPolicies"] == []
    assert scaling.describe_scaling_policies(**asked)["ScalingPolicies"] != []
    with refused("ObjectNotFoundException"):
        scaling.deregister_scalable_target(**TARGET)
