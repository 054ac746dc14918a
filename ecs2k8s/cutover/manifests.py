"""The objects of a file or folder of a migration directory, as a step of the plan names them and as they are applied.

Nothing but the path of the plan chooses a file, and it stays below the directory: names of objects are data.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ecs2k8s.compare.lying_documents import objects_in, text_in
from ecs2k8s.core.errors import PlanError
from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.cutover.plan import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.core.manifests import Manifest

TREES = ("manifests", "traffic", "monitoring")
SUFFIXES = frozenset({".yaml", ".yml", ".json"})  # what `kubectl apply -R -f` reads
AROUND = frozenset({"kustomization.yaml", "values.yaml"})  # files that hold no object
CHART = "Chart.yaml"
# What others need comes first, and what receives traffic last but for the pods: gates are injected only into pods that
# are made after the binding (load-balancing.md §4). Kinds that are not named come between.
FIRST = ("Namespace", "ServiceAccount", "Role", "RoleBinding", "SecretStore", "ExternalSecret", "ConfigMap", "Service")
LAST = ("TargetGroupBinding", "Deployment", "DaemonSet", "Rollout", "CronJob", "Job", "HorizontalPodAutoscaler")


def manifests(place: Path, ident: str) -> tuple[Manifest, ...]:
    """Of the path *ident* below *place*, in the order of applying. Raises `PlanError` or `OutputError`."""
    found: dict[str, Manifest] = {}
    for file in _files(place, _inside(place, ident)):
        for manifest in objects_in(text_in(file), file):
            if manifest is None:
                continue
            ref = str(ObjectRef.of(manifest))
            if ref in found:
                raise PlanError(f"{file}: {ref} stands twice below {ident}")
            if manifest["kind"] == "Secret":
                raise PlanError(f"{file}: {ref}: a run neither reads nor applies values that are secret; take it out")
            found[ref] = manifest
    if not found:
        raise PlanError(f"{place / ident}: holds no object")
    return tuple(sorted(found.values(), key=_order))


def digests(objects: Iterable[Manifest]) -> Mapping[str, str]:
    """The sha256 of each object by its reference: what a plan wants, and what a cluster has when nothing differs."""
    return {str(ObjectRef.of(manifest)): digest(manifest) for manifest in objects}


def _order(manifest: Manifest) -> tuple[int, int, ObjectRef]:
    ref = ObjectRef.of(manifest)
    if ref.kind in FIRST:
        return 0, FIRST.index(ref.kind), ref
    return (2, LAST.index(ref.kind), ref) if ref.kind in LAST else (1, 0, ref)


def _inside(place: Path, ident: str) -> Path:
    """Raises `PlanError` where *ident* is no path of a tree, or leads out of it by a link."""
    parts = PurePosixPath(ident).parts
    plain = ident == "/".join(parts) and not set(parts) & {"..", "."} and "\\" not in ident and "\0" not in ident
    if not plain or not parts or parts[0] not in TREES:
        raise PlanError(f"{ident!r} is no path below {', '.join(TREES)}")
    at = place
    for part in parts:
        at = at / part
        if at.is_symlink():
            raise PlanError(f"{at}: is a link, which is not followed")
    return at


def _files(place: Path, at: Path) -> list[Path]:
    if at.is_file():
        return [at]
    if not at.is_dir():
        raise PlanError(f"{at}: there is no such file or folder; export again, then plan again")
    inside = [at, *(above for above in at.parents if place in above.parents)]
    found = sorted(at.rglob("*"))
    if any((folder / CHART).is_file() for folder in inside) or any(file.name == CHART for file in found):
        raise PlanError(f"{at}: is of a chart, which only Helm applies: take it as a kustomization or as plain files")
    links = [file for file in found if file.is_symlink()]
    if links:
        raise PlanError(f"{links[0]}: is a link, which is not followed")
    return [file for file in found if file.suffix in SUFFIXES and file.name not in AROUND and file.is_file()]
