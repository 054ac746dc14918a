"""What can go wrong with a request, as policies that do it to the requests of one operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.replay.pages import PAGES
from ecs2k8s.replay.wire import Refusal, Reply, protocol, reply

if TYPE_CHECKING:
    from ecs2k8s.replay.hook import Policy, Request

# As the services spell them: the query protocol has no `Exception` at the end, EC2 has words of its own.
SPELLED = {
    "throttled": {"json": "ThrottlingException", "ec2": "RequestLimitExceeded", "query": "Throttling"},
    "denied": {"json": "AccessDeniedException", "ec2": "UnauthorizedOperation", "query": "AccessDenied"},
    "expired": {"json": "ExpiredTokenException", "ec2": "RequestExpired", "query": "ExpiredToken"},
}


# https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/CommonErrors.html and the same page of each API.
STATUS = {
    "throttled": {"rest-json": 429, "ec2": 503},
    "denied": {"rest-json": 403, "rest-xml": 403, "query": 403, "ec2": 403},
    "expired": {"rest-json": 403, "rest-xml": 403, "query": 403},
}


def spelled(what: str, service: str) -> str:
    """The code of an error in the words of the service."""
    its = protocol(service)
    return SPELLED[what]["json" if its.endswith("json") else "ec2" if its == "ec2" else "query"]


def refusal(what: str, service: str, message: str) -> Refusal:
    """The error as the service answers it, with its status."""
    if what == "broken":
        return Refusal("InternalFailure", message, 500)
    return Refusal(spelled(what, service), message, STATUS[what].get(protocol(service), 400))


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


# The parameter that asks for the next page, and how an answer of one page says that one more follows.
# pages.py has the others; these have several parameters, or nothing in the account that fills a page.
MORE: dict[str, tuple[str, dict[str, Any]]] = {
    "ecr.DescribeImages": ("nextToken", {"nextToken": "0"}),
    "cloudfront.ListDistributions": ("Marker", {"DistributionList": {"NextMarker": "0", "IsTruncated": True}}),
    "route53.ListResourceRecordSets": (
        "StartRecordName",
        {"NextRecordName": "same.example.", "NextRecordType": "A", "IsTruncated": True},
    ),
}


def more(call: str) -> tuple[str, dict[str, Any]] | None:
    """How the pages of *call* follow each other; none where it has no pages."""
    if found := PAGES.get(call):
        return found.asked, {found.given: "0"} | ({"IsTruncated": True} if found.truncated else {})
    return MORE.get(call)


def repeating(call: str, answer: Policy) -> Policy:
    """Every page says that one more follows, always with the same token."""
    return second_page(call, answer, answer)


def second_page(call: str, answer: Policy, then: Policy) -> Policy:
    """Every page says that one more follows; what becomes of the second one, *then* says."""
    asked, said = more(call) or ("", {})

    def policy(request: Request, before: int) -> dict[str, Any] | Reply | None:
        if request.call != call:
            return None
        found = (then if asked in request.parameters else answer)(request, before)
        return _joined(found, said) if isinstance(found, dict) else found

    return policy


def _joined(answer: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    inner = {key: _joined(answer[key], value) for key, value in said.items() if isinstance(value, dict)}
    return answer | said | inner
