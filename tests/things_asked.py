"""Things of AWS read through boto3, while the replay layer answers as the account of a snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.collect import trouble
from ecs2k8s.collect.calls import calls
from ecs2k8s.collect.request import send
from tests.replayed import REGION, hook_of, sessions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.core.documents import Document
    from ecs2k8s.cutover.things.kind import Ask
    from ecs2k8s.replay.hook import Request

BY_ID = {  # what reads of single objects ask by, and what these are found by
    "elbv2.DescribeRules": ("elbv2.Rule", "Rules", {"RuleArns": "RuleArn"}),
    "elbv2.DescribeListeners": ("elbv2.Listener", "Listeners", {"ListenerArns": "ListenerArn"}),
    "elbv2.DescribeTargetGroups": (
        "elbv2.TargetGroup",
        "TargetGroups",
        {"TargetGroupArns": "TargetGroupArn", "Names": "TargetGroupName"},
    ),
}


def asking(documents: Iterable[Document]) -> Ask:
    """An `Ask` of the account that these documents describe."""
    documents = list(documents)

    def by_id(request: Request, _: int) -> dict[str, Any] | None:
        shape, key, names = BY_ID.get(request.call, ("", "", {}))
        for asked, member in names.items():
            if wanted := request.parameters.get(asked):
                return {key: [each.data for each in documents if each.shape == shape and each.data[member] in wanted]}
        return None

    client = sessions(hook_of(documents, by_id))[0].client

    def ask(call: str, parameters: Mapping[str, Any]) -> Any:
        try:
            return send(client(call.partition(".")[0], REGION), calls()[call], dict(parameters))
        except Exception as error:
            if trouble.code_of(error).endswith(trouble.GONE):
                return None
            raise

    return ask
