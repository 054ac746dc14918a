"""The emulator moto, called in this process: without its patches, without its server."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.errors import Ecs2k8sError
from ecs2k8s.replay.hook import received, sent_of
from ecs2k8s.replay.wire import Reply, Sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecs2k8s.replay.fill import Client

    Answer = Callable[[Sent], Reply]

SEED = 1  # ids of the emulator are random: they are to be the same in every run
FILLING = "ecs2k8s-fills-an-emulator"  # the only clients that write say so
KEYS = ("AKIDEXAMPLE", "not-a-key", "not-a-token")
NO_FILES = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
SETTINGS = ("AWS_", "BOTO_", "MOTO_")


class NoEmulatorError(Ecs2k8sError):
    """moto, which only an extra brings, is not installed."""


@contextmanager
def no_settings() -> Iterator[None]:
    """In the block nothing is set for AWS: neither in the environment, which is as before afterwards, nor in files.

    Profiles, endpoints, proxies' certificates: all of it would reach the clients that speak to the emulator.
    """
    before = {name: value for name, value in os.environ.items() if name.startswith(SETTINGS)}
    for name in before:
        del os.environ[name]
    os.environ.update(NO_FILES)
    try:
        yield
    finally:
        for name in NO_FILES:
            os.environ.pop(name, None)
        os.environ.update(before)


@contextmanager
def emulator(account: str) -> Iterator[Answer]:
    """What answers a request as moto does, an empty account at first. Raises `NoEmulatorError`.

    moto keeps its accounts in variables of its modules: in one process there is one emulator at a time.
    """
    try:
        from moto.core.base_backend import BackendDict  # noqa: PLC0415 (moto is an extra)
        from moto.core.botocore_stubber import BotocoreStubber  # noqa: PLC0415
        from moto.core.config import default_user_config  # noqa: PLC0415
        from moto.moto_api._internal import mock_random  # noqa: PLC0415
    except ImportError as error:
        raise NoEmulatorError("the demo needs moto: pip install 'ecs2k8s[demo]'") from error
    moto, lock = BotocoreStubber(), threading.Lock()

    def answer(sent: Sent) -> Reply:
        with lock:
            return _answered(moto, account, sent)

    iam = default_user_config["iam"]
    default_user_config["iam"] = {"load_aws_managed_policies": True}
    BackendDict.reset()
    mock_random.seed(SEED)
    try:
        yield answer
    finally:
        BackendDict.reset()
        default_user_config["iam"] = iam
        mock_random.seed()


def _answered(moto: Any, account: str, sent: Sent) -> Reply:
    """moto takes the account from a header of its own. What it does not know raises, and is a 500 as of its server."""
    from botocore.awsrequest import AWSPreparedRequest  # noqa: PLC0415
    from botocore.compat import HTTPHeaders  # noqa: PLC0415

    headers = HTTPHeaders()
    for name, value in sent.headers.items():
        headers[name] = value.decode() if isinstance(value, bytes) else value
    headers["x-moto-account-id"] = account
    request = AWSPreparedRequest(sent.method, sent.url, headers, sent.body, stream_output=False)
    try:
        status, given, body = moto.process_request(request)
    except Exception as error:  # noqa: BLE001 (whatever a part of it raises that is not there)
        status, given, body = 500, {}, type(error).__name__
    return Reply(status, body.encode() if isinstance(body, str) else body, {str(k): str(v) for k, v in given.items()})


def writer(answer: Answer, region: str) -> Client:
    """Clients that fill the account, of a session without the guard of the reading."""
    import botocore.session  # noqa: PLC0415

    core = botocore.session.Session()
    core.set_credentials(*KEYS)
    core.register("before-send", lambda request, **_: received(request, answer(sent_of(request))))
    return clients(core, region)


def clients(core: Any, region: str, endpoint_url: str | None = None) -> Client:
    """A client of botocore's session for each service; what an emulator does not know is not asked for again."""
    from botocore.config import Config  # noqa: PLC0415

    made: dict[str, Any] = {}
    once = Config(retries={"total_max_attempts": 1}, user_agent_extra=FILLING)

    def client(service: str) -> Any:
        if service not in made:
            made[service] = core.create_client(service, region_name=region, endpoint_url=endpoint_url, config=once)
        return made[service]

    return client
