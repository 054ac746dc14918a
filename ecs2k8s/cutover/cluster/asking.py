"""What the things of Kubernetes ask, by the names that they ask with: `things.kind.Ask` for a cluster."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.conflicts import by_field, conflicts
from ecs2k8s.compare.dry_run import BY_RBAC
from ecs2k8s.core.errors import OutputError, PlanError
from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.cutover.manifests import manifests
from ecs2k8s.cutover.world import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ecs2k8s.compare.cluster import Answer
    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.cutover.cluster.reading import Api
    from ecs2k8s.cutover.things.kind import Ask

PREFIX = "kubernetes."


def asking(api: Api, place: Path) -> Ask:
    """Asks *api*, and the files of the migration directory *place* that a plan speaks of."""

    def ask(call: str, parameters: Mapping[str, Any]) -> Any:
        match call.removeprefix(PREFIX):
            case "Get":
                return api.get(ref_of(parameters))
            case "Pods":
                selector = ",".join(f"{key}={value}" for key, value in sorted(parameters["labels"].items()))
                return api.items("v1", "Pod", parameters["namespace"], labelSelector=selector)
            case "Manifests":
                return _manifests(place, parameters["path"])
            case "DryRun":
                return dry_run(api, parameters["manifest"])
        raise AssertionError(call)

    return ask


def ref_of(parameters: Mapping[str, Any]) -> ObjectRef:
    """Of the parameters of a request: `apiVersion`, `kind`, `name`, and `namespace` where it has one."""
    named = (parameters["apiVersion"], parameters["kind"], parameters.get("namespace", ""), parameters["name"])
    return ObjectRef(*map(str, named))


def dry_run(api: Api, manifest: Manifest) -> dict[str, Any]:
    """One of `object`, what applying would make; `conflicts`, field and manager of each; `refused`, the server's words.

    Or `denied`: the login may not apply, so that nothing is known.
    """
    answer = api.dry_run(manifest)
    if answer.good:
        return {"object": answer.body}
    found = by_field(conflicts(answer.body or {}))
    if answer.status == HTTPStatus.CONFLICT and found:
        return {"conflicts": found}
    if answer.status == HTTPStatus.FORBIDDEN and BY_RBAC.search(answer.message):
        return {"denied": answer.message}
    if is_refusal(answer):
        return {"refused": answer.message}
    raise UnreadableError(f"{ObjectRef.of(manifest)}: the dry run gave no result: {answer.message}")


def is_refusal(answer: Answer) -> bool:
    """Whether the server decided, and nothing happened. A 404 is its namespace; 429 is said before anything is done."""
    return bool(answer.body) and HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR


def _manifests(place: Path, path: str) -> tuple[Manifest, ...]:
    try:
        return manifests(place, path)
    except (PlanError, OutputError) as error:
        raise UnreadableError(str(error)) from error
