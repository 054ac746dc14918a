"""Answers what boto3 is about to send, before it is sent: by policies, the first that has an answer decides."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from typing import Any

from ecs2k8s.collect.calls import CREDENTIALS, calls
from ecs2k8s.replay.wire import Refusal, Reply, Sent, model, parameters, refused, reply

SCOPE = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/")


@dataclass(frozen=True, slots=True)
class Request:
    """One request: the operation by its name in mappings/collect.yaml, the parameters as boto3 takes them."""

    call: str
    parameters: dict[str, Any]
    region: str
    sent: Sent | None = field(default=None, compare=False, repr=False)  # as it goes over the wire
    key: str = ""  # the id of the access key that it was signed with


# A policy gets the request and how many of its operation came before. It gives an answer, None to leave it to the
# next policy, or raises: a `Refusal` is answered, what botocore itself raises when a connection fails goes to botocore.
Policy = Callable[[Request, int], dict[str, Any] | Reply | None]


@dataclass(slots=True)
class Hook:
    """What botocore calls before it sends; `calls` records every request."""

    policies: tuple[Policy, ...]
    calls: list[Request] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    seen: Counter[str] = field(default_factory=Counter)

    def attach(self, session: Any) -> None:
        """Stand in front of every client that botocore's *session* makes from now on."""
        session.get_component("event_emitter").register_last("before-send", self._before_send)

    def _before_send(self, event_name: str, request: Any, **_: Any) -> Any:
        service, operation = event_name.split(".")[1:]
        return received(request, self.answer(names()[service], operation, sent_of(request)))

    def answer(self, service: str, operation: str, sent: Sent) -> Reply:
        """The reply to a request on the wire."""
        name = f"{service}.{operation}"
        asked = Request(name, parameters(service, operation, sent), sent=sent, **signed(sent.headers))
        with self.lock:
            before = self.seen[name]
            self.seen[name] += 1
            self.calls.append(asked)
        try:
            for policy in self.policies:
                given = policy(asked, before)
                if given is not None:
                    return given if isinstance(given, Reply) else reply(service, operation, given)
        except Refusal as refusal:
            return refused(service, refusal)
        raise LookupError(f"no policy answers {name}, and nothing is sent to AWS")


def sent_of(request: Any) -> Sent:
    """What botocore is about to send."""
    body = request.body or b""
    return Sent(request.url, request.headers, body.encode() if isinstance(body, str) else body, request.method)


def received(request: Any, found: Reply) -> Any:
    """The reply as botocore gets it from its connection."""
    from botocore.awsrequest import AWSResponse  # noqa: PLC0415

    return AWSResponse(request.url, found.status, found.headers, _Raw(found.body))


OF_CUTOVER = {"sqs"}  # that an export never asks


@cache
def names() -> dict[str, str]:
    """The service's name in events (`elastic-load-balancing-v2`) to botocore's (`elbv2`)."""
    return {str(model(service).service_id.hyphenize()): service for service in services()}


def services() -> set[str]:
    return {name.partition(".")[0] for name in (*calls(), *CREDENTIALS)} | OF_CUTOVER


def signed(headers: Any) -> dict[str, str]:
    """The Region that a request was signed for, and the key."""
    value = headers.get("Authorization") or ""
    found = SCOPE.search(value.decode() if isinstance(value, bytes) else value)
    return found.groupdict() if found else {"region": "", "key": ""}


class _Raw(BytesIO):
    """What botocore expects of urllib3: a body that can be streamed."""

    def stream(self, **_: Any) -> Any:
        yield self.read()
