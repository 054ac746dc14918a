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
from ecs2k8s.replay.wire import Refusal, Reply, model, parameters, refused, reply

SCOPE = re.compile(rb"Credential=[^/]+/\d+/(?P<region>[^/]+)/")


@dataclass(frozen=True, slots=True)
class Request:
    """One request: the operation by its name in mappings/collect.yaml, the parameters as boto3 takes them."""

    call: str
    parameters: dict[str, Any]
    region: str


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
        from botocore.awsrequest import AWSResponse  # noqa: PLC0415

        _, service, operation = event_name.split(".")
        body = request.body.read() if hasattr(request.body, "read") else request.body or b""
        body = body.encode() if isinstance(body, str) else body
        signed = SCOPE.search(_bytes(request.headers.get("Authorization", b"")))
        region = signed["region"].decode() if signed else ""
        found = self.answer(names()[service], operation, request.url, request.headers, body, region)
        return AWSResponse(request.url, found.status, found.headers, _Raw(found.body))

    def answer(self, service: str, operation: str, url: str, headers: Any, body: bytes, region: str) -> Reply:
        """The reply to a request on the wire."""
        name = f"{service}.{operation}"
        asked = Request(name, parameters(service, operation, url, headers, body), region)
        with self.lock:
            before = self.seen[name]
            self.seen[name] += 1
            self.calls.append(asked)
        try:
            for policy in self.policies:
                found = policy(asked, before)
                if isinstance(found, Reply):
                    return found
                if found is not None:
                    return reply(service, operation, found)
        except Refusal as refusal:
            return refused(service, refusal)
        raise LookupError(f"no policy answers {name}, and nothing is sent to AWS")


@cache
def names() -> dict[str, str]:
    """The service's name in events (`elastic-load-balancing-v2`) to botocore's (`elbv2`)."""
    services = {name.partition(".")[0] for name in (*calls(), *CREDENTIALS)}
    return {str(model(service).service_id.hyphenize()): service for service in services}


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


class _Raw(BytesIO):
    """What botocore expects of urllib3: a body that can be streamed."""

    def stream(self, **_: Any) -> Any:
        yield self.read()
