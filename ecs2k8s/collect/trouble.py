"""What went wrong while reading AWS, as findings that name the missing permission."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.core.escape import escape
from ecs2k8s.core.findings import Finding
from ecs2k8s.core.listing import listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.collect.calls import Call

SHOWN = 3  # resources that one finding names

DENIED = {
    *("AccessDenied", "AccessDeniedException", "AccessDeniedFault", "UnauthorizedOperation", "AuthorizationError"),
    *("NotAuthorized", "NotAuthorizedException", "UnauthorizedException", "OptInRequired", "Forbidden"),
}
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
UNKNOWN_LOGIN = {
    *("InvalidClientTokenId", "UnrecognizedClientException", "InvalidToken", "AuthFailure", "SignatureDoesNotMatch"),
    *("InvalidSignatureException", "IncompleteSignature", "MissingAuthenticationToken"),
}
THROTTLED = {
    *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException"),
    *("RequestLimitExceeded", "TooManyRequestsException", "LimitExceeded", "BandwidthLimitExceeded", "SlowDown"),
    *("PriorRequestNotComplete", "TransactionInProgressException", "EC2ThrottledException"),
    *("ProvisionedThroughputExceededException", "LimitExceededException"),
}
LOGIN = {
    *("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "TokenRetrievalError"),
    *("LoginError", "LoginRefreshRequired", "LoginTokenLoadError", "MissingDependencyException"),
}
GONE = (
    "NotFound",
    "NotFoundException",
    "NotFoundFault",
    "NoSuchEntity",
    "DoesNotExist",
    "DoesNotExistException",
    "NonexistentItemException",
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One request that gave no answer: the slug that says why, AWS's own code, and what it was about."""

    call: str
    slug: str
    code: str
    about: str


def code_of(error: Exception) -> str:
    """AWS's code of an error that it answered; empty where there was no answer."""
    answer = getattr(error, "response", None)
    return str(answer.get("Error", {}).get("Code", "")) if isinstance(answer, dict) else ""


def of(call: Call, error: Exception, about: str) -> Trouble:
    """The trouble that *error* is. AWS's message stays out: it may repeat what was sent."""
    slug, code = _told(error)
    return Trouble(call.name, slug, code, about)


ODD = (KeyError, TypeError, AttributeError, ValueError)  # what an answer of another form than AWS's raises


def lacking(call: Call, error: Exception) -> Trouble:
    """An answer without a member that AWS always gives, or with an odd one: what depends on it cannot be told."""
    what = str(error.args[0]) if isinstance(error, KeyError) else type(error).__name__
    return Trouble(call.name, "answer-lacks-member", what, "")


def _told(error: Exception) -> tuple[str, str]:
    from botocore import exceptions  # noqa: PLC0415 (only the live reading needs it)

    if isinstance(error, exceptions.ClientError):
        answer = error.response
        code = str(answer.get("Error", {}).get("Code", ""))
        return by_code(code, int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) or 0)), code
    name = type(error).__name__
    if name in LOGIN or isinstance(error, exceptions.SSOError):
        return "login-expired", name
    if isinstance(error, exceptions.ParamValidationError):
        return "not-askable", name
    if unanswered(error):
        return "no-answer", name
    return "answer-not-understood", name


def unanswered(error: Exception) -> bool:
    """Whether nothing came back: no connection, or none to the end."""
    from botocore import exceptions  # noqa: PLC0415 (only the live reading needs it)

    return isinstance(error, exceptions.HTTPClientError | exceptions.ConnectionError)


def unreachable(error: Exception) -> bool:
    """Whether no connection was made at all."""
    from botocore import exceptions  # noqa: PLC0415 (only the live reading needs it)

    return isinstance(error, exceptions.ConnectionError)


def by_code(code: str, status: int) -> str:
    """The slug of an error code. The groups are those of AWS's common errors and of the services' own pages."""
    bare = code.removeprefix("Client.")
    for slug, codes in (
        ("not-permitted", DENIED),
        ("login-expired", EXPIRED),
        ("login-unknown", UNKNOWN_LOGIN),
        ("still-throttled", THROTTLED),
    ):
        if bare in codes:
            return slug
    if bare.endswith(GONE):
        return "deleted-in-between"
    if status >= 500 or not bare:  # noqa: PLR2004
        return "no-answer"
    return "not-permitted" if status in (401, 403) else "refused-by-aws"


def findings(troubles: Iterable[Trouble], rows: dict[str, Call], region: str) -> list[Finding]:
    """One finding for each call and reason, with how many requests it was and the first of what they were about."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for each in sorted(troubles, key=lambda each: (each.call, each.slug, each.code, each.about)):
        groups.setdefault((each.call, each.slug, each.code), []).append(each.about)
    found = []
    for (name, slug, code), about in groups.items():
        named = [text for text in about if text]
        what = listed(named, SHOWN)
        row = rows[name]
        args = {
            "call": name,
            "code": code,
            "what": f" ({escape(what)})" if what else "",
            "why": row.why[:1].lower() + row.why[1:].removesuffix("."),
            "permission": " and ".join(row.permissions) or name,
        }
        found.append(Finding.of(slug, f"{name} in {region}", "", **args))
    return found
