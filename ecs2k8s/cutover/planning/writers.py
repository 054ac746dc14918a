"""What else may write the objects of a plan: controllers, which refuse it, and pipelines, which people must pause."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ecs2k8s.core.arns import last
from ecs2k8s.core.tracking import NOTHING
from ecs2k8s.cutover.plan import Thing, Writer
from ecs2k8s.cutover.planning.groups import GROUP
from ecs2k8s.cutover.planning.places import LISTENER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.cutover.planning.ground import Ground
    from ecs2k8s.cutover.planning.places import Place
    from ecs2k8s.resolve.workload import Workload

SERVICE = "ecs.service"
BALANCER = "elbv2.load-balancer"
# Beginning of a tag's key to who leaves it. A controller writes at any time; a pipeline when somebody lets it run.
CONTROLLERS = {
    "elbv2.k8s.aws/": "AWS Load Balancer Controller",
    "ingress.k8s.aws/": "AWS Load Balancer Controller",
    "service.k8s.aws/": "AWS Load Balancer Controller",
    "gateway.k8s.aws/": "AWS Load Balancer Controller",
    "ingress.eks.amazonaws.com/": "EKS Auto Mode",
    "service.eks.amazonaws.com/": "EKS Auto Mode",
    "services.k8s.aws/": "AWS Controllers for Kubernetes",
}
PIPELINES = {
    "aws:cdk:": "CDK",
    "copilot-": "Copilot",
    "aws:cloudformation:": "CloudFormation",
}
SHIFTING = ("BLUE_GREEN", "LINEAR", "CANARY")  # strategies of ECS that write listeners


def writers(ground: Ground, unit: Unit, places: Iterable[Place]) -> tuple[Writer, ...]:
    """Sorted, each once."""
    found = {*_of_tags(ground, places), *_of_owners(ground, unit, places)}
    for workload in ground.of(unit):
        if workload.service_id:
            found |= {*_of_service(workload), *_of_codedeploy(ground, workload)}
    return tuple(sorted(found, key=lambda each: (not each.refused, each.name, each.thing, each.said_by)))


def things(places: Iterable[Place]) -> Iterator[Thing]:
    """What a plan writes, and what owners of that own: rules, listeners, load balancers, and the groups of ECS."""
    for place in places:
        yield from (place.thing, Thing(LISTENER, place.listener.arn), Thing(BALANCER, place.balancer.arn))
        yield from (Thing(GROUP, arn) for arn, _ in place.sources)


def _of_tags(ground: Ground, places: Iterable[Place]) -> Iterator[Writer]:
    for thing in things(places):
        for key in ground.tags(thing.id) or ():
            for known, refused in ((CONTROLLERS, True), (PIPELINES, False)):
                names = [name for begin, name in known.items() if key.startswith(begin)]
                yield from (Writer(thing, name, f"tag {key}", refused) for name in names[:1])


def _of_owners(ground: Ground, unit: Unit, places: Iterable[Place]) -> Iterator[Writer]:
    services = [Thing(SERVICE, each.service_id) for each in ground.of(unit) if each.service_id]
    for thing in (*things(places), *services):
        for pattern, name in ground.target.owners.items():
            if fnmatchcase(thing.id, pattern):
                yield Writer(thing, name, f"target.yaml: owners: {pattern}", refused=False)


def _of_service(workload: Workload) -> Iterator[Writer]:
    thing = Thing(SERVICE, workload.service_id)
    controller = str(workload.service.get("deploymentController", NOTHING).get("type", "ECS"))
    if controller != "ECS":
        name = "CodeDeploy" if controller == "CODE_DEPLOY" else "an external deployment controller"
        yield Writer(thing, name, f"deploymentController.type: {controller}", refused=True)
    strategy = str(workload.service.get("deploymentConfiguration", NOTHING).get("strategy", ""))
    if strategy in SHIFTING:
        yield Writer(thing, "ECS", f"deploymentConfiguration.strategy: {strategy}", refused=True)
    for entry in workload.configuration.get("loadBalancers", ()):
        advanced = entry.get("advancedConfiguration", NOTHING)
        for key in ("productionListenerRule", "testListenerRule", "alternateTargetGroupArn"):
            if key in advanced:
                yield Writer(thing, "ECS", f"loadBalancers[].advancedConfiguration.{key}", refused=True)


def _of_codedeploy(ground: Ground, workload: Workload) -> Iterator[Writer]:
    wanted = workload.cluster_name, last(workload.service_id)
    for (shape, _), group in sorted(ground.documents.items()):
        if shape != "codedeploy.DeploymentGroup":
            continue
        named = [
            (last(str(each.get("clusterName"))), each.get("serviceName")) for each in group.get("ecsServices") or ()
        ]
        if wanted in named:
            said = f"deployment group {group.get('deploymentGroupName', '')}"
            yield Writer(Thing(SERVICE, workload.service_id), "CodeDeploy", said, refused=True)
