"""What can go wrong with a request, as policies that do it to the requests of one operation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecs2k8s.replay.wire import Refusal, Reply, protocol, reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.replay.hook import Policy, Request

# As the services spell them: the query protocol has no `Exception` at the end, EC2 has words of its own.
SPELLED = {
    "throttled": {"json": "ThrottlingException", "ec2": "RequestLimitExceeded", "query": "Throttling"},
    "denied": {"json": "AccessDeniedException", "ec2": "UnauthorizedOperation", "query": "AccessDenied"},
    "expired": {"json": "ExpiredTokenException", "ec2": "RequestExpired", "query": "ExpiredToken"},
}


def spelled(what: str, service: str) -> str:
    """The code of an error in the words of the service."""
    its = protocol(service)
    return SPELLED[what]["json" if its.endswith("json") else "ec2" if its == "ec2" else "query"]


def refuse(what: str, call: str, first: int = 10**9, status: int = 400) -> Policy:
    """The *first* requests of *call* are refused."""

    def policy(request: Request, before: int) -> None:
        if request.call == call and before < first:
            raise Refusal(spelled(what, call.partition(".")[0]), "by a fault that was asked for", status)

    return policy


def broken(call: str, first: int = 10**9) -> Policy:
    """The service answers 500."""

    def policy(request: Request, before: int) -> None:
        if request.call == call and before < first:
            raise Refusal("InternalFailure", "by a fault that was asked for", 500)

    return policy


def silent(call: str, first: int = 10**9) -> Policy:
    """No answer comes in time."""

    def policy(request: Request, before: int) -> None:
        from botocore.exceptions import ReadTimeoutError  # noqa: PLC0415

        if request.call == call and before < first:
            raise ReadTimeoutError(endpoint_url="https://aws.invalid")

    return policy


def cut_off(call: str, answer: Policy) -> Policy:
    """Half of the body arrives."""

    def policy(request: Request, before: int) -> Reply | None:
        if request.call != call:
            return None
        service, _, operation = call.partition(".")
        found = answer(request, before)
        whole = found if isinstance(found, Reply) else reply(service, operation, found or {})
        half = whole.body[: len(whole.body) // 2] or b"<"
        return Reply(whole.status, half, whole.headers)

    return policy


def repeating(call: str, answer: Policy, token: Callable[[dict[str, Any]], dict[str, Any]]) -> Policy:
    """Every page says that one more follows, always with the same token; *token* adds it to an answer."""

    def policy(request: Request, before: int) -> dict[str, Any] | None:
        if request.call != call:
            return None
        found = answer(request, before)
        return token(json.loads(json.dumps(found))) if isinstance(found, dict) else None

    return policy
