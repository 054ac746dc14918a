"""S32 and S33: who else writes what the plan changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.arns import Arn
from ecs2k8s.cutover.checks.scene import Said, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.cutover.checks.scene import Scene
    from ecs2k8s.cutover.plan import Plan, Step, Thing
    from ecs2k8s.cutover.verdicts import Result

SERVICES = ("ecs.service", "ecs.service-deployment")
SHIFTS = ("BLUE_GREEN", "LINEAR", "CANARY")  # of ECS: they write weights of their own
# Tags that a tool leaves on what it made, and the tool.
MARKS: Mapping[str, str] = {
    "aws:cloudformation:stack-name": "CloudFormation",
    "copilot-application": "Copilot",
    "elbv2.k8s.aws/cluster": "AWS Load Balancer Controller",
    "services.k8s.aws/namespace": "ACK",
    "crossplane-name": "Crossplane",
    "pulumi:project": "Pulumi",
}
TAGGED = ("elbv2.rule", "elbv2.listener", "elbv2.target-group")
BATCH = 20  # ARNs that DescribeTags takes


def services(plan: Plan) -> list[str]:
    """ARNs of the services of ECS that the plan touches or relies on."""
    things = [mark.thing for mark in plan.fingerprints]
    things += [move.thing for step in plan.steps for move in step.moves]
    return list(dict.fromkeys(thing.id for thing in things if thing.kind in SERVICES))


def described(scene: Scene, arn: str) -> dict[str, Any] | None:
    """The service as it is; None where there is none."""
    parsed = Arn.parse(arn)
    cluster = parsed.resource.split("/")[1] if parsed else ""
    answer = scene.asked("ecs.DescribeServices", cluster=cluster, services=[arn])
    return next((dict(each) for each in (answer or {}).get("services", ()) if each["serviceArn"] == arn), None)


def nobody_deploys(scene: Scene, step: Step) -> Result:
    """S32."""
    del step
    parts = [_deploying(arn, described(scene, arn)) for arn in services(scene.plan)]
    refused = [writer for writer in scene.plan.writers if writer.refused]
    parts += [Said("fail", f"{each.thing.id}: {each.name} writes it ({each.said_by})") for each in refused]
    return told("S32", scene.plan.unit, parts)


def _deploying(arn: str, service: dict[str, Any] | None) -> Said:
    if service is None or service.get("status") != "ACTIVE":
        return Said("fail", f"{arn}: is no active service")
    controller = (service.get("deploymentController") or {}).get("type", "ECS")
    if controller != "ECS":
        return Said("fail", f"{arn}: {controller} deploys it")
    if said := unfinished(service):
        return Said("fail", f"{arn}: {said}")
    strategy = (service.get("deploymentConfiguration") or {}).get("strategy", "ROLLING")
    if strategy in SHIFTS:
        return Said("inconclusive", f"{arn}: its next deployment shifts traffic by {strategy}: nobody may start one")
    return Said("pass", f"{arn}: no deployment is on its way")


def unfinished(service: Mapping[str, Any]) -> str:
    """What of its deployments is not over; empty where all is."""
    found = service.get("deployments", ())
    odd = [each for each in found if each.get("rolloutState", "COMPLETED") != "COMPLETED"]
    if odd:
        return f"deployment {odd[0].get('id', '')} is {odd[0]['rolloutState']}"
    return f"{len(found)} deployments are there" if len(found) > 1 else ""


def owners(scene: Scene, step: Step) -> Result:
    """S33."""
    del step
    things = dict.fromkeys(move.thing for each in scene.plan.steps for move in each.moves)
    aws = [thing for thing in things if not thing.kind.startswith("kubernetes.") and thing.id.startswith("arn:")]
    marks = _marks(scene, [thing.id for thing in aws if thing.kind in TAGGED])
    return told("S33", scene.plan.unit, [_owner(scene, thing, marks.get(thing.id, "")) for thing in aws])


def _owner(scene: Scene, thing: Thing, mark: str) -> Said:
    named = [writer.name for writer in scene.plan.writers if writer.thing == thing]
    owner = mark or next(iter(named), "") or scene.owners.get(thing.id, "")
    if not owner:
        return Said("inconclusive", f"{thing.id}: no tag and no entry of owners says who manages it")
    if owner == "nobody":
        return Said("pass", f"{thing.id}: nobody manages it, says target.yaml")
    return Said("pass", f"{thing.id}: {owner} manages it, and sets it back when it runs next")


def _marks(scene: Scene, arns: list[str]) -> dict[str, str]:
    """By ARN the tool that its tags name."""
    found: dict[str, str] = {}
    for start in range(0, len(arns), BATCH):
        answer = scene.asked("elbv2.DescribeTags", ResourceArns=arns[start : start + BATCH])
        for each in (answer or {}).get("TagDescriptions", ()):
            found |= dict(_mark(each))
    return found


def _mark(described: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for tag in described.get("Tags", ()):
        if tag["Key"] in MARKS:
            yield str(described["ResourceArn"]), MARKS[tag["Key"]]
            return
