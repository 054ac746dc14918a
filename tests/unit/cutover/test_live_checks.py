"""Live checks on a small world where all is well, with one thing changed at a time."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs

from ecs2k8s.core.checks import checks
from ecs2k8s.cutover.checks import CHECKS
from ecs2k8s.cutover.checks.judging import Judges
from ecs2k8s.cutover.checks.one_side import handovers
from ecs2k8s.cutover.checks.probing import PROBED
from ecs2k8s.cutover.journal.events import verified
from ecs2k8s.cutover.journal.redact import redacted
from ecs2k8s.cutover.plan import Move, Request, Step, Thing, Writer
from ecs2k8s.cutover.run.triggers import only_pauses
from ecs2k8s.cutover.verdicts import Result
from tests.watched import (
    BALANCER,
    DEPLOYMENT,
    MINUTE,
    NEW,
    NEW_GROUP,
    NOW,
    OBJECTS,
    OLD,
    OLD_GROUP,
    RULE,
    SERVICE,
    World,
    healthy,
    plan,
    pod,
    rule,
    scene,
    service,
    target,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.cutover.checks.scene import Scene
    from ecs2k8s.cutover.verdicts import Verdict

STEP = Step("bake", "bake", "P6", "bake", "", "")
PLACE = Thing("elbv2.rule", RULE)


def run(ident: str, its: Scene, step: Step = STEP) -> Result:
    """As a run asks: what cannot be read is a verdict too."""
    return Judges(its, fixed=its.since).judge(ident, step)


def test_what_reads_the_world_is_what_the_table_says() -> None:
    coded = {ident for ident, check in checks().items() if check.origin == "world"}
    assert coded == CHECKS.keys() | set(PROBED)


PASSING = sorted(
    CHECKS.keys() - {"S33", "S34", "L04", "L17", "L21", "T02", "T04", "T10", "T12", "T14", "T16", "T17", "T19"}
)


@pytest.mark.parametrize("ident", PASSING)
def test_where_all_is_well_a_check_passes(ident: str) -> None:
    found = run(ident, scene(healthy()))
    assert (found.verdict, found.text) == ("pass", found.text)


@pytest.mark.parametrize("ident", [each for each in PASSING if each != "S38"])
def test_a_verdict_says_what_was_read_for_it_and_when(ident: str) -> None:
    found = run(ident, scene(healthy()))
    assert found.sources
    assert {source.when for source in found.sources} == {"2027-01-15T08:00:00Z"}


def test_what_was_read_names_the_object_the_metric_and_the_time() -> None:
    read = [source.what for source in run("T01", scene(healthy())).sources]
    assert f"elbv2.rule {RULE}" in read
    assert f"RequestCount (Sum) of {BALANCER}, {OLD_GROUP}, 2027-01-15T07:50:00Z to 2027-01-15T08:00:00Z" in read


@pytest.mark.parametrize("ident", sorted(CHECKS))
@pytest.mark.parametrize(
    "odd", [[], "text", 7, {}, {"services": 1, "TargetHealthDescriptions": [{}], "LoadBalancers": [{}]}], ids=repr
)
def test_an_answer_of_another_form_is_an_error_and_never_raises(ident: str, odd: Any) -> None:
    world = healthy()
    world.answers = dict.fromkeys(world.answers, odd)
    world.objects = [{key: its for key, its in each.items() if key != "status"} for each in world.objects]
    assert run(ident, scene(world)).verdict in {"error", "inconclusive", "fail", "pass", "not_applicable"}
    world.objects = [{**each, "status": odd, "spec": odd} for each in world.objects]
    run(ident, scene(world))


@pytest.mark.parametrize("ident", sorted(CHECKS))
def test_without_any_source_nothing_passes(ident: str) -> None:
    bare = replace(scene(World()), reader=None, ask=None, cluster=None, metrics=None)
    assert run(ident, bare).verdict in {"inconclusive", "not_applicable"}


@pytest.mark.parametrize("ident", sorted(CHECKS))
def test_sources_that_do_not_answer_let_nothing_pass(ident: str) -> None:
    world = World(denied={"Pod", "Event", "RequestCount", "CustomResourceDefinition", "Deployment"})
    found = run(ident, scene(world))
    assert found.verdict != "pass" or ident == "S38"


Change = tuple[str, "Callable[[World], None]", "Verdict", str]


def answer(call: str, value: Any) -> Callable[[World], None]:
    return lambda world: world.answers.update({call: value})


def targets(new: list[Any] | None = None, old: list[Any] | None = None) -> Callable[[World], None]:
    def change(world: World) -> None:
        found = {NEW: [target("10.0.0.1"), target("10.0.0.2", "eu-west-1b")], OLD: [target("10.0.1.1")]}
        found |= {NEW: new} if new is not None else {}
        found |= {OLD: old} if old is not None else {}
        answer("elbv2.DescribeTargetHealth", lambda its: {"TargetHealthDescriptions": found[its["TargetGroupArn"]]})(
            world
        )

    return change


def live(state: Any) -> Callable[[World], None]:
    return lambda world: world.states.update({PLACE: state})


def deployed(**changes: Any) -> Callable[[World], None]:
    return answer("ecs.DescribeServices", {"services": [service(**changes)]})


def instead(kind: str, *objects: Any) -> Callable[[World], None]:
    def change(world: World) -> None:
        world.objects = [each for each in world.objects if each["kind"] != kind] + list(objects)

    return change


def deployment(**status: Any) -> Callable[[World], None]:
    found = copy.deepcopy(DEPLOYMENT)
    found["status"] |= status
    return instead("Deployment", found)


def put(metric: str, where: str, value: float, minutes: int = 10, statistic: str = "Sum") -> Callable[[World], None]:
    return lambda world: world.put(metric, where, value, minutes, statistic)


def no_requests(world: World) -> None:
    world.values.clear()


RESTARTED = {"name": "web", "restartCount": 2, "lastState": {"terminated": {"reason": "OOMKilled", "finishedAt": "2027-01-15T08:00:00Z"}}}  # fmt: skip
STUCK = {"name": "web", "restartCount": 0, "state": {"waiting": {"reason": "ImagePullBackOff"}}}
WARNING = {
    "apiVersion": "v1",
    "kind": "Event",
    "metadata": {"name": "e", "namespace": "shop"},
    "type": "Warning",
    "reason": "Unhealthy",
    "message": "Readiness probe failed",
    "involvedObject": {"kind": "Pod", "name": "web-1"},
}
UNGATED = pod("web-2", "10.0.0.2") | {"spec": {}}

CHANGES: list[Change] = [
    (
        "L06",
        targets(new=[target("10.0.0.1"), target("10.0.0.2", "eu-west-1b", "unhealthy", "Target.Timeout")]),
        "fail",
        "Target.Timeout",
    ),
    ("L06", targets(new=[target("10.0.0.1"), target("10.0.0.2", "eu-west-1b", "initial")]), "fail", "is initial"),
    ("L06", targets(new=[target("10.0.0.1"), target("10.0.0.2", "eu-west-1b", "unused")]), "fail", "is unused"),
    (
        "L06",
        targets(
            new=[target("10.0.0.1"), target("10.0.0.2")], old=[target("10.0.1.1"), target("10.0.1.2", "eu-west-1b")]
        ),
        "fail",
        "no healthy target in eu-west-1b",
    ),
    ("L06", targets(new=[]), "fail", "has no target"),
    (
        "L06",
        targets(new=[target("10.0.0.1"), target("10.0.0.2", "eu-west-1b"), target("10.0.9.9")]),
        "fail",
        "10.0.9.9",
    ),
    (
        "L06",
        instead("Pod", pod("web-1", "10.0.0.1"), pod("web-2", "10.0.0.2"), pod("web-3", "10.0.0.3")),
        "fail",
        "1 ready pods are no targets: 10.0.0.3",
    ),
    ("L06", targets(old=[target("10.0.1.1", state="draining")]), "fail", "is draining"),
    ("L06", targets(old=[]), "fail", "shop-web: has no target"),
    ("L06", answer("elbv2.DescribeTargetGroups", {"TargetGroups": []}), "error", "no such target group"),
    ("T18", targets(old=[target("10.0.1.1", state="draining")]), "fail", "draining"),
    ("L08", live(rule(50, 50)), "fail", "instead of"),
    ("L08", live(None), "fail", "no group"),
    ("L08", live({**rule(90, 10), "Priority": "11"}), "fail", "another part"),
    ("T20", live(rule(89, 11)), "fail", "Actions changed"),
    ("T20", live(None), "fail", "is gone"),
    ("S31", live(rule(89, 11)), "fail", "Actions changed"),
    ("S32", deployed(deploymentController={"type": "CODE_DEPLOY"}), "fail", "CODE_DEPLOY deploys it"),
    ("S32", deployed(deployments=[{"id": "d1", "rolloutState": "IN_PROGRESS"}]), "fail", "IN_PROGRESS"),
    (
        "S32",
        deployed(deployments=[{"id": "a", "rolloutState": "COMPLETED"}, {"id": "b", "rolloutState": "COMPLETED"}]),
        "fail",
        "2 deployments",
    ),
    ("S32", deployed(status="DRAINING"), "fail", "no active service"),
    ("S32", deployed(deploymentConfiguration={"strategy": "BLUE_GREEN"}), "inconclusive", "nobody may start one"),
    ("S38", lambda world: setattr(world, "uid", "uid-2"), "fail", "uid-2"),
    ("T13", deployed(runningCount=1), "fail", "1 tasks run, 2 are needed"),
    ("T13", deployed(runningCount=1, desiredCount=1), "fail", "2 are needed"),  # of the pin
    ("T13", deployed(status="INACTIVE"), "fail", "no active service"),
    ("T13", deployed(deployments=[{"id": "d1", "rolloutState": "IN_PROGRESS"}]), "fail", "IN_PROGRESS"),
    (
        "T13",
        answer("ecs.DescribeTaskDefinition", {"taskDefinition": {"status": "INACTIVE", "containerDefinitions": []}}),
        "fail",
        "is INACTIVE",
    ),
    ("T13", answer("ecr.DescribeImages", None), "fail", "no new task could start"),
    (
        "T13",
        answer("application-autoscaling.DescribeScalableTargets", {"ScalableTargets": [{"SuspendedState": {}}]}),
        "fail",
        "not suspended",
    ),
    ("T13", targets(old=[target("10.0.1.1", state="unhealthy")]), "fail", "0 of 1 targets are healthy"),
    ("T13", targets(old=[]), "fail", "0 of 0"),
    ("T13", lambda world: world.denied.add("ecr.DescribeImages"), "error", "denied"),
    ("L01", deployment(readyReplicas=1), "fail", "1 of 2 pods ready"),
    ("L01", deployment(updatedReplicas=1), "fail", "1 of them new"),
    ("L01", deployment(observedGeneration=2), "fail", "has not seen generation 3"),
    ("L01", instead("Deployment"), "fail", "is not there"),
    ("L01", instead("Event", WARNING), "fail", "Readiness probe failed"),
    ("L01", instead("Event", WARNING | {"lastTimestamp": "2020-01-01T00:00:00Z"}), "pass", ""),
    ("L01", instead("Event", WARNING | {"involvedObject": {"name": "other-1"}}), "pass", ""),
    ("L02", instead("Pod", pod("web-1", "10.0.0.1", containerStatuses=[RESTARTED])), "fail", "OOMKilled"),
    ("L02", instead("Pod", pod("web-1", "10.0.0.1", containerStatuses=[STUCK])), "fail", "ImagePullBackOff"),
    ("L02", instead("Pod", pod("web-1", "10.0.0.1", reason="Evicted")), "fail", "Evicted"),
    ("L07", instead("Pod", pod("web-1", "10.0.0.1"), UNGATED), "fail", "1 of 2 pods have no gate: web-2"),
    ("L07", instead("Pod"), "inconclusive", "has no pod"),
    (
        "T08",
        instead("Pod", pod("web-1", "10.0.0.1", containerStatuses=[RESTARTED]), pod("web-2", "10.0.0.2")),
        "fail",
        "1 of 2 pods restarted",
    ),
    (
        "T08",
        instead("Pod", pod("web-1", "10.0.0.1", phase="Pending"), pod("web-2", "10.0.0.2")),
        "inconclusive",
        "1 pending",
    ),
    (
        "T11",
        answer("cloudwatch.DescribeAlarms", {"MetricAlarms": [{"AlarmName": "web-5xx", "StateValue": "ALARM"}]}),
        "fail",
        "ALARM",
    ),
    (
        "T11",
        answer(
            "cloudwatch.DescribeAlarms", {"MetricAlarms": [{"AlarmName": "web-5xx", "StateValue": "INSUFFICIENT_DATA"}]}
        ),
        "inconclusive",
        "INSUFFICIENT_DATA",
    ),
    ("T11", answer("cloudwatch.DescribeAlarms", {}), "inconclusive", "not there"),
    ("T01", put("RequestCount", NEW_GROUP, 200), "fail", "EKS got"),
    ("T01", put("RequestCount", NEW_GROUP, 66), "pass", ""),
    ("T01", no_requests, "inconclusive", "no request came"),
    ("T02", put("HTTPCode_Target_5XX_Count", NEW_GROUP, 10), "fail", "5xx 16.67%"),
    ("T02", no_requests, "inconclusive", ""),
    ("T03", put("HTTPCode_Target_4XX_Count", NEW_GROUP, 20), "fail", "4xx"),
    ("T03", put("HTTPCode_Target_3XX_Count", NEW_GROUP, 20), "fail", "3xx"),
    ("T05", put("TargetConnectionErrorCount", NEW_GROUP, 2), "fail", "20 of 620"),
    ("T05", put("TargetTLSNegotiationErrorCount", NEW_GROUP, 2), "fail", "TLS"),
    ("T05", put("TargetConnectionErrorCount", NEW_GROUP, 1, minutes=1), "pass", ""),
    ("T05", no_requests, "inconclusive", "nothing was sent"),
    ("T06", put("HTTPCode_ELB_502_Count", BALANCER, 12), "fail", "10 of 10 minutes above"),
    ("T06", put("HTTPCode_ELB_502_Count", BALANCER, 12, minutes=80), "pass", ""),  # as before
    ("T06", put("HTTPCode_ELB_504_Count", BALANCER, 30, minutes=1), "pass", ""),  # one period
    ("T06", put("HTTPCode_ELB_503_Count", BALANCER, 6), "pass", ""),  # 1 % is not above 1 %
    ("T06", no_requests, "inconclusive", "no request came"),
]


@pytest.mark.parametrize(("ident", "change", "verdict", "text"), CHANGES)
def test_one_change_is_found(ident: str, change: Callable[[World], None], verdict: Verdict, text: str) -> None:
    world = healthy()
    before = scene(world)
    verified = before.verified()
    change(world)
    found = run(ident, replace(before, verified=lambda: verified))
    assert found.verdict == verdict, found
    assert text in found.text or any(text in line for line in found.lines)


def test_a_clean_ramp_passes_when_it_has_the_requests_and_says_before_how_many_are_missing() -> None:
    world = healthy()
    few = run("T02", scene(world))
    assert few.verdict == "inconclusive"
    assert few.missing.endswith(" more requests")
    for side, count in ((NEW_GROUP, 600), (OLD_GROUP, 5_400)):
        world.put("RequestCount", side, count)
    assert run("T02", scene(world)).verdict == "pass"


def test_a_zone_that_ecs_does_not_serve_from_needs_no_pod() -> None:
    """Two tasks behind a load balancer of three zones become two pods."""
    world, zones = healthy(), [{"ZoneName": f"eu-west-1{letter}"} for letter in "abc"]
    answer("elbv2.DescribeLoadBalancers", {"LoadBalancers": [{"AvailabilityZones": zones}]})(world)
    two = [target("10.0.1.1"), target("10.0.1.2", "eu-west-1b")]
    targets(old=two)(world)
    assert run("L06", scene(world)).verdict == "pass"
    for each in two:
        del each["Target"]["AvailabilityZone"]
    assert "no healthy target in eu-west-1c" in "\n".join(run("L06", scene(world)).lines)


def test_one_bad_minute_is_looked_at_again() -> None:
    world = healthy()
    world.values["HTTPCode_Target_5XX_Count", NEW_GROUP, "Sum"][NOW - MINUTE] = 60
    assert run("T02", scene(world)).verdict == "inconclusive"
    world.values["HTTPCode_Target_5XX_Count", NEW_GROUP, "Sum"][NOW - 2 * MINUTE] = 60
    assert run("T02", scene(world)).verdict == "fail"


def test_minutes_in_which_one_side_had_no_data_are_not_compared() -> None:
    world = healthy()
    world.put("HTTPCode_Target_5XX_Count", NEW_GROUP, 60, minutes=3)
    for back in range(1, 4):
        del world.values["RequestCount", OLD_GROUP, "Sum"][NOW - back * MINUTE]
    assert run("T02", scene(world)).verdict == "inconclusive"


def slow(eks: float, ecs: float, requests: int, percentile: str = "p99", minutes: int = 5) -> World:
    world = healthy()
    for group, value in ((NEW_GROUP, eks), (OLD_GROUP, ecs)):
        world.put("RequestCount", group, requests)
        world.put("TargetResponseTime", group, value, minutes, percentile)
    return world


LATENCIES = [
    (slow(0.4, 0.2, 1_000), "fail"),
    (slow(0.28, 0.2, 1_000), "pass"),  # less than 1.5 times
    (slow(0.08, 0.02, 1_000), "pass"),  # less than 100 ms above
    (slow(0.4, 0.2, 999), "inconclusive"),  # the 99th percentile of fewer is not judged
    (slow(0.4, 0.2, 100, "p90"), "fail"),
    (slow(0.4, 0.2, 20, "p50"), "fail"),
    (slow(0.4, 0.2, 1_000, minutes=2), "inconclusive"),
]


@pytest.mark.parametrize(("world", "verdict"), LATENCIES)
def test_latency_is_judged_by_ratio_and_seconds_on_enough_requests(world: World, verdict: Verdict) -> None:
    assert run("T04", scene(world)).verdict == verdict


def test_latency_that_is_three_times_as_high_is_more_than_a_reason_to_pause() -> None:
    for eks, grave in ((0.4, False), (0.7, True)):
        found = run("T04", scene(slow(eks, 0.2, 1_000)))
        assert (found.verdict, found.grave, only_pauses(found)) == ("fail", grave, not grave)


def test_the_old_path_is_silent_only_where_every_day_was_measured() -> None:
    world = World(answers=healthy().answers)
    days = 7 * 24 * 60
    world.put("RequestCount", BALANCER, 5, minutes=days)
    its = scene(world)
    assert run("T17", its).verdict == "pass"
    world.values["RequestCount", OLD_GROUP, "Sum"][NOW - 3 * 86_400] = 1
    assert run("T17", its).verdict == "fail"
    world.values.clear()
    world.put("RequestCount", BALANCER, 5, minutes=days - 1440)
    assert run("T17", its).verdict == "inconclusive"


def test_an_old_plan_does_not_start_and_a_run_that_began_goes_on() -> None:
    world = healthy(share=0)
    its = replace(scene(world), verified=dict)
    assert run("S31", its).verdict == "pass"
    late = structs.replace(plan(), expires="2027-01-14T00:00:00Z")
    assert run("S31", replace(its, plan=late)).verdict == "fail"
    assert run("S31", replace(scene(world), plan=late)).verdict == "pass"


@pytest.mark.parametrize("ident", ["S31", "T20", "L08"])
def test_what_a_journal_masks_is_compared_all_the_same(ident: str) -> None:
    world = healthy()
    state = {**rule(90, 10), "Conditions": [{"Field": "http-header", "Values": ["password=kept-by-nobody"]}]}
    world.states[PLACE] = state
    told = verified("to", PLACE, state)
    its = replace(scene(world), verified=lambda: {PLACE: structs.replace(told, **redacted({"state": state}))})
    assert its.verified()[PLACE].state != state
    assert run(ident, its).verdict == "pass"
    world.states[PLACE] = {**state, "Conditions": [{"Field": "http-header", "Values": ["password=another"]}]}
    assert run(ident, its).verdict == "fail"
    assert run("T20", its).text == f"elbv2.rule {RULE}: what is masked changed"


def test_who_manages_an_object_is_known_or_it_is_undecided() -> None:
    world = healthy()
    assert run("S33", scene(world)).verdict == "inconclusive"
    assert run("S33", replace(scene(world), owners={RULE: "Terraform"})).verdict == "pass"
    writer = Writer(PLACE, "CloudFormation", "aws:cloudformation:stack-name", refused=False)
    assert run("S33", scene(world, structs.replace(plan(), writers=(writer,)))).verdict == "pass"
    tags = [{"Key": "aws:cloudformation:stack-name", "Value": "shop"}]
    world.answers["elbv2.DescribeTags"] = {"TagDescriptions": [{"ResourceArn": RULE, "Tags": tags}]}
    found = run("S33", scene(world))
    assert (found.verdict, "CloudFormation manages it" in found.text) == ("pass", True)


def test_a_refused_writer_fails() -> None:
    writer = Writer(PLACE, "CodeDeploy", "deploymentController", refused=True)
    assert run("S32", scene(healthy(), structs.replace(plan(), writers=(writer,)))).verdict == "fail"


DEFINED = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "targetgroupbindings.elbv2.k8s.aws"},
    "spec": {
        "group": "elbv2.k8s.aws",
        "names": {"kind": "TargetGroupBinding"},
        "versions": [{"name": "v1beta1", "served": True}],
    },
}
CONTROLLER = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "lbc",
        "namespace": "kube-system",
        "labels": {"app.kubernetes.io/name": "aws-load-balancer-controller"},
    },
    "status": {"readyReplicas": 2},
}


def test_the_cluster_has_what_the_manifests_need_or_it_is_said() -> None:
    world = healthy()
    assert run("S34", scene(world)).verdict == "fail"
    world.objects += [DEFINED, CONTROLLER]
    assert run("S34", scene(world)).verdict == "pass"
    world.objects[-1] = CONTROLLER | {"status": {}}
    assert run("S34", scene(world)).verdict == "fail"
    world.objects = [each for each in world.objects if each["kind"] != "Deployment" or each is not CONTROLLER]
    world.objects.pop()
    assert run("S34", scene(world)).verdict == "inconclusive"  # it may have another label


def test_a_class_that_is_not_there_fails() -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "d", "namespace": "shop"},
        "spec": {"storageClassName": "gp3"},
    }
    its = replace(scene(healthy()), objects=(claim,))
    assert run("S34", its).verdict == "fail"


def test_secrets_are_there_when_the_operator_says_so() -> None:
    secret = {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": "db", "namespace": "shop"},
    }
    world = healthy()
    its = replace(scene(world), objects=(*OBJECTS, secret))
    assert run("L04", its).verdict == "fail"
    world.objects.append(secret | {"status": {"conditions": [{"type": "Ready", "status": "True"}]}})
    assert run("L04", its).verdict == "pass"
    world.objects[-1] = secret | {
        "status": {"conditions": [{"type": "Ready", "status": "False", "reason": "SecretSyncedError"}]}
    }
    found = run("L04", its)
    assert (found.verdict, "SecretSyncedError" in found.text) == ("fail", True)


# --- one side

WORKER, SCALE = Thing("ecs.service", SERVICE), Thing("kubernetes.scale", "shop/web")
OFF = Step("off.shop.web", "work.handover", "P5", "", "", "", moves=(Move(WORKER, {"desiredCount": 2}, {"desiredCount": 0, "running": 0}, Request(""), ""),))  # fmt: skip
ON = Step("on.shop.web", "work.handover", "P5", "", "", "", moves=(Move(SCALE, {"replicas": 0}, {"replicas": 2}, Request(""), ""),))  # fmt: skip


@pytest.mark.parametrize(("ecs", "eks", "verdict"), [(2, 0, "pass"), (0, 2, "pass"), (2, 2, "fail"), (0, 0, "fail")])
def test_exactly_one_side_works(ecs: int, eks: int, verdict: Verdict) -> None:
    world = World(states={WORKER: {"desiredCount": ecs, "running": 0}, SCALE: {"replicas": eks}})
    assert run("T19", scene(world, plan(OFF, ON))).verdict == verdict


def test_a_task_that_still_runs_is_a_side() -> None:
    world = World(states={WORKER: {"desiredCount": 0, "running": 1}, SCALE: {"replicas": 2}})
    assert run("T19", scene(world, plan(OFF, ON))).verdict == "fail"


def test_a_schedule_and_its_cron_job_are_one_pair() -> None:
    schedule = Thing("scheduler.schedule", "arn:aws:scheduler:eu-west-1:1:schedule/default/nightly")
    job = Thing("kubernetes.cron-job", "shop/nightly")
    moves = ((schedule, "off.shop.nightly"), (job, "on.shop.nightly"))
    steps = [
        Step(ident, "work.handover", "P5", "", "", "", moves=(Move(thing, {}, {}, Request(""), ""),))
        for thing, ident in moves
    ]
    assert handovers(plan(*steps)) == {"shop/nightly": ([schedule], [job])}
    world = World(states={schedule: {"State": "DISABLED"}, job: {"suspend": False}})
    assert run("T19", scene(world, plan(*steps))).verdict == "pass"
    world.states[schedule] = {"State": "ENABLED"}
    assert run("T19", scene(world, plan(*steps))).verdict == "fail"


def test_a_worker_that_the_plan_stops_needs_no_tasks_for_the_way_back() -> None:
    world = healthy()
    world.answers["ecs.DescribeServices"] = {"services": [service(runningCount=0, desiredCount=0)]}
    found = run("T13", scene(world, plan(OFF, ON)))
    assert not any("tasks run" in line for line in found.lines)


# --- judging


def test_what_nobody_coded_is_undecided_with_what_to_do() -> None:
    found = run("L05", scene(healthy()))
    assert found.verdict == "inconclusive"
    assert found.text.startswith("not built, do it by hand: ")


def test_the_export_and_the_world_are_one_result_with_the_worst_of_both() -> None:
    static = (Result("S32", "shop/web", "inconclusive", "Line of a pipeline to change"),)
    found = Judges(scene(healthy()), static).judge("S32", STEP)
    assert (found.verdict, found.text) == ("inconclusive", "shop/web: Line of a pipeline to change")


def test_a_static_check_is_what_the_export_said_of_each_workload() -> None:
    static = (Result("S14", "shop/web", "pass"), Result("S14", "shop/api", "fail", "Requests are lost"))
    found = Judges(scene(healthy()), static).judge("S14", STEP)
    assert (found.verdict, found.text) == ("fail", "shop/api: Requests are lost")
    assert Judges(scene(healthy())).judge("S14", STEP).verdict == "inconclusive"


def test_requests_count_from_when_the_live_weights_were_seen_first() -> None:
    world = healthy()
    its = scene(world)
    judges = Judges(its)
    assert judges.since() == NOW + MINUTE  # no node may have older ones by then
    its.clock.sleep(600)
    assert judges.since() == NOW + MINUTE
    world.states[PLACE] = rule(75, 25)
    assert judges.since() == NOW + 600 + MINUTE
    world.states[PLACE] = rule(90, 10)  # a drill: the same weights again are no older
    its.clock.sleep(600)
    assert judges.since() == NOW + 1_200 + MINUTE


def test_an_hour_of_waiting_for_an_approval_is_no_part_of_the_new_share() -> None:
    world = healthy(share=0)
    its = scene(world)
    judges = Judges(its)
    step = Step("to50", "elb.weights", "P7", "", "", "", share=50)
    judges.judge("T13", step)  # before the step
    its.clock.sleep(3_600)
    world.states[PLACE] = rule(50, 50)
    assert judges.judge("T01", step).verdict == "inconclusive"
    its.clock.sleep(180)
    for back in (1, 2):
        for group, count in ((NEW_GROUP, 300), (OLD_GROUP, 300)):
            world.values["RequestCount", group, "Sum"][NOW + 3_780 - back * MINUTE] = count
    assert judges.judge("T01", step).verdict == "pass"


def test_requests_of_eks_are_counted_or_nobody_counted() -> None:
    world = healthy()
    assert Judges(scene(world)).count(STEP, NOW - 600, NOW) == 600
    world.denied.add("RequestCount")
    assert Judges(scene(world)).count(STEP, NOW - 600, NOW) is None
