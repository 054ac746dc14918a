"""Sends one request of a row with all its pages, and gives the pages as one answer."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from ecs2k8s.collect.recognise import ASIDE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.collect.calls import Call
    from ecs2k8s.collect.reading import Item

TOKENS = ("nextToken", "NextToken")  # of operations for which botocore has no paginator
REDIRECTED = 300  # from here on a status is no success, and its body may be anything


def send(client: Any, row: Call, parameters: Item) -> Item:
    """All pages together, without what only belongs to the answer's transport. Raises what botocore raises."""
    from botocore import xform_name  # noqa: PLC0415 (only the live reading needs it)

    merged: Item = {}
    for page in _pages(client, xform_name(row.operation), row, parameters):
        _merge(merged, page)
    return {key: _as_text(value) for key, value in merged.items() if key not in ASIDE}


def page(client: Any, row: Call, parameters: Item) -> Item:
    """One page, as long as *parameters* say."""
    from botocore import xform_name  # noqa: PLC0415 (only the live reading needs it)

    answer = getattr(client, xform_name(row.operation))(**parameters)
    return {key: _as_text(value) for key, value in answer.items() if key not in ASIDE}


def _as_text(value: Any) -> Any:
    """Bytes, as web ACLs compare headers with, in base64: as the AWS CLI prints them, and as JSON can have them."""
    if isinstance(value, dict):
        return {key: _as_text(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_as_text(child) for child in value]
    return b64encode(value).decode() if isinstance(value, bytes) else value


def whole(operation_model: Any, response_dict: Item, **_: Any) -> None:
    """Raise where the answer is JSON that ends in the middle: botocore would take it for one that holds nothing."""
    if response_dict["status_code"] >= REDIRECTED or "json" not in operation_model.service_model.resolved_protocol:
        return
    try:
        json.loads(response_dict["body"])
    except ValueError as error:
        from botocore.parsers import ResponseParserError  # noqa: PLC0415

        raise ResponseParserError(f"{operation_model.name}: the answer is no JSON") from error


def _pages(client: Any, method: str, row: Call, parameters: Item) -> Iterator[Item]:
    if client.can_paginate(method):
        size = next(iter(row.page.values()), None)
        yield from client.get_paginator(method).paginate(**parameters, PaginationConfig={"PageSize": size})
        return
    sent: set[str] = set()
    following: Item = {}
    while True:
        page = getattr(client, method)(**parameters, **row.page, **following)
        yield page
        following = {name: page[name] for name in TOKENS if page.get(name)}
        if not following:
            return
        token = next(iter(following.values()))
        if token in sent:
            from botocore.exceptions import PaginationError  # noqa: PLC0415

            raise PaginationError(message=f"{row.name} gave the same token twice")
        sent.add(token)


def _merge(merged: Item, page: Item) -> None:
    """Lists of later pages are added; everything else is as the last page has it."""
    for key, value in page.items():
        if isinstance(value, list) and isinstance(merged.get(key), list):
            merged[key] = [*merged[key], *value]
        elif isinstance(value, dict) and isinstance(merged.get(key), dict) and key not in ASIDE:
            merged[key] = dict(merged[key])
            _merge(merged[key], value)
        else:
            merged[key] = value
