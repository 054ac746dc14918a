"""Requests and answers as they go over the wire, in the protocols that AWS speaks; the work is moto's."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

DOCUMENTS = {"PolicyDocument", "Document", "AssumeRolePolicyDocument"}  # of IAM: JSON, quoted as in a URL


@dataclass(frozen=True, slots=True)
class Sent:
    """A request of HTTP."""

    url: str
    headers: Any
    body: bytes
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of HTTP."""

    status: int
    body: bytes
    headers: dict[str, str]


@dataclass(eq=False, slots=True)  # not frozen: whoever passes an exception on sets its traceback
class Refusal(Exception):  # noqa: N818 (what AWS answers is no failure of ours)
    """An error that AWS answers."""

    code: str
    message: str = ""
    status: int = 400


# moto is an extra, so it is imported where it is used.
@cache
def model(service: str) -> Any:
    """moto's own reading of botocore's service model."""
    from moto.core.model import ServiceModel  # noqa: PLC0415

    return ServiceModel(_loader().load_service_model(service, "service-2"), service)


@cache
def _loader() -> Any:
    """One for all services: each looks through the folders of every service that botocore knows."""
    from moto.core.loaders import create_loader  # noqa: PLC0415

    return create_loader()


@cache
def protocol(service: str) -> str:
    """The one that botocore chooses."""
    from botocore.utils import PRIORITY_ORDERED_SUPPORTED_PROTOCOLS  # noqa: PLC0415

    metadata = model(service).metadata
    spoken = metadata.get("protocols", [metadata["protocol"]])
    return next(str(name) for name in PRIORITY_ORDERED_SUPPORTED_PROTOCOLS if name in spoken)


def parameters(service: str, operation: str, sent: Sent) -> dict[str, Any]:
    """What the client asked for."""
    from moto.core.parse import PROTOCOL_PARSERS  # noqa: PLC0415
    from werkzeug.datastructures import MultiDict  # noqa: PLC0415

    parts = urlsplit(sent.url)
    form = protocol(service) in ("query", "ec2")
    pairs = parse_qsl(sent.body.decode() if form else parts.query, keep_blank_values=True)
    found = PROTOCOL_PARSERS[protocol(service)](model(service).operation_model(operation)).parse(
        {
            "method": "",
            "url_path": parts.path,
            "url_params": _matched(service, operation, parts.path) or {},
            "headers": sent.headers,
            "values": MultiDict(pairs),
            "body": b"" if form else sent.body,
        }
    )
    return {name: value for name, value in found.items() if value is not None}


def _matched(service: str, operation: str, path: str) -> dict[str, str] | None:
    found = _template(service, operation).fullmatch(path)
    return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


@cache
def _template(service: str, operation: str) -> re.Pattern[str]:
    uri = model(service).operation_model(operation).http.get("requestUri", "/").partition("?")[0]
    parts = re.split(r"\{(\w+)(\+?)\}", uri)
    text = re.escape(parts[0])
    for name, greedy, after in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        text += f"(?P<{name}>{'.+' if greedy else '[^/]+'}){re.escape(after)}"
    return re.compile(text)


def operation_of(service: str, operations: list[str], method: str, path: str) -> str:
    """The one of *operations* that a REST request is about. Raises `Refusal` where it is none."""
    for name in operations:
        http = model(service).operation_model(name).http
        if http.get("method") == method and _matched(service, name, path) is not None:
            return name
    raise Refusal("UnknownOperationException", path, 404)


def reply(service: str, operation: str, result: dict[str, Any]) -> Reply:
    """*result*, a document's data or an answer as the AWS CLI prints it, as the service would send it."""
    from moto.core.serialize import get_serializer_class  # noqa: PLC0415

    serializer = get_serializer_class(service, protocol(service))
    made = serializer(model(service).operation_model(operation))
    sent = made.serialize(_quoted(result) if service == "iam" else result)
    body = sent["body"]
    headers = {str(name): str(value) for name, value in sent["headers"].items()}
    return Reply(sent["status_code"], body.encode() if isinstance(body, str) else body, headers)


def _quoted(value: Any, key: str = "") -> Any:
    if key in DOCUMENTS and isinstance(value, dict):
        return quote(json.dumps(value))
    if isinstance(value, dict):
        return {name: _quoted(child, name) for name, child in value.items()}
    return [_quoted(child) for child in value] if isinstance(value, list) else value


def refused(service: str, refusal: Refusal) -> Reply:
    """The error as the service's protocol spells it."""
    code, message = escape(refusal.code), escape(refusal.message)
    match protocol(service):
        case "json" | "rest-json":
            body = json.dumps({"__type": refusal.code, "message": refusal.message})
            headers = {"x-amzn-errortype": refusal.code, "content-type": "application/json"}
            return Reply(refusal.status, body.encode(), headers)
        case "ec2":
            error = f"<Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
            body = f"<Response>{error}<RequestID>0</RequestID></Response>"
        case _:
            error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            body = f"<ErrorResponse>{error}<RequestId>0</RequestId></ErrorResponse>"
    return Reply(refusal.status, body.encode(), {"content-type": "text/xml"})
