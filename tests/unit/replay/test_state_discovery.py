"""Instances of Cloud Map, through real clients."""

from __future__ import annotations

from typing import Any

import pytest

from tests.standing import Stand, refused, sample

SERVICE = {"ServiceId": "srv-auth"}


@pytest.fixture
def aws() -> Stand:
    return sample("microservices")


def dns(aws: Stand, routing: str) -> None:
    service = next(each for each in aws.all("servicediscovery.Service") if each["Id"] == "srv-auth")
    service["DnsConfig"] = {"RoutingPolicy": routing, "DnsRecords": [{"Type": "A", "TTL": 60}]}


def listed(aws: Stand) -> Any:
    found = aws.client("servicediscovery").list_instances(**SERVICE)["Instances"]
    return {each["Id"]: each["Attributes"] for each in found}


def register(aws: Stand, **attributes: str) -> Any:
    found = aws.client("servicediscovery")
    return found.register_instance(**SERVICE, InstanceId="ecs2k8s-1", Attributes=attributes)["OperationId"]


def status(aws: Stand, operation: str) -> Any:
    return aws.client("servicediscovery").get_operation(OperationId=operation)["Operation"]["Status"]


def test_an_instance_is_there_when_its_operation_has_succeeded(aws: Stand) -> None:
    operation = register(aws, AWS_INSTANCE_IPV4="10.0.0.1")
    assert (status(aws, operation), listed(aws)) == ("PENDING", {})
    aws.clock.sleep(5)
    assert (status(aws, operation), listed(aws)) == ("SUCCESS", {"ecs2k8s-1": {"AWS_INSTANCE_IPV4": "10.0.0.1"}})
    register(aws, AWS_INSTANCE_IPV4="10.0.0.2")
    aws.clock.sleep(5)
    assert listed(aws) == {"ecs2k8s-1": {"AWS_INSTANCE_IPV4": "10.0.0.2"}}
    aws.client("servicediscovery").deregister_instance(**SERVICE, InstanceId="ecs2k8s-1")
    aws.clock.sleep(5)
    assert listed(aws) == {}


def test_an_alias_goes_with_weighted_answers_and_with_no_address(aws: Stand) -> None:
    alias = {"AWS_ALIAS_DNS_NAME": "internal.eu-west-1.elb.amazonaws.com"}
    dns(aws, "MULTIVALUE")
    with refused("InvalidInput"):
        register(aws, **alias)
    with refused("InvalidInput"):
        register(aws, stage="blue")
    dns(aws, "WEIGHTED")
    with refused("InvalidInput"):
        register(aws, **alias, AWS_INSTANCE_IPV4="10.0.0.1")
    register(aws, **alias)


def test_what_is_not_there_is_refused(aws: Stand) -> None:
    found = aws.client("servicediscovery")
    with refused("InstanceNotFound"):
        found.deregister_instance(**SERVICE, InstanceId="none")
    with refused("ServiceNotFound"):
        found.register_instance(ServiceId="srv-none", InstanceId="a", Attributes={})
    with refused("OperationNotFound"):
        found.get_operation(OperationId="none")


def test_instances_come_page_by_page(aws: Stand) -> None:
    found = aws.client("servicediscovery")
    for at in range(5):
        found.register_instance(**SERVICE, InstanceId=f"i{at}", Attributes={})
    aws.clock.sleep(5)
    pages = list(found.get_paginator("list_instances").paginate(**SERVICE, PaginationConfig={"PageSize": 2}))
    assert [[each["Id"] for each in page["Instances"]] for page in pages] == [["i0", "i1"], ["i2", "i3"], ["i4"]]
