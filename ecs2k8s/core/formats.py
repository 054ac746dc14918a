"""How each tree of a migration directory is applied: as a kustomization, as a chart or as plain files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.core.manifests import Bundle, Placed

Format = Literal["kustomize", "helm", "plain"]
MANAGER = "ecs2k8s"  # who owns what is applied: the same for kubectl as for `diff cluster` and the cutover
# At the server's side a field that somebody else owns is a conflict; at the client's it is overwritten silently.
AS_US = f"--server-side --field-manager={MANAGER}"
APPLY: Mapping[Format, str] = {
    "kustomize": f"kubectl apply {AS_US} -k {{tree}}",
    "helm": "helm upgrade --install {release} {tree}",
    "plain": f"kubectl apply {AS_US} -R -f {{tree}}",
}
DIFF: Mapping[Format, str] = {
    "kustomize": f"kubectl diff {AS_US} -k {{tree}}",
    "helm": "helm template {release} {tree} | kubectl diff -f -",
    "plain": f"kubectl diff {AS_US} -R -f {{tree}}",
}


def written(bundle: Bundle, form: Format) -> tuple[Placed, ...]:
    """The objects that have files. A second release of Helm cannot own what the first one owns: no handover there."""
    return bundle.objects if form == "helm" else bundle.everything


def chart_name(tree: str) -> str:
    """Of the chart in *tree*, and of its release: `manifests`, `ingress`, `target-group-binding` and so on."""
    return tree.rpartition("/")[2]


def apply_command(form: Format, tree: str) -> str:
    """What applies *tree*, a path that ends in the name of the tree."""
    return APPLY[form].format(tree=tree, release=chart_name(tree))


def diff_command(form: Format, tree: str) -> str:
    """What shows how *tree* differs from the cluster."""
    return DIFF[form].format(tree=tree, release=chart_name(tree))
