"""The account of `ecs2k8s demo`: the emulator, filled from a sample, with what it lacks completed from the sample."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ecs2k8s.collect.calls import calls
from ecs2k8s.collect.kinds import kinds
from ecs2k8s.core.documents import Document
from ecs2k8s.replay.answers import account
from ecs2k8s.replay.emulator import KEYS, emulator, no_settings, writer
from ecs2k8s.replay.fill import fill
from ecs2k8s.replay.hook import Hook
from ecs2k8s.replay.wire import Refusal, Reply, model, protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ecs2k8s.replay.emulator import Answer
    from ecs2k8s.replay.hook import Policy, Request

Item = dict[str, Any]

COUNTS = ("activeServicesCount", "runningTasksCount", "pendingTasksCount")
NO_METHOD = "moto has no such operation"
NO_TASKS = "in moto services start no tasks, and tasks have no image digests"
RANDOM = "moto drops the security groups of nodes, and makes up other host names in every run"
SOME = "moto knows some of the attributes"

# What the documents answer instead of moto.
REPLACED = {
    "ecs.ListDaemons": NO_METHOD,
    "ecs.DescribeDaemon": NO_METHOD,
    "ecs.ListGateways": NO_METHOD,
    "ecs.DescribeGateway": NO_METHOD,
    "ecs.ListGatewayRoutes": NO_METHOD,
    "ecs.DescribeGatewayRoute": NO_METHOD,
    "ecs.DescribeDaemonRevisions": NO_METHOD,
    "ecs.DescribeDaemonTaskDefinition": NO_METHOD,
    "elbv2.DescribeTrustStores": NO_METHOD,
    "codedeploy.BatchGetDeploymentGroups": NO_METHOD,
    "eks.ListAddons": NO_METHOD,
    "eks.DescribeAddon": NO_METHOD,
    "eks.ListPodIdentityAssociations": NO_METHOD,
    "ecs.ListTasks": NO_TASKS,
    "ecs.DescribeTasks": NO_TASKS,
    "elbv2.DescribeTargetHealth": "in moto a target has no zone, and is healthy at once",
    "elbv2.DescribeRules": "moto drops transforms, and names a default rule by an address in memory",
    "elbv2.DescribeLoadBalancerAttributes": SOME,
    "elbv2.DescribeListenerAttributes": SOME,
    "elbv2.DescribeTargetGroupAttributes": SOME,
    "ec2.DescribeNetworkInterfaces": "interfaces of AWS's own services cannot be made",
    "cloudwatch.DescribeAlarms": "moto has no composite alarms, and its target tracking always watches the CPU",
    "elasticache.DescribeServerlessCaches": NO_METHOD,
    "elasticache.DescribeCacheClusters": RANDOM,
    "elasticache.DescribeReplicationGroups": RANDOM,
    "acm.DescribeCertificate": "moto issues a certificate a minute after it was asked for",
}

# Where moto's answer gets the members that it lacks, and those named here, which it has wrong, from the documents.
COMPLETED: dict[str, tuple[tuple[str, ...], str]] = {
    "ecs.DescribeServices": (("runningCount", "pendingCount", "deployments"), "drops settings, starts no tasks"),
    "ecs.DescribeClusters": (COUNTS, "moto counts no services and no tasks"),
    "ecs.DescribeTaskDefinition": ((), "moto drops who registered it and when, and what it asks of instances"),
    "ec2.DescribeSecurityGroups": (("IpPermissions",), "moto drops descriptions of prefix lists"),
    "application-autoscaling.DescribeScalingPolicies": ((), "in moto policies of steps have no alarms"),
    "ecr.DescribeImages": ((), "moto drops sizes and times"),
    "rds.DescribeDBInstances": ((), "moto has an older description of instances"),
    "secretsmanager.DescribeSecret": (("VersionIdsToStages",), "without its function moto does not rotate"),
    "ssm.DescribeParameters": ((), "moto tells no ARNs"),
}  # fmt: skip


@contextmanager
def demo_account(documents: Iterable[Document], number: str, region: str) -> Iterator[Callable[[Any], None]]:
    """What prepares a session of botocore so that it reads the account. Raises `NoEmulatorError`."""
    documents = tuple(documents)
    with no_settings(), emulator(number) as answer:
        ids = fill(documents, number, writer(answer, region)).ids
        theirs = [Document(each.shape, ids.to_theirs(each.id), ids.to_theirs(each.data)) for each in documents]
        described = account(theirs, number)
        hook = Hook((emulated(answer, described), described))

        def prepare(core: Any) -> None:
            core.set_credentials(*KEYS)
            hook.attach(core)

        yield prepare


def emulated(answer: Answer, described: Policy) -> Policy:
    """What moto answers. Moments are those of the documents: moto made everything just now."""

    def policy(request: Request, before: int) -> Item | Reply | None:
        if request.call in REPLACED or request.sent is None:
            return None
        found = answer(request.sent)
        if found.status >= 300 or not calls()[request.call].keep:  # noqa: PLR2004
            return found
        try:
            documents = described(request, before)
        except Refusal:
            return found
        wrong, _ = COMPLETED.get(request.call, ((), ""))
        joined: Item = _joined(_parsed(request.call, found), documents, request.call in COMPLETED, wrong)
        return joined

    return policy


def _parsed(call: str, found: Reply) -> Item:
    from botocore.parsers import create_parser  # noqa: PLC0415

    service, _, operation = call.partition(".")
    raw = {"status_code": found.status, "headers": found.headers, "body": found.body}
    answer: Item = create_parser(protocol(service)).parse(raw, model(service).operation_model(operation).output_shape)
    del answer["ResponseMetadata"]
    return answer


def _joined(its: Any, ours: Any, completed: bool, wrong: tuple[str, ...]) -> Any:  # noqa: FBT001
    """moto's value with what the documents have and it lacks, if it is to be completed; moments always."""
    if isinstance(its, datetime):
        return ours if isinstance(ours, str) else its
    if isinstance(its, dict) and isinstance(ours, dict):
        found = {name: _joined(value, ours.get(name), completed, wrong) for name, value in its.items()}
        if completed:
            found |= {
                name: value for name, value in ours.items() if name in wrong or found.get(name) in (None, [], {}, "")
            }
        return found
    if isinstance(its, list) and isinstance(ours, list):
        return [_joined(each, _same(each, ours), completed, wrong) for each in its]
    return its


NAMES = {name for kind in kinds().values() for name in (kind.arn, *kind.names) if name}


def _same(item: Any, others: list[Any]) -> Any:
    """The one of *others* that is called as *item* is."""
    if not isinstance(item, dict):
        return None
    for other in others:
        shared = [name for name in NAMES if name in item and isinstance(other, dict) and name in other]
        if shared and all(item[name] == other[name] for name in shared):
            return other
    return None
