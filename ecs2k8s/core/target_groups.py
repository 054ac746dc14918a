"""Target groups that exist, by name: what the documents of a snapshot say of them anywhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.documents import Document

IN_ARN = re.compile(rb'targetgroup/([^/"\\]+)')


OURS = {"Key": "ecs2k8s", "Value": "cutover"}  # the tag of what a cutover made


def target_group_names(documents: Iterable[Document], more: Iterable[str] = ()) -> frozenset[str]:
    """The names of all target groups that *documents*, or the ARNs *more*, speak of, in lower case.

    Read or only referred to, in whatever field: a name that is missing here could be given to a new target group.
    Missing are those of groups that a cutover made for pods, so that a later export binds to them again.
    """
    listed = list(documents)
    found = frozenset(name.lower() for document in listed for name in _named(document))
    chosen = frozenset(name.decode().lower() for name in IN_ARN.findall("\n".join(more).encode()))
    return (found - _made_by_cutovers(listed)) | chosen


def _made_by_cutovers(documents: list[Document]) -> frozenset[str]:
    """With our tag, and named by nothing that fills target groups: neither ECS, nor CodeDeploy, nor instances."""
    tagged = {d.id for d in documents if d.shape == "elbv2.Tags" and OURS in (d.data.get("Tags") or ())}
    ours = {name for d in documents if d.shape == "elbv2.TargetGroup" and d.id in tagged for name in _own(d)}
    if not ours:
        return frozenset()
    others = (d for d in documents if not d.shape.startswith("elbv2.") or d.shape == "elbv2.TargetGroup")
    return frozenset(ours - {name.lower() for d in others if d.id not in tagged for name in _named(d)})


def _own(document: Document) -> Iterator[str]:
    """Of a group whose targets are addresses, as those of pods are."""
    if document.data.get("TargetType") == "ip":
        yield str(document.data.get("TargetGroupName") or "").lower()


def _named(document: Document) -> Iterator[str]:
    for name in IN_ARN.findall(msgspec.json.encode(document.data)):
        yield name.decode()
    if document.shape == "elbv2.TargetGroup":
        yield str(document.data.get("TargetGroupName") or "")
    if document.shape == "codedeploy.DeploymentGroup":
        yield from _of_deployments(document.data.get("loadBalancerInfo") or {})


def _of_deployments(info: dict[str, Any]) -> Iterator[str]:
    """CodeDeploy refers by name: `targetGroupInfoList` and `targetGroupPairInfoList[].targetGroups`."""
    groups = list(info.get("targetGroupInfoList") or [])
    for pair in info.get("targetGroupPairInfoList") or []:
        groups += pair.get("targetGroups") or []
    yield from (str(group.get("name") or "") for group in groups)
