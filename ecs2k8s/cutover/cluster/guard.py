"""What may be sent to a cluster, judged in front of the socket: reads, and the calls of the step that is being done.

A call has to be in the form that is allowed here *and* be one of those that the step was given: code that has a defect,
and a library that repeats or rewrites a request, meet both.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from ecs2k8s.compare.cluster import APPLY, JSON, READABLE, SEGMENT, allowed
from ecs2k8s.core.formats import MANAGER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

JSON_PATCH = "application/json-patch+json"
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"  # of a Secret nothing else is read
QUERY = {"fieldManager": MANAGER, "fieldValidation": "Strict"}
AS_US = {"fieldManager": MANAGER}

SECRETS = re.compile(rf"/api/v1(?:/namespaces/{SEGMENT})?/secrets(?:/.*)?", re.ASCII)
OBJECT = re.compile(
    rf"/(?:api/v1|apis/{SEGMENT}/{SEGMENT})(?:/namespaces/{SEGMENT})?/(?P<plural>{SEGMENT})/(?P<name>{SEGMENT})",
    re.ASCII,
)
# The fields that a handover changes, by where the objects are.
FIELDS = {
    re.compile(rf"/apis/apps/v1/namespaces/{SEGMENT}/deployments/{SEGMENT}", re.ASCII): {"/spec/replicas"},
    re.compile(rf"/apis/batch/v1/namespaces/{SEGMENT}/cronjobs/{SEGMENT}", re.ASCII): {
        "/spec/suspend",
        "/spec/startingDeadlineSeconds",
    },
}
LEASES = re.compile(
    rf"/apis/coordination\.k8s\.io/v1/namespaces/{SEGMENT}/leases(?P<name>/ecs2k8s-[0-9a-f]{{40}})?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Call:
    """One request that changes something; *body* is the value that is sent as JSON."""

    method: str
    path: str
    content: str
    body: Any


def reads(method: str, path: str, headers: Mapping[str, str], _body: Any, /) -> bool:
    """Reads and dry runs as `diff cluster` sends them; of Secrets the metadata alone."""
    plain = path.partition("?")[0]
    if SECRETS.fullmatch(unquote(plain)):  # as the server will read it
        return method == "GET" and READABLE.fullmatch(plain) is not None and headers.get("Accept") == METADATA
    return allowed(method, path, headers)


class StepCalls:
    """The rule of a connection that carries out steps: `with rule.given(calls)` for as long as they may be sent."""

    __name__ = "reads and the calls of a step"

    def __init__(self) -> None:
        self._given: tuple[Call, ...] = ()

    @contextmanager
    def given(self, *calls: Call) -> Iterator[None]:
        self._given = calls
        try:
            yield
        finally:
            self._given = ()

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: Any, /) -> bool:
        plain, _, text = path.partition("?")
        call = Call(method, plain, headers.get("Content-Type", ""), body)
        if call in self._given and parse_qs(text, keep_blank_values=True) == _query(call):
            return in_form(call)
        return reads(method, path, headers, body)


def in_form(call: Call) -> bool:
    """Whether a cutover ever sends such a call."""
    found = OBJECT.fullmatch(call.path)
    plural = unquote(found["plural"]) if found else ""
    if found is None or plural == "secrets":
        return False
    if call.method == "DELETE":
        return plural != "namespaces" and call.content == JSON and _is_exact(call.body)
    if call.method != "PATCH":
        return False
    return _is_apply(call, found["name"]) if call.content == APPLY else _is_change_of_fields(call)


def lease_calls(method: str, path: str, headers: Mapping[str, str], body: Any, /) -> bool:
    """The rule of the connection that holds the locks: reads, and our Leases made and replaced."""
    plain, _, text = path.partition("?")
    found = LEASES.fullmatch(plain)
    if method == "GET" or found is None:
        return reads(method, path, headers, body)
    query, content = parse_qs(text, keep_blank_values=True), headers.get("Content-Type")
    metadata = body.get("metadata") if isinstance(body, dict) else None
    if not isinstance(metadata, dict) or content != JSON or query != _listed(AS_US):
        return False
    if method == "POST":
        return not found["name"] and "resourceVersion" not in metadata
    return method == "PUT" and found["name"] == f"/{metadata.get('name')}" and bool(metadata.get("resourceVersion"))


def _query(call: Call) -> dict[str, list[str]]:
    return {} if call.method == "DELETE" else _listed(QUERY)


def _listed(query: Mapping[str, str]) -> dict[str, list[str]]:
    return {key: [value] for key, value in query.items()}


def _is_exact(body: Any) -> bool:
    """Of a delete: it is about the very object that was looked at, in the very state."""
    found = body.get("preconditions") if isinstance(body, dict) else None
    return isinstance(found, dict) and set(found) == {"uid", "resourceVersion"} and all(found.values())


def _is_apply(call: Call, name: str) -> bool:
    body = call.body
    return isinstance(body, dict) and isinstance(body.get("metadata"), dict) and body["metadata"].get("name") == name


def _is_change_of_fields(call: Call) -> bool:
    """A JSON Patch of the fields of a handover that says what they are now: another value is refused by the server."""
    fields = next((fields for pattern, fields in FIELDS.items() if pattern.fullmatch(call.path)), None)
    if fields is None or call.content != JSON_PATCH or not isinstance(call.body, list):
        return False
    if not all(isinstance(item, dict) and item.get("path") in fields for item in call.body):
        return False
    tested = {item["path"] for item in call.body if item.get("op") == "test"}
    changed = {item["path"] for item in call.body if item.get("op") in {"add", "remove", "replace"}}
    return changed <= tested and {item.get("op") for item in call.body} <= {"test", "add", "remove", "replace"}
