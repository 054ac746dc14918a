"""Prices out of the AWS price list, in both of its forms: what `aws pricing get-products` prints, and an offer file.

https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html. Only On-Demand prices of Fargate, EKS
and EC2 instances are kept, one document for each; a price list has many thousands of others.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.documents import Document

if TYPE_CHECKING:
    from collections.abc import Iterator

SHAPE = "pricing.Price"
# What an instance must be for its price to be that of a node: Linux without licences, shared, not reserved.
OF_NODES = {
    "operatingSystem": {"Linux"},
    "preInstalledSw": {"NA", ""},
    "capacitystatus": {"Used", ""},
    "marketoption": {"OnDemand", ""},
    "tenancy": {"Shared"},
}
KEPT = ("usagetype", "regionCode", "instanceType", "operatingSystem")


def is_price_list(value: dict[str, Any]) -> bool:
    """Whether the map is one of the two forms."""
    return _is_answer(value) or (isinstance(value.get("products"), dict) and isinstance(value.get("terms"), dict))


def _is_answer(value: dict[str, Any]) -> bool:
    items = value.get("PriceList")
    return isinstance(items, list) and all(isinstance(item, str | dict) for item in items)


def prices(value: dict[str, Any]) -> tuple[list[Document], int]:
    """The prices that the comparison of costs can use, and how many products have none."""
    found: list[Document] = []
    others = 0
    for service, product, terms in _products(value):
        made = list(_prices(service, product, terms)) if _is_wanted(service, _attributes(product)) else []
        others += not made
        found += made
    return found, others


def _products(value: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Code of the service, the product, and its On-Demand offers."""
    if _is_answer(value):
        for item in value["PriceList"]:
            each = _decoded(item)
            terms = _map(_map(each.get("terms")).get("OnDemand"))
            yield str(each.get("serviceCode", "")), _map(each.get("product")), terms
        return
    terms = _map(value["terms"].get("OnDemand"))
    for sku, product in value["products"].items():
        yield str(value.get("offerCode", "")), _map(product), _map(terms.get(sku))


def _decoded(item: str | dict[str, Any]) -> dict[str, Any]:
    if isinstance(item, dict):
        return item
    try:
        return _map(json.loads(item))
    except (ValueError, RecursionError):
        return {}


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _attributes(product: dict[str, Any]) -> dict[str, str]:
    return {key: value for key, value in _map(product.get("attributes")).items() if isinstance(value, str)}


def _is_wanted(service: str, attributes: dict[str, str]) -> bool:
    usage = attributes.get("usagetype", "")
    if service == "AmazonEC2":
        plain = all(attributes.get(key, "") in values for key, values in OF_NODES.items())
        return plain and "BoxUsage:" in usage and "instanceType" in attributes
    return service in ("AmazonECS", "AmazonEKS") and ("Fargate" in usage or "AmazonEKS-Hours:" in usage)


def _prices(service: str, product: dict[str, Any], terms: dict[str, Any]) -> Iterator[Document]:
    attributes, sku = _attributes(product), str(product.get("sku", ""))
    for offer in terms.values():
        for rate, dimension in _map(_map(offer).get("priceDimensions")).items():
            amounts = {k: v for k, v in _map(_map(dimension).get("pricePerUnit")).items() if isinstance(v, str)}
            if amounts and str(_map(dimension).get("beginRange", "0")) == "0":
                data = {
                    "serviceCode": service,
                    "sku": sku,
                    "pricePerUnit": amounts,
                    "unit": str(dimension.get("unit", "")),
                }
                data |= {key: attributes[key] for key in KEPT if key in attributes}
                yield Document(SHAPE, f"price/{rate}", data)
