"""T13: everything that going back needs is there now."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.arns import Arn
from ecs2k8s.cutover.checks.deployers import described, services, unfinished
from ecs2k8s.cutover.checks.health import targets
from ecs2k8s.cutover.checks.scene import Said, told
from ecs2k8s.cutover.things.autoscaling_target import target_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.cutover.checks.scene import Scene
    from ecs2k8s.cutover.plan import Step
    from ecs2k8s.cutover.verdicts import Result

ECR = re.compile(
    r"(\d{12})\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/([^:@]+)(?::([^@]+))?(?:@(sha256:[0-9a-f]{64}))?"
)
SCALING = "autoscaling.target"
STOPPED = "DynamicScalingInSuspended"


def rollback_ready(scene: Scene, step: Step) -> Result:
    """The locks are held by the run itself, which stops where it loses one."""
    del step
    arns = [arn for arn in services(scene.plan) if not _handed_over(scene, arn)]
    parts = [said for arn in arns for said in _service(scene, arn)]
    parts += [_group(scene, group) for group in dict.fromkeys(g for pair in scene.pairs for g in pair.ecs)]
    return told("T13", scene.plan.unit, parts)


def _handed_over(scene: Scene, arn: str) -> bool:
    """A worker that the plan stops on ECS is started again by the way back of its own step."""
    moves = [move for step in scene.plan.steps for move in step.moves]
    return any(move.thing.id == arn and (move.wanted or {}).get("desiredCount") == 0 for move in moves)


def _service(scene: Scene, arn: str) -> Iterator[Said]:
    service = described(scene, arn)
    if service is None or service.get("status") != "ACTIVE":
        yield Said("fail", f"{arn}: is no active service")
        return
    running, least = int(service.get("runningCount", 0)), _pinned(scene, arn, service)
    yield Said("pass" if running >= least else "fail", f"{arn}: {running} tasks run, {least} are needed")
    said = unfinished(service)
    yield Said("fail" if said else "pass", f"{arn}: {said or 'no deployment is on its way'}")
    yield _scaling(scene, arn)
    yield from _definition(scene, str(service.get("taskDefinition", "")))


def _scaling_id(arn: str) -> str:
    parsed = Arn.parse(arn)
    return target_id(parsed.resource) if parsed else ""


def _pinned(scene: Scene, arn: str, service: dict[str, Any]) -> int:
    """What the plan pinned it to; a service without scaling has what it is to have."""
    wanted = [
        int(move.wanted["MinCapacity"])
        for step in scene.plan.steps
        for move in step.moves
        if move.thing.kind == SCALING and move.thing.id == _scaling_id(arn) and move.wanted
    ]
    return max([int(service.get("desiredCount", 0)), 1, *wanted])


def _scaling(scene: Scene, arn: str) -> Said:
    parsed = Arn.parse(arn)
    asked = {"ServiceNamespace": "ecs", "ResourceIds": [parsed.resource if parsed else arn]}
    answer = scene.asked("application-autoscaling.DescribeScalableTargets", **asked)
    found = (answer or {}).get("ScalableTargets", [])
    if not found:
        return Said("pass", f"{arn}: nothing scales it")
    free = [each for each in found if not (each.get("SuspendedState") or {}).get(STOPPED)]
    return Said("fail" if free else "pass", f"{arn}: scaling in is {'not suspended' if free else 'suspended'}")


def _definition(scene: Scene, arn: str) -> Iterator[Said]:
    answer = scene.asked("ecs.DescribeTaskDefinition", taskDefinition=arn)
    found = (answer or {}).get("taskDefinition") or {}
    status = str(found.get("status", "gone"))
    yield Said("pass" if status == "ACTIVE" else "fail", f"{arn}: is {status}")
    for image in dict.fromkeys(str(each.get("image", "")) for each in found.get("containerDefinitions", ())):
        yield _image(scene, image)


def _image(scene: Scene, image: str) -> Said:
    found = ECR.fullmatch(image)
    if not found:
        return Said("pass", f"{image}: is in another registry, which is not asked")
    registry, repository, tag, digest = found.groups()
    ident = {"imageDigest": digest} if digest else {"imageTag": tag or "latest"}
    answer = scene.asked("ecr.DescribeImages", registryId=registry, repositoryName=repository, imageIds=[ident])
    there = bool((answer or {}).get("imageDetails"))
    return Said("pass" if there else "fail", f"{image}: {'is there' if there else 'is gone: no new task could start'}")


def _group(scene: Scene, group: str) -> Said:
    found = targets(scene, group)
    sick = [each for each in found if each["TargetHealth"]["State"] != "healthy"]
    good = bool(found) and not sick
    return Said("pass" if good else "fail", f"{group}: {len(found) - len(sick)} of {len(found)} targets are healthy")
