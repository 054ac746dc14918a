"""The last look at the bindings: none may name a target group that exists, because ECS could be filling it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.target_groups import target_group_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.core.documents import Document
    from ecs2k8s.core.manifests import Bundle


def refuse_bindings_of_existing_groups(bundle: Bundle, documents: Iterable[Document], chosen: Iterable[str]) -> None:
    """Raises `AssertionError` where a TargetGroupBinding names a target group that *documents* or *chosen* speak of.

    *chosen* are ARNs in the user's choices. The controller would deregister every running task from such a group.
    That it happens is a defect of ours, whatever the input: nothing may be written then.
    """
    bindings = [manifest for manifest in bundle.manifests if manifest["kind"] == "TargetGroupBinding"]
    if not bindings:
        return
    taken = target_group_names(documents, chosen)
    for manifest in bindings:
        name = f"{manifest['metadata'].get('namespace')}/{manifest['metadata']['name']}"
        spec = manifest["spec"]
        if "targetGroupARN" in spec or "multiClusterTargetGroup" in spec:
            raise AssertionError(f"TargetGroupBinding {name}: binds by ARN, or shares a target group")
        if str(spec.get("targetGroupName", "")).lower() in taken | {""}:
            raise AssertionError(f"TargetGroupBinding {name}: {spec.get('targetGroupName')!r} exists already")
