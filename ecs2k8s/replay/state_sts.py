"""Sessions of assumed roles: each keeps the policy that it was made with, and what that does not allow is refused."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.iam import listed, statements
from ecs2k8s.replay.faults import refusal
from ecs2k8s.replay.permissions import needs
from ecs2k8s.replay.state import Asked, Item, only, refuse_unless

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.replay.hook import Request
    from ecs2k8s.replay.permissions import Need
    from ecs2k8s.replay.state import Account

POLICY_SIZE = 2048  # characters; https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
SECONDS = range(900, 43_201)
SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Session:
    role: str
    name: str
    policy: Item | None
    expires: float


@dataclass(slots=True)
class Sessions:
    """By the id of the access key."""

    by_key: dict[str, Session] = field(default_factory=dict)
    users: dict[str, str] = field(
        default_factory=dict
    )  # the ARN of whom a key belongs to, where a test tells people apart


def assume_role(account: Account, asked: Asked) -> Item:
    """Whether the role trusts the caller is not looked at; that there is such a role is."""
    only(asked, "RoleArn", "RoleSessionName", "Policy", "DurationSeconds", "ExternalId")
    arn, name = asked["RoleArn"], asked["RoleSessionName"]
    found = account.estate.where("iam.Role", Arn=arn)
    if not found or not SESSION_NAME.fullmatch(name):
        raise refusal("denied", "sts", f"not authorized to perform: sts:AssumeRole on resource: {arn}")
    seconds = int(asked.get("DurationSeconds", 3600))
    longest = int(found[0].get("MaxSessionDuration", 3600))
    words = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    refuse_unless(seconds in SECONDS and seconds <= longest, "ValidationError", words)
    key = f"ASIA{account.new_id().upper()}"
    expires = account.now() + seconds
    account.part(Sessions).by_key[key] = Session(arn, name, _policy(asked.get("Policy")), expires)
    role = arn.rpartition("/")[2]
    return {
        "Credentials": {
            "AccessKeyId": key,
            "SecretAccessKey": "not-a-key",
            "SessionToken": "not-a-token",
            "Expiration": account.moment(expires),
        },
        "AssumedRoleUser": {
            "AssumedRoleId": f"AROAEXAMPLE:{name}",
            "Arn": account.arn("sts", f"assumed-role/{role}/{name}", region=""),
        },
    }


def _policy(text: str | None) -> Item | None:
    if text is None:
        return None
    words = "Member must have length less than or equal to 2048"
    refuse_unless(len(text) <= POLICY_SIZE, "ValidationError", words)
    try:
        policy: Any = json.loads(text)
    except ValueError:
        policy = None
    fine = isinstance(policy, dict) and bool(statements(policy)) and all(map(_complete, statements(policy)))
    refuse_unless(fine, "MalformedPolicyDocument", "Syntax errors in policy.")
    found: Item = policy
    return found


def _complete(statement: Mapping[str, Any]) -> bool:
    has = {name.removeprefix("Not") for name in statement}
    return statement.get("Effect") in {"Allow", "Deny"} and {"Action", "Resource"} <= has and "Principal" not in has


def identity(account: Account, _: Asked) -> Item:
    """Who calls: GetCallerIdentity."""
    session = account.part(Sessions).by_key.get(account.caller)
    if session is None:
        own = account.part(Sessions).users.get(account.caller, account.arn("iam", "user/reader", region=""))
        return {"UserId": "AIDAEXAMPLE", "Account": account.estate.account, "Arn": own}
    arn = account.arn("sts", f"assumed-role/{session.role.rpartition('/')[2]}/{session.name}", region="")
    return {"UserId": f"AROAEXAMPLE:{session.name}", "Account": account.estate.account, "Arn": arn}


def policy_of(account: Account, key: str) -> Item | None:
    session = account.part(Sessions).by_key.get(key)
    return session.policy if session else None


def permit(account: Account, request: Request) -> None:
    """Raises `Refusal` where the session is over, or its policy does not allow what the call needs."""
    session = account.part(Sessions).by_key.get(request.key)
    if session is None or request.call == "sts.GetCallerIdentity":  # which needs no permission
        return
    service = request.call.partition(".")[0]
    if session.expires <= account.now():
        raise refusal("expired", service, "The security token included in the request is expired")
    for need in needs(account, request) if session.policy is not None else ():
        if not allows(session.policy or {}, need):
            words = f"{session.role} is not authorized to perform: {need.action} on resource: {need.resource}"
            raise refusal("denied", service, f"{words} because no session policy allows the {need.action} action")


def allows(policy: Mapping[str, Any], need: Need) -> bool:
    """Some statement allows, and none denies. A condition that is not known here allows nothing and denies all."""
    found = [(each["Effect"], _conditions_hold(each, need)) for each in statements(policy) if _names(each, need)]
    denied = any(effect == "Deny" and holds is not False for effect, holds in found)
    return not denied and any(effect == "Allow" and holds is True for effect, holds in found)


def _names(statement: Mapping[str, Any], need: Need) -> bool:
    action = _listed(statement, "Action", lambda glob: matches(glob.lower(), need.action.lower()))
    return action and (not need.resource or _listed(statement, "Resource", lambda glob: matches(glob, need.resource)))


def _listed(statement: Mapping[str, Any], name: str, fits: Any) -> bool:
    if name in statement:
        return any(map(fits, listed(statement[name])))
    return not any(map(fits, listed(statement.get(f"Not{name}"))))


def matches(glob: str, text: str) -> bool:
    """`*` and `?` of IAM."""
    pattern = "".join({"*": ".*", "?": "."}.get(each, re.escape(each)) for each in glob)
    return re.fullmatch(pattern, text, re.DOTALL) is not None


def _conditions_hold(statement: Mapping[str, Any], need: Need) -> bool | None:
    """None where it cannot be told."""
    for operator, keys in statement.get("Condition", {}).items():
        if operator not in {"StringEquals", "StringLike"}:
            return None
        for key, wanted in keys.items():
            value = need.context.get(key)
            if value is None or not any(
                matches(each, value) if operator == "StringLike" else each == value for each in listed(wanted)
            ):
                return False
    return True
