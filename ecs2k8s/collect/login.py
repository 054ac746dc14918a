"""Sessions of boto3: profile, Region, role to assume; what AWS says of who is asking."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecs2k8s.collect import trouble
from ecs2k8s.collect.calls import calls
from ecs2k8s.collect.guard import guard
from ecs2k8s.collect.pace import Pacer
from ecs2k8s.collect.request import whole
from ecs2k8s.core.arns import Arn
from ecs2k8s.core.errors import Ecs2k8sError
from ecs2k8s.core.escape import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SESSION_NAME = "ecs2k8s-export"  # what CloudTrail shows
RETRIES = {"mode": "adaptive", "total_max_attempts": 8}
LOGIN_RETRIES = {"mode": "standard", "total_max_attempts": 3}
CONNECTIONS = 32
CONNECT_SECONDS = 10  # botocore waits a minute; a Region that is not there would then take ten
ACCOUNT = re.compile(r"[0-9]{12}")


class LoginError(Ecs2k8sError):
    """No credentials that AWS takes: the message names the command that renews them."""


@dataclass(frozen=True, slots=True)
class Login:
    """How to reach AWS, in the words of the AWS CLI."""

    profile: str | None = None
    regions: tuple[str, ...] = ()
    role_arns: tuple[str, ...] = ()
    external_id: str | None = None
    endpoint_url: str | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """What the sessions are for: what may be sent, how often a request is tried, and what CloudTrail shows."""

    guard: Callable[[Any], None] = guard  # is given each of botocore's sessions
    settings: Mapping[str, Any] = field(default_factory=lambda: {"retries": RETRIES})
    name: str = SESSION_NAME


@dataclass(frozen=True, slots=True)
class Session:
    """One account, reached: its number, partition, Regions to read, and how clients are made.

    `client` is given service and Region, and other credentials by botocore's names where they are not the session's.
    """

    account: str
    partition: str
    regions: tuple[str, ...]
    client: Callable[..., Any]
    caller: str = ""  # the ARN of who asks


def sessions(
    login: Login,
    prepare: Callable[[Any], None] = lambda _: None,
    use: Use = Use(),
) -> tuple[list[Session], list[LoginError]]:
    """One for each role of *login*, or for the credentials themselves; and why the other roles have none.

    *prepare* is given each of botocore's sessions before the first client is made. Raises `LoginError` where nobody
    could be reached.
    """
    from botocore.utils import validate_region_name  # noqa: PLC0415 (only the live reading needs it)

    with _explained(login):
        core = _core(login, prepare, use)
        regions = tuple(dict.fromkeys(login.regions)) or tuple(filter(None, [_usual_region(core)]))
        for region in regions:
            validate_region_name(region)  # it becomes a folder
    if not regions:
        raise LoginError("no Region: name one with --region, or set AWS_REGION; or read files with --from")
    found: dict[str, Session] = {}
    refused: list[LoginError] = []
    for arn in dict.fromkeys(login.role_arns) or [""]:
        try:
            with _explained(login, arn):
                reached = _reached(core, login, arn, regions, prepare, use)
        except LoginError as error:
            refused.append(error)
            continue
        if reached.account in found:
            raise LoginError(f"account {reached.account}: two of the roles are in it: name one of them")
        found[reached.account] = reached
    if not found:
        raise refused[0]
    return list(found.values()), refused


def _usual_region(core: Any) -> str | None:
    """As the AWS CLI takes it; botocore knows AWS_DEFAULT_REGION only."""
    found: str | None = os.environ.get("AWS_REGION") or core.get_config_variable("region")
    return found


@contextmanager
def _explained(login: Login, role: str = "") -> Iterator[None]:
    """What botocore raises in the block becomes a `LoginError` of one line."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 (only the live reading needs it)
    from botocore.parsers import ResponseParserError  # noqa: PLC0415

    try:
        yield
    # ValueError: an endpoint that is no URL; KeyError: credentials without one of their members.
    # EOFError: a profile asks for an MFA code, and there is no terminal.
    except (BotoCoreError, ClientError, ResponseParserError, EOFError, KeyError, ValueError) as error:
        raise LoginError(f"{role}: {_why(error, login)}" if role else _why(error, login)) from error


def _core(login: Login, prepare: Callable[[Any], None], use: Use) -> Any:
    """A session of botocore with the guard, the pace, and times as text."""
    import botocore.session  # noqa: PLC0415

    core = botocore.session.Session(profile=login.profile)
    core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_utc)
    use.guard(core)
    core.register("before-parse", whole, unique_id="ecs2k8s-whole")
    prepare(core)
    return core


def _utc(value: Any) -> str:
    """A moment as all documents have it."""
    from datetime import UTC  # noqa: PLC0415

    from botocore.utils import parse_timestamp  # noqa: PLC0415

    moment = parse_timestamp(value)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return str(moment.astimezone(UTC).isoformat(timespec="microseconds"))


def _reached(  # noqa: PLR0913, PLR0917 (all that was asked for)
    core: Any, login: Login, role: str, regions: tuple[str, ...], prepare: Callable[[Any], None], use: Use
) -> Session:
    """Asks AWS who this is; and so whether the credentials are any good.

    The first Region that answers is enough: one that is not there is a failure of its own snapshot.
    """
    for region in regions:
        try:
            assumed = _assumed(core, login, role, region, use) if role else None
            used = _with(_core(login, prepare, use), assumed) if assumed else core
            identity = _sts(used, login, region, use).get_caller_identity()
        except Exception as error:
            if region == regions[-1] or not trouble.unanswered(error):
                raise
        else:
            break
    arn, number = Arn.parse(identity.get("Arn", "")), identity.get("Account", "")
    if not ACCOUNT.fullmatch(number):  # it becomes a folder
        raise LoginError(f"{login.endpoint_url or 'AWS'} names no account of twelve digits, but {escape(number)!r}")
    partition = arn.partition if arn else "aws"
    return Session(number, partition, regions, _clients(used, login, use), str(identity.get("Arn", "")))


