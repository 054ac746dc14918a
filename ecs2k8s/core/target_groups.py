"""Target groups that exist, by name: what the documents of a snapshot say of them anywhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.documents import Document

IN_ARN = re.compile(rb'targetgroup/([^/"\\]+)')


def target_group_names(documents: Iterable[Document], more: Iterable[str] = ()) -> frozenset[str]:
    """The names of all target groups that *documents*, or the ARNs *more*, speak of, in lower case.

    Read or only referred to, in whatever field: a name that is missing here could be given to a new target group.
    """
    return frozenset(name.lower() for document in documents for name in _named(document)) | frozenset(
        name.decode().lower() for name in IN_ARN.findall("\n".join(more).encode())
    )


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
