"""Tells what a decoded value is by its top-level keys and the types of their values, never by the file's name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ecs2k8s.collect.hints import hint
from ecs2k8s.collect.kinds import kinds
from ecs2k8s.collect.pipeline_files import BUILDSPEC, is_buildspec
from ecs2k8s.collect.price_list import is_price_list, prices
from ecs2k8s.collect.workflow import SHAPE as WORKFLOW
from ecs2k8s.collect.workflow import is_workflow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.documents import Document
    from ecs2k8s.core.paths import Path


@dataclass(frozen=True, slots=True)
class Found:
    """A document at `path` of its file, not yet held against its shape. `bare`: no key of an answer stood around it."""

    shape: str
    data: Any
    path: Path
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Snapshotted:
    """The content of a snapshot.json."""

    data: dict[str, Any]
    path: Path


@dataclass(frozen=True, slots=True)
class Said:
    """What the answer says about itself, as a finding of this slug about the file."""

    slug: str
    path: Path
    args: dict[str, str]


@dataclass(frozen=True, slots=True)
class Strange:
    """None of the known things; `probably` says what it looks like."""

    path: Path
    probably: str


@dataclass(frozen=True, slots=True)
class Priced:
    """Prices of a price list, as documents, and how many of its products have none that is used."""

    documents: tuple[Document, ...]
    others: int
    path: Path


Part = Found | Snapshotted | Said | Strange | Priced

MORE = ("nextToken", "NextToken", "NextMarker", "Marker")
ASIDE = {"ResponseMetadata", "IsTruncated", "MaxItems", "$schema", *MORE}  # of an answer, and no part of what it says
MOST = 12  # keys that a message names
TYPES: dict[str, type] = {"list": list, "map": dict, "items": dict, "reservations": list}
SERVICE_MARKS = {
    *("networkConfiguration", "deploymentConfiguration", "desiredCount", "launchType", "loadBalancers"),
    *("schedulingStrategy", "capacityProviderStrategy", "serviceRegistries", "deploymentController"),
    *("serviceConnectConfiguration", "platformVersion", "enableECSManagedTags", "enableExecuteCommand"),
    *("placementStrategy", "placementConstraints", "healthCheckGracePeriodSeconds", "forceNewDeployment"),
}
SERVICE_HINTS = {"cluster", "clusterArn", "taskDefinition", "serviceArn", *SERVICE_MARKS}
TOOL_KEYS = {"service_definition", "task_definition"}  # ecspresso's and ecs-cli's own configuration


@cache
def keys() -> dict[str, list[tuple[str, str]]]:
    """Key of an answer to the shapes it can hold, each with `list`, `map` or `items`."""
    found: dict[str, list[tuple[str, str]]] = {}
    for shape, kind in kinds().items():
        for key, form in kind.answer.items():
            found.setdefault(key, []).append((shape, form))
    return found


@cache
def looked_for() -> str:
    """What a file can hold, for the message about one that holds none of it."""
    printed = f"what the AWS CLI prints ({', '.join(list(keys())[:MOST])} and {len(keys()) - MOST} more)"
    return (
        f"none of what is read: {printed}, a task definition (containerDefinitions), a service (serviceName), "
        "a list of container definitions, a workflow of GitHub Actions, a snapshot.json"
    )


def recognise(value: Any, path: Path = ()) -> Iterator[Part]:
    """What lies in *value*. One `Strange` and nothing else where it is none of the known things."""
    if isinstance(value, dict):
        yield from _map(value, path)
    elif isinstance(value, list):
        yield from _list(value, path)
    else:
        yield Strange(path, hint(value))


def _map(value: dict[str, Any], path: Path) -> Iterator[Part]:
    if isinstance(value.get("documents"), list) and isinstance(value.get("format"), str):
        yield Snapshotted(value, path)
        return
    if is_workflow(value):
        yield Found(WORKFLOW, value, path, bare=True)
        return
    if is_buildspec(value):
        yield Found(BUILDSPEC, value, path, bare=True)
        return
    if is_price_list(value):
        found, others = prices(value)
        yield Priced(tuple(found), others, path)
        yield from _more(value, path)
        return
    held = [key for key in keys() if _form(value, key)]
    failures = _holds(value.get("failures"), list)
    if whole := _whole(value, held):
        yield from _document(value, whole, path)
    elif held or (failures and value["failures"]):
        yield from _answer(value, held, path)
    elif orphan := _orphan(value):
        yield Said("answer-without-owner", (*path, orphan[0]), {"key": orphan[0], "owner": orphan[1]})
    elif "containerDefinitions" in value:
        yield Found("ecs.TaskDefinition", value, path, bare=True)
    elif _is_service(value):
        yield Found("ecs.Service", value, path, bare=True)
    else:
        yield Strange(path, hint(value))


def _holds(value: Any, kind: type) -> bool:
    """A list of names is what a request holds, not an answer."""
    if kind is dict or not isinstance(value, list):
        return isinstance(value, kind)
    return not value or any(isinstance(item, dict) for item in value)


def _form(value: dict[str, Any], key: str) -> str:
    """Which of the forms the key has here; empty where it is something else."""
    forms = (form for _, form in keys()[key] if _holds(value.get(key), TYPES[form]))
    return next((form for form in forms if form != "items" or isinstance(value[key].get("Items", []), list)), "")


def _shape(key: str, form: str, item: Any) -> str:
    """The shape of *item* below *key*: where several could be, the one whose ARN it has."""
    shapes = [shape for shape, its in keys()[key] if its == form]
    named = (shape for shape in shapes if isinstance(item, dict) and kinds()[shape].arn in item)
    return next(named, shapes[0])


def _whole(value: dict[str, Any], held: list[str]) -> str:
    """The shape of an answer that is a document as a whole: it has all its marks, and says whose it is."""
    for shape, kind in kinds().items():
        if not kind.marks or any(value.get(mark) is None for mark in kind.marks):
            continue
        if kind.request and all(isinstance(value.get(name), str) for name in kind.request):
            return shape
        if not kind.request and not held:
            return shape
    return ""


def _orphan(value: dict[str, Any]) -> tuple[str, str] | None:
    """The mark of an answer that does not say whose it is, and the members that would."""
    found = [kind for kind in kinds().values() if kind.request and all(mark in value for mark in kind.marks)]
    return (found[0].marks[0], " or ".join(" and ".join(kind.request) for kind in found)) if found else None


def _document(value: dict[str, Any], shape: str, path: Path) -> Iterator[Part]:
    yield Found(shape, {key: item for key, item in value.items() if key not in ASIDE}, path)
    yield from _more(value, path)


def _more(value: dict[str, Any], path: Path) -> Iterator[Part]:
    return (Said("more-pages", (*path, key), {}) for key in MORE if isinstance(value.get(key), str) and value[key])


def _answer(value: dict[str, Any], held: list[str], path: Path) -> Iterator[Part]:
    for key in held:
        form = _form(value, key)
        if form == "map":
            yield Found(_shape(key, form, value[key]), _tagged(value, key), (*path, key))
            continue
        yield from (Found(_shape(key, form, item), item, (*path, key, *at)) for at, item in members(form, value[key]))
    known = {*held, *ASIDE, *(("tags",) if "taskDefinition" in held else ())}
    if isinstance(value.get("failures"), list):
        yield from failures_in(value["failures"], (*path, "failures"))
        known.add("failures")
    yield from _more(value, path)
    ignored = (key for key, item in value.items() if key not in known and item not in (None, [], {}, ""))
    yield from (Said("key-ignored", (*path, key), {"key": key}) for key in ignored)


def members(form: str, value: Any) -> Iterator[tuple[Path, Any]]:
    """The items of a list in one of its forms, each with its place: CloudFront's and EC2's stand one level deeper."""
    if form == "items":
        yield from ((("Items", index), item) for index, item in enumerate(value.get("Items") or ()))
    elif form == "reservations":
        for number, each in enumerate(value):
            inside = each.get("Instances") or () if isinstance(each, dict) else ()
            yield from (((number, "Instances", index), item) for index, item in enumerate(inside))
    else:
        yield from (((index,), item) for index, item in enumerate(value))


def _tagged(value: dict[str, Any], key: str) -> Any:
    """`describe-task-definition` prints the tags beside the task definition."""
    tagged = key == "taskDefinition" and value.get("tags") is not None and "tags" not in value[key]
    return {**value[key], "tags": value["tags"]} if tagged else value[key]


def failures_in(failures: list[Any], path: Path) -> Iterator[Said]:
    """What an answer of ECS says that it could not describe."""
    for index, failure in enumerate(failures):
        said = failure if isinstance(failure, dict) else {}
        args = {name: str(said.get(name) or "")[:200] for name in ("arn", "reason", "detail")}
        yield Said("aws-failure", (*path, index), args)


def _is_service(value: dict[str, Any]) -> bool:
    if TOOL_KEYS & value.keys():
        return False
    named = isinstance(value.get("serviceName"), str) or isinstance(value.get("service"), str)
    return bool(named and SERVICE_HINTS & value.keys() - {"cluster"}) or len(SERVICE_MARKS & value.keys()) > 1


def _list(value: list[Any], path: Path) -> Iterator[Part]:
    """Container definitions, or several of the other things (`--output yaml-stream` prints a list of pages)."""
    if _are_containers(value):
        yield Found("ecs.TaskDefinition", {"containerDefinitions": value}, path, bare=True)
        return
    parts = [part for index, item in enumerate(value) if isinstance(item, dict) for part in _map(item, (*path, index))]
    if not parts or all(isinstance(part, Strange) for part in parts):
        yield Strange(path, hint(value))
    else:
        yield from parts


def _are_containers(value: list[Any]) -> bool:
    maps = [item for item in value if isinstance(item, dict)]
    return any("name" in item and "image" in item for item in maps) and not any("imageUri" in item for item in maps)
