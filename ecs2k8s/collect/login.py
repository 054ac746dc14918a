"""Sessions of boto3: profile, Region, role to assume; what AWS says of who is asking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.collect import trouble
from ecs2k8s.collect.guard import guard
from ecs2k8s.collect.pace import Pacer
from ecs2k8s.core.arns import Arn
from ecs2k8s.core.errors import Ecs2k8sError
from ecs2k8s.core.escape import escape

if TYPE_CHECKING:
    from collections.abc import Callable

SESSION_NAME = "ecs2k8s-export"  # what CloudTrail shows
RETRIES = {"mode": "adaptive", "total_max_attempts": 8}
CONNECTIONS = 32


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
class Session:
    """One account, reached: its number, partition, Regions to read, and how clients are made."""

    account: str
    partition: str
    regions: tuple[str, ...]
    client: Callable[[str, str], Any]


def sessions(login: Login, prepare: Callable[[Any], None] = lambda _: None) -> list[Session]:
    """One for each role of *login*, or for the credentials themselves.

    *prepare* is given each of botocore's sessions before the first client is made. Raises `LoginError`.
    """
    import botocore.exceptions  # noqa: PLC0415 (only the live reading needs it)

    try:
        core = _core(login, prepare)
        regions = login.regions or tuple(filter(None, [core.get_config_variable("region")]))
        if not regions:
            raise LoginError("no Region: name one with --region, or set AWS_REGION; or read files with --from")
        if not login.role_arns:
            return [_session(core, login, regions)]
        return [_session(_assumed(core, login, arn, regions[0], prepare), login, regions) for arn in login.role_arns]
    except botocore.exceptions.ProfileNotFound as error:
        raise LoginError(f"{error}: `aws configure list-profiles` names those that there are") from error
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        raise LoginError(_renew(error, login)) from error


def _core(login: Login, prepare: Callable[[Any], None]) -> Any:
    """A session of botocore with the guard, the pace, and times as text."""
    import botocore.session  # noqa: PLC0415

    core = botocore.session.Session(profile=login.profile)
    core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_utc)
    guard(core)
    prepare(core)
    return core


def _utc(value: Any) -> str:
    """A moment as all documents have it."""
    from datetime import UTC  # noqa: PLC0415

    from botocore.utils import parse_timestamp  # noqa: PLC0415

    moment = parse_timestamp(value)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return str(moment.astimezone(UTC).isoformat(timespec="microseconds"))


def _session(core: Any, login: Login, regions: tuple[str, ...]) -> Session:
    """Asks AWS who this is; and so whether the credentials are any good."""
    pacers: dict[str, Pacer] = {}

    def client(service: str, region: str) -> Any:
        from botocore.config import Config  # noqa: PLC0415

        config = Config(retries=RETRIES, max_pool_connections=CONNECTIONS, user_agent_extra="ecs2k8s")
        made = core.create_client(service, region_name=region, endpoint_url=login.endpoint_url, config=config)
        pacer = pacers.setdefault(region, Pacer())
        made.meta.events.register_first("before-send", _paced(pacer, service))
        return made

    identity = client("sts", regions[0]).get_caller_identity()
    arn = Arn.parse(identity["Arn"])
    return Session(identity["Account"], arn.partition if arn else "aws", regions, client)


def _paced(pacer: Pacer, service: str) -> Callable[..., None]:
    def wait(event_name: str, **_: Any) -> None:
        pacer.wait(f"{service}.{event_name.rpartition('.')[2]}")

    return wait


def _assumed(core: Any, login: Login, arn: str, region: str, prepare: Callable[[Any], None]) -> Any:
    """A session with the credentials of the role, which last an hour."""
    sts = core.create_client("sts", region_name=region, endpoint_url=login.endpoint_url)
    external = {"ExternalId": login.external_id} if login.external_id else {}
    found = sts.assume_role(RoleArn=arn, RoleSessionName=SESSION_NAME, **external)["Credentials"]
    assumed = _core(Login(), prepare)
    assumed.set_credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
    return assumed


def _renew(error: Exception, login: Login) -> str:
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

    if isinstance(error, known.HTTPClientError):
        return f"AWS gave no answer ({name}): check the network, --region and --endpoint-url"
    return f"no credentials that can be used ({name}): run `aws sts get-caller-identity{profile}` to see why"
