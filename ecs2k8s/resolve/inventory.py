"""Links documents into workloads; nothing is fetched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ecs2k8s.core import names
from ecs2k8s.core.arns import Arn, last
from ecs2k8s.core.errors import TargetError
from ecs2k8s.core.tracking import NOTHING, View, note
from ecs2k8s.resolve.balancers import Balancers
from ecs2k8s.resolve.discovery import CloudMap, namespace_of, with_names
from ecs2k8s.resolve.index import Index, Tracked, is_active, revision
from ecs2k8s.resolve.networks import Networks
from ecs2k8s.resolve.parts import with_parts
from ecs2k8s.resolve.region import account_of, partition_of, region_of
from ecs2k8s.resolve.roles import Roles
from ecs2k8s.resolve.run_views import AnyCase, Run
from ecs2k8s.resolve.scaling import Scalings
from ecs2k8s.resolve.schedule import moment
from ecs2k8s.resolve.schedules import is_unpinned, leave_out_unused, started
from ecs2k8s.resolve.tasks import one_off, service_tasks
from ecs2k8s.resolve.workload import Inventory, Kind, Workload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.schedule import Schedule
    from ecs2k8s.resolve.schedules import Started
    from ecs2k8s.resolve.workload import AwsMap

CLOUD_MAP = "cloud-map"
ELSEWHERE = ("CODE_DEPLOY", "EXTERNAL")  # controllers that keep the configuration in task sets


@dataclass(frozen=True, slots=True)
class _Draft:
    """A workload before it has its name: names are given to all of a namespace at once."""

    wanted: str  # what AWS calls it
    seed: str  # tells apart what AWS calls the same; services sort before tasks before bare definitions
    cluster: str
    workload: Workload
    space: str = ""  # the Kubernetes namespace


def resolve(index: Index, target: Target) -> Inventory:
    """The workloads of a snapshot. A reference that leads nowhere is a note on the leaf that holds it."""
    groups, files = index.views("elbv2.TargetGroup"), index.views("s3.EnvironmentFile")
    attributes, balancers = index.views("elbv2.TargetGroupAttributes"), index.views("elbv2.LoadBalancer")
    providers = {str(i.document.data.get("name")): i.view for i in index.of_shape("ecs.CapacityProvider")}
    scheduled, elsewhere = _scheduled(index)
    drafts = [*_services(index), *scheduled]
    drafts += _one_off_tasks(index, [draft.workload.schedule for draft in drafts if draft.workload.schedule])
    drafts += _unreferenced(index, {draft.workload.definition_id for draft in drafts}, elsewhere)
    drafts = _spaced(drafts, CloudMap.of(index), target)
    networks, scalings = Networks.of(index, target), Scalings.of(index)
    workloads = []
    for draft, name in _named(drafts):
        definition = draft.workload.definition
        for key in ("family", "revision", "status"):
            definition.get(key)  # they decided which workload this is, so they were read
        linked = replace(draft.workload, name=name, namespace=draft.space, target_groups=groups)
        linked = replace(linked, target_group_attributes=attributes, load_balancers=balancers)
        linked = replace(linked, capacity_providers=providers)
        given = {arn: view for arn, view in files.items() if arn in _wanted_files(definition)}
        linked = replace(linked, region=region_of(linked, target), account=account_of(linked, target))
        memberships = networks.memberships(linked) if target.network_policies else ()
        linked = replace(linked, partition=partition_of(linked), memberships=memberships)
        workloads.append(replace(linked, environment_files=given, scaling=scalings.of_service(linked)))
    workloads = with_parts(workloads, target.splits)
    scalings.leave_out_others(workloads)
    workloads.sort(key=lambda workload: (workload.namespace, workload.name))
    clusters: dict[str, AwsMap] = {}
    for draft in sorted(drafts, key=lambda draft: draft.cluster):
        clusters.setdefault(draft.space, draft.workload.cluster)
    whole = [workload for workload in workloads if not workload.part]
    return Inventory(tuple(workloads), clusters, Balancers.of(index, whole), networks, index, Roles.of(index))


def _services(index: Index) -> Iterator[_Draft]:
    for item in index.of_shape("ecs.Service"):
        service = item.view
        if service.get("status", "ACTIVE") != "ACTIVE":
            item.leave_out("service-not-active", status=service["status"])
            continue
        configuration = _configuration(service)
        wanted = str(configuration.get("taskDefinition", ""))
        definition = _definition(index, wanted)
        if definition is None:
            at = "taskDefinition" if wanted else "serviceName" if "serviceName" in service else "service"
            note(configuration, at, "dangling-reference", what=wanted or "no task definition is named")
            item.leave_out("not-translated", why=f"its task definition was not read: {wanted or 'none is named'}")
            continue
        cluster = last(str(service.get("clusterArn", service.get("cluster", ""))))
        kind: Kind = "DaemonSet" if service.get("schedulingStrategy") == "DAEMON" else "Deployment"
        name = str(service.get("serviceName", service.get("service", "")))
        workload = Workload(
            name="",
            namespace="",
            kind=kind,
            definition=definition.view,
            definition_id=definition.document.id,
            service=service,
            service_id=str(service.get("serviceArn", item.document.id)),
            configuration=configuration,
            launched=_launched(service),
            cluster=index.clusters[cluster].view if cluster in index.clusters else NOTHING,
            tasks=tuple(service_tasks(index, name, cluster)),
        )
        yield _Draft(name, f"1/{cluster}/{item.document.id}", cluster, workload)


def _configuration(service: View) -> AwsMap:
    """The service, or its PRIMARY task set: with CODE_DEPLOY and EXTERNAL the latter has what runs."""
    if service.get("deploymentController", NOTHING).get("type") in ELSEWHERE:
        primary = [task_set for task_set in service.get("taskSets", []) if task_set.get("status") == "PRIMARY"]
        if primary:
            found: AwsMap = primary[0]
            return found
    return service


def _launched(service: View) -> AwsMap:
    """The PRIMARY deployment; in a `create-service` input its members stand on the service itself."""
    primary = [deployment for deployment in service.get("deployments", []) if deployment.get("status") == "PRIMARY"]
    found: AwsMap = primary[0] if primary else service
    return found


def _definition(index: Index, wanted: str) -> Tracked | None:
    found = index.definitions.get(wanted)
    if found is None and Arn.parse(wanted):  # a register-form file of the same family stands for the ARN
        family = last(wanted).partition(":")[0]
        bare = index.definitions.get(family)
        found = bare if bare and (is_unpinned(wanted) or not Arn.parse(bare.document.id)) else None
    return found


def _scheduled(index: Index) -> tuple[list[_Draft], set[str]]:
    """What rules and schedules start, and the definitions of those of which nothing can be made."""
    found = [(each, _definition(index, each.definition)) for each in started(index)]
    made = [(each, definition) for each, definition in found if each.schedule and definition]
    drafts = [_of_schedule(index, each, definition) for each, definition in made]
    for each, definition in found:
        if not definition and each.definition:
            note(*each.at, "dangling-reference", what=each.definition)
        if not definition or not each.schedule:
            each.leave_out()
    leave_out_unused((each, bool(each.schedule and definition)) for each, definition in found)
    return drafts, {definition.document.id for each, definition in found if definition and not each.schedule}


def _of_schedule(index: Index, each: Started, definition: Tracked) -> _Draft:
    schedule = each.schedule
    assert schedule  # noqa: S101
    if is_unpinned(each.definition):
        note(*each.at, "definition-without-revision", revision=definition.document.id)
    cluster = last(each.cluster)
    asked = schedule.request or NOTHING
    parameters = asked if schedule.universal else AnyCase.over(each.target).get("EcsParameters", NOTHING)
    overrides = asked.get("overrides") if schedule.universal else asked
    workload = Workload(
        name="",
        namespace="",
        kind="Job" if schedule.said.once else "CronJob",
        definition=definition.view,
        definition_id=definition.document.id,
        configuration=parameters,
        launched=asked if schedule.universal else NOTHING,
        cluster=index.clusters[cluster].view if cluster in index.clusters else NOTHING,
        task=Run(each.target, {"overrides": overrides, "clusterArn": each.cluster}),
        schedule=schedule,
    )
    return _Draft(each.wanted, f"1s/{cluster}/{each.seed}", cluster, workload)


def _one_off_tasks(index: Index, schedules: list[Schedule]) -> Iterator[_Draft]:
    for item, wanted, definition_arn in one_off(index, schedules):
        definition = _definition(index, definition_arn)
        if definition is None:
            note(item.view, "taskDefinitionArn", "dangling-reference", what=definition_arn)
            item.leave_out("not-translated", why=f"its task definition was not read: {definition_arn}")
            continue
        cluster = last(str(item.view.get("clusterArn", "")))
        workload = Workload(
            name="",
            namespace="",
            kind="Job",
            definition=definition.view,
            definition_id=definition.document.id,
            cluster=index.clusters[cluster].view if cluster in index.clusters else NOTHING,
            task=item.view,
            tasks=(item.view,),
            read=moment(index.taken),
        )
        yield _Draft(str(definition.document.data["family"]), f"2/{cluster}/{wanted}", cluster, workload)


def _unreferenced(index: Index, referenced: set[str], elsewhere: set[str]) -> list[_Draft]:
    """Of each family that nothing refers to, the highest active revision; all other revisions are left out.

    *elsewhere*: definitions of tasks that rules start which are not carried. They are no services either.
    """
    families: dict[str, list[Tracked]] = {}
    for item in index.of_shape("ecs.TaskDefinition"):
        families.setdefault(str(item.document.data["family"]), []).append(item)
    drafts = []
    for family, revisions in sorted(families.items()):
        used = [item for item in revisions if item.document.id in referenced]
        if not used and any(item.document.id in elsewhere for item in revisions):
            for item in revisions:
                item.leave_out("definition-of-other-schedule")
            continue
        active = [item for item in revisions if is_active(item.document.data)]
        chosen = used or (active[-1:] and [max(active, key=lambda item: revision(item.document.data))])
        for item in revisions:
            if not chosen:
                item.leave_out("inactive-definition", status=item.document.data.get("status"))
            elif item not in chosen:
                item.leave_out("superseded-revision", chosen=chosen[0].document.id)
        if chosen and not used:
            definition = chosen[0].view
            note(definition, "family", "unreferenced-definition")
            workload = Workload("", "", "Deployment", definition, chosen[0].document.id)
            drafts.append(_Draft(family, f"3/{family}", "", workload))
    return drafts


def _spaced(drafts: list[_Draft], cloud_map: CloudMap, target: Target) -> list[_Draft]:
    """Each draft with the names that callers use and with its Kubernetes namespace."""
    spaces = _namespaces({draft.cluster for draft in drafts}, target)
    found = []
    for draft in drafts:
        workload = with_names(draft.workload, cloud_map)
        named = namespace_of(workload) if target.namespaces == CLOUD_MAP else ""
        found.append(replace(draft, workload=workload, space=named or spaces[draft.cluster]))
    return found


def _namespaces(clusters: set[str], target: Target) -> dict[str, str]:
    """Cluster name (empty: none is known) to namespace."""
    choice = target.namespaces
    if isinstance(choice, str) and choice not in ("cluster", CLOUD_MAP):
        if names.label(choice) != choice:
            raise TargetError(f"namespaces: {choice}: no DNS-1123 label")
        return dict.fromkeys(clusters, choice)
    chosen = choice if isinstance(choice, dict) else {}
    given = names.unique(cluster for cluster in clusters if cluster)
    return {cluster: chosen.get(cluster) or given.get(cluster, "default") for cluster in clusters}


def _named(drafts: Iterable[_Draft]) -> Iterator[tuple[_Draft, str]]:
    """Each draft with a name that is its own in its namespace."""
    scopes: dict[str, list[_Draft]] = {}
    for draft in sorted(drafts, key=lambda draft: draft.seed):
        scopes.setdefault(draft.space, []).append(draft)
    for scope in scopes.values():
        given = names.unique((d.wanted for d in scope), lambda text: names.label(text, names.WORKLOAD), names.WORKLOAD)
        taken: set[str] = set()
        for draft in scope:
            name = given[draft.wanted]
            if name in taken:
                name = names.suffixed(name, draft.seed, names.WORKLOAD)
            taken.add(name)
            _note_name(draft, name)
            yield draft, name


def _note_name(draft: _Draft, name: str) -> None:
    if name != draft.wanted:
        place: tuple[Any, str] = (draft.workload.definition, "family")
        if draft.workload.service:
            key = "serviceName" if "serviceName" in draft.workload.service else "service"
            place = (draft.workload.service, key)
        if draft.workload.schedule:
            place = (draft.workload.schedule.view, "Name")
        note(*place, "name-changed", old=draft.wanted, new=name)


def _wanted_files(definition: AwsMap) -> set[str]:
    containers = definition["containerDefinitions"]
    return {str(file.get("value", "")) for container in containers for file in container.get("environmentFiles", [])}
