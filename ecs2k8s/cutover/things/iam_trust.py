"""Who may assume a role: its trust policy, which is always written as a whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.arns import last
from ecs2k8s.core.errors import PlanError
from ecs2k8s.cutover.plan import Request
from ecs2k8s.cutover.things.kind import Kind, document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.cutover.plan import State
    from ecs2k8s.cutover.things.kind import Ask


def _state(role: Mapping[str, Any]) -> State:
    """The document word for word: a person may have written parts of it."""
    found = role["AssumeRolePolicyDocument"]
    return json.loads(found) if isinstance(found, str) else found


def _now(ask: Ask, ident: str) -> State:
    answer = ask("iam.GetRole", {"RoleName": last(ident)})
    return _state(answer["Role"]) if answer and answer["Role"]["Arn"] == ident else None


def _request(ident: str, before: State, wanted: State) -> Request:
    if before is None or wanted is None:
        raise PlanError(f"{ident}: a role is neither made nor deleted by a plan")
    text = json.dumps(wanted, separators=(",", ":"), ensure_ascii=False)
    return Request("iam.UpdateAssumeRolePolicy", {"RoleName": last(ident), "PolicyDocument": text})


TRUST = Kind("iam.trust", lambda documents, ident: _state(document(documents, "iam.Role", ident)), _now, _request)
