"""An account that changes, and real clients of boto3 that speak to it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.collect import files
from ecs2k8s.replay.hook import Hook
from ecs2k8s.replay.stand_in import StandIn
from ecs2k8s.replay.state import Account, FakeClock
from tests.estates import ROOT
from tests.replayed import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.documents import Document

KEY = "AKIDEXAMPLE"
TRYING = "ecs2k8s-tries-its-stand-in"  # clients that are no part of the program say so


@dataclass(slots=True)
class Stand:
    """The account, its clock, and what stands before it."""

    account: Account
    clock: FakeClock
    policy: StandIn
    hook: Hook

    def client(self, service: str, key: str = KEY) -> Any:
        """A client that sends to this account, and tries once."""
        return client_of(self.hook, service, key)

    def all(self, shape: str) -> list[dict[str, Any]]:
        return self.account.estate.all(shape)


def stand(*documents: Document) -> Stand:
    clock = FakeClock()
    account = Account.of(documents, ACCOUNT, REGION, clock.now)
    policy = StandIn(account)
    return Stand(account, clock, policy, Hook((policy,)))


def sample(name: str) -> Stand:
    return stand(*of_sample(name))


@cache
def of_sample(name: str) -> tuple[Document, ...]:
    return files.read([str(ROOT / "samples" / name)]).documents


def client_of(hook: Hook, service: str, key: str = KEY) -> Any:
    """A client that sends to what *hook* stands for; the last one asked for is the one that answers."""
    _ROUTE.hook = hook
    return _client(service, key)


class _Route:
    """Clients are slow to make: they are made once, and lead to the stand of the test at hand."""

    hook: Hook

    def before_send(self, **given: Any) -> Any:
        return self.hook._before_send(**given)


_ROUTE = _Route()


@cache
def _core() -> Any:
    """One session, so that the models of botocore are read once."""
    import botocore.session

    core = botocore.session.Session()
    core.get_component("event_emitter").register_last("before-send", _ROUTE.before_send)
    return core


@cache
def _client(service: str, key: str) -> Any:
    from botocore.config import Config

    once = Config(retries={"total_max_attempts": 1}, parameter_validation=False, user_agent_extra=TRYING)
    keys = {"aws_access_key_id": key, "aws_secret_access_key": "not-a-key", "aws_session_token": "not-a-token"}
    return _core().create_client(service, region_name=REGION, config=once, **keys)


@contextmanager
def refused(code: str, status: int = 400) -> Iterator[None]:
    """In the block AWS refuses with this code and status; that nothing changes then, test_histories.py shows."""
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError) as found:
        yield
    error = found.value.response
    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == (code, status), error


def states(descriptions: Iterable[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Id, state and reason of each target that DescribeTargetHealth tells."""
    found = [(each["Target"]["Id"], each["TargetHealth"]) for each in descriptions]
    return [(ident, its["State"], its.get("Reason", "")) for ident, its in found]
