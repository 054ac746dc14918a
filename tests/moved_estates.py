"""The sample `three-tier` as it is after a cutover has attached its groups and shifted a share of the requests."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.documents import Document
from tests.estates import estate
from tests.planned import ground_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.cutover.planning.ground import Ground

ELB = "arn:aws:elasticloadbalancing:eu-west-1:111122223333"
RULE = f"{ELB}:listener-rule/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee"
LISTENER = f"{ELB}:listener/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2"
SERVICE = "arn:aws:ecs:eu-west-1:111122223333:service/shop/backend"
OLD, NEW = f"{ELB}:targetgroup/shop-backend/73e2d6bc24d8a067", f"{ELB}:targetgroup/shop-backend-eks/0e0e0e0e0e0e0e0e"
OURS = {"Key": "ecs2k8s", "Value": "cutover"}


def documents(name: str = "three-tier") -> dict[tuple[str, str], Document]:
    """Of a sample, to change and to put into `ground_from`."""
    return {(each.shape, each.id): copy.deepcopy(each) for each in estate(name)[0].documents}


def ground_from(changed: Iterable[Document], name: str = "three-tier", **choices: Any) -> Ground:
    import msgspec

    snapshot, target = estate(name)
    return ground_of(list(changed), msgspec.structs.replace(target, **choices), snapshot)


def attached(ecs: int, eks: int) -> dict[tuple[str, str], Document]:
    """`shop-backend` with these weights."""
    found = documents()
    source = found["elbv2.TargetGroup", OLD]
    data = source.data | {"TargetGroupArn": NEW, "TargetGroupName": "shop-backend-eks"}
    found["elbv2.TargetGroup", NEW] = Document(source.shape, NEW, data)
    found["elbv2.Tags", NEW] = Document("elbv2.Tags", NEW, {"ResourceArn": NEW, "Tags": [OURS]})
    groups = [{"TargetGroupArn": OLD, "Weight": ecs}, {"TargetGroupArn": NEW, "Weight": eks}]
    config = {"TargetGroups": groups, "TargetGroupStickinessConfig": {"Enabled": False}}
    found["elbv2.Rule", RULE].data["Actions"] = [{"Type": "forward", "ForwardConfig": config}]
    return found
