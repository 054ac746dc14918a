"""`ecs2k8s diff cluster`: what applying a directory would do to a live cluster, and to whose fields."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from ecs2k8s.cli.coverage import check_finished
from ecs2k8s.cli.diff_output import put_out
from ecs2k8s.cli.lying_manifests import lying_manifests
from ecs2k8s.compare.cluster import Patience, connect
from ecs2k8s.compare.dry_run import compare
from ecs2k8s.core.errors import UsageError
from ecs2k8s.core.manifests import Tree

if TYPE_CHECKING:
    from ecs2k8s.cli.console import Talk
    from ecs2k8s.cli.diff_output import View

LONGEST = 128  # characters of the name of a manager: apimachinery/pkg/apis/meta/v1/validation
TREES: tuple[Tree, ...] = get_args(Tree)


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line."""

    directory: str
    trees: tuple[str, ...]
    kubeconfig: str | None
    context: str | None
    manager: str
    timeout: float
    allow_partial: bool


def run(request: Request, view: View, talk: Talk) -> int:
    """Raises `UsageError` of an option, `OutputError` of a file, `ClusterError` of the cluster."""
    place = Path(request.directory)
    if not 0 < len(request.manager) <= LONGEST or not request.manager.isprintable():
        raise UsageError(f"--field-manager {request.manager}: 1 to {LONGEST} printable characters")
    check_finished(place)
    chosen = [_tree(place, name) for name in request.trees]
    lying = {tree: lying_manifests(place, tree) for tree in TREES if (place / tree).is_dir()}
    cluster = connect(request.kubeconfig, request.context, request.manager, Patience(timeout=request.timeout))
    doubt = "" if cluster.verified else "; whether it is that server is not verified"
    talk.stage(f"cluster {cluster.server}, UID of kube-system {cluster.identity() or 'not readable'}{doubt}")
    wanted = [item for tree in chosen for item in lying[tree].objects]
    generated = {item.ref for its in lying.values() for item in its.objects}
    left = ", ".join(str(place / tree) for tree in chosen)
    diff = compare(cluster, wanted, generated, left, show_values=view.show_values)
    untold = [f"{name}: not compared: only Helm can render it" for tree in chosen for name in lying[tree].untold]
    diff = replace(diff, undecided=(*diff.undecided, *untold))
    return put_out(diff, view, allow_partial=request.allow_partial)


def _tree(place: Path, name: str) -> Tree:
    known = [tree for tree in TREES if (place / tree).is_dir()]
    found = next((tree for tree in known if tree == name.strip("/")), None)
    if found is None:
        raise UsageError(f"--tree {name}: {place} has {', '.join(known) or 'no tree'}")
    return found
