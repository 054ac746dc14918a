"""mappings/collect.yaml against botocore's models: what it names exists, and asks for no more than is allowed."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from ecs2k8s.collect import ids, select
from ecs2k8s.collect.calls import Call, calls, closure, paces
from ecs2k8s.collect.kinds import kinds

CALLS = sorted(calls().values(), key=lambda row: row.name)


@cache
def model(service: str) -> Any:
    return botocore.session.Session().get_service_model(service)


def operation(row: Call) -> Any:
    return model(row.service).operation_model(row.operation)


def members(shape: Any) -> dict[str, Any]:
    return dict(shape.members) if shape is not None else {}


@pytest.mark.parametrize("row", CALLS, ids=lambda row: row.name)
def test_a_row_names_what_exists(row: Call) -> None:
    asked = members(operation(row).input_shape)
    named = {name.partition(".")[0] for name in row.batch} | row.page.keys() | row.send.keys()
    assert named <= asked.keys()
    assert row.after == tuple(each for each in row.after if each in calls())
    assert not row.ids or callable(getattr(ids, row.ids))
    assert all(callable(getattr(ids, name)) for name in row.otherwise.values())
    assert not row.select or callable(getattr(select, row.select))
    assert set(row.keep) <= kinds().keys()
    assert row.pace in paces()
    assert row.why.endswith(".")


@pytest.mark.parametrize("row", CALLS, ids=lambda row: row.name)
def test_a_row_comes_after_no_row_that_comes_after_it(row: Call) -> None:
    assert row.name not in closure(row.name)


@pytest.mark.parametrize("row", [row for row in CALLS if row.page], ids=lambda row: row.name)
def test_a_page_is_as_large_as_the_model_allows(row: Call) -> None:
    ((name, size),) = row.page.items()
    bounds = members(operation(row).input_shape)[name].metadata
    assert bounds.get("min", 1) <= size <= bounds.get("max", size)


@pytest.mark.parametrize("row", CALLS, ids=lambda row: row.name)
def test_an_operation_that_pages_has_a_page_size(row: Call) -> None:
    """Where its input has a limit at all; the size that AWS takes without one is often ten."""
    waiting = botocore.session.Session().get_paginator_model(row.service)
    try:
        found = waiting.get_paginator(row.operation)
    except ValueError:
        return
    if found.get("limit_key") and row.name not in WHOLE:
        assert list(row.page) == [found["limit_key"]]


# One request asks for so few that they fit one page.
WHOLE = {
    "ecs.DescribeCapacityProviders": "there are never more than its batch",
    "elbv2.DescribeTrustStores": "twenty by their ARNs",
    "ecr.DescribeImages": "a request by image ids takes no page size",
    "efs.DescribeFileSystems": "one file system by its id",
}


@pytest.mark.parametrize(
    "row", [row for row in CALLS if row.absent or row.split or row.otherwise], ids=lambda row: row.name
)
def test_errors_that_a_row_expects_are_of_its_operation(row: Call) -> None:
    known = {shape.metadata.get("error", {}).get("code", shape.name) for shape in operation(row).error_shapes}
    known |= {shape.name for shape in operation(row).error_shapes} | {"ValidationException"}  # which any service has
    assert {*row.absent, *row.split, *row.otherwise} <= known


@pytest.mark.parametrize("row", CALLS, ids=lambda row: row.name)
def test_what_a_row_keeps_is_in_its_answer(row: Call) -> None:
    answer = members(operation(row).output_shape)
    for shape in row.keep:
        kind = kinds()[shape]
        assert not kind.answer or kind.answer.keys() & answer.keys(), shape
        assert {mark for mark in kind.marks if mark not in kind.request} <= answer.keys(), shape
        assert set(kind.request) <= members(operation(row).input_shape).keys(), shape


def test_the_client_of_boto3_has_a_method_for_each() -> None:
    session = botocore.session.Session()
    session.set_credentials("AKIDEXAMPLE", "none")
    made = {row.service: session.create_client(row.service, region_name="eu-west-1") for row in CALLS}
    assert [row.name for row in CALLS if not hasattr(made[row.service], xform_name(row.operation))] == []
