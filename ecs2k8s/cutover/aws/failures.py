"""What boto3 raises, as what it means for a run: not read, surely without effect, or unsure."""

from __future__ import annotations

from ecs2k8s.collect import trouble
from ecs2k8s.cutover.world import NotNowError, RefusedError, UnreadableError, UnsureError

BROKEN = 500  # from here on AWS failed, and may have done what was asked


def told(error: Exception) -> str:
    """AWS's code, or the name of the error. AWS's message stays out: it may repeat what was sent."""
    return trouble.code_of(error) or type(error).__name__


def is_gone(error: Exception) -> bool:
    return trouble.code_of(error).removeprefix("Client.").endswith(trouble.GONE)


def passes(error: Exception) -> bool:
    """Whether a read may be answered in a moment."""
    return trouble.code_of(error) in trouble.THROTTLED or _status(error) >= BROKEN or trouble.unanswered(error)


def unread(call: str, error: Exception) -> UnreadableError:
    return UnreadableError(f"{call}: no state was read ({told(error)})")


def unsent(call: str, error: Exception) -> RefusedError | UnsureError:
    """Of a request that changes something. A throttled one had no effect, nor one that never left this machine."""
    code, status = trouble.code_of(error), _status(error)
    if code in trouble.THROTTLED:
        return NotNowError(f"{call}: AWS takes no more requests for now ({code}); nothing was changed")
    if code and status < BROKEN:
        return RefusedError(f"{call}: AWS refused it ({code}); nothing was changed")
    if _not_reached(error):
        return NotNowError(f"{call}: was not sent: AWS was not reached ({told(error)})")
    if _never_left(error):
        return RefusedError(f"{call}: was not sent ({told(error)})")
    return UnsureError(f"{call}: got no answer that tells ({told(error)}): it may have had its effect")


def _status(error: Exception) -> int:
    answer = getattr(error, "response", None)
    found = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) if isinstance(answer, dict) else 0
    return int(found or 0)


def _not_reached(error: Exception) -> bool:
    """No connection was made, which may be otherwise in a moment."""
    from botocore import exceptions  # noqa: PLC0415 (only a live run needs it)

    return isinstance(error, exceptions.EndpointConnectionError | exceptions.ConnectTimeoutError)


def _never_left(error: Exception) -> bool:
    """The request was never built, or there is nowhere to send it to."""
    from botocore import exceptions  # noqa: PLC0415 (only a live run needs it)

    before = (
        *(exceptions.ParamValidationError, exceptions.NoCredentialsError, exceptions.PartialCredentialsError),
        *(exceptions.CredentialRetrievalError, exceptions.TokenRetrievalError, exceptions.SSOError),
        *(exceptions.SSLError, exceptions.NoRegionError),
        *(exceptions.EndpointResolutionError, exceptions.UnknownEndpointError),
    )
    return isinstance(error, before)
