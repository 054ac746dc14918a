"""Whether a live object is as its file has it, and ours, for who may only read: a guided run needs no more.

It says less than a dry run: a value that the server or a webhook makes another one of counts as a difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.applied import shown
from ecs2k8s.compare.canonical import Reader
from ecs2k8s.compare.changes import Status
from ecs2k8s.compare.conflicts import at
from ecs2k8s.compare.differ import rows
from ecs2k8s.compare.managed_fields import Manager, owners
from ecs2k8s.compare.masking import Mask
from ecs2k8s.core.formats import MANAGER
from ecs2k8s.core.key_paths import show_keys
from ecs2k8s.cutover.things.fields import handed_over

if TYPE_CHECKING:
    from ecs2k8s.core.manifests import Manifest

APPLIED, CHANGED = Manager(MANAGER, "Apply"), Manager(MANAGER, "Update")
NOT_SET = frozenset({"apiVersion", "kind", "metadata.name", "metadata.namespace"})  # what an object is, owned by nobody


def differences(asked: Manifest, live: Manifest) -> list[str]:
    """The fields of *asked* that are otherwise in *live*, or nobody's of ours, and those of ours that it has not."""
    kind = asked["kind"]
    leaves, owned = _leaves(asked, kind), _owned(live, kind)
    # The server leaves out what is empty: `omitempty`, as Go has it.
    dropped = {path for path, value in leaves.items() if not value and path not in owned}
    others = {row.path for row in rows(asked, shown(live), kind) if row.status in (Status.CHANGED, Status.REMOVED)}
    ours = {path for path, managers in owned.items() if APPLIED in managers}
    handed = {field.removeprefix(".") for field in handed_over(kind)}
    handed = {path for path in handed if CHANGED in owned.get(path, ())}
    return sorted((others | (leaves.keys() ^ ours)) - handed - dropped - NOT_SET)


def _leaves(manifest: Manifest, kind: str) -> dict[str, Any]:
    """Each leaf with its value as it stands in the file."""
    tree = Reader(kind, Mask()).read(manifest)
    return {show_keys(path): at(manifest, node.at) for path, node in tree.leaves()} if tree else {}


def _owned(live: Manifest, kind: str) -> dict[str, tuple[Manager, ...]]:
    """By leaf, who owns it."""
    its = owners(live)
    tree = Reader(kind, Mask()).read(shown(live))
    return {show_keys(path): its.of(node.at) for path, node in tree.leaves()} if tree else {}