def _clients(core: Any, login: Login, use: Use) -> Callable[..., Any]:
    """Service and Region to a client that keeps to the Region's rates."""
    from botocore.config import Config  # noqa: PLC0415

    pacers: dict[str, Pacer] = {}
    regional = {row.service for row in calls().values() if row.scope == "region"}
    config = Config(
        max_pool_connections=CONNECTIONS,
        connect_timeout=CONNECT_SECONDS,
        user_agent_extra=use.name,
        **use.settings,
    )

    def client(service: str, region: str, **credentials: str) -> Any:
        where = {"region_name": region, "endpoint_url": login.endpoint_url}
        made = core.create_client(service, config=config, **where, **credentials)
        pacer = pacers.setdefault(region if service in regional else "", Pacer())
        made.meta.events.register_first("before-send", _paced(pacer, service))
        return made

    return client


def _sts(core: Any, login: Login, region: str, use: Use, **credentials: Any) -> Any:
    """A client that gives up early: when it gets no answer, the network or the Region is not there."""
    from botocore.config import Config  # noqa: PLC0415

    config = Config(retries=LOGIN_RETRIES, connect_timeout=CONNECT_SECONDS, user_agent_extra=use.name)
    return core.create_client("sts", region_name=region, endpoint_url=login.endpoint_url, config=config, **credentials)


def _paced(pacer: Pacer, service: str) -> Callable[..., None]:
    def wait(event_name: str, **_: Any) -> None:
        pacer.wait(f"{service}.{event_name.rpartition('.')[2]}")

    return wait


def _assumed(core: Any, login: Login, arn: str, region: str, use: Use) -> Any:
    """The credentials of the role: they last an hour, and are fetched again when they end."""
    from botocore.credentials import AssumeRoleCredentialFetcher, RefreshableCredentials  # noqa: PLC0415
    from botocore.exceptions import NoCredentialsError  # noqa: PLC0415

    if core.get_credentials() is None:
        raise NoCredentialsError
    external = {"ExternalId": login.external_id} if login.external_id else {}
    fetcher = AssumeRoleCredentialFetcher(
        lambda _, **keys: _sts(core, login, region, use, **keys),
        core.get_credentials(),
        arn,
        extra_args={"RoleSessionName": use.name, **external},
    )
    return RefreshableCredentials.create_from_metadata(
        fetcher.fetch_credentials(), refresh_using=fetcher.fetch_credentials, method="assume-role"
    )


def _with(core: Any, credentials: Any) -> Any:
    core._credentials = credentials  # noqa: SLF001 (as boto3's own documents do)
    return core


def _why(error: Exception, login: Login) -> str:
    """One line: what is wrong, and the command that mends it."""
    import botocore.exceptions as known  # noqa: PLC0415

    profile = f" --profile {escape(login.profile)}" if login.profile else ""
    name, code = type(error).__name__, trouble.code_of(error)
    if isinstance(error, known.SSOError | known.TokenRetrievalError | known.UnauthorizedSSOTokenError):
        return f"the SSO login has expired: run `aws sso login{profile}` and export again"
    if name.startswith("Login"):
        return f"the login has expired: run `aws login{profile}` and export again"
    if isinstance(error, known.NoCredentialsError | known.PartialCredentialsError):
        return f"no AWS credentials: run `aws configure sso{profile}`, or name a profile with --profile"
    if isinstance(error, known.ProfileNotFound):
        return f"{escape(str(error))}: `aws configure list-profiles` names those that there are"
    return _refused(error, code, profile) if code else _unanswered(error, name, profile)


def _refused(error: Exception, code: str, profile: str) -> str:
    if code in trouble.EXPIRED:
        return (
            f"the credentials have expired ({code}): run `aws sso login{profile}`, or for keys with MFA "
            f"`aws sts get-session-token --serial-number MFA-ARN --token-code CODE{profile}`, and export again"
        )
    operation = getattr(error, "operation_name", "")
    hint = ": check --role-arn, --external-id and the role's trust" if operation == "AssumeRole" else ""
    return f"AWS refused {operation} ({code}){hint}"


def _unanswered(error: Exception, name: str, profile: str) -> str:
    import botocore.exceptions as known  # noqa: PLC0415

    if isinstance(error, EOFError):
        return f"the profile asks for an MFA code: run `aws sts get-caller-identity{profile}` in a terminal first"
    if isinstance(error, KeyError) or name == "ResponseParserError":
        return f"the answer to the login could not be read ({name}): check the network and --endpoint-url"
    if trouble.unanswered(error):
        return f"AWS gave no answer ({name}): check the network, --region and --endpoint-url"
    if isinstance(error, known.InvalidRegionError | known.ParamValidationError | ValueError):
        return f"{escape(' '.join(str(error).split()))}: correct --region, --role-arn, --external-id or --endpoint-url"
    return f"no credentials that can be used ({name}): run `aws sts get-caller-identity{profile}` to see why"
